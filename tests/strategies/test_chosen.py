"""What Hypothesis has chosen is a value with a token, and is done again without Hypothesis."""

import asyncio
from functools import partial

from hypothesis import given, settings

from tests.support.recorded import QUICKLY, recorded
from vtloop.choices import Choices, Replaying, Ties
from vtloop.strategies import fates, schedules
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
