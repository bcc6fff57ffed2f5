"""What a suspended task waits for: named for each of asyncio's waiting functions.

Once in the words of a deadlock, which know the present; once in the trace, which knows each step.
"""

import asyncio
import contextlib
import re
import sys
import time
import types
from typing import NamedTuple

import pytest

import vtloop
from vtloop.claims import fair
from vtloop.core.network_waits import IN_NETWORK
from vtloop.core.waits import WAITERS, describe
from vtloop.timeline.spans import WAITING


async def let_start():
    for _ in range(5):
        await asyncio.sleep(0)


async def blocked(coroutine):
    """Return what a task that runs `coroutine` is told to wait for, in its own words."""
    task = asyncio.create_task(coroutine, name="waiter")
    await let_start()
    wait = describe(task)
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


async def on_next_turn():
    while True:
        await asyncio.sleep(0)


async def on_semaphore_as_context():
    slots = asyncio.BoundedSemaphore(1)
    await slots.acquire()
    async with slots:
        pass


async def on_notification():
    changed = asyncio.Condition()
    async with changed:
        await changed.wait()


async def on_barrier_as_context():
    start = asyncio.Barrier(2)
    async with start:
        pass


async def on_empty_heap():
    jobs = asyncio.PriorityQueue()
    await jobs.get()


async def on_full_stack():
    jobs = asyncio.LifoQueue(1)
    jobs.put_nowait(1)
    await jobs.put(2)


async def on_gather_of_futures():
    loop = asyncio.get_running_loop()
    await asyncio.gather(loop.create_future(), loop.create_future())


async def on_wait_for_first_of_two():
    napper = asyncio.create_task(asyncio.sleep(9), name="napper")
    other = asyncio.create_task(asyncio.sleep(8), name="other")
    await asyncio.wait({napper, other}, return_when=asyncio.FIRST_COMPLETED)


async def on_wait_for():
    await asyncio.wait_for(asyncio.create_task(asyncio.sleep(9), name="napper"), 8)


async def on_wait_for_without_time():
    async def stubborn():
        try:
            await asyncio.sleep(8)
        except asyncio.CancelledError:
            await asyncio.sleep(9)

    napper = asyncio.create_task(stubborn(), name="napper")
    await asyncio.sleep(0)
    await asyncio.wait_for(napper, 0)


async def on_as_completed():
    for one in asyncio.as_completed([asyncio.sleep(9)]):
        await one


async def on_as_completed_with_async_for():
    async for _ in asyncio.as_completed([asyncio.sleep(9)]):
        pass


async def on_task_group_that_ends_its_tasks():
    async def stubborn():
        try:
            await asyncio.sleep(8)
        except asyncio.CancelledError:
            await asyncio.sleep(9)

    async with asyncio.TaskGroup() as group:
        group.create_task(stubborn(), name="napper")
        await asyncio.sleep(0)
        raise ValueError


async def on_thread():
    await asyncio.to_thread(time.sleep, 9)


async def on_executor():
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 9)


async def on_event_under_a_timeout():
    ready = asyncio.Event()
    async with asyncio.timeout(4):
        await ready.wait()


async def on_future_of_its_own_await():
    class Promise:
        def __await__(self):
            future = asyncio.get_running_loop().create_future()
            yield from future

    await Promise()


async def on_iterator_that_is_no_generator():
    class Promise:
        def __await__(self):
            return iter(asyncio.get_running_loop().create_future())

    await Promise()


async def on_generator_as_coroutine():
    ready = asyncio.Event()

    @types.coroutine
    def old_style():
        yield from ready.wait()

    await old_style()


async def on_async_comprehension():
    gate = asyncio.Event()

    async def numbers():
        yield 0
        await gate.wait()

    return [number async for number in numbers()]


async def on_sleep_of_an_async_generator():
    async def ticks():
        await asyncio.sleep(5)
        yield

    await anext(ticks())


async def on_anext_with_a_default():
    async def ticks():
        await asyncio.sleep(5)
        yield

    await anext(ticks(), None)


