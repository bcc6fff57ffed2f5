"""Locks in virtual time, for the threads of a run.

`threading.Condition` and all that is built from it (events, queues, barriers, futures) wait on such
a lock, and while a run is on `threading.Lock` and `threading.RLock` make one. Who waits for it
gives its turn to others, and is woken in order of arrival when it is released. As with the lock of
the interpreter, a thread that happens to come first may take it before the one that was woken.

On threads outside the simulation it is a plain lock, and while one of them holds it, everybody
waits in real time. So does a debugger. Where one of them releases what a thread of a run waits for,
the user is told before: as soon as the lock is free, the run may go on, and be over.
"""

from __future__ import annotations

import _thread
import os
from collections import deque
from threading import TIMEOUT_MAX
from types import TracebackType

from vtloop.core.threads.actor import Actor, here, looks
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.private.interpreter import getframe
from vtloop.private.threads import IS_OWNED
from vtloop.values.callers import DEBUGGERS, is_called_by
from vtloop.values.clock import NANOSECONDS, NEVER

# Held by who begins to wait, and by who releases a lock, so that each of them knows of the other.
_door = _thread.RLock()  # a finalizer may come in between
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_door._at_fork_reinit)  # type: ignore[attr-defined]
replaces(
    __name__,
    During.PROCESS,
    "a lock that another thread had is free there",
    "what `os.register_at_fork` calls in the child",
)
keeps(__name__, "who looks at the state of a virtual lock", "_door")


class Lock:
    """What stands in for `threading.Lock` while a run is on."""

    __slots__ = ("__weakref__", "_held_outside", "_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._held_outside = False
        self._waiting: deque[Actor] = deque()

    def __repr__(self) -> str:
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} virtual-time lock at {id(self):#x}>"

    @property
    def what(self) -> str:
        """What it stands for if it is no lock of the program's: what a thread waits for."""
        return ""

    def locked(self) -> bool:
        """Return whether somebody holds the lock."""
        return self._lock.locked()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, and wait for it if need be; see `threading.Lock.acquire`."""
        actor = here.actor
        if actor is None:
            taken = self._lock.acquire(blocking, timeout)
            self._held_outside |= taken
            return taken
        if not blocking or not (timeout == -1 or 0 < timeout <= TIMEOUT_MAX):
            taken = self._lock.acquire(blocking, timeout)
            if not taken and getframe(1).f_code is not IS_OWNED:
                looks(actor, "tried to take a lock")
            return taken
        if self._lock.acquire(False):
            return True
        if self._held_outside or is_called_by(DEBUGGERS):
            return self._lock.acquire(True, timeout)
        return self.acquire_until(actor, NEVER if timeout == -1 else actor.clock.after(timeout))

    def acquire_until(self, actor: Actor, end: int) -> bool:
        """Take the lock in a thread of a run; wait for it up to `end`, in nanoseconds."""
        with _door:
            self._waiting.append(actor)
        try:
            while not self._lock.acquire(False):
                if actor.clock.now >= end:
                    return False
                actor.wait_for(self, end)
                if here.actor is not actor:  # the run is over, and this thread goes on without it
                    left = -1.0 if end >= NEVER else max(0, end - actor.clock.now) / NANOSECONDS
                    return self.acquire(True, left)
        finally:
            self._waiting.remove(actor)
        return True

    def release(self) -> None:
        """Let go of the lock, from whatever thread."""
        self._held_outside = False
        told = None
        while True:
            with _door:
                first = self._waiting[0] if self._waiting else None
                if first is None or first is told:
                    self._lock.release()
                    break
            first.about_to_wake()  # not behind the door, as it may do anything
            told = first
        for actor in tuple(self._waiting)[:1]:  # in one go: another thread may be at it too
            actor.wake(self)

    def wait_in_real_time(self, seconds: float) -> bool:
        """Wait for the lock to be released, up to `seconds` of real time; return whether it was."""
        released = self._lock.acquire(timeout=min(seconds, TIMEOUT_MAX))
        if released:
            self._lock.release()
        return released

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock._at_fork_reinit()  # type: ignore[attr-defined]
        self._waiting.clear()
