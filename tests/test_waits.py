"""What a suspended task waits for: named for each of asyncio's waiting functions."""

import asyncio
import re
import sys

import pytest

import vtloop
from vtloop.waits import describe


async def let_start():
    for _ in range(5):
        await asyncio.sleep(0)


async def blocked(coroutine):
    """Return what a task that runs `coroutine` is told to wait for, in its own words."""
    task = asyncio.create_task(coroutine, name="waiter")
    await let_start()
    wait = describe(task, {})
    task.cancel()
    await asyncio.wait([task])
    return wait


async def on_sleep():
    await asyncio.sleep(5)


async def on_sleep_for_ever():
    await asyncio.sleep(float("inf"))


async def on_lock():
    door = asyncio.Lock()
    await door.acquire()
    async with door:
        pass


async def on_attribute():
    class Room:
        def __init__(self):
            self.door = asyncio.Lock()

    room = Room()
    await room.door.acquire()
    await room.door.acquire()


async def on_semaphore():
    slots = asyncio.Semaphore(0)
    await slots.acquire()


async def on_event():
    ready = asyncio.Event()
    await ready.wait()


async def on_condition():
    changed = asyncio.Condition()
    async with changed:
        await changed.wait_for(lambda: False)


async def on_the_lock_of_a_condition():
    changed = asyncio.Condition()
    await changed.acquire()
    await changed.acquire()


async def on_the_lock_after_a_notification():
    changed = asyncio.Condition()

    async def notify():
        async with changed:
            changed.notify()
            await asyncio.sleep(9)

    async with changed:
        notifier = asyncio.create_task(notify())  # noqa: F841
        await changed.wait()


async def on_barrier():
    start = asyncio.Barrier(3)
    await start.wait()


async def on_empty_queue():
    jobs = asyncio.Queue()
    await jobs.get()


async def on_full_queue():
    jobs = asyncio.Queue(1)
    jobs.put_nowait(1)
    await jobs.put(2)


async def on_unfinished_queue():
    jobs = asyncio.Queue()
    jobs.put_nowait(1)
    await jobs.join()


async def on_future():
    await asyncio.get_running_loop().create_future()


async def on_task():
    await asyncio.create_task(asyncio.sleep(9), name="napper")


async def on_gather():
    await asyncio.gather(
        asyncio.sleep(0), asyncio.create_task(asyncio.sleep(9), name="napper"), asyncio.sleep(8)
    )


async def on_wait():
    await asyncio.wait([asyncio.create_task(asyncio.sleep(9), name="napper")])


async def on_task_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(9), name="napper")


async def on_timeout():
    async with asyncio.timeout(4):
        await asyncio.sleep(5)


async def on_async_generator():
    gate = asyncio.Event()

    async def numbers():
        await gate.wait()
        yield 1

    async for _ in numbers():
        pass


async def on_async_context_manager():
    gate = asyncio.Event()

    class Gate:
        async def __aenter__(self):
            await gate.wait()

        async def __aexit__(self, *exc_info):
            pass

    async with Gate():
        pass


async def on_object_with_await():
    gate = asyncio.Event()

    class Passage:
        def __await__(self):
            return (yield from gate.wait().__await__())

    await Passage()


async def on_shielded_task():
    await asyncio.shield(asyncio.create_task(asyncio.sleep(9), name="napper"))


CASES = [
    (on_sleep, "a sleep until 5 s", "await asyncio.sleep(5)"),
    (
        on_sleep_for_ever,
        "nothing, for ever (a sleep of infinite length)",
        'await asyncio.sleep(float("inf"))',
    ),
    (on_lock, "Lock 'door'", "async with door:"),
    (on_attribute, "Lock 'room.door'", "await room.door.acquire()"),
    (on_semaphore, "Semaphore 'slots'", "await slots.acquire()"),
    (on_event, "Event 'ready' to be set", "await ready.wait()"),
    (
        on_condition,
        "a notification of Condition 'changed'",
        "await changed.wait_for(lambda: False)",
    ),
    (on_the_lock_of_a_condition, "Lock 'changed._lock'", "await changed.acquire()"),
    (
        on_the_lock_after_a_notification,
        "the lock of Condition 'changed', after its notification",
        "await changed.wait()",
    ),
    (
        on_barrier,
        "the other parties of Barrier 'start' (1 of 3 are there)",
        "await start.wait()",
    ),
    (on_empty_queue, "an item of Queue 'jobs'", "await jobs.get()"),
    (on_full_queue, "room in Queue 'jobs' (it holds 1 of 1)", "await jobs.put(2)"),
    (
        on_unfinished_queue,
        "all items of Queue 'jobs' to be done (task_done)",
        "await jobs.join()",
    ),
    (
        on_future,
        "a Future that nobody has set yet",
        "await asyncio.get_running_loop().create_future()",
    ),
    (on_task, "task napper", 'await asyncio.create_task(asyncio.sleep(9), name="napper")'),
    (on_gather, "gather() of napper, sleep#5", "await asyncio.gather("),
    (
        on_wait,
        "wait() of napper",
        'await asyncio.wait([asyncio.create_task(asyncio.sleep(9), name="napper")])',
    ),
    (
        on_task_group,
        "the tasks of its TaskGroup: napper",
        "async with asyncio.TaskGroup() as group:",
    ),
    (on_timeout, "a sleep until 5 s", "await asyncio.sleep(5)"),
    (on_async_generator, "Event 'gate' to be set", "await gate.wait()"),
    (on_async_context_manager, "Event 'gate' to be set", "await gate.wait()"),
    (
        on_object_with_await,
        "Event 'gate' to be set",
        "return (yield from gate.wait().__await__())",
    ),
    (
        on_shielded_task,
        "task napper, shielded",
        'await asyncio.shield(asyncio.create_task(asyncio.sleep(9), name="napper"))',
    ),
]


@pytest.mark.parametrize(
    ("program", "waits_for", "source"), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_what_a_task_waits_for_is_named_with_its_line(program, waits_for, source):
    wait = vtloop.run(blocked(program()))
    assert wait.task == "waiter"
    assert wait.waits_for == waits_for
    place, _, line = wait.place.partition(": ")
    assert line == source
    assert re.fullmatch(r"tests/test_waits\.py:\d+ in [\w.]+", place)


def test_wait_for_names_what_its_coroutine_waits_for():
    async def main():
        ready = asyncio.Event()

        async def waiting():
            await asyncio.wait_for(ready.wait(), 9)

        return await blocked(waiting())

    wait = vtloop.run(main())
    if sys.version_info >= (3, 12):  # wait_for runs its coroutine in place
        assert wait.waits_for == "Event 'ready' to be set"
    else:
        assert wait.waits_for == "wait_for() of task Event.wait#3"


def test_a_task_that_can_run_waits_for_its_next_turn():
    async def main():
        async def spin():
            while True:
                await asyncio.sleep(0)

        task = asyncio.create_task(spin())
        await asyncio.sleep(0)
        try:
            return describe(task, {}).waits_for
        finally:
            task.cancel()

    assert vtloop.run(main()) == "its next turn"