async def on_end_of_an_async_generator():
    gate = asyncio.Event()

    async def numbers():
        try:
            yield 0
        finally:
            await gate.wait()

    async with contextlib.aclosing(numbers()) as all_numbers:
        async for _ in all_numbers:
            break


async def on_error_in_an_async_generator():
    gate = asyncio.Event()

    async def numbers():
        try:
            yield 0
        except ValueError:
            await gate.wait()

    generator = numbers()
    await anext(generator)
    await generator.athrow(ValueError)


async def on_exit_of_an_async_context():
    gate = asyncio.Event()

    @contextlib.asynccontextmanager
    async def room():
        yield
        await gate.wait()

    async with room():
        pass


async def on_exit_of_an_exit_stack():
    gate = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(gate.wait)


async def on_queue_of_a_global():
    global JOBS
    JOBS = asyncio.Queue()
    await JOBS.get()


JOBS: asyncio.Queue[int]

SINCE_3_12 = sys.version_info >= (3, 12)  # wait_for() runs in place


class Case(NamedTuple):
    """A program, and what it waits for in the end."""

    program: object
    live: str
    traced: str
    source: str


CASES = [
    Case(on_sleep, "a sleep until 5 s", "a sleep until 5 s", "await asyncio.sleep(5)"),
    Case(
        on_sleep_for_ever,
        "nothing, for ever (a sleep of infinite length)",
        "a sleep until never",
        'await asyncio.sleep(float("inf"))',
    ),
    Case(on_next_turn, "its next turn", "its next turn", "await asyncio.sleep(0)"),
    Case(on_lock, "Lock 'door'", "Lock 'door'", "async with door:"),
    Case(on_attribute, "Lock 'room.door'", "Lock 'room.door'", "await room.door.acquire()"),
    Case(on_semaphore, "Semaphore 'slots'", "Semaphore 'slots'", "await slots.acquire()"),
    Case(
        on_semaphore_as_context,
        "BoundedSemaphore 'slots'",
        "BoundedSemaphore 'slots'",
        "async with slots:",
    ),
    Case(on_event, "Event 'ready' to be set", "Event 'ready' to be set", "await ready.wait()"),
    Case(
        on_notification,
        "a notification of Condition 'changed'",
        "a notification of Condition 'changed'",
        "await changed.wait()",
    ),
    Case(
        on_condition,
        "a notification of Condition 'changed'",
        "a notification of Condition 'changed'",
        "await changed.wait_for(lambda: False)",
    ),
    Case(
        on_the_lock_of_a_condition,
        "Lock 'changed._lock'",
        "Condition 'changed'",
        "await changed.acquire()",
    ),
    Case(
        on_the_lock_after_a_notification,
        "the lock of Condition 'changed', after its notification",
        "Condition 'changed', after a notification",
        "await changed.wait()",
    ),
    Case(
        on_barrier,
        "the other parties of Barrier 'start' (1 of 3 are there)",
        "the other parties of Barrier 'start'",
        "await start.wait()",
    ),
    Case(
        on_barrier_as_context,
        "the other parties of Barrier 'start' (1 of 2 are there)",
        "the other parties of Barrier 'start'",
        "async with start:",
    ),
    Case(on_empty_queue, "an item of Queue 'jobs'", "an item of Queue 'jobs'", "await jobs.get()"),
    Case(
        on_empty_heap,
        "an item of PriorityQueue 'jobs'",
        "an item of PriorityQueue 'jobs'",
        "await jobs.get()",
    ),
    Case(
        on_queue_of_a_global,
        "an item of Queue 'JOBS'",
        "an item of Queue 'JOBS'",
        "await JOBS.get()",
    ),
    Case(
        on_full_queue,
        "room in Queue 'jobs' (it holds 1 of 1)",
        "room in Queue 'jobs'",
        "await jobs.put(2)",
    ),
    Case(
        on_full_stack,
        "room in LifoQueue 'jobs' (it holds 1 of 1)",
        "room in LifoQueue 'jobs'",
        "await jobs.put(2)",
    ),
    Case(
        on_unfinished_queue,
        "all items of Queue 'jobs' to be done (task_done)",
        "all items of Queue 'jobs' to be done",
        "await jobs.join()",
    ),
    Case(
        on_future,
        "a Future that nobody has set yet",
        "a Future",
        "await asyncio.get_running_loop().create_future()",
    ),
    Case(
        on_future_of_its_own_await,
        "a Future that nobody has set yet",
        "a Future",
        "yield from future",
    ),
    Case(
        on_iterator_that_is_no_generator,
        "a Future that nobody has set yet",
        "a Future",
        "await Promise()",
    ),
    Case(
        on_task,
        "task napper",
        "napper",
        'await asyncio.create_task(asyncio.sleep(9), name="napper")',
    ),
    Case(
        on_gather,
        "gather() of napper, sleep#5",
        "gather() of sleep#4, napper, sleep#5",
        "await asyncio.gather(",
    ),
    Case(
        on_gather_of_futures,
        "gather() of 2 futures",
        "gather() of futures",
        "await asyncio.gather(loop.create_future(), loop.create_future())",
    ),
    Case(
        on_wait,
        "wait() of napper",
        "wait() of napper",
        'await asyncio.wait([asyncio.create_task(asyncio.sleep(9), name="napper")])',
    ),
    Case(
        on_wait_for_first_of_two,
        "wait() of napper, other",
        "wait() of napper, other",
        "await asyncio.wait({napper, other}, return_when=asyncio.FIRST_COMPLETED)",
    ),
    Case(
        on_wait_for_without_time,
        "wait_for() of task napper",
        "napper",
        "await asyncio.wait_for(napper, 0)",
    ),
    Case(on_as_completed, "the next result of as_completed()", "as_completed()", "await one"),
    Case(
        on_task_group,
        "the tasks of its TaskGroup: napper",
        "its TaskGroup: napper",
        "async with asyncio.TaskGroup() as group:",
    ),
    Case(
        on_task_group_that_ends_its_tasks,
        "the tasks of its TaskGroup: napper",
        "its TaskGroup: napper",
        "async with asyncio.TaskGroup() as group:",
    ),
    Case(on_thread, "a function in a thread", "a thread", "await asyncio.to_thread(time.sleep, 9)"),
    Case(
        on_executor,
        "a function in a thread",
        "a thread",
        "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 9)",
    ),
    Case(on_timeout, "a sleep until 5 s", "a sleep until 5 s", "await asyncio.sleep(5)"),
    Case(
        on_event_under_a_timeout,
        "Event 'ready' to be set",
        "Event 'ready' to be set",
        "await ready.wait()",
    ),
    Case(
        on_async_generator, "Event 'gate' to be set", "Event 'gate' to be set", "await gate.wait()"
    ),
    Case(
        on_sleep_of_an_async_generator,
        "a sleep until 5 s",
        "a sleep until 5 s",
        "await asyncio.sleep(5)",
    ),
    Case(
        on_anext_with_a_default, "a sleep until 5 s", "a sleep until 5 s", "await asyncio.sleep(5)"
    ),
    Case(
        on_end_of_an_async_generator,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "await gate.wait()",
    ),
    Case(
        on_error_in_an_async_generator,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "await gate.wait()",
    ),
    Case(
        on_async_comprehension,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "await gate.wait()",
    ),
    Case(
        on_async_context_manager,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "await gate.wait()",
    ),
    Case(
        on_exit_of_an_async_context,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "await gate.wait()",
    ),
    Case(
        on_exit_of_an_exit_stack,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "async with contextlib.AsyncExitStack() as stack:",
    ),
    Case(
        on_generator_as_coroutine,
        "Event 'ready' to be set",
        "Event 'ready' to be set",
        "yield from ready.wait()",
    ),
    Case(
        on_object_with_await,
        "Event 'gate' to be set",
        "Event 'gate' to be set",
        "return (yield from gate.wait().__await__())",
    ),
    Case(
        on_shielded_task,
        "task napper, shielded",
        "napper, shielded",
        'await asyncio.shield(asyncio.create_task(asyncio.sleep(9), name="napper"))',
    ),
    Case(
        on_wait_for,
        "task napper" if SINCE_3_12 else "wait_for() of task napper",
        "napper",
        'await asyncio.wait_for(asyncio.create_task(asyncio.sleep(9), name="napper"), 8)',
    ),
]
if sys.version_info >= (3, 13):
    CASES.append(
        Case(
            on_as_completed_with_async_for,
            "the next result of as_completed()",
            "as_completed()",
            "async for _ in asyncio.as_completed([asyncio.sleep(9)]):",
        )
    )


