"""Threads that the simulation does not control: those from before the run, those blocked for real.

Such a thread may call in at any real moment (`call_soon_threadsafe`), so an idle loop must not let
virtual time run away while one is at work. The rules:

- Threads count that were started since the loop was made, and the main thread when it made the
  loop and another one runs it. A loop that was made where it runs looks for the main thread only
  when nothing else is left to wait for, and then only if it `expects_main`.
- A thread that can only go on when another one acts (it waits for a lock, an item, a result, the
  end of a thread) is not at work (see `probing`).
- Before the clock moves, the loop waits in real time while a thread is at work: for `patience`
  seconds, or, if all these threads have called in before, only as long as a real loop would wait
  for its next deadline. So a thread that calls in now and then keeps pace with the clock.
- Threads that were waited for in vain for `patience` seconds are left out until they call in, until
  the run sends something to another process, or until nothing else is left to wait for. At a
  breakpoint a thread may stay for as long as it likes.
"""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Collection
from math import inf
from queue import SimpleQueue as RealSimpleQueue  # whatever stands in for it (see `environment`)

from vtloop.core.threads.actor import real_monotonic
from vtloop.core.threads.probing import (
    is_at_breakpoint,
    looks_after_others,
    waits_for_a_condition,
    waits_for_others,
)
from vtloop.private.threads import thread_count
from vtloop.values.source import line_of_program

_CALM = 4  # looks at threads that are all blocked, before it is called a deadlock
_LOOKS = 6  # that agree, before a thread is taken for blocked: some 10 ms
_POLL = 0.02  # real seconds between two looks at the threads, at most


