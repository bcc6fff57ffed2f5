"""A policy acts between the steps of a run, and comes before the recorder."""

import asyncio

import pytest

import vtloop
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording


class Spy:
    """Notes what it is asked, and does what it is told before one of the handles."""

    def __init__(self, before=-1, act=None):
        self.told = []
        self.before = before
        self.act = act

    def steer(self, loop, take, rest):
        def counted_take():
            number = len([one for one in self.told if one == "take"])
            self.told.append("take")
            if number == self.before:
                self.act()
            return take()

        def counted_rest():
            self.told.append("rest")
            if rest is not None:
                rest()

        return counted_take, counted_rest


async def nap():
    await asyncio.sleep(1)


def run(main, **options):
    with Runner(vtloop.VirtualLoop(**options), None) as runner:
        return runner.run(main)


def test_a_policy_takes_each_handle_and_hears_of_the_end_of_each_iteration():
    spy = Spy()
    run(nap(), policy=spy)
    first_step, timer, second_step, end_of_main = [["take", "rest"]] * 4
    assert spy.told == first_step + timer + second_step + end_of_main


def test_a_policy_sees_the_same_with_a_recorder_and_the_recorder_without_a_policy():
    alone, together = Spy(), Spy()
    recording, undisturbed = Recording(), Recording()
    run(nap(), policy=alone)
    run(nap(), policy=together, recorder=recording)
    run(nap(), recorder=undisturbed)
    assert together.told == alone.told
    assert recording.trace() == undisturbed.trace()


@pytest.mark.parametrize("recorder", [None, Recording()])
def test_what_a_policy_cancels_before_a_step_is_cancelled_in_that_step(recorder):
    log = []

    async def main():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            log.append(asyncio.get_running_loop().time())
            raise

    async def outer():
        task = asyncio.create_task(main())
        spy.act = task.cancel
        await asyncio.wait([task])
        return task.cancelled()

    spy = Spy(before=3)  # the task's second step: its sleep has ended
    assert run(outer(), policy=spy, recorder=recorder)
    assert log == [1.0]