def named(case):
    return case.program.__name__


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_deadlock_says_what_a_task_waits_for_with_its_line(case):
    wait = vtloop.run(blocked(case.program()))
    assert wait.task == "waiter"
    assert wait.waits_for == case.live
    place, _, line = wait.place.partition(": ")
    assert line == case.source
    assert re.fullmatch(r"tests/core/test_waits\.py:\d+ in [\w.]+", place)


def last_wait(timeline, task):
    """Return what a task was doing last when it did not run, its own turn to be woken left out."""
    spans = timeline[task].spans
    return [span for span in spans if span.state == WAITING or span.kind == "turn"][-1]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_trace_says_what_a_task_waits_for_with_its_line(case):
    timeline = vtloop.simulate(blocked(case.program())).timeline
    wait = last_wait(timeline, "waiter")
    assert wait.what == case.traced
    place = timeline.stack(wait)[-1]
    assert place.source == case.source
    assert place.file == "tests/core/test_waits.py"


@pytest.mark.skipif(not SINCE_3_12, reason="there are eager tasks since 3.12")
@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_trace_says_it_of_eager_tasks_too(case):
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        waiter = asyncio.create_task(case.program(), name="waiter")
        await let_start()
        waiter.cancel()
        await asyncio.wait([waiter])

    timeline = vtloop.simulate(main).timeline
    wait = last_wait(timeline, "waiter")
    assert re.sub(r"#\d", "", wait.what) == re.sub(r"#\d", "", case.traced)
    assert timeline.stack(wait)[-1].source == case.source


