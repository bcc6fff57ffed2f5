"""An invariant is looked at before each handle, and its findings tell when it was broken."""

import asyncio

import pytest

from tests.support import swept
from vtloop.sweep import conserved, replay, sweep


def told(report, oracle):
    return [one for one in report.errors if one.finding.oracle == oracle]


def test_an_invariant_is_told_with_the_time_and_the_step_that_broke_it_and_its_line():
    report = sweep(swept.relay_anew, victim="receive", classes="AB", always=swept.nothing_lost)
    (problem,) = told(report, "always")
    words = problem.finding.words
    line = swept.relay.__code__.co_firstlineno + 8
    assert words == (
        "AssertionError: lost [1], at 1 s, after a step of receive#2, "
        f"which has ended with CancelledError at tests/support/swept.py:{line} in receive"
    )
    assert problem.token == "receive#2@R1"  # suspended with a number in hand
    again = replay(swept.relay_anew, problem.token, always=swept.nothing_lost)
    assert problem.finding in again.findings


def test_a_task_that_broke_it_and_goes_on_is_told_with_what_it_waits_for():
    taken = []

    async def take():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            taken.append(1)
            await asyncio.sleep(5)
            raise

    def nothing_is_taken():
        assert not taken

    def program():
        taken.clear()
        return take()

    (problem,) = told(sweep(program, classes="A", always=nothing_is_taken), "always")
    assert "after a step of take#1, take#1 waits for a sleep until 5 s" in problem.finding.words


def test_an_invariant_that_the_undisturbed_run_breaks_is_blamed_on_no_cancellation():
    report = sweep(swept.relay_anew, classes="A", always=swept.fails_at_the_second)
    assert [finding.oracle for finding in report.before] == ["always"]
    assert not told(report, "always")


def test_an_invariant_is_asked_before_every_handle_while_the_main_coroutine_runs():
    asked, outcomes = [], []

    async def two_steps():
        asyncio.create_task(asyncio.sleep(9), name="left")
        await asyncio.sleep(1)

    def program():
        asked.clear()
        return two_steps()

    sweep(
        program,
        classes="A",
        always=lambda: asked.append(None),
        check=lambda outcome: outcomes.append(len(asked)),
    )
    assert outcomes[1] == 5  # both begin, a timer, the second step, and the end is told


def test_the_moments_are_the_same_with_an_invariant_and_without():
    plain = sweep(swept.relay_anew, budget=50)
    watched = sweep(swept.relay_anew, budget=50, always=lambda: None)
    assert watched.tallies == plain.tallies
    assert watched.problems == plain.problems


@pytest.mark.parametrize(
    ("into", "elsewhere", "message"),
    [
        (4, [1, 2], r"4 went in, while 1 \+ 2 are there"),
        (4, [[1], 2], r"4 went in, while 1 \+ 2 are there"),
        ("abc", ["a", "c"], r"lost \['b'\]"),
        ("abc", ["ab", "cc"], r"gained \['c'\]"),
        ("ab", ["aa"], r"lost \['b'\]; gained \['a'\]"),
    ],
)
def test_what_is_lost_or_gained_is_told(into, elsewhere, message):
    invariant = conserved(lambda: into, *[lambda one=one: one for one in elsewhere])
    with pytest.raises(AssertionError, match=message):
        invariant()


def test_nothing_is_said_where_everything_is_there():
    conserved(lambda: 3, lambda: 1, lambda: [1, 2])()
    conserved(lambda: "abc", lambda: "c", lambda: "ba")(outcome=None)
    queue: asyncio.Queue[str] = asyncio.Queue()
    queue.put_nowait("a")
    conserved(lambda: "a", lambda: queue)()


@pytest.mark.parametrize("count", [list, len], ids=["items", "numbers"])
@pytest.mark.parametrize("careful", [True, False])
def test_what_is_handed_over_by_a_future_is_on_its_way_unless_its_waiter_is_cancelled(
    count, careful
):
    idle, in_use, waiters = [], [], []

    def give(item):
        while waiters:
            waiter = waiters.pop(0)
            if not waiter.done():
                waiter.set_result(item)
                return
        idle.append(item)

    async def take():
        if idle:
            return idle.pop()
        waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if careful and waiter.done() and not waiter.cancelled():
                give(waiter.result())
            raise

    async def use():
        item = await take()
        in_use.append(item)
        try:
            await asyncio.sleep(1)
        finally:
            in_use.remove(item)
            give(item)

    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(use(), name=f"user {number}")

    def program():
        idle[:], in_use[:], waiters[:] = ["it"], [], []
        return main()

    always = conserved(lambda: count(["it"]), lambda: count(idle), lambda: count(in_use))
    report = sweep(program, victim="user 1", always=always)
    assert not report.before
    assert bool(told(report, "always")) is not careful, report


def test_items_and_mere_numbers_cannot_be_compared():
    with pytest.raises(TypeError, match="all of its functions return items, or all of them numb"):
        conserved(lambda: "abc", lambda: 3)()
