"""Threads outside of the simulation: the loop waits for those that may call in, and for no others.

Here they are started from within a run, but so that they do not belong to it.
"""

import asyncio
import concurrent.futures
import math
import multiprocessing.pool
import queue
import selectors
import socket
import sys
import threading
import time

import pytest

from tests.support.in_threads import call_in_from_outside
from vtloop import VirtualLoop, simulate
from vtloop.core.threads import thread_locks
from vtloop.core.threads.actor import real_sleep
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.external import Outsiders
from vtloop.core.threads.program_threads import start_outside

# Longer than a test may last: a run that waits this long in vain for a thread does not pass.
FOR_EVER = 1000.0
OLD_QUEUE: queue.SimpleQueue[None] = queue.SimpleQueue()


@pytest.fixture(autouse=True)
def _no_thread_stays_behind():
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join()


def test_a_thread_that_calls_in_finds_the_clock_where_it_was():
    async def main():
        loop = asyncio.get_running_loop()
        called = asyncio.Event()

        def work():
            real_sleep(0.05)
            loop.call_soon_threadsafe(called.set)

        start_outside(threading.Thread(target=work))
        async with asyncio.timeout(0.001):
            await called.wait()
        await asyncio.sleep(3600)
        return loop.time()

    run = simulate(main)
    assert run.value == 3600.0
    assert not run.reproducible


def test_a_thread_that_lets_go_of_a_lock_is_still_to_call_in():
    async def main():
        loop = asyncio.get_running_loop()
        called, lock = asyncio.Event(), threading.Lock()
        lock.acquire()

        def work():
            real_sleep(0.02)
            lock.release()
            real_sleep(0.05)
            loop.call_soon_threadsafe(called.set)

        start_outside(threading.Thread(target=work))
        lock.acquire()
        async with asyncio.timeout(0.001):
            await called.wait()
        return loop.time()

    run = simulate(main)
    assert run.value == 0.0
    assert not run.reproducible


def test_a_thread_that_says_nothing_has_had_no_say():
    async def main():
        thread = threading.Thread(target=real_sleep, args=(0.01,))
        start_outside(thread)
        await asyncio.sleep(5)
        return thread.is_alive()

    run = simulate(main)
    assert (run.elapsed, run.value) == (5.0, False)
    assert run.reproducible


def test_a_worker_may_start_a_thread_and_stay_reproducible():
    async def main():
        def work():
            thread = threading.Thread(target=int)
            thread.start()
            time.sleep(1)

        await asyncio.to_thread(work)

    run = simulate(main)
    assert run.elapsed == 1.0
    assert run.reproducible


def test_a_worker_is_not_blocked_while_the_thread_that_it_starts_comes_up():
    class ComesUpSlowly(threading.Thread):
        def _bootstrap(self):
            real_sleep(0.2)  # longer than the loop takes to call a worker blocked
            super()._bootstrap()

    async def main():
        await asyncio.to_thread(lambda: ComesUpSlowly().start())

    assert simulate(main).reproducible


def idle_in_an_old_simple_queue():
    start_outside(threading.Thread(target=OLD_QUEUE.get))
    return lambda: OLD_QUEUE.put(None)


def idle_in_a_queue():
    items: queue.Queue[None] = queue.Queue()
    start_outside(threading.Thread(target=items.get, kwargs={"timeout": FOR_EVER}))
    return lambda: items.put(None)


def idle_in_an_event():
    event = threading.Event()
    start_outside(threading.Thread(target=event.wait))
    return event.set


def idle_in_a_lock():
    lock = threading.Lock()
    lock.acquire()
    start_outside(threading.Thread(target=lock.acquire))
    return lock.release


def idle_in_a_join():
    release = idle_in_an_event()
    (waiting,) = [thread for thread in threading.enumerate() if "wait" in thread.name]
    start_outside(threading.Thread(target=waiting.join, args=(FOR_EVER,)))
    return release


