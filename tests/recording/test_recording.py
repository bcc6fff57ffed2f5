"""What the recorder notes of cancellations, wake-ups and eager tasks, and what it costs."""

import asyncio
import gc
import sys
import time
import tracemalloc
import weakref
from collections import deque

import pytest

import vtloop
from vtloop.core.tasks import label
from vtloop.recording.recording import Recording
from vtloop.simulation.segments import PartRecording
from vtloop.timeline.spans import READY, RUNNING, WAITING
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Clock

SECOND = 1_000_000_000

eager_tasks = pytest.mark.skipif(sys.version_info < (3, 12), reason="since 3.12")


def told(run, kind):
    """Return the events of a kind: when, who, about whom."""
    labels = {lane.number: lane.label for lane in run.timeline.lanes.values()}
    return [
        (at / SECOND, labels.get(who, who), labels[subject])
        for _, at, event, who, subject, _ in run.trace.events
        if event == kind
    ]


def arrows(run, kind):
    labels = {lane.number: lane.label for lane in run.timeline.lanes.values()} | {0: ""}
    return [
        (labels[arrow.source], labels[arrow.target])
        for arrow in run.timeline.arrows
        if arrow.kind == kind
    ]


# Cancellation: requested, and delivered


async def nap():
    await asyncio.sleep(9)


def test_a_suspended_task_is_cancelled_by_another_with_a_message():
    async def main():
        napper = asyncio.create_task(nap(), name="napper")
        await asyncio.sleep(1)
        napper.cancel("enough")
        await asyncio.wait([napper])

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(1, "main#1", "napper")]
    assert told(run, "deliver") == [(1, "napper", "napper")]
    assert run.timeline["napper"].cancels == [(SECOND, 1, "enough")]
    assert run.timeline["napper"].deliveries == [SECOND]
    assert run.timeline["napper"].outcome == "cancelled"
    assert arrows(run, "cancel") == [("main#1", "napper")]


def test_a_task_that_is_cancelled_before_it_began_is_told_at_its_first_step():
    async def main():
        napper = asyncio.create_task(nap(), name="napper")
        napper.cancel()
        await asyncio.wait([napper])

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(0, "main#1", "napper")]
    assert told(run, "deliver") == [(0, "napper", "napper")]


def test_a_task_that_was_woken_and_has_not_run_yet_is_still_told():
    async def main():
        ready = asyncio.Event()
        waiter = asyncio.create_task(ready.wait(), name="waiter")
        await asyncio.sleep(1)
        ready.set()
        waiter.cancel()
        await asyncio.wait([waiter])

    run = vtloop.simulate(main)
    assert told(run, "deliver") == [(1, "waiter", "waiter")]
    assert run.timeline["waiter"].outcome == "cancelled"


def test_a_task_that_cancels_itself_is_told_when_it_is_suspended_next():
    async def main():
        async def resign():
            asyncio.current_task().cancel()
            vtloop.busy(1)
            await asyncio.sleep(9)

        await asyncio.wait([asyncio.create_task(resign(), name="quitter")])

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(0, "quitter", "quitter")]
    assert told(run, "deliver") == [(1, "quitter", "quitter")]


def test_a_task_that_cancels_itself_and_returns_is_cancelled_and_told_nothing():
    async def main():
        async def resign():
            asyncio.current_task().cancel()

        await asyncio.wait([asyncio.create_task(resign(), name="quitter")])

    run = vtloop.simulate(main)
    assert told(run, "deliver") == []
    assert run.timeline["quitter"].outcome == "cancelled"


