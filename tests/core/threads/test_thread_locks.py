"""Locks, and what is built on them, between threads in virtual time."""

import asyncio
import threading
import time
from typing import Any

import pytest

from vtloop import DeadlockError, VirtualLoop, simulate

MODULE_LOCK = threading.Lock()


@pytest.fixture(autouse=True)
def _no_thread_stays_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


async def all_in_threads(*functions):
    await asyncio.gather(*map(asyncio.to_thread, functions))


async def taken_by_four(lock):
    """Return when each of four threads got a lock that it then holds for a second."""
    log: list[float] = []

    def work():
        with lock:
            log.append(loop.time())
            time.sleep(1)

    loop = asyncio.get_running_loop()
    await all_in_threads(*[work] * 4)
    return log


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_made_in_a_run_is_held_by_one_sleeping_thread_after_the_other(kind):
    async def main():
        return await taken_by_four(getattr(threading, kind)())

    run = simulate(main)
    assert run.value == [0.0, 1.0, 2.0, 3.0]
    assert run.reproducible


def test_a_lock_older_than_the_run_is_waited_for_at_exact_times_too():
    run = simulate(lambda: taken_by_four(MODULE_LOCK))
    assert run.value == [0.0, 1.0, 2.0, 3.0]
    assert not run.reproducible


def test_a_wait_for_a_lock_ends_at_its_timeout():
    async def main():
        lock = threading.Lock()
        log: list[Any] = []

        def hold():
            with lock:
                time.sleep(5)

        def want(timeout):
            log.append((lock.acquire(timeout=timeout), loop.time()))

        loop = asyncio.get_running_loop()
        await all_in_threads(hold, lambda: want(2), lambda: want(0), lambda: want(6))
        return log, lock.locked()

    assert simulate(main).value == ([(False, 0.0), (False, 2.0), (True, 5.0)], True)


@pytest.mark.parametrize(
    ("args", "error"), [((True, -2), ValueError), ((False, 1), ValueError), ((1, 1e30), None)]
)
def test_a_lock_refuses_the_timeouts_that_locks_refuse(args, error):
    with pytest.raises((ValueError, OverflowError)) as expected:
        threading.Lock().acquire(*args)

    async def main():
        await asyncio.to_thread(threading.Lock().acquire, *args)

    run = simulate(main)
    assert (type(run.error), str(run.error)) == (expected.type, str(expected.value))


def test_who_releases_a_lock_that_nobody_holds_is_told_so():
    async def main():
        threading.Lock().release()

    assert str(simulate(main).error) == "release unlocked lock"


def test_barriers_semaphores_and_conditions_work_between_threads():
    async def main():
        loop = asyncio.get_running_loop()
        log: list[Any] = []
        barrier, semaphore = threading.Barrier(3), threading.BoundedSemaphore(2)
        condition, ready = threading.Condition(), []

        def meet(seconds):
            time.sleep(seconds)
            barrier.wait()
            log.append(("met", loop.time()))
            with semaphore:
                time.sleep(1)
            log.append(("passed", loop.time()))
            with condition:
                ready.append(seconds)
                condition.notify_all()

        def gather():
            with condition:
                log.append((condition.wait_for(lambda: len(ready) == 3, timeout=100), loop.time()))
                log.append((condition.wait_for(lambda: len(ready) == 4, timeout=10), loop.time()))

        await all_in_threads(*(lambda n=n: meet(n) for n in (1, 2, 3)), gather)
        return log

    run = simulate(main)
    met, passed = [("met", 3.0)] * 3, [("passed", 4.0)] * 2
    assert run.value == [*met, *passed, ("passed", 5.0), (True, 5.0), (False, 15.0)]
    assert run.reproducible


def test_threads_that_wait_for_each_other_are_a_deadlock_and_are_unwound():
    async def main():
        one, other = threading.Lock(), threading.Lock()

        def work(first, second):
            with first:
                time.sleep(1)
                with second:
                    pass

        await all_in_threads(lambda: work(one, other), lambda: work(other, one))

    loop = VirtualLoop()
    with pytest.raises(DeadlockError):
        loop.run_until_complete(main())
    assert loop.time() == 1.0
    loop.close()
