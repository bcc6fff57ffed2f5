"""What a trace says of timeouts, on every Python alike, and of who requests a cancellation."""

import asyncio
import sys

import pytest

import vtloop
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.simulation.segments import PartLoop
from vtloop.timeline.participants import requester
from vtloop.timeline.spans import WAITING, Bracket
from vtloop.timeline.timeline import Timeline
from vtloop.values import trace

SECOND = 1_000_000_000


def seconds(nanoseconds):
    return None if nanoseconds is None else nanoseconds / SECOND


def brackets(timeline):
    """Return the timeouts: (task, from when to when, deadlines, how made, whether fired)."""
    return [
        (
            timeline.lanes[one.task].label,
            (seconds(one.start), seconds(one.end)),
            [(seconds(since), seconds(deadline)) for since, deadline in one.deadlines],
            one.kind,
            one.fired,
        )
        for one in timeline.timeouts
    ]


def within(main, **options):
    return brackets(vtloop.simulate(main, **options).timeline)


def requests(timeline):
    """Return the requests to cancel a task: (when, by whom, whom)."""
    return [
        (at / SECOND, phrase.format(who=who), timeline.lanes[event[4]].label)
        for event in timeline.trace.events
        for at in [event[1]]
        if event[2] == "cancel"
        for phrase, who in [requester(timeline, event)]
    ]


def waits(timeline, name):
    """Return the waits of a task that take time: (for what, from, to, whether cut, asked)."""
    return [
        (span.what, span.start / SECOND, span.end / SECOND, span.cut, seconds(span.asked))
        for span in timeline[name].spans
        if span.state == WAITING and span.end > span.start
    ]


# asyncio.timeout and timeout_at


def test_a_timeout_that_is_not_reached_lasts_until_it_is_left():
    async def main():
        async with asyncio.timeout(5):
            await asyncio.sleep(1)
        await asyncio.sleep(9)

    assert within(main) == [("main#1", (0, 1), [(0, 5)], "timeout", False)]


def test_a_timeout_that_fires_says_so():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout_at(loop.time() + 2):
                await asyncio.sleep(9)

    timeline = vtloop.simulate(main).timeline
    assert brackets(timeline) == [("main#1", (1, 3), [(1, 3)], "timeout", True)]
    assert requests(timeline) == [(3, "a timeout", "main#1")]


def test_a_timeout_lasts_while_what_it_cancels_cleans_up():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                try:
                    await asyncio.sleep(9)
                finally:
                    await asyncio.sleep(3)

    assert within(main) == [("main#1", (0, 5), [(0, 2)], "timeout", True)]


def test_a_timeout_that_is_rescheduled_has_several_deadlines():
    async def main():
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as timeout:
            await asyncio.sleep(1)
            timeout.reschedule(loop.time() + 5)
            await asyncio.sleep(1)
            timeout.reschedule(loop.time() + 7)
            await asyncio.sleep(1)
            timeout.reschedule(None)

    deadlines = [(0, None), (1, 6), (2, 9), (3, None)]
    assert within(main) == [("main#1", (0, 3), deadlines, "timeout", False)]


def test_timeouts_in_one_another_are_in_the_order_in_which_they_are_entered():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3), asyncio.timeout(1):
                try:
                    await asyncio.sleep(9)
                finally:
                    async with asyncio.timeout(9):
                        await asyncio.sleep(1)

    assert within(main) == [
        ("main#1", (0, 2), [(0, 3)], "timeout", False),
        ("main#1", (0, 2), [(0, 1)], "timeout", True),
        ("main#1", (1, 2), [(1, 10)], "timeout", False),
    ]


def test_a_timeout_without_a_deadline_has_none():
    async def main():
        for never in (None, float("inf")):
            async with asyncio.timeout(never):
                await asyncio.sleep(1)

    assert [one[2] for one in within(main)] == [[(0, None)], [(1, None)]]


def test_a_timeout_that_is_overdue_fires_at_once():
    async def main():
        await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(-0.5):
                await asyncio.sleep(9)

    assert within(main) == [("main#1", (1, 1), [(1, 0.5)], "timeout", True)]


def test_a_timeout_that_outlives_the_run_ends_with_it():
    async def main():
        async with asyncio.timeout(9):
            await asyncio.sleep(8)

    timeline = vtloop.simulate(main, until=2).timeline
    assert brackets(timeline) == [("main#1", (0, 2), [(0, 9)], "timeout", False)]


def test_a_timeout_that_nobody_leaves_has_no_last_event():
    recording = Recording()

    async def main():
        async with asyncio.timeout(9):
            await asyncio.sleep(1)
            ended.append(recording.so_far())

    ended = []
    with Runner(vtloop.VirtualLoop(recorder=recording), None) as runner:
        runner.run(main())
    (bracket,) = Timeline(ended[0]).timeouts
    deadlines = ((0, 9 * SECOND),)
    assert bracket == Bracket(1, 0, SECOND, deadlines, "timeout", False, bracket.first, -1)


