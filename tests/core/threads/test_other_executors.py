"""Executors that are no pools of threads: of processes, of interpreters, and a program's own."""

import asyncio
import concurrent.futures
import operator
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from vtloop import DeadlockError, simulate
from vtloop.core.threads import actor

ATTEMPTS = 10  # at a run in real time


def now():
    return asyncio.get_running_loop().time()


def test_processes_compute_in_no_virtual_time_and_answer_in_order():
    async def main():
        loop = asyncio.get_running_loop()
        order = []
        with concurrent.futures.ProcessPoolExecutor(2, get_context("spawn")) as pool:
            jobs = [loop.run_in_executor(pool, operator.add, n, n) for n in range(6)]
            for job in jobs:
                job.add_done_callback(lambda job: order.append(job.result()))
            await asyncio.gather(asyncio.sleep(1), *jobs)
            await asyncio.sleep(1)
        return order

    run = simulate(main)
    assert run.value == [0, 2, 4, 6, 8, 10]
    assert run.elapsed == 2.0
    assert not run.reproducible
    assert "ProcessPoolExecutor is not simulated" in run.notices[0]


def test_an_executor_of_ones_own_may_answer_at_once_or_from_a_thread_that_calls_the_loop():
    class Inline(concurrent.futures.Executor):
        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            future.set_result(function(*args, **kwargs))
            return future

    class Threaded(concurrent.futures.Executor):
        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            thread = threading.Thread(target=lambda: future.set_result(function(*args, **kwargs)))
            thread.start()
            return future

    async def main():
        loop = asyncio.get_running_loop()

        def call_the_loop():
            return asyncio.run_coroutine_threadsafe(answer(), loop).result()

        async def answer():
            return 42

        inline = await loop.run_in_executor(Inline(), threading.get_ident)
        return inline == threading.get_ident(), await loop.run_in_executor(
            Threaded(), call_the_loop
        )

    assert simulate(main).value == (True, 42)


@pytest.fixture
def alone(monkeypatch):
    """Hide the threads that other tests have left: at whatever they are at work, they are."""
    others = set(threading.enumerate()) - {threading.current_thread()}
    all_threads = threading.enumerate
    monkeypatch.setattr(
        threading, "enumerate", lambda: [one for one in all_threads() if one not in others]
    )


@pytest.mark.usefixtures("alone")
def test_an_executor_of_ones_own_may_be_answered_by_the_run_at_a_later_time():
    class Handover(concurrent.futures.Executor):
        """Its functions run in whatever thread calls `work`."""

        def __init__(self):
            self.jobs = queue.SimpleQueue()

        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            self.jobs.put((future, function, args))
            return future

        def work(self):
            future, function, args = self.jobs.get()
            future.set_result(function(*args))

    async def main():
        loop = asyncio.get_running_loop()
        handover = Handover()
        worker = asyncio.create_task(asyncio.to_thread(handover.work))
        await loop.run_in_executor(handover, time.sleep, 0.5)
        await worker
        return now()

    run = simulate(main, patience=1000)  # in real seconds: nobody outside is waited for
    assert (run.value, run.reproducible, run.notices) == (0.5, True, ())


def test_an_executor_of_ones_own_may_be_answered_by_a_thread_from_before_the_run():
    jobs = queue.SimpleQueue()

    def work():
        while (job := jobs.get()) is not None:
            future, function, args = job
            future.set_result(function(*args))

    class Serial(concurrent.futures.Executor):
        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            jobs.put((future, function, args))
            return future

    async def main():
        timer = asyncio.create_task(asyncio.sleep(0.001))
        await asyncio.get_running_loop().run_in_executor(Serial(), time.sleep, 0.02)
        return timer.done(), now()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(ATTEMPTS):
            run = simulate(main)
            assert run.result() == (False, 0.0)
            (notice,) = run.notices
            assert "Serial is not simulated" in notice
    finally:
        jobs.put(None)
        thread.join()


