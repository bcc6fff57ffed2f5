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
from functools import partial
from logging import getLogger
from typing import Any, Protocol

from vtloop.core.threads.actor import here
from vtloop.private.threads import ExecutorInside, WorkerContext

real_submit = ThreadPoolExecutor.submit
real_shutdown = ThreadPoolExecutor.shutdown


class ThreadAbandoned(SystemExit):
    """Raised in a worker that was still asleep when its loop was closed, to unwind it."""


class Job(Future[Any]):
    """One function to run in a pool, and the future of its result.

    Its hash is its number in the pool: sets of jobs have the same order in every run.
    """

    def __init__(self, task: Any, number: int) -> None:
        super().__init__()
        self._number = number
        self._condition = threading.Condition(_thread.RLock())  # nobody sleeps while he holds it
        self._task = task  # the function and its arguments, in the form that a context runs

    def __hash__(self) -> int:
        return self._number

    def run(self, context: WorkerContext, rejoin: Callable[[], object]) -> None:
        """Run the function in this thread, unless it was cancelled before.

        `rejoin()` is called before the result is made known.
        """
        if not self.set_running_or_notify_cancel():
            return
        task, self._task = self._task, None
        try:
            result = context.run(task)
        except ThreadAbandoned:
            raise
        except BaseException as error:
            rejoin()
            self.set_exception(error)
            del self  # which the traceback holds, and which holds the traceback
        else:
            rejoin()
            self.set_result(result)

    def fail(self, error: BaseException) -> bool:
        """Let it end with an error; return whether it had not ended yet."""
        if self.done() or not (self.running() or self.set_running_or_notify_cancel()):
            return False
        self.set_exception(error)
        return True


class JobTaker(Protocol):
    """A worker of a pool that has nothing to do (see `workers`)."""

    job: Job | None
    """What it is to do when it runs next; None if its thread is to end."""

    def hand_over(self) -> None:
        """Let it run."""


class Pool:
    """The workers that stand in for the threads of one ThreadPoolExecutor."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = ExecutorInside(executor)
        self._jobs = 0  # there have been
        self._workers = 0
        self._workers_so_far = 0
        self.idle: deque[JobTaker] = deque()
        self.waiting: deque[Job] = deque()
        self._unfinished = 0  # jobs
        self._drained: list[Callable[[], object]] = []
        self._left: list[Callable[[], object]] = []

    @property
    def ignores_how_threads_start(self) -> bool:
        """Return whether the executor would start its threads in a way of its own."""
        return self._executor.starts_threads_itself

    def add(self, function: Callable[[], Any]) -> Job:
        """Take in a job. RuntimeError when the executor has been shut down, or is broken."""
        if self._executor.is_broken:
            raise self._executor.failure()
        if self._executor.is_shut_down:
            raise RuntimeError("cannot schedule new futures after shutdown")
        call = function if isinstance(function, partial) else partial(function)
        self._jobs += 1
        job = Job(self._executor.task(call.func, call.args, call.keywords), self._jobs)
        self.waiting.append(job)
        self._unfinished += 1
        return job

    def takes_workers(self) -> bool:
        """Return whether there are fewer workers than there may be."""
        return self._workers < self._executor.most_workers

    def new_worker(self) -> tuple[str, WorkerContext]:
        """Count a new worker; return the name of its thread, and what it lives in."""
        place = f"{self._executor.name}_{self._workers_so_far}", self._executor.new_context()
        self._workers += 1
        self._workers_so_far += 1
        return place

    def worker_left(self) -> None:
        """Take note that a worker's thread has ended."""
        self._workers -= 1
        self._check_left()

    def when_left(self, callback: Callable[[], object]) -> None:
        """Call `callback` once no worker is there any more."""
        self._left.append(callback)
        self._check_left()

    def _check_left(self) -> None:
        if not self._workers:
            left, self._left = self._left, []
            for callback in left:
                callback()

    def initialise(self, context: WorkerContext) -> bool:
        """Run the executor's initializer in this thread; return whether it came through."""
        try:
            context.initialize()
        except ThreadAbandoned:
            raise
        except BaseException:
            getLogger("concurrent.futures").critical("Exception in initializer:", exc_info=True)
            return False
        return True

    def break_down(self, job: Job | None) -> None:
        """Let everything fail, after a failure of the initializer."""
        self._executor.break_down()
        for failing in [job, *self.waiting]:
            if failing is not None:
                failing.fail(self._executor.failure())
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
        self._left.clear()


def submit(
    executor: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Future[Any]:
    """Stand in for `ThreadPoolExecutor.submit`."""
    actor = here.actor
    if actor is None or ExecutorInside(executor).computes_elsewhere:
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
    """Return whether an executor's jobs can go to the run's own workers.

    Those of an InterpreterPoolExecutor cannot: they compute in interpreters of their own, where
    they share nothing with the program, and no clock of the run is.
    """
    return isinstance(executor, ThreadPoolExecutor) and (
        type(executor).submit in (real_submit, submit)
        and not ExecutorInside(executor).computes_elsewhere
    )