def test_every_waiting_function_of_asyncio_that_is_known_has_a_case():
    met = set()

    async def meet(program):
        task = asyncio.create_task(program())
        await let_start()
        frames = vtloop.core.await_stacks.await_stack(task.get_coro())[0]
        met.update(frame.f_code for frame in frames)
        task.cancel()
        await asyncio.wait([task])

    for case in CASES:
        vtloop.run(meet(case.program))
    unmet = {code.co_qualname for code in {*WAITERS} - {*IN_NETWORK} - met}
    assert unmet <= {"Barrier._block"}, "it is met below"


def test_who_comes_to_a_barrier_that_is_just_opening_waits_for_the_others():
    async def main():
        start = asyncio.Barrier(2)

        async def come():
            await start.wait()

        first, second = asyncio.create_task(come()), asyncio.create_task(come())
        await asyncio.sleep(0)
        late = asyncio.create_task(come(), name="late")
        await asyncio.sleep(0)
        words = describe(late).waits_for
        late.cancel()
        await asyncio.wait([first, second, late])
        return words

    run = vtloop.simulate(main)
    assert run.value.startswith("the other parties of Barrier 'start'")
    assert run.timeline["late"].spans[2].what == "the other parties of Barrier 'start'"


def test_the_whole_stack_of_nested_coroutines_is_known():
    async def inner(gate):
        await gate.wait()

    async def middle(gate):
        async for _ in through(gate):
            pass

    async def through(gate):
        yield await inner(gate)

    async def outer():
        gate = asyncio.Event()
        return await middle(gate)

    timeline = vtloop.simulate(blocked(outer())).timeline
    assert [place.source for place in timeline.stack(last_wait(timeline, "waiter"))] == [
        "return await middle(gate)",
        "async for _ in through(gate):",
        "yield await inner(gate)",
        "await gate.wait()",
    ]


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