@pytest.mark.parametrize("around", [asyncio.shield, asyncio.gather, asyncio.ensure_future])
def test_a_cancellation_goes_through_what_a_task_waits_for(around):
    async def main():
        napper = asyncio.create_task(nap(), name="napper")

        async def outer():
            await around(napper)

        waiter = asyncio.create_task(outer(), name="outer")
        await asyncio.sleep(1)
        waiter.cancel()
        await asyncio.wait([waiter])

    run = vtloop.simulate(main)
    cancelled = ["outer"] if around is asyncio.shield else ["outer", "napper"]
    during = [told for told in told(run, "cancel") if told[0] == 1 and told[1] == "main#1"]
    assert during == [(1, "main#1", name) for name in cancelled]
    delivered = [(at, who) for at, who, _ in told(run, "deliver")]
    assert (1, "outer") in delivered
    assert run.timeline["outer"].outcome == "cancelled"


def test_a_request_that_the_awaited_task_swallows_is_not_delivered_to_who_waits():
    async def main():
        async def stubborn():
            try:
                await asyncio.sleep(9)
            except asyncio.CancelledError:
                return "no"

        stubborn_one = asyncio.create_task(stubborn(), name="stubborn")

        async def outer():
            return await stubborn_one

        waiter = asyncio.create_task(outer(), name="outer")
        await asyncio.sleep(1)
        waiter.cancel()
        return await waiter

    run = vtloop.simulate(main)
    assert run.value == "no"
    assert told(run, "deliver") == [(1, "stubborn", "stubborn")]
    assert run.timeline["outer"].cancels != []
    assert run.timeline["outer"].outcome == "returned"


def test_a_swallowed_cancellation_is_a_request_without_an_end():
    async def main():
        async def stubborn():
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                await asyncio.sleep(5)

        task = asyncio.create_task(stubborn(), name="stubborn")
        await asyncio.sleep(1)
        task.cancel()
        await task

    run = vtloop.simulate(main)
    lane = run.timeline["stubborn"]
    assert (lane.cancels, lane.deliveries) == ([(SECOND, 1, "")], [SECOND])
    assert (lane.outcome, lane.ended) == ("returned", 6 * SECOND)


def test_a_withdrawn_request_is_not_delivered():
    async def main():
        me = asyncio.current_task()
        me.cancel()
        me.uncancel()
        await asyncio.sleep(1)

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(0, "main#1", "main#1")]
    delivered = [] if sys.version_info >= (3, 13) else [(0, "main#1", "main#1")]
    assert told(run, "deliver") == delivered


def test_a_cancellation_by_call_soon_is_that_of_who_asked_for_it():
    async def main():
        async def doctor():
            asyncio.get_running_loop().call_soon(napper.cancel)

        napper = asyncio.create_task(nap(), name="napper")
        healer = asyncio.create_task(doctor(), name="doctor")
        await asyncio.wait([napper, healer])

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(0, 0, "napper")], "a callback's"
    assert arrows(run, "cancel") == [("doctor", "napper")]


def test_a_timeout_cancels_as_a_timer():
    async def main():
        async with asyncio.timeout(2):
            await asyncio.sleep(9)

    run = vtloop.simulate(main)
    assert isinstance(run.error, TimeoutError)
    assert told(run, "cancel") == [(2, 0, "main#1")]
    assert told(run, "deliver") == [(2, "main#1", "main#1")]
    assert arrows(run, "cancel") == [("", "main#1")]
    assert run.timeline["main"].outcome == "raised"


def test_a_group_cancels_the_others_because_one_failed():
    async def main():
        async def fail():
            await asyncio.sleep(1)
            raise ValueError

        async with asyncio.TaskGroup() as group:
            group.create_task(fail(), name="failing")
            group.create_task(nap(), name="one")
            group.create_task(nap(), name="other")
            await asyncio.sleep(9)

    run = vtloop.simulate(main)
    assert sorted(arrows(run, "cancel")) == [
        ("failing", "main#1"),
        ("failing", "one"),
        ("failing", "other"),
    ]
    assert sorted(about for _, _, about in told(run, "deliver")) == ["main#1", "one", "other"]


def test_what_a_runner_cancels_in_the_end_is_nobodys_doing():
    async def main():
        asyncio.create_task(nap(), name="left over")
        await asyncio.sleep(1)

    run = vtloop.simulate(main)
    assert told(run, "cancel") == [(1, -1, "left over")]
    assert arrows(run, "cancel") == [("", "left over")]
    assert run.timeline["left over"].cancels == [(SECOND, 0, "")]
    assert arrows(run, "wake") == []


