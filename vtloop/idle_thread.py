"""A thread of a run while no loop runs in it: before the main coroutine is made, between two loops.

What blocks it moves the clock, as nobody else is there to do so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from vtloop.blocking import has_computed
from vtloop.clock import Clock, to_seconds
from vtloop.locks import Lock
from vtloop.polling import Poll
from vtloop.pools import real_submit
from vtloop.program_threads import start_outside


class IdleThread:
    """The actor of such a thread."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.computed = 0

    def sleep(self, nanoseconds: int) -> None:
        self.clock.now += nanoseconds

    compute = sleep

    def let_pass(self, nanoseconds: int, poll: Poll) -> None:
        self.clock.now += nanoseconds
        poll.instant = self.clock.now
        has_computed(self, nanoseconds)

    def is_alone(self) -> bool:
        return True

    def wait_for(self, lock: Lock, end: int) -> None:
        if not lock.wait_in_real_time(to_seconds(end - self.clock.now)):
            self.clock.now = end

    def wake(self, lock: Lock) -> None:
        """Do nothing: this thread waits in real time."""

    def whoami(self) -> str:
        return "-"

    def start_thread(self, thread: threading.Thread) -> None:
        start_outside(thread)

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        return real_submit(executor, function)

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        done()
