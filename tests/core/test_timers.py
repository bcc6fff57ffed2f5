"""The timer queue: (deadline, sequence) order and true removal, against a sorted list."""

import asyncio
import gc
import sys

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from vtloop import VirtualLoop
from vtloop.core.timers import Timers
from vtloop.values.clock import NEVER


class TidyTimers(Timers):
    """Timers that forget the instants of cancelled ones early."""

    _few = 1


class TimersAgainstASortedList(RuleBasedStateMachine):
    """Timers do what a list sorted by (deadline, order of creation) does."""

    handles = Bundle("handles")

    def __init__(self):
        super().__init__()
        self.timers = TidyTimers()
        self.model = []

    @rule(target=handles, deadline=st.integers(-3, 5) | st.just(NEVER))
    def add(self, deadline):
        handle = self.timers.add(deadline, print, (), None)
        self.model.append(handle)
        self.model.sort(key=lambda handle: handle.deadline)  # stable: order of creation
        return handle

    @rule(handle=consumes(handles))
    def cancel(self, handle):
        handle.cancel()
        assert handle.cancelled()
        self.model = [other for other in self.model if other is not handle]

    @rule()
    def pop_first(self):
        if self.model:
            first = self.model[0].deadline
            expected = [handle for handle in self.model if handle.deadline == first]
            assert list(self.timers.pop_first()) == expected
            self.model = self.model[len(expected) :]

    @rule(handle=handles)
    def a_timer_knows_whether_it_is_pending(self, handle):
        assert handle._scheduled == any(handle is other for other in self.model)

    @invariant()
    def agrees(self):
        self.timers._check()
        assert list(self.timers) == self.model
        assert len(self.timers) == len(self.model)
        assert self.timers.first == (self.model[0].deadline if self.model else NEVER)


TestTimersAgainstASortedList = TimersAgainstASortedList.TestCase


def test_timers_with_equal_deadlines_are_different_things():
    timers = Timers()
    one, other = (timers.add(5, print, (), None) for _ in range(2))
    assert one != other
    assert hash(one) != hash(other)
    assert not one < other
    assert one < timers.add(6, print, (), None)


def test_a_cancelled_timer_lets_go_of_everything_at_once():
    loop = VirtualLoop()

    class Thing:
        def method(self):
            pass

    thing = Thing()
    before = sys.getrefcount(thing)
    handles = [loop.call_later(3600, thing.method) for _ in range(100)]
    assert sys.getrefcount(thing) > before
    for handle in handles:
        handle.cancel()
    assert sys.getrefcount(thing) == before
    assert len(loop._timers) == 0
    loop.close()


@pytest.mark.parametrize("debug", [False, True])
def test_timeouts_that_never_fire_leave_nothing_behind(debug):
    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(1000):
            async with asyncio.timeout(3600):
                await asyncio.sleep(0)
        return len(loop._timers)

    with asyncio.Runner(loop_factory=VirtualLoop, debug=debug) as runner:
        assert runner.run(main()) == 0


@pytest.mark.once
def test_the_instants_of_cancelled_timers_are_forgotten():
    timers = Timers()
    timers.add(0, print, (), None)
    for _ in range(3):
        for handle in [timers.add(1 + number, print, (), None) for number in range(1000)]:
            handle.cancel()
            timers._check()
    assert len(timers._later) <= Timers._few


def test_a_sleeper_for_ever_is_kept_alive():
    async def main():
        ended = []

        async def sleeper():
            try:
                await asyncio.sleep(float("inf"))
            finally:
                ended.append(True)

        task = asyncio.create_task(sleeper())
        await asyncio.sleep(1)
        task = None  # noqa: F841
        gc.collect()
        await asyncio.sleep(1)
        return ended

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == []


def test_timers_compare_by_deadline_and_are_equal_only_to_themselves():
    timers = Timers()
    early, late = (timers.add(deadline, print, (), None) for deadline in (1, 2))
    assert early < late
    assert early <= late
    assert late > early
    assert late >= early
    assert early <= early
    assert not late <= early
