"""What a trace says of uses of queues, events, conditions and barriers, and of asyncio's own."""

import asyncio

import pytest

import vtloop
from vtloop.private.events import TASKS
from vtloop.timeline.timeline import Timeline
from vtloop.values import trace

SECOND = 1_000_000_000


def used(main, name=None):
    """Return the uses in a run: (when in seconds, who, what, before, after), of one primitive."""
    timeline = vtloop.simulate(main).timeline
    labels = {lane.number: lane.label for lane in timeline.lanes.values()} | {0: "a callback"}
    return [
        (use.at / SECOND, labels[use.task], use.kind, use.before, use.after)
        for use in timeline.uses
        if name in (None, str(timeline.trace.primitives[use.primitive]))
    ]


def levels(main):
    """Return how full each primitive was, by what it is called: (since in seconds, how many)."""
    timeline = vtloop.simulate(main).timeline
    return {
        str(timeline.trace.primitives[primitive]): [(at / SECOND, level) for at, level in there]
        for primitive, there in timeline.levels.items()
    }


def primitives(main):
    return [str(primitive) for primitive in vtloop.simulate(main).trace.primitives]


# Queues


async def producer_and_consumer():
    async def consume():
        for _ in range(3):
            await jobs.get()
            await asyncio.sleep(1)
            jobs.task_done()

    jobs = asyncio.Queue(2)
    asyncio.create_task(consume(), name="consumer")
    for job in range(3):
        await jobs.put(job)
    await jobs.join()


def test_what_is_put_taken_and_done_is_told_with_who_and_how_many():
    assert used(producer_and_consumer) == [
        (0, "producer_and_consumer#1", "put", 0, 1),
        (0, "producer_and_consumer#1", "put", 1, 2),
        (0, "consumer", "get", 2, 1),
        (0, "producer_and_consumer#1", "put", 1, 2),
        (1, "consumer", "done", 3, 2),
        (1, "consumer", "get", 2, 1),
        (2, "consumer", "done", 2, 1),
        (2, "consumer", "get", 1, 0),
        (3, "consumer", "done", 1, 0),
    ]
    assert levels(producer_and_consumer) == {"Queue 'jobs'": [(0, 2), (1, 1), (2, 0)]}


def test_a_use_is_told_in_the_step_in_which_it_happens():
    timeline = vtloop.simulate(producer_and_consumer).timeline
    for use in timeline.uses:
        assert timeline.trace.step(use.step)[:2] == (use.at, use.task)


def test_what_a_callback_puts_is_told_and_the_queue_has_the_name_that_tasks_know():
    async def main():
        jobs = asyncio.Queue()
        asyncio.get_running_loop().call_later(1, jobs.put_nowait, "job")
        await asyncio.sleep(2)
        return jobs

    assert used(main, "Queue 'jobs'") == [(1, "a callback", "put", 0, 1)]
    assert levels(main) == {"Queue 'jobs'": [(0, 0), (1, 1)]}


@pytest.mark.parametrize("kind", [asyncio.LifoQueue, asyncio.PriorityQueue])
def test_queues_in_another_order_count_as_well(kind):
    async def main():
        jobs = kind()
        for job in (2, 1):
            jobs.put_nowait(job)
        await jobs.get()

    kinds = [(kind, after) for _, _, kind, _, after in used(main, f"{kind.__name__} 'jobs'")]
    assert kinds == [("put", 1), ("put", 2), ("get", 1)]


class Latest(asyncio.Queue):
    """Keeps the last item alone, and says so."""

    def put_nowait(self, item):
        while not self.empty():
            self.get_nowait()
        super().put_nowait(item)


def test_of_a_class_of_the_program_all_is_told_that_it_does():
    async def main():
        latest = Latest()
        await latest.put(1)
        await latest.put(2)
        return await latest.get()

    assert used(main, "Latest 'latest'") == [
        (0, "main#1", "put", 0, 1),
        (0, "main#1", "get", 1, 0),
        (0, "main#1", "put", 0, 1),
        (0, "main#1", "get", 1, 0),
    ]


def test_what_fails_is_no_use():
    async def main():
        jobs = asyncio.Queue(1)
        jobs.put_nowait(1)
        with pytest.raises(asyncio.QueueFull):
            jobs.put_nowait(2)
        jobs.get_nowait()
        with pytest.raises(asyncio.QueueEmpty):
            jobs.get_nowait()
        jobs.task_done()
        with pytest.raises(ValueError, match="too many times"):
            jobs.task_done()

    assert [kind for _, _, kind, _, _ in used(main)] == ["put", "get", "done"]