class Own(concurrent.futures.Executor):
    """An executor that lets `arrange` see to it that the job is run."""

    def __init__(self, arrange):
        self._arrange = arrange

    def submit(self, function, /, *args, **kwargs):
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def run():
            if future.set_running_or_notify_cancel():
                try:
                    result = function(*args, **kwargs)
                except Exception as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)

        self._arrange(run)
        return future


def later_by_a_timer_of_the_loop(run):
    asyncio.get_running_loop().call_later(5, run)


def later_by_a_thread(run):
    threading.Thread(target=lambda: (time.sleep(5), run())).start()


def later_by_a_timer(run):
    threading.Timer(5, run).start()


def later_by_a_worker(run):
    asyncio.get_running_loop().run_in_executor(None, lambda: (time.sleep(5), run()))


def later_by_a_coroutine(run):
    async def wait():
        await asyncio.sleep(5)
        run()

    asyncio.run_coroutine_threadsafe(wait(), asyncio.get_running_loop())


def later_by_a_loop_in_a_thread(run):
    threading.Thread(target=lambda: (asyncio.run(asyncio.sleep(5)), run())).start()


@pytest.mark.parametrize(
    "arrange",
    [
        later_by_a_timer_of_the_loop,
        later_by_a_thread,
        later_by_a_timer,
        later_by_a_worker,
        later_by_a_coroutine,
        later_by_a_loop_in_a_thread,
    ],
)
def test_the_run_itself_may_run_the_jobs_of_an_executor_of_ones_own(arrange):
    async def main():
        loop, own = asyncio.get_running_loop(), Own(arrange)
        values = await asyncio.gather(*(loop.run_in_executor(own, abs, -n) for n in range(3)))
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(own, operator.floordiv, 1, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await loop.run_in_executor(own, int)
        await asyncio.sleep(10)
        return values, loop.time()

    run = simulate(main)
    assert run.result() == ([0, 1, 2], 5 + 5 + 2 + 10)
    assert run.reproducible


@pytest.mark.parametrize("kind", [queue.Queue, queue.SimpleQueue])
def test_a_thread_from_before_the_run_may_run_the_jobs_of_an_executor_of_ones_own(kind):
    jobs = kind()

    def serve():
        while (job := jobs.get()) is not None:
            actor.real_sleep(0.01)
            job()

    async def main():
        loop, own = asyncio.get_running_loop(), Own(jobs.put)
        return await asyncio.gather(*(loop.run_in_executor(own, abs, -n) for n in range(3)))

    server = threading.Thread(target=serve)
    server.start()
    run = simulate(main)
    jobs.put(None)
    server.join()
    assert run.result() == [0, 1, 2]
    assert run.elapsed == 0


@pytest.mark.parametrize("others", ["nobody", "one that waits", "one that looks now and then"])
def test_an_executor_that_never_runs_its_job_is_a_deadlock(others):
    stop = threading.Event()

    async def main():
        await asyncio.get_running_loop().run_in_executor(Own(lambda run: None), int)

    def look():
        while not stop.wait(0.001 if others == "one that looks now and then" else None):
            pass

    thread = threading.Thread(target=look)
    if others != "nobody":
        thread.start()
    run = simulate(main, patience=0.1)
    stop.set()
    if others != "nobody":
        thread.join()
    assert isinstance(run.error, DeadlockError)
    assert "main#1 waits for a function in a thread" in str(run.error)
    assert "in main: await asyncio.get_running_loop().run_in_executor(" in str(run.error)


def test_a_job_that_is_never_run_may_be_given_up():
    async def main():
        async with asyncio.timeout(1000):
            await asyncio.get_running_loop().run_in_executor(Own(lambda run: None), int)

    run = simulate(main)
    assert isinstance(run.error, TimeoutError)
    assert run.elapsed == 1000


def test_an_executor_of_ones_own_maps_for_a_worker():
    async def main():
        with Own(later_by_a_thread) as own:
            return await asyncio.to_thread(lambda: list(own.map(abs, (-1, -2, -3))))

    run = simulate(main)
    assert run.result() == [1, 2, 3]
    assert run.elapsed == 5


def test_a_thread_pool_that_wraps_the_futures_of_its_own_is_in_virtual_time():
    class Wrapping(ThreadPoolExecutor):
        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            inner = super().submit(function, *args, **kwargs)
            inner.add_done_callback(lambda done: future.set_result(("wrapped", done.result())))
            return future

    async def main():
        loop = asyncio.get_running_loop()
        with Wrapping(2) as pool:
            jobs = (loop.run_in_executor(pool, time.sleep, seconds) for seconds in (1, 2, 3))
            return await asyncio.gather(*jobs)

    run = simulate(main)
    assert run.result() == [("wrapped", None)] * 3
    assert run.elapsed == 4


def test_the_thread_that_waits_for_a_loop_may_run_its_jobs_meanwhile():
    class Here(Own):
        """As asgiref has it, for Django: what is to run in the caller's thread."""

        def __init__(self):
            self._jobs = queue.Queue()
            super().__init__(self._jobs.put)

        def run_until(self, future):
            future.add_done_callback(lambda _: self._jobs.put(None))
            while (job := self._jobs.get()) is not None:
                job()
            return future.result()

    async def main():
        def view():
            here = Here()

            async def ask():
                await asyncio.sleep(1)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(here, threading.get_ident)

            with ThreadPoolExecutor(1) as pool:
                return here.run_until(pool.submit(lambda: asyncio.run(ask())))

        def work():
            return view() == threading.get_ident()

        return await asyncio.to_thread(work), asyncio.get_running_loop().time()

    run = simulate(main)
    assert run.result() == (True, 1.0)
    assert run.reproducible


def test_processes_may_be_asked_by_the_executor_itself_after_the_loop_has_asked():
    async def main():
        loop = asyncio.get_running_loop()
        with concurrent.futures.ProcessPoolExecutor(1, get_context("spawn")) as pool:
            answer = await loop.run_in_executor(pool, abs, -1)
            return answer, pool.submit(abs, -2).result()

    assert simulate(main).result() == (1, 2)


def test_a_run_tells_once_of_each_kind_of_executor_that_is_not_simulated():
    class Threaded(concurrent.futures.Executor):
        def submit(self, function, /, *args, **kwargs):
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()

            def answer():
                actor.real_sleep(0.05)
                future.set_result(function(*args, **kwargs))

            threading.Thread(target=answer).start()
            return future

    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(2):
            await loop.run_in_executor(Threaded(), int)
            await asyncio.to_thread(int)

    run = simulate(main)
    first, told, second = run.notices
    assert not run.reproducible
    assert "Threaded is not simulated" in told
    for kept in (first, second):
        assert kept.startswith("Something real kept the thread")
        assert "in answer: actor.real_sleep(0.05)" in kept


def test_a_run_tells_of_threads_that_an_executor_would_start_in_a_way_of_its_own():
    class Daemons(ThreadPoolExecutor):
        def _adjust_thread_count(self):
            raise NotImplementedError

    async def main():
        loop = asyncio.get_running_loop()
        with Daemons(1) as pool:
            return await loop.run_in_executor(pool, time.sleep, 60)

    run = simulate(main)
    assert (run.result(), run.elapsed) == (None, 60.0)
    (notice,) = run.notices
    assert "Daemons starts threads in a way of its own, which was not used" in notice


@pytest.mark.skipif(sys.version_info < (3, 14), reason="there are none before 3.14")
def test_jobs_of_an_interpreter_pool_run_in_interpreters_of_their_own():
    async def main():
        loop = asyncio.get_running_loop()
        with concurrent.futures.InterpreterPoolExecutor(1) as pool:
            count = await loop.run_in_executor(pool, eval, "len(__import__('sys').modules)")
            again = pool.submit(eval, "'vtloop' in __import__('sys').modules").result()
        return count < len(sys.modules), again, loop.time()

    run = simulate(main)
    assert run.result() == (True, False, 0.0)
    (notice,) = run.notices
    assert "InterpreterPoolExecutor is not simulated" in notice