def test_many_cancelled_tasks_leave_nothing_behind_in_the_recorder():
    recorder = Recording()

    async def main():
        for _ in range(50):
            napper = asyncio.create_task(nap())
            await asyncio.sleep(0)
            napper.cancel()
            await asyncio.wait([napper])
            lock = asyncio.Lock()
            await lock.acquire()
            quitter = asyncio.create_task(asyncio.sleep(0))
            quitter.cancel()

    with asyncio.Runner(loop_factory=lambda: vtloop.VirtualLoop(recorder=recorder)) as runner:
        runner.run(main())
    leftovers = (
        recorder._cancelled, recorder._late, recorder._sources, recorder._begun,
        recorder._new, recorder._eager, recorder._sites.sleeps, list(recorder._primitives.alive()),
    )  # fmt: skip
    assert [len(left) for left in leftovers] == [0] * len(leftovers)


# Wake-ups by a step that blocks


def spans(lane):
    return [(span.state, span.start / SECOND, span.end / SECOND) for span in lane.spans]


@pytest.mark.parametrize(("before", "after"), [(0, 3), (2, 0), (2, 3), (0, 0)])
def test_a_task_is_ready_from_the_instant_it_is_woken_even_amid_blocking_calls(before, after):
    async def main():
        ready = asyncio.Event()

        async def wait():
            await ready.wait()

        waiter = asyncio.create_task(wait(), name="waiter")
        await asyncio.sleep(1)
        time.sleep(before)
        ready.set()
        time.sleep(after)
        await waiter

    timeline = vtloop.simulate(main).timeline
    woken, runs = 1 + before, 1 + before + after
    expected = [(READY, 0, 0), (RUNNING, 0, 0), (WAITING, 0, woken)]
    expected += [(READY, woken, runs)] if after else []
    assert spans(timeline["waiter"]) == [*expected, (RUNNING, runs, runs)]
    (wake,) = [arrow for arrow in timeline.arrows if arrow.kind == "wake"]
    assert (wake.start, wake.end) == (woken * SECOND, runs * SECOND)


def test_tasks_that_one_step_wakes_between_its_blocking_calls_are_ready_one_by_one():
    async def main():
        gates = [asyncio.Event() for _ in range(4)]
        waiters = [
            asyncio.create_task(gate.wait(), name=f"waiter {number}")
            for number, gate in enumerate(gates)
        ]
        await asyncio.sleep(0)
        for gate in gates:
            gate.set()
            time.sleep(1)
        await asyncio.wait(waiters)

    timeline = vtloop.simulate(main).timeline
    ready = [
        next(span.end for span in timeline[f"waiter {number}"].spans if span.state == WAITING)
        for number in range(4)
    ]
    assert ready == [0, SECOND, 2 * SECOND, 3 * SECOND]


def test_a_task_whose_sleep_is_over_while_the_loop_is_blocked_is_ready_from_then_on():
    async def main():
        sleeper = asyncio.create_task(asyncio.sleep(1), name="sleeper")
        await asyncio.sleep(0)
        time.sleep(3)
        await sleeper

    timeline = vtloop.simulate(main).timeline
    assert spans(timeline["sleeper"])[2:] == [(WAITING, 0, 1), (READY, 1, 3), (RUNNING, 3, 3)]
    path = [timeline.trace.steps[index] for index in timeline.critical_path()]
    assert [step[0] for step in path if step[1] == 1] == [0, 0, 3 * SECOND], (
        "it goes through the block"
    )


def test_a_worker_thread_wakes_its_task_through_the_loop():
    async def main():
        await asyncio.to_thread(time.sleep, 2)

    timeline = vtloop.simulate(main).timeline
    assert (WAITING, 0, 2) in spans(timeline["main"])
    assert timeline.critical_path()[0] == timeline["main"].steps[0]