@pytest.mark.skipif(not hasattr(asyncio.Queue, "shutdown"), reason="since 3.13")
def test_a_queue_that_is_shut_down_at_once_is_empty():
    async def main():
        jobs = asyncio.Queue()
        jobs.put_nowait(1)
        jobs.put_nowait(2)
        await asyncio.sleep(1)
        jobs.shutdown(immediate=True)

    assert used(main)[-1] == (1, "main#1", "shutdown", 2, 0)
    assert levels(main) == {"Queue 'jobs'": [(0, 2), (1, 0)]}


FILLED: asyncio.Queue[str] = asyncio.Queue()


def test_a_queue_that_was_filled_before_the_run_has_its_level_from_the_start():
    async def main():
        await asyncio.sleep(1)
        await FILLED.get()

    FILLED.put_nowait("outside")
    assert levels(main) == {"Queue 'FILLED'": [(0, 1), (1, 0)]}


def test_another_thread_puts_by_a_callback():
    async def main():
        jobs, loop = asyncio.Queue(), asyncio.get_running_loop()
        await asyncio.to_thread(loop.call_soon_threadsafe, jobs.put_nowait, "job")
        return await jobs.get()

    assert [use[1:3] for use in used(main)] == [("a callback", "put"), ("main#1", "get")]


@pytest.mark.parametrize("timeout", [5, None])
def test_what_is_used_under_a_timeout_counts_as_well(timeout):
    async def main():
        jobs = asyncio.Queue(1)
        await asyncio.wait_for(jobs.put("job"), timeout)
        return await asyncio.wait_for(jobs.get(), timeout)

    assert [use[2:] for use in used(main, "Queue 'jobs'")] == [("put", 0, 1), ("get", 1, 0)]


@pytest.mark.parametrize("kind", [None, *TASKS])
def test_a_task_that_does_nothing_else_uses_a_queue(kind):
    async def main():
        jobs, loop = asyncio.Queue(), asyncio.get_running_loop()
        await (loop.create_task(jobs.put("job")) if kind is None else kind(jobs.put(1), loop=loop))

    assert [use[2:] for use in used(main, "Queue 'jobs'")] == [("put", 0, 1)]


# Events, conditions


def test_an_event_is_set_and_cleared_by_somebody():
    async def main():
        ready = asyncio.Event()
        asyncio.get_running_loop().call_later(1, ready.set)
        await ready.wait()
        ready.set()
        await asyncio.sleep(1)
        ready.clear()
        await asyncio.sleep(1)

    assert used(main) == [
        (1, "a callback", "set", 0, 1),
        (1, "main#1", "set", 1, 1),
        (2, "main#1", "clear", 1, 0),
    ]
    assert levels(main) == {"Event 'ready'": [(0, 0), (1, 1), (2, 0)]}


def test_a_notification_says_how_many_wait_and_how_many_are_left():
    async def main():
        async def waits():
            async with changed:
                await changed.wait()

        changed = asyncio.Condition()
        async with changed:
            changed.notify()
        waiters = [asyncio.create_task(waits()) for _ in range(3)]
        await asyncio.sleep(1)
        async with changed:
            changed.notify()
            changed.notify_all()
        await asyncio.wait(waiters)

    assert used(main, "Condition 'changed'") == [
        (0, "main#1", "notify", 0, 0),
        (1, "main#1", "notify", 3, 2),
        (1, "main#1", "notify", 2, 0),
    ]
    assert levels(main) == {}


# Barriers


def test_the_parties_of_a_barrier_arrive_and_the_last_trips_it():
    async def main():
        async def party(seconds):
            await asyncio.sleep(seconds)
            async with start:
                pass

        start = asyncio.Barrier(3)
        async with asyncio.TaskGroup() as group:
            for seconds in (1, 2, 3):
                group.create_task(party(seconds), name=f"after {seconds}")

    assert used(main) == [
        (1, "after 1", "arrive", 0, 1),
        (2, "after 2", "arrive", 1, 2),
        (3, "after 3", "arrive", 2, 3),
        (3, "after 3", "trip", 3, 0),
    ]
    assert levels(main) == {"Barrier 'start'": [(0, 0), (1, 1), (2, 2), (3, 0)]}


