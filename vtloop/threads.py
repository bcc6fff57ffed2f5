"""Worker threads in virtual time: real threads, of which exactly one runs, or the loop does.

`run_in_executor` and `asyncio.to_thread` run their functions on real threads, because blocking code
needs a stack of its own. Who runs is decided by a baton: the loop hands it to a worker and stands
still until it is back. A worker gives it back when its function returns, sleeps (`time.sleep`), or
waits on anything built from `threading.Condition` (events, queues, futures of
`run_coroutine_threadsafe`); it gets it again from a timer or a callback of the loop. So the order
of everything is the loop's order, and the run is reproducible.

A worker that stays away for real (a plain lock held by a sleeping worker, a read from a pipe) does
not hang the run: the loop takes the baton back, treats the thread as an outsider, and the run is
marked as not reproducible.
"""

from __future__ import annotations

import _thread
import concurrent.futures
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from vtloop.blocking import real_monotonic
from vtloop.clock import Clock
from vtloop.outsiders import Outsiders
from vtloop.timers import Timers
from vtloop.workers import Job, Loop, Pool, Worker

# How many real seconds a worker may do nothing before it counts as blocked for real, when another
# worker is suspended and may hold what it waits for.
_STANDSTILL = 0.2


class Threads:
    """The worker threads of one loop."""

    def __init__(self, loop: Loop, clock: Clock, timers: Timers, patience: float) -> None:
        self.loop = loop
        self.clock = clock
        self._timers = timers
        self.outsiders = Outsiders(patience)
        self.baton_back = _thread.allocate_lock()
        self.baton_back.acquire()
        self._patience = patience
        self._pools: dict[concurrent.futures.Executor, Pool] = {}
        self._unstarted: dict[Job, None] = {}
        self._processor_free = 0  # nanoseconds: when the last computation in a worker ends

    def __repr__(self) -> str:
        workers = [worker for pool in self._pools.values() for worker in pool.workers]
        return f"<Threads workers={len(workers)} suspended={self._any_suspended()}>"

    def submit(
        self, executor: concurrent.futures.Executor, function: Callable[[], Any]
    ) -> concurrent.futures.Future[Any]:
        """Arrange for `function` to run in a thread, from the next turn of the loop on."""
        if type(executor) is not concurrent.futures.ThreadPoolExecutor:
            return self._submit_outside(executor, function)
        if executor._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        pool = self._pools.get(executor)
        if pool is None:
            pool = self._pools[executor] = Pool(executor)
        job = Job(pool, function)
        pool.unfinished += 1
        self._unstarted[job] = None
        self.loop.call_soon_threadsafe(self._start, job)
        return job.future

    def _submit_outside(
        self, executor: concurrent.futures.Executor, function: Callable[[], Any]
    ) -> concurrent.futures.Future[Any]:
        """Let another kind of executor run it, in real time and in no virtual time.

        Its result is taken over by the loop's own thread, in the order of submission.
        """
        theirs = executor.submit(function)
        ours: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def take_over() -> None:
            if ours.cancelled():
                theirs.cancel()
            elif ours.set_running_or_notify_cancel():
                try:
                    result = theirs.result()
                except BaseException as error:
                    ours.set_exception(error)
                else:
                    ours.set_result(result)

        self.loop.call_soon_threadsafe(take_over)
        return ours

    def _start(self, job: Job) -> None:
        if job not in self._unstarted:
            return
        del self._unstarted[job]
        pool = job.pool
        if pool.idle:
            worker = pool.idle.pop()
            worker.job = job
            worker.hand_over()
        elif len(pool.workers) < pool.max_workers:
            worker = Worker(self, pool)
            worker.job = job
            pool.workers.append(worker)
            worker.thread.start()
            worker.hand_over()
        else:
            pool.waiting.append(job)

    def wait_for_baton(self, worker: Worker) -> bool:
        """Wait in real time; return False when the worker seems to be blocked for real."""
        patience = _STANDSTILL if self._any_suspended() else self._patience
        quiet_since, used = real_monotonic(), _processor_time(worker.thread)
        while not self.baton_back.acquire(timeout=0.05):
            now, used_now = real_monotonic(), _processor_time(worker.thread)
            if used_now != used:
                quiet_since, used = now, used_now
            elif now - quiet_since > patience:
                return False
        return True

    def _any_suspended(self) -> bool:
        return any(
            worker.suspended and worker.job is not None
            for pool in self._pools.values()
            for worker in pool.workers
        )

    def occupy_processor(self, nanoseconds: int) -> int:
        """Return how long a computation in a worker takes, behind those that came before it."""
        now = self.clock.now
        self._processor_free = max(self._processor_free, now) + nanoseconds
        return self._processor_free - now

    def run_until(self, instant: int, released: Callable[[], bool] = lambda: False) -> None:
        """Let the workers run while the loop's own thread is blocked.

        It is blocked up to `instant` in nanoseconds, or until `released()`.
        """
        for job in list(self._unstarted):
            self._start(job)
        while not released() and self._any_suspended() and (wake := self._next_wake(instant)):
            self.clock.now = max(wake.deadline, self.clock.now)
            callback, args = wake._callback, wake._args
            wake.cancel()
            callback(*args)

    def _next_wake(self, instant: int) -> Any:
        handle: Any
        for handle in self._timers:
            if handle.deadline > instant:
                break
            if isinstance(getattr(handle._callback, "__self__", None), Worker):
                return handle
        return None

    def when_drained(self, executor: object, callback: Callable[[], object]) -> None:
        """Call `callback` once every job of an executor has run."""
        pool = self._pools.get(executor)  # type: ignore[call-overload]
        if pool is None or not pool.unfinished:
            callback()
        else:
            pool.drained.append(callback)

    def close(self) -> None:
        """Unwind every worker thread."""
        self._unstarted.clear()
        for pool in self._pools.values():
            pool.waiting.clear()
            pool.drained.clear()
            for worker in pool.workers:
                worker.abandon()
        self._pools.clear()


def _processor_time(thread: threading.Thread) -> float:
    """Return the processor time that a thread has used, or 0 where the system cannot tell."""
    if sys.platform != "linux" or thread.ident is None or not thread.is_alive():
        return 0.0
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    except OSError:
        return 0.0