# Eager tasks, and those of other factories


@eager_tasks
def test_an_eager_task_runs_within_the_step_that_creates_it():
    async def main():
        async def child():
            time.sleep(2)
            await asyncio.sleep(1)

        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        task = asyncio.create_task(child(), name="child")
        time.sleep(4)
        await task

    timeline = vtloop.simulate(main).timeline
    child = spans(timeline["child"])
    assert child == [
        (READY, 0, 0), (RUNNING, 0, 2), (WAITING, 2, 3), (READY, 3, 6), (RUNNING, 6, 6),
    ]  # fmt: skip
    assert spans(timeline["main"])[1] == (RUNNING, 0, 6), "the child's step is part of it"
    assert timeline["child"].created == 0
    assert [lane.number for lane in timeline.lanes.values()] == [1, 2]


@eager_tasks
def test_an_eager_task_that_ends_at_once_has_one_step():
    async def main():
        async def child():
            await asyncio.create_task(grandchild(), name="grandchild")

        async def grandchild():
            return None

        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await asyncio.create_task(child(), name="child")

    timeline = vtloop.simulate(main).timeline
    for name, parent in ("child", 1), ("grandchild", 2):
        assert len(timeline[name].steps) == 1
        assert (timeline[name].outcome, timeline[name].parent) == ("returned", parent)


@eager_tasks
def test_an_eager_factory_that_is_set_before_the_loop_runs_starts_main_as_usual():
    recorder = Recording()
    loop = vtloop.VirtualLoop(recorder=recorder)
    loop.set_task_factory(asyncio.eager_task_factory)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(asyncio.sleep(1))
    trace = recorder.trace()
    assert [step[3] for step in trace.steps if step[1] == 1] == ["sleep", "returned"]


def test_a_task_with_an_empty_name_is_called_as_one_without_a_name():
    async def speak():
        print("hello")
        vtloop.busy(1)

    async def main():
        named, renamed = asyncio.create_task(speak(), name=""), asyncio.create_task(speak())
        renamed.set_name("")
        await asyncio.wait([named, renamed])
        return [label(named), label(renamed)]

    run = vtloop.simulate(main)
    labels = [lane.label for lane in run.timeline.lanes.values() if lane.number > 1]
    assert labels == ["speak#2", "speak#3"] == run.value
    assert [line.who for line in run.printed] == labels
    assert [block.who for block in run.blocked] == labels


class ForeignTask(asyncio.Task):
    """A task of a factory of the program's own."""


def test_tasks_of_a_factory_of_the_programs_own_have_lanes_too():
    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **options: ForeignTask(coro, loop=loop, **options))
        tasks = [asyncio.create_task(nap(), name=name) for name in ("one", "other")]
        tasks.append(asyncio.create_task(nap()))
        await asyncio.wait(tasks)

    timeline = vtloop.simulate(main).timeline
    assert [lane.label for lane in timeline.lanes.values()] == ["main#1", "one", "other", "nap#4"]
    for name in ("one", "other", "nap#4"):
        assert (timeline[name].outcome, timeline[name].ended) == ("returned", 9 * SECOND)


@eager_tasks
def test_eager_tasks_of_a_factory_of_the_programs_own_have_lanes_too():
    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.create_eager_task_factory(ForeignTask))

        async def quick():
            return None

        await asyncio.create_task(quick(), name="quick")
        await asyncio.create_task(nap(), name="slow")

    timeline = vtloop.simulate(main).timeline
    assert (timeline["quick"].outcome, timeline["quick"].ended) == ("returned", 0)
    assert (timeline["slow"].outcome, timeline["slow"].ended) == ("returned", 9 * SECOND)
    assert WAITING in {span.state for span in timeline["slow"].spans}


# Nothing is kept alive


