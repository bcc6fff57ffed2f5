"""The loop's own thread as an actor: a call that blocks it stops every task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from vtloop import hazards
from vtloop.blocking import here
from vtloop.clock import Clock
from vtloop.locks import Lock
from vtloop.tasks import label
from vtloop.threads import Threads


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
        self._loop.tell_blocked(since, how)

    def wait_for(self, lock: Lock, end: int) -> None:
        since = self._clock.now
        if not self._threads.run_until_released(lock, end):
            raise hazards.blocked_for_ever(self.whoami(), since)
        self._loop.tell_blocked(since, "a wait for a thread")

    def wake(self, lock: Lock) -> None:
        if here.actor is not self:
            self._threads.unblocked()

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        return self._threads.run_in_pool(executor, function)

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        self._threads.shut_down(executor, cancel_futures, done)
