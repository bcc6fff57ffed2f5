"""The worker threads: each runs one function after another while it holds the baton.

See `threads` for the baton and who hands it over.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from vtloop.blocking import here
from vtloop.clock import NEVER, Clock
from vtloop.locks import Lock
from vtloop.outsiders import Outsiders
from vtloop.pools import Job, Pool, ThreadAbandoned
from vtloop.private.threads import WorkerContext
from vtloop.timers import AnyTimerHandle


class BatonHolder(Protocol):
    """What the workers need of `Threads`."""

    clock: Clock
    outsiders: Outsiders
    baton_back: _thread.LockType

    def turn(self, function: Callable[..., object], *args: Any) -> None: ...
    def wake_at(self, deadline: int, worker: Worker, suspension: int) -> AnyTimerHandle: ...
    def wait_for_baton(self, worker: Worker) -> bool: ...
    def ended(self, worker: Worker) -> None: ...
    def occupy_processor(self, nanoseconds: int) -> int: ...
    def run_in_pool(
        self, executor: ThreadPoolExecutor, function: Callable[[], Any]
    ) -> Future[Any]: ...
    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None: ...


class Worker:
    """One worker thread: the actor of its thread."""

    def __init__(self, threads: BatonHolder, pool: Pool, name: str, context: WorkerContext) -> None:
        self._threads = threads
        self._context = context
        self.pool = pool
        self._go = _thread.allocate_lock()
        self._go.acquire()
        self._baton: list[None] = []  # whoever pops it, worker or loop, decides who goes on
        self._suspension = 0  # counts suspensions, so that a late wake-up is recognised
        self.suspended = False
        self.waking = False  # the baton is handed to it, and it has yet to run
        self.abandoned = False
        self.ended = False
        self._leaving = False
        self.job: Job | None = None
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __repr__(self) -> str:
        state = "suspended" if self.suspended else "running" if self._baton else "outside"
        return f"<Worker {self.thread.name} {state}>"

    # The thread's side

    def _work(self) -> None:
        here.actor = self
        self._wait_for_go()
        try:
            if not self.abandoned:
                self._live()
        except ThreadAbandoned:
            pass
        except BaseException as error:  # a fault of this package's: somebody is to hear of it
            self._fail(error)
        finally:
            self.ended = True
            if self._take_baton():
                self._threads.baton_back.release()
            elif not self.abandoned:
                self._threads.turn(self._threads.ended, self)

    def _wait_for_go(self) -> None:
        self._go.acquire()
        self.waking = False

    def _live(self) -> None:
        pool, context = self.pool, self._context
        if not pool.initialise(context):
            self._rejoin()
            pool.break_down(self.job)
            return
        try:
            self._run_jobs()
        finally:
            self._leaving = True
            context.finalize()
            self._rejoin()

    def _run_jobs(self) -> None:
        pool = self.pool
        while self.job is not None:
            self.job.run(self._context, self._rejoin)
            self.job = pool.waiting.popleft() if pool.waiting else None
            pool.finished()
            if self.job is None:
                self._suspend(lambda: pool.idle.append(self))

    def _fail(self, error: BaseException) -> None:
        """Tell whoever waits for the job of a fault in this thread; else the loop."""
        job, self.job = self.job, None
        if job is not None and job.fail(error):
            self.pool.finished()
        else:
            self._threads.turn(_raise, error)

    def _rejoin(self) -> None:
        """Come back under the loop's control, if this thread was blocked for real."""
        if not self._baton:
            self._suspend(lambda: self._threads.turn(self.resume, self._suspension))

    def _take_baton(self) -> bool:
        try:
            self._baton.pop()
        except IndexError:
            return False
        return True

    def _suspend(self, arrange: Callable[[], object]) -> None:
        """Give the baton back, after `arrange()` has seen to it that it will come again."""
        if self.abandoned:
            raise ThreadAbandoned
        self._suspension += 1
        self.suspended = True
        if self._take_baton():
            try:
                arrange()
            except BaseException:  # then this thread goes on
                self.suspended = False
                self._baton.append(None)
                raise
            self._threads.baton_back.release()
        else:  # the loop took it, because this thread was blocked for real
            self._threads.turn(arrange)
        self._wait_for_go()
        if self.abandoned:
            raise ThreadAbandoned

    def _set_alarm(self, deadline: int) -> AnyTimerHandle:
        return self._threads.wake_at(deadline, self, self._suspension)

    def sleep(self, nanoseconds: int) -> None:
        self._suspend(lambda: self._set_alarm(self._threads.clock.now + nanoseconds))

    def compute(self, nanoseconds: int) -> None:
        self.sleep(self._threads.occupy_processor(nanoseconds))

    def wait_for(self, lock: Lock, end: int) -> None:
        alarms: list[AnyTimerHandle] = []

        def arrange() -> None:
            if not lock.locked():  # released in the meantime, by an outsider
                self.wake(lock)
            elif end < NEVER:
                alarms.append(self._set_alarm(end))

        self._suspend(arrange)
        for alarm in alarms:
            alarm.cancel()

    def virtual_time(self) -> int:
        return self._threads.clock.now

    def whoami(self) -> str:
        return self.thread.name

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        return self._threads.run_in_pool(executor, function)

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        self._threads.shut_down(executor, cancel_futures, done)

    # The side of the loop and of other threads

    def in_turn(self) -> bool:
        """Tell whether this worker has the baton."""
        return bool(self._baton)

    def is_busy(self) -> bool:
        """Tell whether it is not just there for jobs to come."""
        return self.job is not None or self._leaving

    def wake(self, lock: Lock) -> None:
        if self.suspended:
            self._threads.turn(self.resume, self._suspension)

    def resume(self, suspension: int) -> None:
        """Hand the baton to this worker, if it is still in that suspension."""
        if self.suspended and suspension == self._suspension:
            self.hand_over()

    def hand_over(self) -> None:
        """Let this worker run, and stand still until the baton is back."""
        self.suspended = False
        self.waking = True
        self._baton.append(None)
        self._threads.outsiders.under_control(self.thread)
        back = False
        try:
            self._go.release()
            back = self._threads.wait_for_baton(self)
        finally:  # it is not back, when the worker is blocked for real, or on Ctrl-C
            if not back:
                if self._take_baton():
                    self._threads.outsiders.blocked_for_real(self.thread)
                else:
                    self._threads.baton_back.acquire()
                    back = True
            if back and self.ended:
                self._threads.ended(self)


def _raise(error: BaseException) -> None:
    raise error