def test_recording_keeps_nothing_alive():
    class Cargo:
        pass

    gone = []

    async def main():
        async def carry(cargo):
            lock, queue = asyncio.Lock(), asyncio.Queue()
            await lock.acquire()
            queue.put_nowait(cargo)
            await asyncio.sleep(1)
            return cargo

        task = asyncio.create_task(carry(Cargo()))
        result = weakref.ref(await task)
        watched = weakref.ref(task)
        del task
        await asyncio.sleep(0)
        gone.append((result() is None, watched() is None))

    recorder = Recording()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=lambda: vtloop.VirtualLoop(recorder=recorder)) as runner:
            runner.run(main())
    finally:
        gc.enable()
    assert gone == [(True, True)]


def test_a_local_variable_lives_no_longer_than_without_a_recorder():
    class Cargo:
        pass

    async def main():
        cargo, lock, queue = Cargo(), asyncio.Lock(), asyncio.Queue()
        watched = weakref.ref(cargo)
        async with lock:
            with_timeout = asyncio.create_task(asyncio.wait_for(queue.get(), 1))
            await asyncio.wait([with_timeout])
        del cargo
        return watched() is None

    assert vtloop.simulate(main).value is True


# Its cost


async def ring():
    async def spin():
        for _ in range(500):
            await asyncio.sleep(0)

    await asyncio.gather(*(spin() for _ in range(20)))


async def chain():
    for _ in range(5000):
        await asyncio.sleep(1)


async def locks():
    lock = asyncio.Lock()

    async def worker():
        for _ in range(100):
            async with lock:
                await asyncio.sleep(1)

    await asyncio.gather(*(worker() for _ in range(20)))


# Bytes. Since Python 3.14 a tuple keeps its hash, in 8 bytes more; here a step has two or three.
MOST = 300 if sys.version_info < (3, 14) else 320


@pytest.mark.parametrize("program", [ring, chain, locks])
def test_a_step_takes_little_memory(program):
    vtloop.simulate(program)  # so that what is cached once is there
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run = vtloop.simulate(program)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    print(f"{program.__name__}: {kept / len(run.trace.steps):.0f} bytes a step")
    assert kept / len(run.trace.steps) <= MOST


# --- Up to now -----------------------------------------------------------------------------------


def test_a_trace_up_to_now_tells_of_the_step_that_runs_and_the_recording_goes_on():
    recording = Recording()
    loop = vtloop.VirtualLoop(recorder=recording)
    seen = []

    async def other():
        await asyncio.sleep(5)

    async def main():
        left = asyncio.create_task(other())
        await asyncio.sleep(1)
        seen.append(recording.so_far(ended=loop.virtual_time()))
        await left

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    (so_far,) = seen
    whole = recording.trace(ended=loop.virtual_time())
    timeline = Timeline(so_far)
    assert (timeline.end, Timeline(whole).end) == (1_000_000_000, 5_000_000_000)
    assert [lane.outcome for lane in timeline.lanes.values()] == ["", ""]
    last = so_far.steps[-1]
    assert last[:4] == (*whole.steps[len(so_far.steps) - 1][:3], "turn")
    assert so_far.stacks[last[5]][-1].source.startswith("seen.append(recording.so_far(")
    assert so_far.steps[:-1] == whole.steps[: len(so_far.steps) - 1]


@eager_tasks
def test_a_trace_up_to_now_tells_of_eager_tasks_within_the_step_that_runs():
    recording = Recording()
    loop = vtloop.VirtualLoop(recorder=recording)
    loop.set_task_factory(asyncio.eager_task_factory)
    seen = []

    async def look():
        seen.append(recording.so_far())

    async def main():
        await asyncio.create_task(look())

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    assert [step[1:4] for step in seen[0].steps] == [(1, -1, "turn"), (2, 0, "turn")]


def test_a_notice_is_told_once_in_each_part_of_a_run():
    recording = PartRecording()
    recording.attach(deque(), Clock())
    told = []
    for _ in range(2):
        recording.begin(0)
        recording.notice("something real")
        recording.notice("something real")
        told.append(recording.so_far().notices)
    assert told == [("something real",)] * 2
