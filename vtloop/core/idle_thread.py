"""A thread of a run while no loop runs in it: before the main coroutine is made, between two loops.

What blocks it moves the clock, as nobody else is there to do so. It may start threads, and use
pools of them, as a loop may: these get on while it is blocked. A loop that begins to run here takes
them over, and gives them back in the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from vtloop.core import hazards
from vtloop.core.threads.actor import PATIENCE, AwaitedLock, has_computed, here
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.baton import ThreadStarter
from vtloop.core.threads.polling import Poll
from vtloop.core.timers import AnyTimerHandle, Timers
from vtloop.values.clock import Clock, to_seconds


class _NoLoop:
    """Stands for the loop of such a thread's threads: each time it is blocked, their turn comes."""

    def __init__(self, clock: Clock) -> None:
        self.timers = Timers()
        self._clock = clock

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle:
        return self.timers.add(deadline, callback, args, None)

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> None:
        """Do nothing: a turn is taken all the same."""

    def notice(self, message: str) -> None:
        self._clock.polling.tell(message)


class IdleThread(ThreadStarter):
    """The actor of such a thread."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.computed = 0
        self.threads: Threads | None = None
        """Those that it has started, from the first on."""
        self._no_loop: _NoLoop | None = None

    def have_threads(self) -> Threads:
        """Return the threads that it has started, and will start."""
        if self.threads is None:
            self._no_loop = no_loop = _NoLoop(self.clock)
            self.threads = Threads(no_loop, self.clock, no_loop.timers, (), PATIENCE)
        return self.threads

    def take_back(self, threads: Threads) -> None:
        """Look after the threads again that a loop has looked after."""
        assert self._no_loop is not None
        threads.serve(self._no_loop, self._no_loop.timers, ())

    def close(self) -> None:
        """Let go of the threads, as the run is over."""
        if self.threads is not None:
            self.threads.close()

    # As an actor

    def sleep(self, nanoseconds: int) -> None:
        end = self.clock.now + nanoseconds
        if self.threads is None and self.clock.kernel is None:
            self.clock.now = end
        else:
            self.have_threads().run_until(end)

    compute = sleep

    def let_pass(self, nanoseconds: int, poll: Poll) -> None:
        self.sleep(nanoseconds)
        poll.instant = self.clock.now
        has_computed(self, nanoseconds)

    def is_alone(self) -> bool:
        return self.threads is None or not self.threads.are_there()

    def wait_for(self, lock: AwaitedLock, end: int) -> None:
        since = self.clock.now
        threads = self.have_threads() if lock.what else self.threads
        if threads is None or not (lock.what or threads.are_there()):
            if not lock.wait_in_real_time(to_seconds(end - since)):
                self.clock.now = end
        elif not threads.run_until_released(lock, end):
            threads.is_deadlocked = True
            me = threading.current_thread().name
            raise hazards.blocked_for_ever(
                me, since, self.clock, threads, lock.what, in_a_loop=False
            )

    def about_to_wake(self) -> None:
        if self.threads is not None:
            self.threads.note_say()

    def wake(self, lock: AwaitedLock) -> None:
        if here.actor is not self and self.threads is not None:
            self.threads.called_in()

    def whoami(self) -> str:
        return "-"
