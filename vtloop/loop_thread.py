"""The loop's own thread as an actor: a call that blocks it stops every task."""

from __future__ import annotations

import asyncio
from typing import Protocol

from vtloop import hazards
from vtloop.clock import NEVER, Clock, to_nanoseconds
from vtloop.tasks import label
from vtloop.threads import Threads
from vtloop.workers import WaiterLock

_THREAD_START = 0.02  # real seconds, plenty for a thread to start or to let go of a lock


class BlockedLoop(Protocol):
    """What this actor needs of its loop."""

    def tell_blocked(self, since: int, how: str) -> None:
        """Take note that the loop was blocked since an instant, in nanoseconds, up to now."""


class LoopThread:
    """What blocking means in a coroutine or callback."""

    def __init__(self, loop: BlockedLoop, clock: Clock, threads: Threads) -> None:
        self._loop = loop
        self._clock = clock
        self._threads = threads

    def virtual_time(self) -> int:
        return self._clock.now

    def whoami(self) -> str:
        task = asyncio.current_task()
        return "-" if task is None else label(task)

    def sleep(self, nanoseconds: int) -> None:
        self._block(nanoseconds, "time.sleep")

    def compute(self, nanoseconds: int) -> None:
        self._block(nanoseconds, "busy")

    def _block(self, nanoseconds: int, how: str) -> None:
        since = self._clock.now
        self._threads.run_until(since + nanoseconds)
        self._clock.now = since + nanoseconds
        self._loop.tell_blocked(since, how)

    def wait_for(self, lock: WaiterLock, timeout: float) -> None:
        """Block until a thread releases `lock`, at most `timeout` seconds unless negative."""
        since = self._clock.now
        end = NEVER if timeout < 0 else since + to_nanoseconds(timeout)

        def released() -> bool:
            return lock.acquire_in_real_time(_THREAD_START)

        self._threads.run_until(end, released)
        patience_left = self._threads.outsiders.patience_left()
        while not released() and self._threads.outsiders.at_work() and patience_left():
            pass
        if lock.locked():
            if end >= NEVER:
                raise hazards.blocked_for_ever(self.whoami(), since)
            self._clock.now = end
        self._loop.tell_blocked(since, "a wait for a thread")