def test_a_party_that_is_cancelled_gives_up():
    async def main():
        start = asyncio.Barrier(2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(start.wait(), 1)

    kinds = [(at, kind, before, after) for at, _, kind, before, after in used(main)]
    assert kinds == [(0, "arrive", 0, 1), (1, "give up", 1, 0)]


@pytest.mark.parametrize("how", ["reset", "abort"])
def test_a_barrier_is_reset_or_broken(how):
    async def main():
        start = asyncio.Barrier(3)
        parties = [asyncio.create_task(start.wait()) for _ in range(2)]
        await asyncio.sleep(1)
        await getattr(start, how)()
        return await asyncio.gather(*parties, return_exceptions=True)

    told = [(kind, before, after) for _, _, kind, before, after in used(main)]
    assert told == [("arrive", 0, 1), ("arrive", 1, 2), (how, 2, 0)]


# asyncio's own


def test_what_asyncio_makes_for_itself_is_not_told():
    async def main():
        async def party():
            await start.wait()

        jobs, start = asyncio.Queue(), asyncio.Barrier(2)
        for done in asyncio.as_completed([party(), party()]):
            await done
        jobs.put_nowait(1)
        jobs.get_nowait()
        jobs.task_done()
        await jobs.join()

    assert sorted(primitives(main)) == ["Barrier 'start'", "Queue 'jobs'"]


def contended(changed):
    async def enter(seconds):
        async with changed:
            await asyncio.sleep(seconds)

    return asyncio.gather(enter(2), enter(1))


def test_who_has_the_lock_of_a_condition_has_the_condition_and_so_it_is_waited_for():
    async def main():
        changed = asyncio.Condition()
        await contended(changed)

    timeline = vtloop.simulate(main).timeline
    assert [str(primitive) for primitive in timeline.trace.primitives] == ["Condition 'changed'"]
    held = [(one.task, one.start / SECOND, one.end / SECOND) for one in timeline.holdings]
    assert held == [(2, 0, 2), (3, 2, 3)]
    (wait,) = [span for span in timeline.lanes[3].spans if span.primitive == 0]
    assert (wait.kind, wait.what, wait.end) == ("lock", "Condition 'changed'", 2 * SECOND)


def test_the_lock_that_a_condition_was_given_is_itself():
    async def main():
        lock = asyncio.Lock()
        changed = asyncio.Condition(lock)
        await contended(changed)

    timeline = vtloop.simulate(main).timeline
    assert [str(primitive) for primitive in timeline.trace.primitives] == ["Lock 'lock'"]
    assert len(timeline.holdings) == 2


def test_a_message_names_the_condition_and_who_has_it():
    async def main():
        async def keep():
            await changed.acquire()

        changed = asyncio.Condition()
        await asyncio.create_task(keep(), name="keeper")
        await changed.acquire()

    with pytest.raises(vtloop.DeadlockError, match=r"Condition 'changed', held by keeper"):
        vtloop.simulate(main).result()


def test_a_barrier_is_waited_for_also_if_its_lock_is():
    async def main():
        start = asyncio.Barrier(2)
        await asyncio.gather(start.wait(), start.wait(), start.wait(), start.wait())

    timeline = vtloop.simulate(main).timeline
    assert [str(primitive) for primitive in timeline.trace.primitives] == ["Barrier 'start'"]
    assert timeline.holdings == []


# Files


def test_uses_come_back_from_a_file_as_they_were(tmp_path):
    made = vtloop.simulate(producer_and_consumer).trace
    made.save(tmp_path / "run.jsonl.gz")
    assert Timeline(trace.load(tmp_path / "run.jsonl.gz")).uses == Timeline(made).uses != []


def test_a_trace_from_before_there_were_any_has_none():
    made = vtloop.simulate(producer_and_consumer).trace
    older = made._replace(events=tuple(one for one in made.events if one[2] != "use"))
    timeline = Timeline(older)
    assert (timeline.uses, timeline.levels) == ([], {})


def test_all_uses_are_explained():
    async def main():
        await producer_and_consumer()
        start, ready = asyncio.Barrier(1), asyncio.Event()
        ready.set()
        await start.wait()

    assert {kind for _, _, kind, _, _ in used(main)} <= trace.USES.keys()


def test_a_callback_that_uses_a_primitive_has_the_name_of_its_method():
    async def main():
        event, queue = asyncio.Event(), asyncio.Queue()
        loop = asyncio.get_running_loop()
        for callback in (event.set, event.clear, queue.get_nowait, queue.task_done):
            loop.call_soon(callback)
        queue.put_nowait(1)
        loop.call_later(1, queue.put_nowait, 2)
        await asyncio.sleep(2)

    steps = map(trace.Step._make, vtloop.simulate(main).trace.steps)
    told = [step.subject for step in steps if step.ended in trace.CALLBACKS]
    names = ["Event.set", "Event.clear", "Queue.get_nowait", "Queue.task_done", "Queue.put_nowait"]
    assert [name for name in told if "." in name] == names
