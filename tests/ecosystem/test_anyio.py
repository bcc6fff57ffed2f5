"""Programs written for anyio run on a virtual loop, which `anyio.run` makes by its own option.

anyio has worker threads of its own. A virtual loop cannot order what they do, so it waits for them
in real time and says that the run is not reproducible. `PATIENT` loops would wait for an hour: a
test in which one waits for a thread that has nothing to say runs into the test's own timeout.
"""

import math
import threading
import time
from functools import partial
from itertools import count

import anyio
import pytest
from anyio import from_thread, to_thread

import vtloop

PATIENT = 3600.0


def run(main, **options):
    """Run `main` on a virtual loop, and return what it returned, and the loop."""
    loop = vtloop.VirtualLoop(**options)
    value = anyio.run(main, backend_options={"loop_factory": lambda: loop})
    return value, loop


# --- Time ----------------------------------------------------------------------------------------


def test_anyio_takes_the_loop_as_its_loop_factory():
    async def main(hours):
        await anyio.sleep(hours * 3600)
        return anyio.current_time()

    assert anyio.run(main, 24, backend_options={"loop_factory": vtloop.VirtualLoop}) == 86400.0


def test_anyio_sleeps_in_virtual_time():
    async def main():
        await anyio.sleep(0.1)
        await anyio.sleep_until(0.3)
        await anyio.sleep_until(0.2)  # is over
        return anyio.current_time()

    value, loop = run(main)
    assert value == loop.time() == 0.3
    assert loop.reproducible


def test_move_on_after_ends_a_sleep_for_ever():
    async def main():
        with anyio.move_on_after(7) as scope:
            await anyio.sleep_forever()
        return scope.cancelled_caught, anyio.current_time()

    assert run(main)[0] == (True, 7.0)


def test_move_on_after_lets_pass_what_ends_before():
    async def main():
        with anyio.move_on_after(7) as scope:
            await anyio.sleep(6.999)
        await anyio.sleep(10)
        return scope.cancelled_caught, anyio.current_time()

    assert run(main)[0] == (False, 16.999)


def test_fail_after_raises_at_its_deadline():
    async def main():
        with pytest.raises(TimeoutError), anyio.fail_after(2.5):
            await anyio.sleep(3)
        return anyio.current_time()

    assert run(main)[0] == 2.5


def test_the_earliest_of_nested_deadlines_counts_and_a_shield_holds_it_off():
    async def main():
        seen = []
        with anyio.move_on_after(10), anyio.move_on_after(5) as inner:
            seen.append(anyio.current_effective_deadline())
            with anyio.CancelScope(shield=True):
                await anyio.sleep(8)
                seen.append(anyio.current_time())
            seen.append(anyio.current_effective_deadline())
            await anyio.sleep(1)
        seen += [inner.cancelled_caught, anyio.current_time(), anyio.current_effective_deadline()]
        return seen

    assert run(main)[0] == [5.0, 8.0, -math.inf, True, 8.0, math.inf]


def test_a_deadline_can_be_moved():
    async def main():
        with anyio.move_on_after(1) as scope:
            scope.deadline += 4
            await anyio.sleep_forever()
        return anyio.current_time()

    assert run(main)[0] == 5.0


# --- Tasks ---------------------------------------------------------------------------------------


def test_a_task_group_waits_for_all_of_its_tasks():
    async def main():
        ended = []

        async def nap(seconds):
            await anyio.sleep(seconds)
            ended.append((seconds, anyio.current_time()))

        async with anyio.create_task_group() as group:
            for seconds in (3, 1, 2):
                group.start_soon(nap, seconds)
        return ended

    assert run(main)[0] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_task_that_fails_cancels_the_others_of_its_group():
    async def main():
        seen = []

        async def fail():
            await anyio.sleep(2)
            raise ValueError("no")

        async def wait():
            try:
                await anyio.sleep_forever()
            finally:
                seen.append(anyio.current_time())
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(3)
                seen.append(anyio.current_time())

        with pytest.raises(ExceptionGroup) as caught:
            async with anyio.create_task_group() as group:
                group.start_soon(wait)
                group.start_soon(fail)
        return seen, [repr(error) for error in caught.value.exceptions], anyio.current_time()

    assert run(main)[0] == ([2.0, 5.0], ["ValueError('no')"], 5.0)


def test_start_waits_until_a_task_says_that_it_has_started():
    async def main():
        async def serve(*, task_status):
            await anyio.sleep(4)
            task_status.started("ready")
            await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            status = await group.start(serve)
            started = anyio.current_time()
            await anyio.sleep(1)
            group.cancel_scope.cancel()
        return status, started, anyio.current_time()

    assert run(main)[0] == ("ready", 4.0, 5.0)


@pytest.mark.parametrize(
    "primitive",
    [partial(anyio.CapacityLimiter, 2), partial(anyio.Semaphore, 2)],
    ids=["CapacityLimiter", "Semaphore"],
)
def test_two_at_a_time_get_in(primitive):
    async def main():
        entered = []
        limiter = primitive()

        async def visit(number):
            async with limiter:
                entered.append((number, anyio.current_time()))
                await anyio.sleep(10)

        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(visit, number)
        return entered

    assert run(main)[0] == [(0, 0.0), (1, 0.0), (2, 10.0), (3, 10.0), (4, 20.0)]