def idle_in_a_future():
    future: concurrent.futures.Future[None] = concurrent.futures.Future()
    start_outside(threading.Thread(target=future.result, args=(FOR_EVER,)))
    return lambda: future.set_result(None)


IDLE = [
    idle_in_an_old_simple_queue,
    idle_in_a_queue,
    idle_in_an_event,
    idle_in_a_lock,
    idle_in_a_join,
    idle_in_a_future,
]


@pytest.mark.parametrize("start", IDLE, ids=lambda start: start.__name__)
def test_a_thread_that_waits_for_others_is_not_waited_for(start):
    async def main():
        release = start()
        try:
            for _ in range(100):
                await asyncio.sleep(100)
        finally:
            release()

    run = simulate(main, patience=FOR_EVER)
    assert run.elapsed == 10_000.0
    assert run.reproducible


def test_the_idle_threads_of_a_pool_older_than_the_run_are_not_waited_for():
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        loop = VirtualLoop(patience=FOR_EVER)
        concurrent.futures.wait([pool.submit(real_sleep, 0.01) for _ in range(3)])
        loop.run_until_complete(asyncio.sleep(100))
        assert loop.time() == 100.0
        loop.close()


def test_a_thread_waited_for_in_vain_is_left_out_from_then_on():
    async def main():
        ours, theirs = socket.socketpair()
        with ours, theirs, selectors.DefaultSelector() as selector:
            selector.register(ours, selectors.EVENT_READ)
            thread = threading.Thread(target=selector.select)
            start_outside(thread)
            for _ in range(1000):
                await asyncio.sleep(100)
            theirs.send(b"go")
            thread.join()

    assert simulate(main, patience=0.1, network=None).elapsed == 100_000.0


def test_a_thread_that_calls_in_now_and_then_keeps_pace_with_the_clock():
    async def main():
        loop = asyncio.get_running_loop()
        stop = threading.Event()
        ticks: list[float] = []

        def tick():
            while not stop.wait(0.001):
                loop.call_soon_threadsafe(ticks.append, loop.time())

        thread = threading.Thread(target=tick)
        start_outside(thread)
        await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        stop.set()
        thread.join()
        return ticks

    run = simulate(main)
    assert run.elapsed == 0.2
    assert {0.0, 0.1} <= set(run.result())


def test_a_loop_in_another_thread_serves_the_main_thread():
    loop = VirtualLoop(patience=FOR_EVER)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def answer(number):
        await asyncio.sleep(3600)
        return number

    for number in range(100):
        timeout = None if number % 2 else FOR_EVER
        assert asyncio.run_coroutine_threadsafe(answer(number), loop).result(timeout) == number
    assert loop.time() == 100 * 3600
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    assert not loop.reproducible
    loop.close()


def test_a_loop_in_another_thread_goes_on_while_the_main_thread_joins_it():
    loop = VirtualLoop(patience=FOR_EVER)
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.sleep(3600),))
    thread.start()
    thread.join(FOR_EVER)
    assert not thread.is_alive()
    assert loop.time() == 3600
    loop.close()


def test_a_worker_blocked_for_real_comes_back_to_the_clock_it_left():
    items: queue.SimpleQueue[None] = queue.SimpleQueue()

    async def main():
        loop = asyncio.get_running_loop()
        log = []

        def wait():
            items.get()
            log.append(loop.time())
            time.sleep(1)
            log.append(loop.time())

        waiting = asyncio.create_task(asyncio.to_thread(wait))
        await asyncio.sleep(5)
        items.put(None)
        await waiting
        return log

    run = simulate(main, patience=FOR_EVER)
    assert run.value == [5.0, 6.0]
    assert not run.reproducible


