"""Claims put together: by and, or and not, and over several runs."""

import asyncio
import re
import sys
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vtloop
from vtloop.claims import (
    ClaimError,
    at_most,
    never_blocks,
    nothing_unfinished,
    printed,
    takes,
    task,
)

# Composition

MANY = settings(
    max_examples=60,
    deadline=None,
    print_blob=False,
    database=None,
)

RUN = vtloop.simulate(asyncio.sleep(1))
LEAVES = [
    takes(1),
    takes(2),
    task("sleep").finishes.at(1),
    task("sleep").finishes.at(0),
    never_blocks(),
    printed("nothing"),
    at_most(0, "sleep"),
    nothing_unfinished(),
]
CLAIMS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=8,
)


def holds(claim):
    verdict = claim.of(RUN)
    assert repr(verdict).startswith("<holds: " if verdict else "<refuted: ")
    return bool(verdict)


@MANY
@given(CLAIMS, CLAIMS, CLAIMS)
def test_claims_combine_as_truth_values_do(a, b, c):
    assert holds(a & b) == (holds(a) and holds(b))
    assert holds(a | b) == (holds(a) or holds(b))
    assert holds(~a) == (not holds(a))
    assert holds(~~a) == holds(a)
    assert holds(~(a & b)) == holds(~a | ~b)
    assert holds(~(a | b)) == holds(~a & ~b)
    assert holds(a & (b | c)) == holds((a & b) | (a & c))


@MANY
@given(CLAIMS)
def test_any_claim_is_either_checked_or_explained(claim):
    if holds(claim):
        claim.check(RUN)
    else:
        with pytest.raises(ClaimError, match=f"^{re.escape(f'Claimed: {claim}; in fact ')}"):
            claim.check(RUN)


def test_of_a_combination_only_the_parts_that_decide_are_told():
    assert takes(1).of(RUN).actual == "the run took 1 s"
    claim = takes(1) & never_blocks() & takes(2)
    assert claim.of(RUN).actual == "the run took 1 s, 1 s less"
    assert (takes(1) | takes(2)).of(RUN).actual == "the run took 1 s"
    assert str(claim) == (
        "((the run takes 1 s) and (nothing blocks the loop)) and (the run takes 2 s)"
    )


def test_a_part_of_a_combination_with_a_wrong_name_is_noticed_even_if_another_part_decides():
    for claim in (takes(1) | task("nobody").finishes, takes(2) & task("nobody").finishes):
        with pytest.raises(LookupError, match="'nobody' was asked for, while none"):
            claim.of(RUN)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of Python 3.12")
def test_what_an_eager_task_prints_comes_between_what_its_creator_prints():
    async def child():
        print("within")
        await asyncio.sleep(0)
        print("late")

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        print("first")
        task = asyncio.create_task(child())
        print("then")
        await task
        print("last")

    run = vtloop.simulate(main)
    lines = ["first", "within", "then", "late", "last"]
    assert [line.text for line in run.trace.printed] == lines
    for number, line in enumerate(lines):
        for other in lines[number + 1 :]:
            printed(line).before(printed(other)).check(run)
            printed(other).after(printed(line)).check(run)
    with pytest.raises(ClaimError, match="but in the same step, main#1 printed 'then'"):
        printed("then").before(printed("within")).check(run)


def test_a_claim_without_a_run_has_no_truth_value():
    with pytest.raises(TypeError, match=r"is about no run yet; say claim\.of\(run\)"):
        assert takes(1)
    with pytest.raises(TypeError, match="unsupported operand"):
        takes(1) & True


def test_a_claim_is_about_a_run_and_nothing_else():
    with pytest.raises(TypeError, match="to be checked on 'a run', while that is of type str"):
        takes(1).check("a run")
    with pytest.raises(TypeError, match="of type takes"):
        takes(1).check(takes(1))


# Times


@pytest.mark.parametrize(
    "seconds", [1, 1.0, Fraction(1), Decimal("1.000000000"), timedelta(milliseconds=1000)]
)
def test_a_time_may_be_any_exact_number_of_seconds(seconds):
    (takes(seconds) & task("sleep").finishes.at(seconds)).check(RUN)


def test_tenths_add_up():
    async def main():
        for _ in range(3):
            await asyncio.sleep(0.1)

    takes(0.3).check(vtloop.simulate(main))
    takes(0.1 + 0.2).check(vtloop.simulate(main))


@pytest.mark.parametrize("seconds", [-1, -1e-9, inf, Decimal("inf"), timedelta(seconds=-1)])
def test_a_time_that_no_run_has_is_refused(seconds):
    for claim in (takes, task("a").finishes.at, task("a").ends.within, task("a").waits):
        with pytest.raises(ValueError, match="pass a finite number that is not negative"):
            claim(seconds)


def test_what_is_no_number_of_seconds_is_refused():
    with pytest.raises(ValueError, match="nan"):
        takes(nan)
    with pytest.raises(TypeError, match="pass an int, a float, a Fraction or a timedelta"):
        takes("two")
    with pytest.raises(TypeError, match="at no time was claimed"):
        printed("x").at()
