"""A policy acts between the steps of a run, and comes before the recorder."""

import asyncio
import textwrap

import pytest
from hypothesis import example, given

import vtloop
from tests.support.recorded import QUICKLY, recorded
from vtloop.core.policy import __doc__ as about_policies
from vtloop.core.runner import Runner
from vtloop.core.tasks import number_of, stepping
from vtloop.recording.recording import Recording
from vtloop.strategies import programs


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


class Looking:
    """Notes what it sees before each handle, and at the end of each iteration."""

    def __init__(self):
        self.seen = []

    def steer(self, loop, take, rest):
        def look(when):
            tasks = [number_of(task) for task in loop.pending_tasks()]
            due = loop.next_deadline() / 1e9
            self.seen.append((when, loop.clock.now / 1e9, len(loop.ready), tasks, due))

        def noted_take():
            look("take")
            return take()

        def noted_rest():
            look("stop" if loop.stopping else "rest")

        return noted_take, noted_rest


def test_a_policy_sees_what_is_ready_who_is_there_when_the_clock_moves_and_whether_the_loop_stops():
    looking = Looking()
    run(nap(), policy=looking, until=5)
    assert looking.seen == [
        ("take", 0, 1, [1], 5),
        ("rest", 0, 0, [1], 1),
        ("take", 1, 1, [1], 5),
        ("rest", 1, 1, [1], 5),
        ("take", 1, 1, [1], 5),
        ("rest", 1, 1, [], 5),
        ("take", 1, 1, [], 5),
        ("stop", 1, 0, [], 5),
    ]


@pytest.mark.parametrize("recorder", [None, Recording()])
def test_nothing_is_preferred_that_is_not_ready(recorder):
    refused = []

    class Far:
        def steer(self, loop, take, rest):
            def too_far():
                with pytest.raises(IndexError):
                    loop.prefer(len(loop.ready))
                refused.append(True)
                return take()

            return too_far, rest

    run(nap(), policy=Far(), recorder=recorder)
    assert len(refused) == 4


# The policy that the module shows


def newest_first():
    """Return the policy of the example."""
    text = about_policies.partition(":\n\n")[2].partition("\n\n    vtloop.")[0]
    assert len(text.splitlines()) <= 10
    names = {"stepping": stepping, "number_of": number_of}
    exec(textwrap.dedent(text), names)
    return names["NewestFirst"]()


async def starts_three(order):
    async def work(name):
        for turn in range(2):
            order.append(f"{name}{turn}")
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, "abc"))


def test_a_policy_lets_the_newest_task_run_first():
    order = []
    recorded(lambda: starts_three(order), newest_first())
    assert order == ["c0", "c1", "b0", "b1", "a0", "a1"]


class Noting:
    """A policy around another one; notes during which step each handle was made, but for timers."""

    def __init__(self, policy):
        self.policy = policy
        self.made_in = []  # by step, None for a timer's
        self.kept = []  # so that no id() comes twice
        self.made = {}  # by id(), also what is left over when the loop runs again

    def steer(self, loop, take, rest):
        take, rest = self.policy.steer(loop, take, rest)
        self.note_ready(loop, -1)

        def noted():
            self.note_ready(loop, len(self.made_in) - 1)
            handle = take()
            if not handle.cancelled():
                is_timer = isinstance(handle, asyncio.TimerHandle)
                self.made_in.append(None if is_timer else self.made[id(handle)])
            return handle

        return noted, rest

    def note_ready(self, loop, step):
        for handle in loop.ready:
            self.kept.append(handle)
            self.made.setdefault(id(handle), step)


async def fails_while_another_is_about_to_go_on():
    async def fails():
        await asyncio.shield(asyncio.create_task(asyncio.sleep(1)))
        await asyncio.wait_for(asyncio.Queue().get(), 0)

    await asyncio.gather(fails(), asyncio.wait_for(asyncio.Queue().get(), 1))


@QUICKLY
@given(programs())
@example(lambda: starts_three([]))
@example(fails_while_another_is_about_to_go_on)
def test_who_has_woken_whom_is_known_in_whatever_order_they_run(program):
    noting = Noting(newest_first())
    trace, _ = recorded(program, noting)
    found = [
        None if made_in is None else step[2]
        for made_in, step in zip(noting.made_in, trace.steps, strict=False)
    ]
    assert found == noting.made_in[: len(found)]
    assert len(found) > 1
