"""Threads that the simulation does not control: the program's own, and workers blocked for real.

Such a thread may call in at any real moment (`call_soon_threadsafe`), so an idle loop must not let
virtual time run away while one is at work. It waits, in real time, while

- a thread started since the loop was made is alive, or the loop runs outside the main thread,
- that thread is not itself waiting, without a timeout, for somebody else, and
- the bound on waiting (`patience`) is not used up.

A thread waited for in vain is left out until it calls in again.
"""

from __future__ import annotations

import queue
import sys
import threading
import weakref
from _thread import _count as thread_count
from collections.abc import Callable, Collection

from vtloop.blocking import real_monotonic

_POLL = 0.02  # real seconds between two looks at the threads

_JOINS = {
    function.__code__
    for name in ("join", "_wait_for_tstate_lock")  # the latter before 3.13
    if (function := getattr(threading.Thread, name, None)) is not None
}


def waits_for_others(thread: threading.Thread) -> bool:
    """Tell whether a thread is blocked, without a timeout, until another thread acts."""
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return False
    names = frame.f_locals
    if names.get("timeout") not in (None, -1):
        return False
    if frame.f_code is threading.Condition.wait.__code__:
        return names.get("waiter") in names["self"]._waiters  # else notified, and about to go on
    return frame.f_code in _JOINS and names["self"] in threading.enumerate()


class Outsiders:
    """The threads outside the simulation that may call in."""

    def __init__(self, patience: float) -> None:
        self._patience = patience  # real seconds
        self._ignored: weakref.WeakSet[threading.Thread] = weakref.WeakSet(threading.enumerate())
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._usual = -1  # how many threads there are when none of them is an outsider
        self.called_in = False

    def begin(self) -> None:
        """Take note of which thread the loop runs in."""
        if threading.current_thread() is not threading.main_thread():
            self._ignored.discard(threading.main_thread())
        self._usual = -1

    def call_in(self) -> None:
        """Wake the loop; called from an outsider's thread."""
        self.called_in = True
        self._ignored.discard(threading.current_thread())
        self._usual = -1
        self._calls.put(None)

    def blocked_for_real(self, thread: threading.Thread) -> None:
        """Take a worker thread that did not come back for an outsider."""
        self._ignored.discard(thread)
        self._usual = -1

    def left(self, thread: threading.Thread) -> None:
        """Forget a thread that is back under control, or new and under control."""
        self._ignored.add(thread)
        self._usual = -1

    def present(self) -> bool:
        """Tell whether there may be an outsider; cheap, for each move of the clock."""
        return thread_count() != self._usual or not self._calls.empty()

    def at_work(self) -> Collection[threading.Thread]:
        """Return the outsiders that may call in."""
        alive = [
            thread
            for thread in threading.enumerate()
            if thread not in self._ignored and thread is not threading.current_thread()
        ]
        if not alive:
            self._usual = thread_count()
        return [thread for thread in alive if not waits_for_others(thread)]

    def patience_left(self) -> Callable[[], bool]:
        """Start to wait; the result tells whether the bound on waiting is not used up yet."""
        deadline = real_monotonic() + self._patience
        return lambda: real_monotonic() < deadline

    def wait(self, ready: Collection[object]) -> bool:
        """Wait in real time until an outsider calls in; return False when none will.

        The handler of a signal, such as Ctrl-C, is no outsider; what it does shows in `ready`.
        """
        patience_left = self.patience_left()
        while True:
            working = self.at_work()
            try:
                self._calls.get(block=bool(working), timeout=_POLL)
            except queue.Empty:
                if ready:
                    return True
                if not working:
                    return False
                if not patience_left():
                    self._ignored.update(working)
            else:
                return True
