"""The thread in which a loop runs, and the other threads that get on while it does.

There are three kinds of places for a loop to run in:

- A thread that belongs to no run: it becomes the loop's own (see `loop_thread`).
- One that belongs to the loop's run, while no other loop runs in it (see `idle_thread`): it becomes
  the loop's own as well, and the loop looks after the threads that have been started there.
- One that a run has started (see `baton`). There the loop is a guest: it is a part of what that
  thread does, and the run's own loop moves the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress

from vtloop.core.idle_thread import IdleThread
from vtloop.core.loop_thread import LoopThread
from vtloop.core.threads.actor import Actor, here
from vtloop.core.threads.all_threads import Loop, Threads
from vtloop.core.threads.baton import BatonThread, GuestLoop
from vtloop.core.threads.thread_locks import Lock
from vtloop.core.timers import Timers
from vtloop.values.clock import NEVER, to_seconds


class Home:
    """Where a loop runs, and with which threads."""

    __slots__ = ("_nothing_new", "_own_threads", "_tell", "actor", "host", "threads")

    def __init__(self, actor: LoopThread, tell: Callable[[str], object]) -> None:
        """`actor` is what the loop's own thread can do; `tell` tells the user of a notice."""
        self.actor = actor
        self.threads = self._own_threads = actor.threads
        """The threads that the loop has to do with: its own, or those of a run."""
        self.host: BatonThread | None = None
        """The thread of a run of which the loop is a guest."""
        self._nothing_new: Lock | None = None  # is held while a guest waits
        self._tell = tell

    def tell_of_polls(self) -> None:
        """Let programs that poll the clock be reported by this loop, not by an earlier one."""
        self.actor.clock.polling.tell = self._tell

    def visit(self, loop: GuestLoop, actor: Actor | None) -> bool:
        """Become a guest of this thread if a run on the loop's clock has started it.

        Returns whether that is so; `actor` is that of the thread.
        """
        if not isinstance(actor, BatonThread) or actor.clock is not self.actor.clock:
            return False
        assert isinstance(actor.threads, Threads)
        self.host, actor.loop = actor, loop
        self._nothing_new = Lock()
        self.threads = actor.threads
        return True

    def move_in(
        self, loop: Loop, timers: Timers, ready: Collection[object], actor: Actor | None
    ) -> None:
        """Make this thread, whose actor was another one or none, the loop's own."""
        is_of_run = actor is not None and actor.clock is self.actor.clock
        if is_of_run and isinstance(actor, IdleThread) and actor.threads is not None:
            self.threads = self.actor.threads = actor.threads
            self.threads.serve(loop, timers, ready)
        self.threads.outsiders.begin(actor is not None and not is_of_run)
        here.actor = self.actor
        self.tell_of_polls()

    def leave(self, actor: Actor | None) -> None:
        """Leave this thread as it was before."""
        if self.host is not None:
            self.host.loop = None
            self.host = None
        else:
            here.actor = actor
            if isinstance(actor, IdleThread) and self.threads is not self._own_threads:
                actor.take_back(self.threads)
                self.actor.threads = self._own_threads
        self.threads = self._own_threads

    def wait(self, end: int, ready: Collection[object]) -> bool:
        """Let the host wait until somebody calls in, at most up to `end`, in nanoseconds.

        Returns whether somebody has; then something is in `ready`.
        """
        host, lock = self.host, self._nothing_new
        assert host is not None
        assert lock is not None
        if not lock.locked():
            lock.acquire()
        if ready:  # somebody has called in since
            return True
        if here.actor is not None:
            return lock.acquire_until(host, end)
        # The run is over, and its thread goes on in real time.
        return lock.acquire(True, -1 if end >= NEVER else to_seconds(max(end - host.clock.now, 0)))

    def calls_in(self) -> None:
        """Take note that another thread is about to tell the loop something."""
        self.threads.calls_in()

    def called_in(self) -> None:
        """Wake the loop, as another thread has told it something."""
        lock = self._nothing_new
        if lock is not None and lock.locked():
            with suppress(RuntimeError):  # a third thread has been quicker
                lock.release()
        self.threads.called_in()

    def close(self) -> None:
        """Unwind the threads that are still asleep; those that go on in real time tell nobody."""
        self.threads.close()
        polling = self.actor.clock.polling
        if polling.tell is self._tell:
            polling.tell = str
