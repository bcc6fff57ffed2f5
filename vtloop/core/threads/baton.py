"""Threads of which one runs at a time, or the loop does: who has the baton.

See `all_threads` for who hands it over. A thread gives it back when it waits for something that the
run knows: a sleep, a lock, and all that is built from locks. It gets it again from a timer or a
callback of the loop.
"""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from vtloop.core.threads.actor import AwaitedLock, has_computed, here
from vtloop.core.threads.external import Outsiders
from vtloop.core.threads.polling import IN_TURNS, Poll
from vtloop.core.threads.probing import frames_of
from vtloop.values.clock import NEVER, Clock
from vtloop.values.source import is_library, place


class GuestLoop(Protocol):
    """An event loop, as far as it matters to those who ask what it waits for."""

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that are not done, in order of creation."""


class Return(Protocol):
    """The way on which the loop gets the baton back (see `baton_back`)."""

    def give(self) -> None: ...
    def take(self) -> None: ...
    def wait_for(self, thread: BatonThread) -> bool: ...


class BatonHolder(Protocol):
    """What these threads need of `Threads`."""

    clock: Clock
    outsiders: Outsiders

    @property
    def baton_back(self) -> Return: ...

    def turn(self, function: Callable[..., object], *args: Any) -> None: ...
    def wake_at(self, deadline: int, thread: BatonThread, suspension: int) -> None: ...
    def forget_alarm(self, thread: BatonThread) -> None: ...
    def occupy_processor(self, nanoseconds: int) -> int: ...
    def next_deadline(self) -> int: ...
    def next_alarm_in(self) -> float: ...
    def note_say(self) -> None: ...
    def nothing_until(self, instant: int) -> bool: ...
    def start_thread(self, thread: threading.Thread) -> None: ...
    def ended(self, thread: BatonThread) -> None: ...
    def traffic(self) -> int: ...
    def only_daemons(self) -> bool: ...
    def run_in_pool(
        self, executor: ThreadPoolExecutor, function: Callable[[], Any]
    ) -> Future[Any]: ...
    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None: ...


class ThreadStarter:
    """An actor, as far as it starts threads of the run, and lets pools of them work."""

    def have_threads(self) -> BatonHolder:
        """Return the threads of the run."""
        raise NotImplementedError

    def start_thread(self, thread: threading.Thread) -> None:
        self.have_threads().start_thread(thread)

    def about_to_wake(self) -> None:
        self.have_threads().note_say()

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        return self.have_threads().run_in_pool(executor, function)

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        self.have_threads().shut_down(executor, cancel_futures, done)


class BatonThread(ThreadStarter):
    """A thread of a run, as an actor (see `actor`), and as the loop sees it."""

    thread: threading.Thread
    loop: GuestLoop | None = None
    """The event loop that runs in it, if one does."""

    def __init__(self, threads: BatonHolder) -> None:
        self.clock = threads.clock
        self.computed = 0
        self.suspended = False
        self.waking = False
        """Whether the baton is handed to it, and it has yet to run."""
        self.has_ended = False
        """Whether its function has returned; it gives the baton back once more."""
        self.has_left = False
        """Whether it is to leave the simulation when it runs next."""
        self.threads = threads
        self._go = _thread.allocate_lock()
        self._go.acquire()
        # Whoever pops it, this thread or the loop, decides who goes on.
        self._baton: list[None] = []
        self._awaited: AwaitedLock | None = None
        self._suspension = 0  # counts suspensions, so that a late wake-up is recognised

    def have_threads(self) -> BatonHolder:
        return self.threads

    def __repr__(self) -> str:
        state = "suspended" if self.suspended else "running" if self._baton else "outside"
        return f"<{type(self).__name__} {self.thread.name} {state}>"

    # The thread's side

    def _wait_for_go(self) -> bool:
        """Wait until it is to run; return whether that is still in the simulation."""
        self._go.acquire()
        self.waking = False
        return not self.has_left

    def _rejoin(self) -> None:
        """Come back under the loop's control, if this thread was blocked for real."""
        if not self._baton:
            self._suspend(lambda: self.threads.turn(self.resume, self._suspension))

    def _end(self) -> None:
        """Let the loop go on without this thread, which has nothing left to do."""
        self.has_ended = True
        if self._take_baton():
            self.threads.baton_back.give()
        elif not self.has_left:  # it was blocked for real
            self.threads.turn(self.threads.ended, self)

    def _take_baton(self) -> bool:
        try:
            self._baton.pop()
        except IndexError:
            return False
        return True

    def _suspend(self, arrange: Callable[[], object]) -> None:
        """Give the baton back, after `arrange()` has seen to it that it will come again."""
        if self.has_left:
            self.leave()
            return
        self._suspension += 1
        self.suspended = True
        if self._take_baton():
            try:
                arrange()
            except BaseException:  # then this thread goes on
                self.suspended = False
                self._baton.append(None)
                raise
            self.threads.baton_back.give()
        else:  # the loop took it, because this thread was blocked for real
            self.threads.turn(arrange)
        if not self._wait_for_go():
            self.leave()

    def leave(self) -> None:
        """Be outside of the simulation from now on, as the run is over."""
        here.actor = None

    def _set_alarm(self, deadline: int) -> None:
        self.threads.wake_at(deadline, self, self._suspension)

    def sleep(self, nanoseconds: int) -> None:
        self._suspend(lambda: self._set_alarm(self.clock.now + nanoseconds))

    def compute(self, nanoseconds: int) -> None:
        self.sleep(self.threads.occupy_processor(nanoseconds))

    def let_pass(self, nanoseconds: int, poll: Poll) -> None:
        if self.threads.nothing_until(self.clock.now + nanoseconds):
            self.clock.now += nanoseconds
        else:
            nanoseconds *= IN_TURNS
            self.sleep(nanoseconds)
        poll.instant = self.clock.now
        has_computed(self, nanoseconds)

    def is_alone(self) -> bool:
        return self.threads.nothing_until(NEVER - 1)

    def wait_for(self, lock: AwaitedLock, end: int) -> None:
        def arrange() -> None:
            if not lock.locked():  # released in the meantime, by an outsider
                self.wake(lock)
            elif end < NEVER:
                self._set_alarm(end)

        self._awaited = lock
        try:
            self._suspend(arrange)
        finally:
            self._awaited = None
        self.threads.forget_alarm(self)

    def whoami(self) -> str:
        return self.thread.name

    # The side of the loop and of other threads

    def waits_at(self) -> str:
        """Return where in the program it waits; '' if it runs nothing but a library."""
        frames = (frame for frame in frames_of(self.thread) if not is_library(frame))
        return next(map(str, map(place, frames)), "")

    def waits_for(self) -> str:
        """Return what it waits for, if that is the network's; '' if not."""
        return "" if self._awaited is None else self._awaited.what

    def in_turn(self) -> bool:
        """Return whether this thread has the baton."""
        return bool(self._baton)

    def ended(self) -> None:
        """Take note that the thread has ended; called by the loop."""

    def wake(self, lock: AwaitedLock) -> None:
        if self.suspended:
            self.threads.turn(self.resume, self._suspension)

    def resume(self, suspension: int) -> None:
        """Hand the baton to this thread, if it is still in that suspension."""
        if self.suspended and suspension == self._suspension:
            self.hand_over()

    def ring(self, suspension: int) -> None:
        """Do so as time is up."""
        self.resume(suspension)

    def wakes_in_vain(self, wakes: int) -> bool:
        """Return whether nobody need wait for this thread, as it has woken so often in vain."""
        return False

    def hand_over(self) -> None:
        """Let this thread run, and stand still until the baton is back."""
        self.suspended = False
        self.waking = True
        self._baton.append(None)
        self.threads.outsiders.under_control(self.thread)
        baton_back = self.threads.baton_back  # before the thread goes: it may be quicker to ask
        back = False
        try:
            self._go.release()
            back = baton_back.wait_for(self)
        finally:  # it is not back when the thread is blocked for real, or on Ctrl-C
            if not back:
                if self._take_baton():
                    self.threads.outsiders.blocked_for_real(self.thread)
                else:
                    baton_back.take()
                    back = True
            if back and self.has_ended:
                self.threads.ended(self)


def is_outside(clock: Clock) -> bool:
    """Return whether this thread belongs to no run on `clock`, or is not in control there."""
    actor = here.actor
    if isinstance(actor, BatonThread) and not actor.in_turn():
        return True
    return actor is None or actor.clock is not clock