def test_a_deadline_that_the_loop_is_late_for_is_as_it_was_set():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.sleep(0)
                vtloop.busy(3)
                await asyncio.sleep(9)

    assert within(main) == [("main#1", (0, 3), [(0, 1)], "timeout", True)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="since 3.12")
def test_a_timeout_of_a_task_that_starts_eagerly_is_that_tasks():
    async def main():
        async def hurries():
            async with asyncio.timeout(5):
                await asyncio.sleep(1)

        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await asyncio.create_task(hurries(), name="eager")

    assert within(main) == [("eager", (0, 1), [(0, 5)], "timeout", False)]


class Own(asyncio.Task):
    """A class of tasks that the program brings along."""


def test_a_timeout_of_a_task_of_another_class_is_known():
    async def main():
        async def hurries():
            async with asyncio.timeout(1):
                await asyncio.sleep(9)

        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **options: Own(coro, loop=loop, **options))
        with pytest.raises(TimeoutError):
            await asyncio.create_task(hurries(), name="own")

    assert within(main) == [("own", (0, 1), [(0, 1)], "timeout", True)]


def test_the_timeout_with_which_a_loop_waits_for_its_threads_is_not_told():
    async def main():
        await asyncio.to_thread(int)

    assert within(main) == []


# wait_for


async def nap(seconds):
    await asyncio.sleep(seconds)


def test_a_wait_for_that_ends_in_time_is_one_timeout():
    async def main():
        await asyncio.wait_for(nap(1), 5)

    assert within(main) == [("main#1", (0, 1), [(0, 5)], "wait_for", False)]


def test_a_wait_for_that_is_not_in_time_fires():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(nap(9), timeout=2)

    timeline = vtloop.simulate(main).timeline
    assert brackets(timeline) == [("main#1", (0, 2), [(0, 2)], "wait_for", True)]
    assert requests(timeline)[0][:2] in [
        (2, "a timeout"),
        (2, "a timeout of main#1"),  # Python 3.11 cancels a task of wait_for's own
    ]


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_wait_for_without_time_fires_at_once(timeout):
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(nap(9), timeout)

    assert within(main) == [("main#1", (0, 0), [(0, 0)], "wait_for", True)]


def test_a_wait_for_of_what_is_done_does_not_fire():
    async def main():
        done = asyncio.get_running_loop().create_future()
        done.set_result(1)
        return await asyncio.wait_for(done, 0)

    assert within(main) == [("main#1", (0, 0), [(0, 0)], "wait_for", False)]


def test_a_wait_for_without_a_timeout_has_no_deadline():
    async def main():
        await asyncio.wait_for(nap(1), None)

    assert within(main) == [("main#1", (0, 1), [(0, None)], "wait_for", False)]


def test_a_wait_for_whose_task_is_cancelled_does_not_fire():
    async def main():
        task = asyncio.create_task(asyncio.wait_for(nap(9), 5), name="waits")
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    timeline = vtloop.simulate(main).timeline
    assert brackets(timeline) == [("waits", (0, 1), [(0, 5)], "wait_for", False)]
    assert requests(timeline)[0] == (1, "main#1", "waits")


def test_a_wait_for_of_a_future_that_nobody_sets_fires():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().create_future(), 1)

    assert within(main) == [("main#1", (0, 1), [(0, 1)], "wait_for", True)]


def test_a_wait_for_within_another_is_two():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wait_for(nap(9), 1), 5)

    assert [(span, fired) for _, span, _, _, fired in within(main)] == [
        ((0, 1), False),
        ((0, 1), True),
    ]


def test_an_error_ends_a_wait_for():
    async def main():
        async def fails():
            await asyncio.sleep(1)
            raise TimeoutError

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(fails(), 5)

    assert within(main) == [("main#1", (0, 1), [(0, 5)], "wait_for", False)]


KEPT = asyncio.wait_for


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before, nothing tells of it")
def test_a_wait_for_that_somebody_has_kept_from_before_the_run_is_known_by_its_timeout(monkeypatch):
    async def main():
        await kept["wait_for"](nap(1), 5)

    kept = {"wait_for": KEPT}
    assert within(main) == [("main#1", (0, 1), [(0, 5)], "wait_for", False)]


def saves(timeout, shielded):
    async def main():
        task = asyncio.create_task(nap(2), name="saving")
        try:
            await asyncio.wait_for(asyncio.shield(task) if shielded else task, timeout)
        except TimeoutError:
            await asyncio.sleep(5)

    return vtloop.simulate(main).timeline


def test_a_wait_in_wait_for_says_what_is_waited_for():
    assert waits(saves(3, shielded=False), "main#1") == [("saving", 0, 2, False, None)]
    assert waits(saves(3, shielded=True), "main#1") == [("saving, shielded", 0, 2, False, None)]


def test_a_wait_that_wait_for_ends_is_cut_short():
    assert waits(saves(1, shielded=False), "main#1")[0] == ("saving", 0, 1, True, None)
    assert waits(saves(1, shielded=True), "main#1")[0] == ("saving, shielded", 0, 1, True, None)
    assert waits(saves(1, shielded=False), "saving") == [("a sleep until 2 s", 0, 1, True, 2)]


# Waits that are cut short