def test_a_thread_may_call_in_while_the_loop_looks_who_is_still_alive(monkeypatch):
    is_alive = threading.Thread.is_alive
    outsiders = Outsiders(FOR_EVER)

    def call_in():
        outsiders.note_call()
        outsiders.wake()

    late = threading.Thread(target=call_in)

    def is_alive_later(thread):
        if late.ident is None:
            late.start()
            while is_alive(late):
                real_sleep(0.001)
        return is_alive(thread)

    call_in()
    assert outsiders.get_call(FOR_EVER)
    monkeypatch.setattr(threading.Thread, "is_alive", is_alive_later)
    assert outsiders.wait(math.inf, ())


def test_a_run_that_is_over_before_its_caller_goes_on_is_told_of_that_caller(monkeypatch):
    called_in = Threads.called_in

    def slowly(threads):
        if threading.current_thread().name == "outside":
            ended.wait()
        called_in(threads)

    ended = threading.Event()
    monkeypatch.setattr(Threads, "called_in", slowly)
    run = simulate(call_in_from_outside, patience=FOR_EVER)
    ended.set()
    assert not run.reproducible
    assert "'outside', which the run does not control, called in" in run.notices[0]


@pytest.mark.parametrize("waiter", ["the loop's own thread", "a worker"])
def test_a_run_is_told_of_who_releases_a_lock_before_it_can_find_the_lock_free(waiter):
    known = []

    class Watched:
        """A lock that is looked at as it is released for real."""

        def __init__(self, lock):
            self.acquire, self.locked = lock.acquire, lock.locked
            self.release_for_real = lock.release

        def release(self):
            known.append(not loop.reproducible)
            self.release_for_real()

    def answer():
        while not lock._waiting:
            real_sleep(0.001)
        lock.release()

    async def main():
        lock.acquire()
        lock._lock = Watched(lock._lock)
        start_outside(threading.Thread(target=answer))
        if waiter == "a worker":
            await asyncio.to_thread(lock.acquire)
        else:
            lock.acquire()

    lock = thread_locks.Lock()
    loop = VirtualLoop(patience=FOR_EVER)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
    assert known == [True]
    assert not loop.reproducible


@pytest.fixture
def hectic():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hectic")
def test_hundreds_of_threads_may_call_in_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        calls = []

        def call():
            for _ in range(5):
                loop.call_soon_threadsafe(calls.append, loop.time())
                real_sleep(0)

        threads = [threading.Thread(target=call) for _ in range(300)]
        for number, thread in enumerate(threads):
            start_outside(thread)
            await asyncio.sleep(number % 2)
        for thread in threads:
            thread.join()
        await asyncio.sleep(1)
        return len(calls), loop.time()

    assert simulate(main, patience=FOR_EVER).value == (1500, 151.0)


def test_a_main_thread_of_which_nothing_is_expected_is_not_waited_for():
    waited = []

    def look():
        outsiders = Outsiders(FOR_EVER)
        outsiders.expects_main = False
        outsiders.begin(in_a_worker=False)
        waited.append(outsiders.wait(math.inf, ()))

    thread = threading.Thread(target=look)
    thread.start()
    while thread.is_alive():
        real_sleep(0.001)
    assert waited == [False]


def test_a_thread_that_only_looks_after_others_is_not_waited_for():
    async def main():
        with multiprocessing.pool.ThreadPool(3) as pool:  # it has one
            values = pool.map(lambda seconds: (time.sleep(seconds), seconds)[1], [3, 1, 2])
            pool.apply_async(time.sleep, (5,)).get(10)
        return values, asyncio.get_running_loop().time()

    run = simulate(main, patience=FOR_EVER)
    assert run.result() == ([3, 1, 2], 8)
    assert run.reproducible


def test_threads_that_have_ended_are_forgotten():
    outsiders = Outsiders(FOR_EVER)
    for _ in range(20):
        thread = threading.Thread(target=int)
        outsiders.leave_out(thread)
        start_outside(thread)
        thread.join()
        del thread
        assert not outsiders.wait(0, ()), "nobody calls in"
    assert len(outsiders._ignored) <= len(threading.enumerate())
