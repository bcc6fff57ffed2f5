"""Thirty ordinary async tests: nothing in them knows of virtual time, or of a test runner.

Each waits as tests of real programs do. The file is run as it is by several plugins; a test tells
its loop's time at its end to `ENDED`, which the conftest.py of a run writes to a file.
"""

import asyncio
import contextvars
import functools
import random
import time

import pytest

ENDED: dict[str, int] = {}


def timed(test):
    """Note at which time of its loop a test ends, to the nanosecond."""

    @functools.wraps(test)
    async def wrapper(*arguments):
        loop = asyncio.get_running_loop()
        try:
            await test(*arguments)
        finally:
            ENDED[test.__name__] = round(loop.time() * 1e9)

    return wrapper


async def fetch(seconds, value=None):
    await asyncio.sleep(seconds)
    return value


async def fail_after(seconds, error):
    await asyncio.sleep(seconds)
    raise error


# --- Waiting for several -------------------------------------------------------------------------


@timed
async def test_01_sleep():
    await asyncio.sleep(3600)


@timed
async def test_02_gather_takes_as_long_as_the_slowest():
    assert await asyncio.gather(fetch(1, "a"), fetch(3, "b"), fetch(2, "c")) == ["a", "b", "c"]


@timed
async def test_03_gather_returns_exceptions():
    results = await asyncio.gather(
        fetch(2, 1), fail_after(1, KeyError("x")), return_exceptions=True
    )
    assert results[0] == 1
    assert isinstance(results[1], KeyError)


@timed
async def test_04_task_group_cancels_the_others():
    cancelled = []

    async def patient():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(patient())
            group.create_task(fail_after(5, ValueError("no")))
    assert caught.value.subgroup(ValueError)
    assert cancelled == [True]


@timed
async def test_05_as_completed_is_in_order_of_time():
    found = [await next_one for next_one in asyncio.as_completed([fetch(3, 3), fetch(1, 1)])]
    assert found == [1, 3]


@timed
async def test_06_wait_for_the_first():
    tasks = {asyncio.create_task(fetch(seconds, seconds)) for seconds in (5, 7)}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [5]
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)


@timed
async def test_07_tasks_that_overlap():
    first = asyncio.create_task(fetch(10, 1))
    await asyncio.sleep(4)
    second = asyncio.create_task(fetch(10, 2))
    assert await first + await second == 3


# --- Timeouts ------------------------------------------------------------------------------------


@timed
async def test_08_timeout():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()


@timed
async def test_09_wait_for_in_time():
    assert await asyncio.wait_for(fetch(29, "in time"), 30) == "in time"


@timed
async def test_10_wait_for_too_late():
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fetch(31), 30)


@timed
async def test_11_nested_timeouts():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            try:
                async with asyncio.timeout(5):
                    await asyncio.sleep(60)
            except TimeoutError:
                await asyncio.sleep(60)


@timed
async def test_12_timeout_that_is_put_off():
    async with asyncio.timeout(1) as timeout:
        timeout.reschedule(asyncio.get_running_loop().time() + 10)
        await asyncio.sleep(9)


@timed
async def test_13_shield_goes_on():
    inner = asyncio.create_task(fetch(10, "whole"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 1)
    assert await inner == "whole"


@timed
async def test_14_cancellation_takes_its_time():
    async def slow_to_stop():
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(2)

    task = asyncio.create_task(slow_to_stop())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- Primitives ----------------------------------------------------------------------------------


@timed
async def test_15_lock_in_turn():
    lock, order = asyncio.Lock(), []

    async def worker(number):
        async with lock:
            await asyncio.sleep(1)
            order.append(number)

    await asyncio.gather(*map(worker, range(5)))
    assert order == [0, 1, 2, 3, 4]


@timed
async def test_16_semaphore():
    permits, most, now = asyncio.Semaphore(3), 0, 0

    async def worker():
        nonlocal most, now
        async with permits:
            now += 1
            most = max(most, now)
            await asyncio.sleep(1)
            now -= 1

    await asyncio.gather(*(worker() for _ in range(10)))
    assert most == 3


@timed
async def test_17_event():
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(8, event.set)
    assert await event.wait()


@timed
async def test_18_condition():
    condition, ready = asyncio.Condition(), []

    async def provide():
        await asyncio.sleep(6)
        async with condition:
            ready.append(1)
            condition.notify_all()

    task = asyncio.create_task(provide())
    async with condition:
        await condition.wait_for(lambda: ready)
    await task


@timed
async def test_19_queue_with_workers():
    queue, done = asyncio.Queue(maxsize=2), []

    async def worker():
        while True:
            done.append(await queue.get())
            await asyncio.sleep(1)
            queue.task_done()

    workers = [asyncio.create_task(worker()) for _ in range(2)]
    for number in range(6):
        await queue.put(number)
    await queue.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert sorted(done) == list(range(6))


@timed
async def test_20_barrier():
    barrier = asyncio.Barrier(3)

    async def party(seconds):
        await asyncio.sleep(seconds)
        await barrier.wait()

    await asyncio.gather(party(1), party(2), party(3))


# --- Programs ------------------------------------------------------------------------------------


@timed
async def test_21_retries_with_backoff():
    attempts = 0

    async def flaky():
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.5)
        if attempts < 4:
            raise ConnectionError

    delay = 1
    while True:
        try:
            await flaky()
            break
        except ConnectionError:
            await asyncio.sleep(delay)
            delay *= 2
    assert attempts == 4


@timed
async def test_22_a_heartbeat_that_is_stopped():
    beats = []

    async def beat():
        while True:
            beats.append(len(beats))
            await asyncio.sleep(10)

    task = asyncio.create_task(beat())
    await asyncio.sleep(35)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert beats == [0, 1, 2, 3]


@timed
async def test_23_async_generator():
    async def numbers():
        for number in range(5):
            await asyncio.sleep(2)
            yield number

    assert [number async for number in numbers()] == [0, 1, 2, 3, 4]


@timed
async def test_24_async_context_manager():
    class Connection:
        async def __aenter__(self):
            await asyncio.sleep(1)
            return self

        async def __aexit__(self, *exc_info):
            await asyncio.sleep(1)

    async with Connection() as connection:
        assert connection is not None


@timed
async def test_25_a_timer_that_is_cancelled():
    fired = []
    timer = asyncio.get_running_loop().call_later(5, fired.append, 1)
    await asyncio.sleep(4)
    timer.cancel()
    await asyncio.sleep(4)
    assert fired == []


@timed
async def test_26_context_variables():
    variable = contextvars.ContextVar("variable", default=0)

    async def child():
        variable.set(variable.get() + 1)
        await asyncio.sleep(1)
        return variable.get()

    variable.set(10)
    assert await asyncio.gather(child(), child()) == [11, 11]
    assert variable.get() == 10


@timed
async def test_27_a_thread():
    assert await asyncio.to_thread(sum, [1, 2, 3]) == 6


@timed
async def test_28_that_blocks():
    time.sleep(2)
    await asyncio.sleep(1)


@timed
async def test_29_that_draws_delays():
    chosen = random.Random(7)
    await asyncio.gather(*(asyncio.sleep(chosen.uniform(0, 100)) for _ in range(20)))


@timed
async def test_30_that_fails():
    await asyncio.sleep(12)
    assert asyncio.get_running_loop().time() == 11, "meant to fail"
