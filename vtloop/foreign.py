"""Executors that are no thread pools: of processes, and of the program's own.

- Another process works in real time, so the loop waits for it, and the clock stands still. Its
  results come in the order of submission, so the run is reproducible.
- An executor of the program's own may do anything with a function. If the run itself completes the
  future (a worker, a timer, another thread of the run), the result is there at that instant. If a
  thread from before the run does, that is as with another process; but the loop waits for such a
  thread only as long as one is at work, and for `patience` seconds at most.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

from vtloop.baton import is_outside
from vtloop.blocking import outside, real_monotonic
from vtloop.clock import Clock
from vtloop.outsiders import Outsiders
from vtloop.pools import Job
from vtloop.probing import is_running, used_processor, waits_for_others

_GLANCE = 0.1  # real seconds that an idle loop waits for a result before it looks up


class ForeignJob:
    """A function that another executor has been given, by a run whose loop waits for it."""

    def __init__(
        self, theirs: Future[Any], is_elsewhere: bool, others: dict[threading.Thread, str]
    ) -> None:
        self.theirs = theirs
        self.ours: Future[Any] = Future()
        """The future of its result in the run."""
        self.is_elsewhere = is_elsewhere
        """Whether another process works on it."""
        self.waited_since = -1.0
        """Since when, by the real clock, the loop has been waiting for it."""
        # Who has used the processor for longer than before it was given away may be at work on it.
        self._others = others
        self.ours.add_done_callback(lambda _: self.ours.cancelled() and theirs.cancel())

    def may_be_at_work(self) -> bool:
        """Return whether a thread from before the run seems to be at work on it."""
        return any(
            thread.is_alive()
            and (not used or used_processor(thread) != used or is_running(thread))
            and not waits_for_others(thread)
            for thread, used in self._others.items()
        )

    def take_over(self) -> None:
        """Make its result known in the run."""
        if self.theirs.cancelled():
            self.ours.cancel()
        elif self.ours.set_running_or_notify_cancel():
            error = self.theirs.exception()
            if error is None:
                self.ours.set_result(self.theirs.result())
            else:
                self.ours.set_exception(error)


class ForeignJobs:
    """The jobs of a loop that other executors have been given, in order of submission."""

    def __init__(self, outsiders: Outsiders, clock: Clock, patience: float) -> None:
        self._outsiders = outsiders
        self._clock = clock
        self._patience = patience  # real seconds
        self._jobs: deque[ForeignJob] = deque()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def submit(self, executor: Executor, function: Callable[[], Any]) -> Future[Any]:
        """Give a function to an executor; return the future of its result in the run."""
        others = {}
        if is_elsewhere := isinstance(executor, ProcessPoolExecutor):
            before = threading.enumerate()
            with outside():
                theirs = executor.submit(function)
            # Its threads serve the other processes, and have something to say only to those who ask
            # the executor itself.
            self._outsiders.wait_for_last(*set(threading.enumerate()).difference(before))
        else:
            others = {one: used_processor(one) for one in self._outsiders.older_threads()}
            theirs = executor.submit(function)
        if isinstance(theirs, Job) or not isinstance(theirs, Future) or theirs.done():
            return theirs
        job = ForeignJob(theirs, is_elsewhere, others)
        self._jobs.append(job)
        theirs.add_done_callback(lambda _: self._completed(job))
        return job.ours

    def _completed(self, job: ForeignJob) -> None:
        """Take a result over at once if the run itself has completed the future."""
        if is_outside(self._clock):
            self._outsiders.wake()
        else:
            self._jobs.remove(job)
            job.take_over()

    def take_over(self) -> bool:
        """Take over the first result, or wait a while for it.

        Returns False if there is nobody outside of the run who seems to be at work on it.
        """
        job = self._jobs[0]
        if job.theirs.done():
            self._jobs.popleft()
            job.take_over()
            return True
        now = real_monotonic()
        if job.waited_since < 0:
            job.waited_since = now
        if not job.is_elsewhere:
            if now - job.waited_since > self._patience:
                return False
            if not self._outsiders.at_work() and not job.may_be_at_work():
                return False
        self._outsiders.get_call(_GLANCE)
        return True