def test_a_lock_is_named_as_its_user_knows_it_not_as_asyncio_does():
    async def main():
        changed = asyncio.Condition()

        async def enter():
            async with changed:
                await asyncio.sleep(1)

        first, second = asyncio.create_task(enter()), asyncio.create_task(enter(), name="second")
        await asyncio.sleep(0)
        words = describe(second).waits_for
        await asyncio.wait([first, second])
        return words

    run = vtloop.simulate(main)
    assert run.value == "Lock 'changed._lock'"
    assert [str(thing) for thing in run.trace.things] == ["Condition 'changed'"]


class Pool:
    def __init__(self):
        self.free = asyncio.Semaphore(1)

    async def use(self):
        await take(self.free)


async def take(x):
    async with x:
        await asyncio.sleep(1)


async def locks_as_arguments():
    a, замок, pool = asyncio.Lock(), asyncio.Lock(), Pool()
    await asyncio.gather(take(a), take(замок), pool.use(), pool.use())


def test_what_functions_are_given_is_named_by_who_made_it():
    run = vtloop.simulate(locks_as_arguments)
    assert list(map(str, run.trace.things)) == [
        "Lock 'a'",
        "Lock 'замок'",
        "Semaphore 'self.free'",
    ]
    assert fair("self.free").of(run)
    with pytest.raises(LookupError, match="'x' was asked for, while 3 of that name"):
        fair("x").of(run)


def test_what_is_named_by_who_made_it_is_known_by_the_name_of_an_argument_as_well():
    async def main():
        gate = asyncio.Semaphore(1)
        await asyncio.gather(take(gate), take(gate))

    run = vtloop.simulate(main)
    for name in ("gate", "x", "Semaphore 'gate'", "Semaphore 'x'"):
        assert run["take#3"].waited_for(name) == 1


def test_a_name_is_first_of_all_that_of_who_made_it():
    async def both(one, other):
        async with one, other:
            await asyncio.sleep(1)

    async def main():
        one, other = asyncio.Lock(), asyncio.Lock()
        await asyncio.create_task(both(other, one))

    run = vtloop.simulate(main)
    assert [(thing.name, thing.argument) for thing in run.trace.things] == [
        ("other", "one"),
        ("one", "other"),
    ]
    assert str(fair("one").of(run)) != str(fair("other").of(run)), "each has one meaning"


def test_what_nobody_calls_by_a_name_of_their_own_is_called_as_its_users_do():
    async def main():
        await asyncio.gather(*(take(asyncio.Lock()) for _ in range(2)))

    assert list(map(str, vtloop.simulate(main).trace.things)) == ["Lock 'x' #1", "Lock 'x' #2"]


def test_a_crowd_of_tasks_is_not_asked_for_names():
    async def main():
        lock = asyncio.Lock()
        await asyncio.gather(take(lock), *(asyncio.sleep(3) for _ in range(200)))

    assert list(map(str, vtloop.simulate(main).trace.things)) == ["Lock 'x'"]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_deadlock_names_locks_by_who_made_them(recorded):
    async def both(first, second):
        async with first:
            await asyncio.sleep(1)
            async with second:
                pass

    async def main():
        one, other = asyncio.Lock(), asyncio.Lock()
        await asyncio.gather(both(one, other), both(other, one))

    run = vtloop.run if not recorded else lambda main: vtloop.simulate(main).result()
    with pytest.raises(vtloop.DeadlockError) as raised:
        run(main)
    assert "both#2 waits for Lock 'other'" in str(raised.value)
    assert "both#3 waits for Lock 'one'" in str(raised.value)


def test_wait_for_without_a_timeout_does_not_wait_itself():
    async def main():
        await asyncio.wait_for(asyncio.sleep(1), None)

    first = vtloop.simulate(main).trace.steps[0]
    assert first[3:5] == ("sleep", 1_000_000_000)
