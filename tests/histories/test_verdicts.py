"""What a verdict says: an order, a contradiction without what does not matter, or neither."""

import re

import pytest

from tests.support.histories import written
from vtloop import linearizable
from vtloop.errors import ClaimError
from vtloop.histories import ANY, Counter, Dictionary, Model, Operation, Queue, Raised, Register
from vtloop.histories.ordering import Budget, Ordering

BESIDE = ("other", "[-] [-] [-] [-]", [("put", "y", 1, None), ("get", "y", 1)] * 2)


def began(*lines):
    """Return the operations of a picture in the order in which they began."""
    return sorted(written(*lines), key=lambda one: one.first)


def test_an_order_is_told_with_who_did_what_and_when():
    verdict = linearizable(
        written(
            ("Ann", "[----------]", [("write", 1, None)]),
            ("Bob", " [--] [---] ", [("read", None), ("read", 1)]),
        ),
        Register,
    )
    verdict.assert_ok()
    assert repr(verdict) == "<linearizable as Register: 3 operations>"
    assert str(verdict) == (
        "linearizable as Register: 3 operations, for instance in this order:\n"
        "  Bob  read() -> None    1 s to 4 s\n"
        "  Ann  write(1) -> None  0 s to 11 s\n"
        "  Bob  read() -> 1       6 s to 10 s"
    )


def test_a_contradiction_is_told_without_what_does_not_matter():
    verdict = linearizable(
        written(
            BESIDE,
            ("Ann", "[-] [--]             ", [("put", "x", 1, None), ("put", "x", 2, None)]),
            ("Bob", "    [--]      [-] [-]", [("get", "x", 1), ("get", "x", 1), ("get", "x", 2)]),
        ),
        Dictionary,
    )
    with pytest.raises(ClaimError) as refused:
        verdict.assert_ok()
    assert str(refused.value) == str(verdict)
    assert str(verdict) == (
        "not linearizable as Dictionary at 'x': 3 of 9 operations contradict each other:\n"
        "  Ann  put('x', 1) -> None  0 s to 2 s\n"
        "  Ann  put('x', 2) -> None  4 s to 7 s\n"
        "  Bob  get('x') -> 1        14 s to 16 s  fits nowhere\n"
        "The furthest that any order comes: put('x', 1), put('x', 2). The state is then 2, and\n"
        "  Bob: get('x') returned 1, where it returns 2\n"
        "The other 6 operations do not change that."
    )


def test_an_operation_may_be_impossible_by_itself():
    verdict = linearizable(
        written(("Ann", "[--] [--] [--]", [("write", 1, None), ("read", 7), ("read", 1)])), Register
    )
    assert str(verdict).splitlines()[:1] == [
        "not linearizable as Register: 1 of 3 operations is impossible:"
    ]
    assert "At first the state is None, and\n  Ann: read() returned 7" in str(verdict)


def test_an_operation_without_a_result_is_told_where_the_best_order_needs_it():
    verdict = linearizable(
        written(
            ("Ann", "[-................", [("write", 1, None)]),
            ("Bob", "   [--] [--] [--] ", [("read", 0), ("read", 1), ("read", 0)]),
        ),
        Register(0),
    )
    assert str(verdict) == (
        "not linearizable as Register: 3 of 4 operations contradict each other:\n"
        "  Ann  write(1) -> pending  0 s to the end\n"
        "  Bob  read() -> 1          8 s to 11 s\n"
        "  Bob  read() -> 0          13 s to 16 s  fits nowhere\n"
        "The furthest that any order comes: write(1), read(). The state is then 1, and\n"
        "  Bob: read() returned 0, where it returns 1\n"
        "The other operation does not change that."
    )
    assert [one.answer for one in verdict.contradiction.needed] == ["1", "0"]


def test_of_a_long_order_the_last_operations_are_told():
    lines = ("Ann", "[-]" * 13, [*[("add", n) for n in range(1, 13)], ("read", 0)])
    verdict = linearizable(written(lines), Counter)
    assert "comes: …, add(), add(), add(), add(), add(), add(), add(), add(). The state" in str(
        verdict
    )
    assert verdict.contradiction.misfit.name == "read"


def test_names_of_any_language_stand_in_columns():
    wide = written(("部門", "[--]", [("add", 1)]), ("Bob", "[--]", [("add", 1)]))
    assert str(linearizable(wide, Counter)).splitlines()[1:3] == [
        "  部門  add() -> 1  0 s to 3 s",
        "  Bob   add() -> 1  0 s to 3 s  fits nowhere",
    ]


def test_who_would_have_to_wait_is_told():
    verdict = linearizable(written(("Ann", "[--]", [("get", 7)])), Queue)
    assert "Ann: get() returned 7, where it has to wait" in str(verdict)


def test_a_model_may_allow_several_results():
    class Dice(Model):
        initial = ()

        def roll(self, state):
            return [(state, number) for number in range(1, 7)]

    assert linearizable(written(("Ann", "[-] [-]", [("roll", 1), ("roll", 6)])), Dice)
    refuted = linearizable(written(("Ann", "[-]", [("roll", 7)])), Dice)
    assert "roll() returned 7, where it returns 1 or 2 or 3 or …" in str(refuted)


def test_of_many_operations_the_first_are_told():
    verdict = linearizable(written(("Ann", "[-]" * 30, [("read", None)] * 30)), Register)
    assert str(verdict).splitlines()[-1] == "left out: 10 more"