def test_a_sleep_that_is_cut_short_knows_for_how_long_it_was_asked():
    async def main():
        task = asyncio.create_task(nap(10), name="napper")
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])

    timeline = vtloop.simulate(main).timeline
    assert waits(timeline, "napper") == [("a sleep until 10 s", 0, 0.5, True, 10)]
    assert waits(timeline, "main#1") == [("a sleep until 0.5 s", 0, 0.5, False, 0.5)]


def test_a_sleep_that_is_over_as_its_task_is_cancelled_is_not_cut_short():
    async def main():
        task = asyncio.create_task(nap(1), name="napper")
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    assert waits(vtloop.simulate(main).timeline, "napper")[0][3:] == (False, 1)


def test_any_wait_may_be_cut_short():
    async def main():
        async def waits(lock):
            await lock.acquire()

        lock = asyncio.Lock()
        await lock.acquire()
        task = asyncio.create_task(waits(lock), name="waiter")
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    assert waits(vtloop.simulate(main).timeline, "waiter") == [("Lock 'lock'", 0, 1, True, None)]


def test_a_sleep_without_end_asks_for_nothing_that_can_be_said():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.sleep(float("inf"))

    assert waits(vtloop.simulate(main).timeline, "main#1")[0][3:] == (True, None)


# Who requests a cancellation


def test_a_group_cancels_its_other_tasks_and_the_one_that_has_it():
    async def main():
        async def fails():
            await asyncio.sleep(1)
            raise KeyError

        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(nap(9), name="other")
                group.create_task(fails())
                await asyncio.sleep(9)

    timeline = vtloop.simulate(main).timeline
    assert requests(timeline) == [
        (1, "the TaskGroup of main#1", "other"),
        (1, "the TaskGroup of main#1", "main#1"),
    ]
    arrows = [arrow for arrow in timeline.arrows if arrow.kind == "cancel"]
    assert [(arrow.group, arrow.timeout) for arrow in arrows] == [(1, -1)] * 2


def test_a_group_whose_own_task_is_cancelled_passes_that_on():
    async def main():
        async def opens():
            async with asyncio.TaskGroup() as group:
                group.create_task(nap(9), name="child")

        task = asyncio.create_task(opens(), name="opens")
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    assert requests(vtloop.simulate(main).timeline) == [
        (1, "main#1", "opens"),
        (1, "the TaskGroup of opens", "child"),
    ]


@pytest.mark.skipif(not hasattr(asyncio.TaskGroup, "cancel"), reason="since 3.15")
def test_who_tells_a_group_to_cancel_its_tasks_is_who_does_it():
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(nap(9), name="child")
            await asyncio.sleep(1)
            group.cancel()

    assert requests(vtloop.simulate(main).timeline)[0] == (1, "main#1", "child")


def test_a_timeout_cancels_what_its_task_has_gathered():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.gather(asyncio.create_task(nap(9), name="gathered"))

    timeline = vtloop.simulate(main).timeline
    assert requests(timeline) == [
        (1, "a timeout", "main#1"),
        (1, "a timeout of main#1", "gathered"),
    ]
    arrows = [arrow for arrow in timeline.arrows if arrow.kind == "cancel"]
    assert [arrow.timeout for arrow in arrows] == [0, 0]


def test_a_callback_that_is_none_of_these_is_a_callback():
    async def main():
        task = asyncio.create_task(nap(9), name="napper")
        asyncio.get_running_loop().call_later(1, task.cancel)
        await asyncio.wait([task])

    assert requests(vtloop.simulate(main).timeline) == [(1, "a callback", "napper")]


# Parts of a run, and files


def test_in_a_part_of_a_run_a_timeout_that_goes_on_has_the_deadline_that_it_has_by_then():
    async def stays():
        async with asyncio.timeout(None) as timeout:
            timeout.reschedule(asyncio.get_running_loop().time() + 9)
            await asyncio.sleep(5)

    async def first():
        tasks.append(asyncio.create_task(stays(), name="stays"))
        await asyncio.sleep(1)

    async def second():
        await asyncio.wait(tasks)

    tasks = []
    loop = PartLoop()
    for part in (first, second):
        loop.begin(None)
        loop.run_until_complete(part())
        told = brackets(Timeline(loop.recording.so_far()))
        loop.rest()
    loop.close()
    assert told == [("stays", (0, 4), [(0, 8)], "timeout", False)]


def test_timeouts_come_back_from_a_file_as_they_were(tmp_path):
    timeline = saves(1, shielded=False)
    timeline.trace.save(tmp_path / "run.jsonl")
    read = Timeline(trace.load(tmp_path / "run.jsonl"))
    assert read.timeouts == timeline.timeouts != []
    assert read.causes == timeline.causes != {}
    assert read.arrows == timeline.arrows


def test_a_trace_from_before_there_were_any_has_none():
    timeline = saves(1, shielded=False)
    kinds = {"timeout", "reschedule", "exit", "expire", "abort"}
    events = tuple(one for one in timeline.trace.events if one[2] not in kinds)
    older = Timeline(timeline.trace._replace(events=events))
    assert (older.timeouts, older.causes) == ([], {})
