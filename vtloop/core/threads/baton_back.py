"""How the loop gets the baton back from a thread, and when it stops waiting for it.

A thread that stays away for real (it waits for a lock that is older than the run, or works for more
than `patience` real seconds) does not hang the run: the loop takes the baton back, treats the
thread as an outsider, and the run is marked as not reproducible once that thread calls in. A thread
of the program that waits for something real, such as input, is one after some milliseconds, and the
run is marked at once.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable
from typing import Protocol

from vtloop.core.threads.actor import real_monotonic, real_process_time
from vtloop.core.threads.baton import BatonThread
from vtloop.core.threads.external import Outsiders
from vtloop.core.threads.probing import (
    is_at_breakpoint,
    looks_after_others,
    waits_for_others,
    waits_for_real,
)
from vtloop.core.threads.program_threads import ProgramThread
from vtloop.values.clock import Clock

_LOOK = 0.001  # real seconds between two looks at a thread that does not come back, at first
_LOOKS = 5  # that find it in the same wait, until it is taken for blocked for real


class ThreadsOfRun(Protocol):
    """The threads of a run, as far as it matters to who waits for one of them."""

    clock: Clock
    outsiders: Outsiders

    def notice(self, message: str) -> None: ...


class BatonBack:
    """Is told when a thread gives the baton back, and waits for that in real time."""

    def __init__(self, run: ThreadsOfRun, patience: float) -> None:
        """`patience` is how many real seconds a thread may stay away at most."""
        self._run = run
        self._patience = patience
        self._lock = _thread.allocate_lock()  # is free for a moment, as the baton comes back
        self._lock.acquire()

    def give(self) -> None:
        """Give the baton back; for the thread that has it."""
        self._lock.release()

    def take(self) -> None:
        """Wait until the baton is back, from a thread that is about to give it."""
        self._lock.acquire()

    def wait_for(self, thread: BatonThread) -> bool:
        """Wait in real time; return False when the thread seems to be blocked for real."""
        if self._lock.acquire(timeout=_LOOK):
            return True
        began, last_look, looks, pause = real_monotonic(), "", 0, _LOOK
        while True:
            used = real_process_time()
            if self._lock.acquire(timeout=pause):
                return True
            quiet = real_process_time() - used < pause / 2  # not even a thread of C code computes
            # The system says that a thread waits until it has a processor, so one that is woken
            # speaks for itself.
            others = real = ""
            if quiet and not thread.waking:
                others = waits_for_others(thread.thread)
                real = waits_for_real(thread.thread)
            look = others or real
            if look and look == last_look:
                looks += 1
            elif not look:
                looks, pause = 0, min(2 * pause, 20 * _LOOK)
            last_look = look
            has_patience = real_monotonic() - began <= self._patience
            if looks < _LOOKS and has_patience:
                continue
            looks = 0
            if is_at_breakpoint(thread.thread):
                began = real_monotonic()
                continue
            if others:
                self._tell_kept(thread, self._run.notice)
            else:
                self._tell_kept(thread, self._run.clock.depends_on)
                self._run.outsiders.is_told_of(thread.thread)
            # A job that waits for something real is waited for, as it is to have a result.
            if others or isinstance(thread, ProgramThread) or not has_patience:
                return False

    def _tell_kept(self, thread: BatonThread, tell: Callable[[str], object]) -> None:
        """Tell the user of a thread that does not come back from something real."""
        if not looks_after_others(thread.thread):
            at = thread.waits_at()
            who = f"the thread {thread.thread.name!r}{f', at {at}' if at else ''}"
            tell(f"Something real kept {who}; it took real time, and no virtual")
