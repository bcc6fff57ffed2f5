"""Worker threads run one at a time, in virtual time, and as with stock asyncio in all else."""

import asyncio
import concurrent.futures
import contextvars
import logging
import operator
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from typing import Any

import pytest

from tests.support.processes import printed_by
from vtloop import VirtualLoop, busy, simulate
from vtloop.core.threads import actor, all_threads, baton_back, program_threads
from vtloop.core.threads.pools import Job, Pool
from vtloop.core.threads.workers import Worker

ATTEMPTS = 10  # at a run in real time


@pytest.fixture(autouse=True)
def _no_thread_stays_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def now():
    return asyncio.get_running_loop().time()


async def all_in_threads(*functions):
    await asyncio.gather(*map(asyncio.to_thread, functions))


# --- What takes how long


def test_ten_sleeps_in_threads_take_as_long_as_one():
    async def main():
        await all_in_threads(*[lambda: time.sleep(1)] * 10)

    run = simulate(main)
    assert run.elapsed == 1.0
    assert run.blocked == ()
    assert run.reproducible


def test_ten_computations_in_threads_take_ten_times_as_long_as_one():
    async def main():
        ticking = asyncio.create_task(asyncio.sleep(0.5, "the loop goes on"))
        await all_in_threads(*[lambda: busy(1)] * 10)
        return ticking.done()

    run = simulate(main)
    assert (run.elapsed, run.value) == (10.0, True)


def test_more_jobs_than_workers_queue_up_in_order():
    async def main():
        log: list[Any] = []

        def work(number):
            time.sleep(1)
            log.append((number, threading.current_thread().name, loop.time()))

        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2, thread_name_prefix="pool") as pool:
            await asyncio.gather(*(loop.run_in_executor(pool, work, n) for n in range(5)))
        return log

    assert simulate(main).value == [
        (0, "pool_0", 1.0),
        (1, "pool_1", 1.0),
        (2, "pool_0", 2.0),
        (3, "pool_1", 2.0),
        (4, "pool_0", 3.0),
    ]


# --- As with stock asyncio: the same program on both loops, with the same log


def both(program):
    """Run a program on a stock loop and in virtual time; return its log, which must be equal."""
    run = simulate(program)
    for _ in range(ATTEMPTS):  # real time is not exact on a busy machine
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            stock = runner.run(program())
        if stock == run.result():
            break
    assert run.result() == stock
    assert run.reproducible
    return stock


def test_results_errors_and_cancellation_are_stocks():
    async def program():
        loop = asyncio.get_running_loop()
        log: list[Any] = []
        log.append(await loop.run_in_executor(None, operator.add, 1, 2))
        for error in (ZeroDivisionError("no"), SystemExit(3), asyncio.CancelledError("me")):
            try:
                await asyncio.to_thread(_raise, error)
            except BaseException as raised:
                log.append((type(raised).__name__, str(raised)))
        with ThreadPoolExecutor(1) as pool:
            running = loop.run_in_executor(pool, time.sleep, 0.02)
            waiting = loop.run_in_executor(pool, log.append, "never run")
            await asyncio.sleep(0.01)
            log.append((running.cancel(), waiting.cancel()))
            log.append(await asyncio.gather(running, waiting, return_exceptions=True))
            log.append(await loop.run_in_executor(pool, lambda: "next"))
        return [repr(entry) for entry in log]

    assert "never run" not in str(both(program))


def _raise(error):
    raise error


def test_threads_have_stocks_names_and_the_callers_context():
    number = contextvars.ContextVar("number", default=0)

    async def program():
        number.set(1)
        names = [await asyncio.to_thread(lambda: threading.current_thread().name)]

        def change():
            seen = number.get()
            number.set(2)
            return seen

        return names, await asyncio.to_thread(change), number.get()

    assert both(program) == (["asyncio_0"], 1, 1)


def test_a_thread_calls_the_loop_and_waits_for_its_coroutines():
    async def program():
        loop = asyncio.get_running_loop()
        log: list[Any] = []

        async def inner():
            await asyncio.sleep(0.01)
            return await asyncio.to_thread(lambda: threading.current_thread().name)

        def outer():
            loop.call_soon_threadsafe(log.append, "called")
            log.append(asyncio.run_coroutine_threadsafe(inner(), loop).result())
            try:
                asyncio.run_coroutine_threadsafe(asyncio.sleep(9), loop).result(timeout=0.01)
            except TimeoutError:
                log.append("timed out")

        await asyncio.to_thread(outer)
        return log

    assert both(program) == ["called", "asyncio_1", "timed out"]


def test_an_initializer_runs_once_in_each_thread():
    async def program():
        log: list[Any] = []
        with ThreadPoolExecutor(2, initializer=lambda: log.append("ready")) as pool:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, 0.01) for _ in range(4)))
        return log

    assert both(program) == ["ready", "ready"]


