"""What Hypothesis has chosen is a value with a token, and is done again without Hypothesis."""

import asyncio
from functools import partial
from unittest import mock

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.recorded import QUICKLY, recorded
from vtloop.choices import Choices, Replaying, Ties
from vtloop.strategies import fates, programs, schedules
from vtloop.sweep import replay
from vtloop.sweep.moments import Case


async def in_turn(number, order):
    async def nap(mine):
        await asyncio.sleep(1)
        order.append(mine)

    await asyncio.gather(*map(nap, range(number)))


def test_the_ties_of_an_example_are_replayed_without_hypothesis():
    seen = []

    @settings(QUICKLY, max_examples=10)
    @given(schedules(), fates())
    def explore(schedule, fate):
        orders = [], []
        recorded(lambda: in_turn(4, orders[0]), schedule)
        fate.explore(lambda: in_turn(4, orders[1]))
        seen.append((str(schedule.choices), orders[0]))
        seen.append((str(fate.choices), orders[1][-4:]))

    explore()
    assert len({token for token, _ in seen}) > 1
    for token, order in seen:
        again = []
        recorded(partial(in_turn, 4, again), Ties(Replaying(Choices.parse(token))))
        assert again == order


def test_the_choices_of_a_fate_are_its_cancellations_too():
    seen = set()

    @settings(QUICKLY, max_examples=30)
    @given(fates(cancellations=1, classes="AB"))
    def explore(fate):
        case = fate.explore(lambda: asyncio.sleep(1)).outcome.case
        assert Case.of(fate.choices, case.who) == case
        seen.add(case)

    explore()
    assert len(seen) > 1


async def four_in_turn():
    """Have many ties, as random programs have few."""
    await in_turn(4, [])


# What deadlocks, and again as it is cancelled, leaves coroutines behind that end in vain.
@pytest.mark.ends
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_a_fate_has_chosen_is_replayed_by_its_token():
    seen = set()

    @settings(QUICKLY, max_examples=150, derandomize=True)
    @given(programs() | st.just(four_in_turn), fates(cancellations=2, oracles=()))
    def explore(program, fate):
        error = None
        try:
            first = fate.explore(program)
        except Exception as raised:
            error = repr(raised)
        if error is not None:
            found = replay(program, str(fate.choices)).findings
            assert f"it raised {error}" in [one.words for one in found]
            return
        again = replay(program, str(fate.choices), oracles=())
        assert again.outcome.case == first.outcome.case
        assert again.trace.events == first.trace.events
        assert again.digest() == first.digest()
        seen.add((first.outcome.case.letter, bool(again.ties)))

    explore()
    assert {letter for letter, _ in seen} >= {"", "B", "C", "D"}
    assert {with_ties for letter, with_ties in seen if letter} == {True, False}


@pytest.mark.ends
def test_the_token_of_a_case_is_replayed_for_a_lambda_as_for_a_function():
    seen = {}

    @settings(QUICKLY, max_examples=100, derandomize=True)
    @given(fates(ties=False, cancellations=1))
    def explore(fate):
        again = fate.explore(lambda: four_in_turn())
        assert again.ok
        seen[again.token] = again

    explore()
    assert {case.outcome.case.letter for case in seen.values()} == {"", "A", "B", "C"}
    assert any(token.startswith("four_in_turn#1@B0") for token in seen), "not begun, so not awaited"
    for token, again in seen.items():
        for program in (lambda: four_in_turn(), four_in_turn):
            if again.outcome.case.moments:
                assert replay(program, token).digest() == again.digest()


@pytest.mark.ends
def test_what_a_fate_has_run_has_its_ties_in_its_token_and_in_what_is_noted():
    noted = []

    @settings(QUICKLY, max_examples=100, derandomize=True)
    @given(fates(cancellations=1, victim="nap"))
    def explore(fate):
        with mock.patch.object(hypothesis, "note", noted.append):
            first = fate.explore(four_in_turn)
        if not first.ties or not first.outcome.case.moments:
            return
        assert first.token == str(fate.choices)
        assert f"cancelled in case {first.token}, while\n" in repr(noted[-1])
        again = replay(four_in_turn, first.token)
        assert (again.token, again.ties) == (first.token, first.ties)
        assert again.happenings() == first.happenings()
        assert again.digest() == first.digest()

    explore()
    assert any("cancelled in case c1:" in repr(one) for one in noted)
