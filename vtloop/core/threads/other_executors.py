"""Executors that are no thread pools: of processes, and of the program's own.

- Another process works in real time, so the loop waits for it, and the clock stands still. Its
  results come in the order of submission. What they are is up to that process: the run is marked as
  not reproducible.
- An executor of the program's own may do anything with a function. If the run itself completes the
  future (a worker, a timer, another thread of the run), the result is there at that instant. If a
  thread outside of it does, that is as with another process; but the loop waits for such a thread
  only as long as one is at work, and for `patience` seconds at most. One that is being woken for
  the function does not look so yet.
- The user is told of an executor whose answers come from outside of the run.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Protocol

from vtloop.core.threads.actor import outside, real_monotonic
from vtloop.core.threads.baton import is_outside
from vtloop.core.threads.external import Outsiders
from vtloop.core.threads.pools import Job
from vtloop.core.threads.probing import is_running, used_processor, waits_for_others
from vtloop.values.clock import Clock

_GLANCE = 0.1  # real seconds that an idle loop waits for a result before it looks up
_LOOK = 0.001  # real seconds between two looks at threads of which none seems to be at work
_LOOKS = 5  # that find none, before it is believed


class Owner(Protocol):
    """What these jobs need of `Threads`."""

    clock: Clock
    outsiders: Outsiders

    def own(self) -> set[threading.Thread]: ...
    def say_it_is_real(self, executor: Executor) -> None: ...


class ForeignJob:
    """A function that another executor has been given, by a run whose loop waits for it."""

    def __init__(
        self,
        executor: Executor,
        theirs: Future[Any],
        others: dict[threading.Thread, str],
        is_elsewhere: bool,
    ) -> None:
        self.executor = executor
        self.theirs = theirs
        self.ours: Future[Any] = Future()
        """The future of its result in the run."""
        self.is_elsewhere = is_elsewhere
        """Whether another process works on it."""
        self.waited_since = -1.0
        """Since when, by the real clock, the loop has been waiting for it."""
        # Who has used the processor for longer than before it was given away may be at work on it.
        self._others = others
        self._looks_left = _LOOKS if others else 0
        self.ours.add_done_callback(lambda _: self.ours.cancelled() and theirs.cancel())

    def may_be_at_work(self) -> bool:
        """Return whether a thread from before the run seems to be at work on it.

        The one that asks is the loop's own, which is at work on nothing.
        """
        me = threading.current_thread()
        return any(
            thread is not me
            and thread.is_alive()
            and (not used or used_processor(thread) != used or is_running(thread))
            and not waits_for_others(thread)
            for thread, used in self._others.items()
        )

    def look_again(self) -> bool:
        """Return whether a thread may be about to begin with it, though none is at work."""
        self._looks_left -= 1
        return self._looks_left >= 0

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

    def __init__(self, owner: Owner, patience: float) -> None:
        self._owner = owner
        self._patience = patience  # real seconds
        self._jobs: deque[ForeignJob] = deque()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def submit(self, executor: Executor, function: Callable[[], Any]) -> Future[Any]:
        """Give a function to an executor; return the future of its result in the run."""
        before = threading.enumerate()
        others: dict[threading.Thread, str] = {}
        if is_elsewhere := isinstance(executor, ProcessPoolExecutor):
            with outside():
                theirs = executor.submit(function)
            # Its threads serve the other processes, and have something to say only to those who ask
            # the executor itself.
            new = set(threading.enumerate()).difference(before)
            self._owner.outsiders.wait_for_last(*new)
        else:
            ours = self._owner.own() | {threading.current_thread()}
            others = {thread: used_processor(thread) for thread in before if thread not in ours}
            theirs = executor.submit(function)
        if isinstance(theirs, Job):
            return theirs
        if is_elsewhere or isinstance(executor, ThreadPoolExecutor):  # of interpreters
            self._owner.say_it_is_real(executor)
        if not isinstance(theirs, Future) or theirs.done():
            return theirs
        job = ForeignJob(executor, theirs, others, is_elsewhere)
        self._jobs.append(job)
        theirs.add_done_callback(lambda _: self._completed(job))
        return job.ours

    def _completed(self, job: ForeignJob) -> None:
        """Take a result over at once if the run itself has completed the future."""
        if is_outside(self._owner.clock):
            self._owner.outsiders.wake()
        else:
            self._jobs.remove(job)
            job.take_over()

    def take_over(self) -> bool:
        """Take over the first result, or wait a while for it.

        Returns False if there is nobody outside of the run who seems to be at work on it.
        """
        outsiders = self._owner.outsiders
        job = self._jobs[0]
        if job.theirs.done():
            self._jobs.popleft()
            self._owner.say_it_is_real(job.executor)
            job.take_over()
            return True
        now = real_monotonic()
        if job.waited_since < 0:
            job.waited_since = now
        if not job.is_elsewhere:
            if now - job.waited_since > self._patience:
                return False
            if not outsiders.at_work() and not job.may_be_at_work():
                if not job.look_again():
                    return False
                outsiders.get_call(_LOOK)
                return True
        outsiders.get_call(_GLANCE)
        return True