def test_an_initializer_that_fails_breaks_the_pool(caplog):
    async def program():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, initializer=_raise, initargs=(KeyError(1),)) as pool:
            (error,) = await asyncio.gather(loop.run_in_executor(pool, int), return_exceptions=True)
            with pytest.raises(BrokenThreadPool):
                loop.run_in_executor(pool, int)
        return type(error)

    with caplog.at_level(logging.CRITICAL):
        assert both(program) is BrokenThreadPool
    assert [record.message for record in caplog.records] == ["Exception in initializer:"] * 2


def test_leaving_a_pool_waits_for_its_jobs_and_a_pool_left_refuses_more():
    async def program():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(time.sleep, 0.01) for _ in range(5)]
        done = [job.done() for job in jobs]
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            loop.run_in_executor(pool, int)
        return done

    assert both(program) == [True] * 5


def test_a_pool_shut_down_with_its_futures_cancelled_ends_what_runs_only():
    async def program():
        pool = ThreadPoolExecutor(1)
        jobs = [pool.submit(time.sleep, 0.02) for _ in range(3)]
        await asyncio.sleep(0.01)
        pool.shutdown(cancel_futures=True)
        return [(job.done(), job.cancelled()) for job in jobs]

    assert both(program) == [(True, False), (True, True), (True, True)]


def test_a_subclass_of_the_executor_has_its_say():
    class Doubling(ThreadPoolExecutor):
        def submit(self, function, /, *args, **kwargs):
            return super().submit(lambda: 2 * function(*args, **kwargs))

    def nap(seconds):
        time.sleep(seconds)
        return 21

    async def program():
        with Doubling(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, nap, 0.01)

    assert both(program) == 42
    assert simulate(program).elapsed == 0.01


def test_futures_of_a_pool_can_be_mapped_and_waited_for():
    async def program():
        def work():
            with ThreadPoolExecutor(3) as pool:
                naps = [pool.submit(time.sleep, n / 100) for n in (3, 1, 2)]
                order = [naps.index(nap) for nap in concurrent.futures.as_completed(naps)]
                done, pending = concurrent.futures.wait(naps, timeout=1)
                return order, len(done), len(pending), list(pool.map(abs, [-1, -2], timeout=1))

        return await asyncio.to_thread(work)

    assert both(program) == ([1, 2, 0], 3, 0, [1, 2])
    assert simulate(program).elapsed == 0.03


@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "SimpleQueue"])
def test_threads_hand_on_what_others_wait_for(kind):
    async def program():
        items = getattr(queue, kind)()
        log: list[Any] = []

        def produce():
            for number in range(3):
                time.sleep(0.01)
                items.put(number)

        def consume():
            log.extend(items.get() for _ in range(3))
            try:
                items.get(timeout=0.01)
            except queue.Empty:
                log.append("empty")

        await all_in_threads(consume, produce)
        return log

    assert both(program) == [0, 1, 2, "empty"]
    assert simulate(program).elapsed == 0.04


@pytest.mark.skipif(sys.version_info < (3, 14), reason="executors have contexts since 3.14")
def test_a_context_of_ones_own_begins_runs_and_ends_in_each_thread():
    from concurrent.futures.thread import WorkerContext

    async def program():
        log: list[Any] = []

        class Context(WorkerContext):
            def initialize(self):
                log.append(("initialize", threading.current_thread().name[-2:]))

            def run(self, task):
                return "run", super().run(task)

            def finalize(self):
                time.sleep(0.01)
                log.append("finalize")

        class Pool(ThreadPoolExecutor):
            @classmethod
            def prepare_context(cls, initializer, initargs):
                _, resolve = super().prepare_context(initializer, initargs)
                return lambda: Context(initializer, initargs), resolve

        with Pool(2) as pool:
            loop = asyncio.get_running_loop()
            naps = (loop.run_in_executor(pool, time.sleep, 0.01) for _ in range(4))
            results = await asyncio.gather(*naps, loop.run_in_executor(pool, max, 1, 2))
        return log, results

    log, results = both(program)
    assert log == [("initialize", "_0"), ("initialize", "_1"), "finalize", "finalize"]
    assert results == [("run", None)] * 4 + [("run", 2)]
    assert simulate(program).elapsed == 0.03


# --- Faults of the package's own


class Fault(Exception):
    """What goes wrong in vtloop itself."""


def fail(*_: Any) -> Any:
    raise Fault


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Pool, "initialise"),
        (Pool, "new_worker"),
        (Job, "run"),
        (Worker, "_run_jobs"),
        (Worker, "sleep"),
        (all_threads.Threads, "wake_at"),
        (program_threads, "real_start"),
    ],
)
def test_a_job_for_which_something_in_vtloop_fails_has_that_for_its_result(
    monkeypatch, owner, name
):
    async def main():
        jobs = [asyncio.to_thread(time.sleep, 1) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            failed = await asyncio.gather(*jobs, return_exceptions=True)
        return [type(error) for error in failed], await asyncio.to_thread(abs, -1)

    assert simulate(main).result() == ([Fault, Fault], 1)


def test_what_fails_in_vtloop_after_a_job_is_told_by_the_run(monkeypatch):
    async def main():
        with monkeypatch.context() as patch:
            patch.setattr(Worker, "_suspend", fail)
            first = await asyncio.to_thread(abs, -1)
        return first, await asyncio.to_thread(abs, -2)

    run = simulate(main)
    assert run.result() == (1, 2)
    assert [type(error) for error in run.unretrieved] == [Fault]


# --- The end


def test_a_run_waits_for_threads_that_are_still_asleep():
    log: list[float] = []

    async def main():
        def work():
            time.sleep(100)
            log.append(loop.time())

        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, work)
        await asyncio.sleep(1)

    run = simulate(main)
    assert (run.elapsed, run.ended, log) == (1.0, 100.0, [100.0])


