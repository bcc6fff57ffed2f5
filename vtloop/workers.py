"""The worker threads: each runs one function after another while it holds the baton.

See `threads` for the baton and who hands it over.
"""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from vtloop.blocking import here
from vtloop.clock import Clock, to_nanoseconds
from vtloop.outsiders import Outsiders
from vtloop.timers import AnyTimerHandle

_LEAVE = 1.0  # real seconds for an abandoned worker to unwind


class ThreadAbandoned(SystemExit):
    """Raised in a worker that was still asleep when its loop was closed, to unwind it."""


class Loop(Protocol):
    """What the workers need of their loop."""

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle: ...

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any
    ) -> asyncio.Handle: ...


class BatonHolder(Protocol):
    """What the workers need of `Threads`."""

    loop: Loop
    clock: Clock
    outsiders: Outsiders
    baton_back: _thread.LockType

    def wait_for_baton(self, worker: Worker) -> bool: ...
    def occupy_processor(self, nanoseconds: int) -> int: ...


class Job:
    """One function to run in a pool, and the future of its result."""

    __slots__ = ("function", "future", "pool", "started")

    def __init__(self, pool: Pool, function: Callable[[], Any]) -> None:
        self.pool = pool
        self.function = function
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self.started = False

    def run(self) -> None:
        """Run the function in this thread, unless its future was cancelled before."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.function()
        except ThreadAbandoned:
            raise
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Pool:
    """The workers that stand in for the threads of one ThreadPoolExecutor."""

    def __init__(self, executor: concurrent.futures.ThreadPoolExecutor) -> None:
        self.max_workers: int = executor._max_workers
        self.prefix: str = getattr(executor, "_thread_name_prefix", "")
        self.initializer = getattr(executor, "_initializer", None)
        self.initargs = getattr(executor, "_initargs", ())
        self.workers: list[Worker] = []
        self.idle: list[Worker] = []
        self.waiting: deque[Job] = deque()
        self.unfinished = 0  # jobs
        self.drained: list[Callable[[], object]] = []


class Worker:
    """One worker thread: the actor of its thread."""

    def __init__(self, threads: BatonHolder, pool: Pool) -> None:
        self._threads = threads
        self._pool = pool
        self._go = _thread.allocate_lock()
        self._go.acquire()
        self._baton: list[None] = []  # whoever pops it, worker or loop, decides who goes on
        self._suspension = 0  # counts suspensions, so that a late wake-up is recognised
        self.suspended = False
        self.abandoned = False
        self.job: Job | None = None
        self.thread = threading.Thread(
            target=self._work, name=f"{pool.prefix}_{len(pool.workers)}", daemon=True
        )

    # The thread's side

    def _work(self) -> None:
        here.actor = self
        self._go.acquire()
        try:
            if self._pool.initializer is not None:
                self._pool.initializer(*self._pool.initargs)
            while self.job is not None and not self.abandoned:
                self.job.run()
                self._pool.unfinished -= 1
                self.job = self._pool.waiting.popleft() if self._pool.waiting else None
                if self.job is None:
                    self._suspend(self._rest)
        except ThreadAbandoned:
            pass
        finally:
            if self._take_baton():
                self._threads.baton_back.release()

    def _rest(self) -> None:
        self._pool.idle.append(self)
        if not self._pool.unfinished:
            for callback in self._pool.drained:
                callback()
            self._pool.drained.clear()

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
            arrange()
            self._threads.baton_back.release()
        else:  # the loop took it, because this thread was blocked for real
            self._threads.loop.call_soon_threadsafe(arrange)
        self._go.acquire()
        if self.abandoned:
            raise ThreadAbandoned

    def sleep(self, nanoseconds: int) -> None:
        loop = self._threads.loop
        self._suspend(
            lambda: loop.schedule(
                self._threads.clock.now + nanoseconds, self.resume, self._suspension
            )
        )

    def compute(self, nanoseconds: int) -> None:
        self.sleep(self._threads.occupy_processor(nanoseconds))

    def virtual_time(self) -> int:
        return self._threads.clock.now

    def whoami(self) -> str:
        return self.thread.name

    def wait_for(self, lock: WaiterLock, timeout: float) -> None:
        """Suspend until `lock` is released, or for `timeout` seconds if that is not negative."""
        timer: list[AnyTimerHandle] = []
        suspension = 0

        loop = self._threads.loop

        def wake() -> None:
            loop.call_soon_threadsafe(self.resume, suspension)

        def arrange() -> None:
            nonlocal suspension
            suspension = self._suspension
            lock.wake = wake
            if not lock.locked():  # released in the meantime, by an outsider
                wake()
            elif timeout >= 0:
                deadline = self._threads.clock.now + to_nanoseconds(timeout)
                timer.append(loop.schedule(deadline, self.resume, suspension))

        self._suspend(arrange)
        lock.wake = None
        for handle in timer:
            handle.cancel()

    # The loop's side

    def resume(self, suspension: int) -> None:
        """Hand the baton to this worker, if it is still in that suspension."""
        if self.suspended and suspension == self._suspension:
            self.hand_over()

    def hand_over(self) -> None:
        """Let this worker run, and stand still until the baton is back."""
        self.suspended = False
        self._baton.append(None)
        self._threads.outsiders.left(self.thread)
        try:
            self._go.release()
            back = self._threads.wait_for_baton(self)
        except BaseException:  # Ctrl-C, while the worker runs on
            if self._take_baton():
                self._threads.outsiders.blocked_for_real(self.thread)
            raise
        if not back and self._take_baton():
            self._threads.outsiders.blocked_for_real(self.thread)
        elif not back:
            self._threads.baton_back.acquire()

    def abandon(self) -> None:
        """Unwind the thread, wherever it is."""
        self.abandoned = True
        if self.suspended:
            self.hand_over()
        self.thread.join(_LEAVE)


class WaiterLock:
    """The lock on which `threading.Condition.wait` waits, for the threads of a run."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self.wake: Callable[[], object] | None = None

    def locked(self) -> bool:
        return self._lock.locked()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        actor = here.actor
        if blocking and self._lock.locked() and actor is not None:
            actor.wait_for(self, timeout)
        return self._lock.acquire(False)

    def acquire_in_real_time(self, seconds: float) -> bool:
        """Wait until the lock is released; leave it free, and tell whether it was."""
        released = self._lock.acquire(timeout=seconds)
        if released:
            self._lock.release()
        return released

    def release(self) -> None:
        self._lock.release()
        if self.wake is not None:
            self.wake()


def allocate_waiter_lock() -> Any:
    """Stand in for the allocation of that lock."""
    return _thread.allocate_lock() if here.actor is None else WaiterLock()