def test_locks_events_and_conditions_pass_on_in_order():
    async def main():
        seen = []
        lock, ready, condition = anyio.Lock(), anyio.Event(), anyio.Condition()

        async def worker(name):
            await ready.wait()
            async with lock:
                await anyio.sleep(1)
                seen.append((name, anyio.current_time()))
            async with condition:
                await condition.wait()
                seen.append((name, anyio.current_time()))

        async with anyio.create_task_group() as group:
            for name in "abc":
                group.start_soon(worker, name)
            await anyio.sleep(5)
            ready.set()
            await anyio.sleep(5)
            async with condition:
                condition.notify(2)
            await anyio.sleep(5)
            async with condition:
                condition.notify_all()
        return seen

    locked = [("a", 6.0), ("b", 7.0), ("c", 8.0)]
    assert run(main)[0] == [*locked, ("a", 10.0), ("b", 10.0), ("c", 15.0)]


def test_a_memory_stream_holds_its_sender_back():
    async def main():
        sent, received = [], []
        send, receive = anyio.create_memory_object_stream[int](max_buffer_size=1)

        async def produce():
            async with send:
                for number in range(4):
                    await send.send(number)
                    sent.append((number, anyio.current_time()))

        async with anyio.create_task_group() as group:
            group.start_soon(produce)
            await anyio.sleep(1)
            async with receive:
                async for number in receive:
                    received.append((number, anyio.current_time()))
                    await anyio.sleep(10)
        return sent, received

    sent, received = run(main)[0]
    assert sent == [(0, 0.0), (1, 1.0), (2, 11.0), (3, 21.0)]
    assert received == [(0, 1.0), (1, 11.0), (2, 21.0), (3, 31.0)]


# --- Threads -------------------------------------------------------------------------------------


def test_a_worker_thread_belongs_to_the_run():
    async def main():
        name = await to_thread.run_sync(lambda: threading.current_thread().name)
        await to_thread.run_sync(time.sleep, 3600)
        return name, anyio.current_time()

    value, loop = run(main, patience=PATIENT)
    assert value == ("AnyIO worker thread", 3600.0)
    assert loop.reproducible


def test_a_worker_thread_waits_in_virtual_time():
    async def main():
        released = threading.Event()
        async with anyio.create_task_group() as group:

            async def release():
                await anyio.sleep(7)
                released.set()

            group.start_soon(release)
            with anyio.fail_after(60):
                seen = await to_thread.run_sync(released.wait, 10)
            late = await to_thread.run_sync(threading.Event().wait, 10)
        return seen, late, anyio.current_time()

    value, loop = run(main, patience=PATIENT)
    assert value == (True, False, 17.0)
    assert loop.reproducible


def test_nobody_waits_for_an_idle_worker_thread():
    async def main():
        for _ in range(200):
            await to_thread.run_sync(int)
            await anyio.sleep(60)
        return anyio.current_time()

    assert run(main, patience=PATIENT)[0] == 12000.0


def test_many_worker_threads_share_a_limiter():
    async def main():
        results = []
        limiter = anyio.CapacityLimiter(3)

        async def square(number):
            results.append(await to_thread.run_sync(pow, number, 2, limiter=limiter))

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(square, number)
        await anyio.sleep(1)
        return sorted(results), limiter.borrowed_tokens, anyio.current_time()

    squares = [number**2 for number in range(20)]
    assert run(main, patience=PATIENT)[0] == (squares, 0, 1.0)


def test_an_error_comes_back_out_of_a_worker_thread():
    async def main():
        with pytest.raises(ZeroDivisionError):
            await to_thread.run_sync(divmod, 1, 0)
        return anyio.current_time()

    assert run(main, patience=PATIENT)[0] == 0.0


def test_a_worker_thread_runs_coroutines_in_virtual_time():
    async def main():
        def work():
            for _ in range(3):
                from_thread.run(anyio.sleep, 3600)
            return from_thread.run_sync(anyio.current_time)

        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 20000)
            ended = await to_thread.run_sync(work)
        return ended, anyio.current_time()

    assert run(main, patience=PATIENT)[0] == (10800.0, 20000.0)


def test_a_portal_takes_calls_of_a_worker_thread():
    async def main():
        async with from_thread.BlockingPortal() as portal:

            def work():
                portal.call(anyio.sleep, 7)
                portal.start_task_soon(anyio.sleep, 3).result()
                return portal.call(anyio.current_time)

            return await to_thread.run_sync(work)

    assert run(main, patience=PATIENT)[0] == 10.0


def test_a_portal_of_its_own_thread_runs_in_virtual_time():
    numbers = count(1)

    async def tick():
        await anyio.sleep(3600)
        return next(numbers), anyio.current_time()

    options = {"loop_factory": partial(vtloop.VirtualLoop, patience=PATIENT)}
    with from_thread.start_blocking_portal(backend_options=options) as portal:
        assert [portal.call(tick) for _ in range(3)] == [(1, 3600.0), (2, 7200.0), (3, 10800.0)]


def test_an_abandoned_worker_thread_does_not_hold_up_a_cancellation():
    released = threading.Event()

    async def main():
        with anyio.move_on_after(5) as scope:
            await to_thread.run_sync(released.wait, 30, abandon_on_cancel=True)
        released.set()
        return scope.cancelled_caught, anyio.current_time()

    assert run(main, patience=0.1)[0] == (True, 5.0)


def test_a_worker_thread_that_looks_for_its_cancellation_is_cancelled():
    gave_up = threading.Event()

    async def main():
        def work():
            while not gave_up.wait(0.001):
                from_thread.check_cancelled()

        with anyio.move_on_after(5) as scope:
            await to_thread.run_sync(work)
        return scope.cancelled_caught, anyio.current_time()

    try:
        assert run(main, patience=0.1)[0] == (True, 5.0)
    finally:
        gave_up.set()