def test_what_could_not_be_found_out_is_unresolved_and_no_pass():
    verdict = linearizable(written(("Ann", "[-]", [("read", None)])), Register, budget=1)
    assert verdict.ok
    both = written(("Ann", "[-] [-]", [("read", None), ("read", None)]))
    verdict = linearizable(both, Register, budget=1)
    assert not verdict
    assert not verdict.resolved
    assert repr(verdict) == (
        "<UNRESOLVED as Register: 2 operations, after 1 question to the model>"
    )
    with pytest.raises(
        ClaimError, match=r"UNRESOLVED as Register: .*was not found out. Give a larger budget="
    ):
        verdict.assert_ok()


def test_a_part_that_is_refuted_decides_also_where_another_is_unresolved():
    lines = (
        ("Ann", "[-] [-] [-]", [("put", "x", 1, None), ("put", "x", 2, None), ("get", "x", 2)]),
        ("Bob", "[-]", [("get", "y", 1)]),
    )
    verdict = linearizable(written(*lines), Dictionary, budget=1)
    assert verdict.resolved
    assert verdict.part == "y"


def test_where_the_budget_ends_a_contradiction_of_two_values_is_found_all_the_same():
    """Fifteen items are put at once, so that there are far too many orders."""
    many = [(f"p{n}", "[----]", [("put", n, None)]) for n in range(15)]
    late = ("late", "       [-] [-] [-]", [("put", "late", None), ("get", "late"), ("get", 0)])
    verdict = linearizable(written(*many, late), Queue, budget=1000)
    assert verdict.contradiction.misfit.result == "late"
    assert len(verdict.contradiction.operations) <= 3


def test_many_operations_without_results_are_no_many_orders():
    """Which of 30 writes came last is all that counts, not which of them came at all."""
    lost = [(f"w{n}", "[-.............", [("write", n, None)]) for n in range(30)]
    reads = ("reader", "    [-] [-] [-]", [("read", 1), ("read", 2), ("read", 1)])
    assert Ordering(Register(), None, began(*lost, reads)).search(Budget(4_000)) is None


def test_equal_operations_without_results_are_taken_in_turn():
    lost = [(f"a{n}", "[-.............", [("add", None)]) for n in range(20)]
    reads = ("reader", "    [-] [-] [-]", [("read", 5), ("read", 15), ("read", 14)])
    assert Ordering(Counter(), 0, began(*lost, reads)).search(Budget(200)) is None


def test_long_histories_need_no_recursion():
    calls = [("write", 1, None), ("read", 1)] * 1500
    assert linearizable(written(("Ann", "[-]" * 3000, calls)), Register)


def test_what_returns_nothing_in_particular_is_any():
    assert linearizable(written(("Ann", "[-]", [("put", "x", 1, "stored")])), Dictionary)
    assert ANY == 3
    assert ANY == "x"
    assert repr(ANY) == "ANY"


def test_the_empty_history_is_linearizable():
    verdict = linearizable([], Counter)
    assert verdict.order == ()
    assert str(verdict) == "linearizable as Counter: 0 operations, for instance in this order:"


def test_values_that_are_equal_to_nothing_are_found_by_identity():
    nan = float("nan")
    assert linearizable(
        written(("Ann", "[-] [-]", [("write", nan, None), ("read", nan)])), Register
    )


class Unhashable(Model):
    initial = ()

    def push(self, state, item):
        return [*state, item], None


class Wrong(Model):
    def push(self, state, item):
        return item


class Changing(Register):
    reads = frozenset({"write"})


PUSH = written(("Ann", "[-]", [("push", 1, None)]))


@pytest.mark.parametrize(
    ("history", "model", "error", "words"),
    [
        (
            PUSH,
            Register,
            LookupError,
            "The operation push(1) was to be judged by the model Register",
        ),
        (PUSH, Register, LookupError, "which knows only compare_and_set, read, write; give it a"),
        (
            PUSH,
            Wrong,
            TypeError,
            "The model Wrong was asked what push(1) does, and returned 1; ret",
        ),
        (PUSH, 3, TypeError, "3 was given as the model of a history, which is none; pass a Model"),
        (
            written(("Ann", "[-]", [("write", 1, None)])),
            Changing,
            ValueError,
            "says that 'write' is one of its reads, while write(1) changes the state None to 1",
        ),
    ],
)
def test_what_is_wrong_with_a_model_is_told(history, model, error, words):
    with pytest.raises(error, match=re.escape(words)):
        linearizable(history, model)


def test_a_state_that_is_not_hashable_is_told():
    class Pushed(Model):
        initial = ()

        def push(self, state, item):
            return [([*state, item], None)]

    with pytest.raises(TypeError, match=r"Pushed has the state \[1\], which is not hashable"):
        linearizable(PUSH, Pushed)


@pytest.mark.parametrize("budget", [0, -1, True, 1.5, None])
def test_a_budget_that_is_none_is_refused(budget):
    with pytest.raises(ValueError, match="pass how often the model may be asked"):
        linearizable([], Register, budget=budget)


def test_an_operation_is_told_in_words_of_one_line():
    one = Operation("Ann", "put", ("x" * 100,), Raised(KeyError), 1, 2, keywords={"ttl": 3})
    assert str(one) == "put('xxxxxxxxxxxxxxxxx..xxxxxxxxxxxxxxxxxxx', ttl=3) -> KeyError"
