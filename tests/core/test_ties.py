"""Timers of one instant fire as a chooser has it, and a run with the same choices is the same."""

import asyncio
import time
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

import vtloop
from tests.support.recorded import QUICKLY, leaves_tasks, recorded
from vtloop.choices import Choices, Replaying, Ties
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.strategies import programs
from vtloop.strategies.ties import Drawn


async def three_naps():
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(3)))


class Second:
    """A chooser that always lets the second thing happen."""

    def choose(self, kind, n):
        return 1


def test_a_policy_puts_also_those_in_order_that_are_overdue():
    orders = set()

    async def main():
        order = []

        async def nap(number):
            await asyncio.sleep(1 + number // 2)
            order.append(number)

        naps = [asyncio.create_task(nap(number)) for number in range(4)]
        await asyncio.sleep(0)
        time.sleep(5)
        await asyncio.gather(*naps)
        orders.add(tuple(order))

    for recorder in (None, Recording()):
        loop = partial(vtloop.VirtualLoop, policy=Ties(Second()), recorder=recorder)
        with Runner(loop(), None) as runner:
            runner.run(main())
    assert orders == {(1, 0, 3, 2)}


def test_the_choices_of_a_policy_are_its_repr():
    ties = Ties(Second())
    assert repr(ties) == "Ties()"
    with Runner(vtloop.VirtualLoop(policy=ties), None) as runner:
        runner.run(three_naps())
    assert repr(ties) == (
        "Ties(number 2 of 3 timers of 1 s comes first; number 2 of 2 timers of 1 s comes first)"
    )


@leaves_tasks
@QUICKLY
@given(programs(), st.data())
def test_a_run_with_the_choices_of_another_one_is_the_same_run(program, data):
    ties = Ties(Drawn(data.draw))
    first = recorded(program, ties)
    replaying = Replaying(Choices.parse(str(ties.choices)))
    again = Ties(replaying)
    assert recorded(program, again) == first
    assert again.choices == ties.choices
    assert not replaying.missed


@leaves_tasks
@QUICKLY
@given(programs())
def test_no_choices_are_the_run_without_a_policy(program):
    assert recorded(program, Ties(Replaying(Choices()))) == recorded(program, None)
