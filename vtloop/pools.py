"""Thread pools in virtual time.

While a run is on, `ThreadPoolExecutor.submit` and `shutdown` ask the run for its worker threads, so
that an executor of the program's own, or a subclass of its own, is simulated like the default one.
"""

from __future__ import annotations

import _thread
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import _base as futures_base
from concurrent.futures.thread import BrokenThreadPool
from functools import partial
from typing import TYPE_CHECKING, Any

from vtloop.blocking import here

if TYPE_CHECKING:
    from vtloop.workers import Worker

real_submit = ThreadPoolExecutor.submit
real_shutdown = ThreadPoolExecutor.shutdown


class ThreadAbandoned(SystemExit):
    """Raised in a worker that was still asleep when its loop was closed, to unwind it."""


class Job(Future[Any]):
    """One function to run in a pool, and the future of its result."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__()
        self._condition = threading.Condition(_thread.RLock())  # nobody sleeps while he holds it
        self._function = function

    def run(self, rejoin: Callable[[], object]) -> None:
        """Run the function in this thread, unless it was cancelled before.

        `rejoin()` is called before the result is made known.
        """
        if not self.set_running_or_notify_cancel():
            return
        try:
            result = self._function()
        except ThreadAbandoned:
            raise
        except BaseException as error:
            rejoin()
            self.set_exception(error)
            del self  # which the traceback holds, and which holds the traceback
        else:
            rejoin()
            self.set_result(result)


class Pool:
    """The workers that stand in for the threads of one ThreadPoolExecutor."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._size = 0
        self.idle: deque[Worker] = deque()
        self.waiting: deque[Job] = deque()
        self._unfinished = 0  # jobs
        self._drained: list[Callable[[], object]] = []

    def add(self, function: Callable[[], Any]) -> Job:
        """Take in a job. RuntimeError when the executor has been shut down, or is broken."""
        if self._executor._broken:
            raise BrokenThreadPool(self._executor._broken)
        if self._executor._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        job = Job(function)
        self.waiting.append(job)
        self._unfinished += 1
        return job

    def next_name(self) -> str | None:
        """Return the name of a new worker's thread, None when there are workers enough."""
        if self._size == self._executor._max_workers:
            return None
        self._size += 1
        prefix: Any = self._executor._thread_name_prefix or self._executor
        return f"{prefix}_{self._size - 1}"

    def initialise(self) -> bool:
        """Run the executor's initializer in this thread; tell whether it came through."""
        if self._executor._initializer is None:
            return True
        try:
            self._executor._initializer(*self._executor._initargs)
        except ThreadAbandoned:
            raise
        except BaseException:
            futures_base.LOGGER.critical("Exception in initializer:", exc_info=True)
            return False
        return True

    def break_down(self, job: Job | None) -> None:
        """Let everything fail, after a failure of the initializer."""
        reason: Any = "A thread initializer failed, the thread pool is not usable anymore"
        self._executor._broken = reason
        for failing in [job, *self.waiting]:
            if failing is not None and failing.set_running_or_notify_cancel():
                failing.set_exception(BrokenThreadPool(reason))
        self.waiting.clear()
        self.finished(self._unfinished)

    def cancel_waiting(self) -> None:
        """Cancel the jobs that no worker has begun."""
        waiting = list(self.waiting)
        self.waiting.clear()
        for job in waiting:
            job.cancel()
        self.finished(len(waiting))

    def finished(self, jobs: int = 1) -> None:
        """Take note that so many jobs are over."""
        self._unfinished -= jobs
        self._check_drained()

    def when_drained(self, callback: Callable[[], object]) -> None:
        """Call `callback` once every job is over."""
        self._drained.append(callback)
        self._check_drained()

    def _check_drained(self) -> None:
        if not self._unfinished:
            drained, self._drained = self._drained, []
            for callback in drained:
                callback()

    def clear(self) -> None:
        """Forget what has not begun, and who waits for it."""
        self.waiting.clear()
        self._drained.clear()


def submit(
    executor: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Future[Any]:
    """Stand in for `ThreadPoolExecutor.submit`."""
    actor = here.actor
    if actor is None:
        return real_submit(executor, function, *args, **kwargs)
    return actor.submit(executor, partial(function, *args, **kwargs))


def shutdown(
    executor: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False
) -> None:
    """Stand in for `ThreadPoolExecutor.shutdown`."""
    actor = here.actor
    if actor is not None:
        real_shutdown(executor, wait=False, cancel_futures=cancel_futures)
        done = threading.Event()
        actor.shut_down(executor, cancel_futures, done.set)
        if wait:
            done.wait()
    real_shutdown(executor, wait=wait, cancel_futures=cancel_futures)


def is_simulated(executor: object) -> bool:
    """Tell whether an executor's jobs can go to the run's own workers."""
    return isinstance(executor, ThreadPoolExecutor) and (
        type(executor).submit in (real_submit, submit)
    )