class Outsiders:
    """The threads outside the simulation that may call in; `tell` is told when one first does."""

    def __init__(self, patience: float, tell: Callable[[str], object] = str) -> None:
        self._patience = patience  # real seconds
        self._tell = tell
        self._maker = threading.current_thread()
        self._ignored = set(map(weakref.ref, threading.enumerate()))
        self._keepers: set[threading.Thread] = set()
        self._in_vain: set[threading.Thread] = set()
        self._given_up: set[threading.Thread] = set()  # those of them that patience was lost with
        self._callers: set[threading.Thread] = set()
        self._told: set[threading.Thread] = set()
        self._looks: dict[threading.Thread, tuple[str, int]] = {}  # the last, and how many agree
        self._calls: RealSimpleQueue[None] = RealSimpleQueue()
        self.usual = -1  # how many threads there are when the clock may move without a look
        self._waited_since_call = 0.0  # real seconds
        self._waited_since_move = 0.0
        self.expects_main = True

    def begin(self, in_a_worker: bool) -> None:
        """Take note of which thread the loop runs in; a worker is one of another run, in which the
        main thread stands still.
        """
        main = threading.main_thread()
        if threading.current_thread() is not main and not in_a_worker:
            if self._maker is main:
                self._ignored.discard(weakref.ref(main))
            elif self.expects_main:
                self._in_vain.add(main)
        self.usual = -1

    def note_call(self) -> None:
        """Take note that the current thread, an outsider's, is about to tell the loop something."""
        caller = threading.current_thread()
        if caller not in self._keepers:
            self._callers.add(caller)
            self._ignored.discard(weakref.ref(caller))
        self.note_say()

    def note_say(self) -> None:
        """Tell the user, once, that the current thread has a say; it is an outsider's."""
        caller = threading.current_thread()
        if caller not in self._keepers and caller not in self._told:
            self._told.add(caller)
            self._tell(
                f"The thread {caller.name!r}, which the run does not control, called in at "
                f"{line_of_program(whole_thread=True)}: when it does is for real time to say"
            )

    def is_told_of(self, thread: threading.Thread) -> None:
        """Take note that the user knows that a thread has a say."""
        self._told.add(thread)

    def wake(self) -> None:
        """Wake the loop; from any thread."""
        self.usual = -1
        self._calls.put(None)

    def under_control(self, thread: threading.Thread) -> None:
        """Forget a worker thread that is back under control, or new and under control."""
        if weakref.ref(thread) not in self._ignored:
            self.leave_out(thread)

    def blocked_for_real(self, thread: threading.Thread) -> None:
        """Take a worker thread that did not come back for an outsider."""
        if looks_after_others(thread):
            self._keepers.add(thread)
            self.wait_for_last(thread)
        else:
            self._ignored.discard(weakref.ref(thread))
            self.usual = -1

    def leave_out(self, *threads: threading.Thread) -> None:
        """Do not wait for these: they are under control, or have nothing to say."""
        self._ignored.update(map(weakref.ref, threads))  # in place: others may be calling in
        self.usual = -1

    def wait_again(self) -> None:
        """Wait again for those that were waited for in vain, as they have got something to do."""
        self._ignored.difference_update(map(weakref.ref, self._given_up))
        self._in_vain -= self._given_up
        self._given_up.clear()
        self.usual = -1

    def wait_for_last(self, *threads: threading.Thread) -> None:
        """Wait for these only when nothing else is left to wait for."""
        self._in_vain.update(threads)
        self.leave_out(*threads)

    def present(self) -> bool:
        """Return whether there may be an outsider."""
        return thread_count() != self.usual or not self._calls.empty()

    def at_work(self) -> list[threading.Thread]:
        """Return the outsiders that may call in."""
        me = threading.current_thread()
        alive = [
            thread
            for thread in threading.enumerate()
            if thread is not me and weakref.ref(thread) not in self._ignored
        ]
        if not alive:
            self.usual = thread_count()
            self._looks.clear()
        return [thread for thread in alive if not self._is_blocked(thread)]

    def _is_blocked(self, thread: threading.Thread) -> bool:
        """Return whether some looks in a row have found a thread in the same wait for others.

        A thread at work may be waiting for the interpreter itself, or one that is being woken for a
        processor; only of a wait for a condition is it known whether somebody has ended it.
        """
        last_look, looks = self._looks.get(thread, ("", 0))
        look = waits_for_others(thread)  # "" or the same text as long as it has not moved
        looks = looks + 1 if look == last_look else 1
        self._looks[thread] = look, looks
        if not look or looks == 1:
            return False
        return looks >= _LOOKS or waits_for_a_condition(thread)

    def wait(self, gap: float, ready: Collection[object]) -> bool:
        """Wait until an outsider calls in; False when the clock may move on, by `gap` seconds.

        The handler of a signal, such as Ctrl-C, is no outsider; what it does shows in `ready`.
        """
        # Nothing else is left to wait for: then those that were given up are better than nobody.
        if gap == inf:
            self._ignored.difference_update(map(weakref.ref, self._in_vain))
            self._in_vain.clear()
            self._given_up.clear()
        self._forget_the_dead()
        pause = _POLL / 64
        calm = 0
        while True:
            working = self.at_work()
            # A thread that is being woken may still look blocked: look again before a deadlock.
            sure = working or gap < inf or not self._looks or calm == _CALM
            calm = 0 if working else calm + 1
            # Who has called in before keeps pace with the clock: for such threads it is enough to
            # wait as long as a real loop would. Others get all the patience there is.
            limit = gap if self._callers.issuperset(working) else self._patience
            left = min(limit - self._waited_since_move, self._patience - self._waited_since_call)
            # At a breakpoint a thread may stay for as long as it likes.
            if working and left <= 0 and any(map(is_at_breakpoint, working)):
                left = _POLL
            # Nobody at work: only what has come already counts, or a last look before a deadlock.
            began = real_monotonic()
            called = self.get_call(min(pause, left) if working else 0 if sure else _POLL / 4)
            waited = real_monotonic() - began
            self._waited_since_move += waited
            self._waited_since_call += waited
            if called:
                self._waited_since_call = 0.0
            if called or ready:
                return True
            if not sure:
                continue
            # The clock may move. Those that patience was lost with are left out from now on.
            if not working or left <= 0:
                if self._patience <= max(self._waited_since_move, self._waited_since_call):
                    self._in_vain.update(working)
                    self._given_up.update(working)
                    self.leave_out(*working)
                    self._waited_since_call = 0.0
                self._waited_since_move = 0.0
                return False
            pause = min(2 * pause, _POLL)

    def _forget_the_dead(self) -> None:
        """Drop threads that have ended, while others may be calling in for the first time."""
        callers, ignored = tuple(self._callers), tuple(self._ignored)
        self._callers.difference_update([one for one in callers if not one.is_alive()])
        self._ignored.difference_update([one for one in ignored if one() is None])

    def get_call(self, timeout: float) -> bool:
        """Wait in real time until somebody wakes the loop; return False when nobody does."""
        try:
            self._calls.get(timeout=max(timeout, 0))
        except queue.Empty:
            return False
        return True