def test_a_shutdown_of_the_executor_gives_up_at_its_timeout_with_a_warning():
    loop = VirtualLoop()
    loop.run_in_executor(None, lambda: time.sleep(1000))
    with pytest.warns(RuntimeWarning, match="did not finishing joining its threads within 5 sec"):
        loop.run_until_complete(loop.shutdown_default_executor(timeout=5))
    assert loop.time() == 5.0
    with pytest.raises(RuntimeError, match="Executor shutdown has been called"):
        loop.run_in_executor(None, int)
    loop.close()


def test_a_loop_that_is_closed_unwinds_its_sleeping_threads():
    log = []
    loop = VirtualLoop()

    async def main():
        lock = threading.Lock()

        def sleep():
            try:
                with lock:
                    time.sleep(1000)
            finally:
                log.append("unwound")

        def wait(what):
            try:
                what()
            finally:
                log.append("unwound")

        for function in (sleep, lambda: wait(lock.acquire), lambda: wait(threading.Event().wait)):
            loop.run_in_executor(None, function)
        await asyncio.sleep(1)

    loop.run_until_complete(main())
    assert log == []
    loop.close()
    assert log == ["unwound"] * 3


def test_hundreds_of_simulations_leave_no_thread_behind():
    async def main():
        await all_in_threads(*[lambda: time.sleep(1)] * 3)

    before = threading.active_count()
    for _ in range(200):
        assert simulate(main).elapsed == 1.0
    assert threading.active_count() == before


def test_a_pool_that_is_left_ends_its_threads_in_the_midst_of_a_run():
    async def main():
        before = threading.active_count()
        for _ in range(10):
            with ThreadPoolExecutor(2) as pool:
                pool.submit(time.sleep, 1)
        return threading.active_count() - before, now()

    assert simulate(main).value == (0, 10.0)


# --- The same run every time

PROGRAM = """
import asyncio, queue, random, threading, time, vtloop

async def main():
    loop = asyncio.get_running_loop()
    lock, items, event = threading.Lock(), queue.Queue(2), asyncio.Event()
    def produce(name):
        for number in range(5):
            time.sleep(random.randrange(1, 4) / 10)
            with lock:
                time.sleep(0.05)
                print(name, number, threading.current_thread().name)
            items.put((name, number))
    def consume():
        for _ in range(15):
            print("got", *items.get())
            vtloop.busy(0.03)
        loop.call_soon_threadsafe(event.set)
    async def tick():
        while not event.is_set():
            await asyncio.sleep(0.1)
            print("tick", loop.time())
    async with asyncio.TaskGroup() as group:
        group.create_task(tick())
        for work in (consume, *(lambda name=name: produce(name) for name in "abc")):
            group.create_task(asyncio.to_thread(work))

for _ in range(10):
    run = vtloop.simulate(main)
    assert run.reproducible and len(run.printed) > 40
    print("digest", run.digest())
"""


def test_a_thread_that_is_woken_late_is_not_taken_for_blocked(monkeypatch):
    late = set()

    class LateGo:
        """A lock whose next owner has no processor for a while, and seems to wait for the lock."""

        def __init__(self, lock):
            self._lock = lock
            self.release = lock.release

        def acquire(self):
            self._lock.acquire()
            late.add(threading.current_thread())
            actor.real_sleep(0.05)
            late.discard(threading.current_thread())

    class LateWorker(Worker):
        def __init__(self, *args):
            super().__init__(*args)
            self._go = LateGo(self._go)

    monkeypatch.setattr(all_threads, "Worker", LateWorker)
    monkeypatch.setattr(baton_back, "waits_for_others", lambda thread: "lock" * (thread in late))
    run = simulate(lambda: all_in_threads(lambda: time.sleep(1), lambda: time.sleep(2)))
    assert (run.elapsed, run.reproducible) == (2, True)


@pytest.mark.once
def test_threads_take_the_same_turns_fifty_times_in_five_processes_beside_a_busy_one():
    stress = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        outputs = [printed_by("-c", PROGRAM) for _ in range(5)]
    finally:
        stress.kill()
        stress.wait()
    digests = [line for line in "".join(outputs).splitlines() if line.startswith("digest")]
    assert (len(digests), len({*digests}), len({*outputs})) == (50, 1, 1)
