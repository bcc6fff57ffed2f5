"""Threads that the program starts while a run is on: they belong to the run.

- A thread starts when everything that its starter does at that moment is done, and then runs while
  it has the baton (see `baton`).
- A daemon thread that only wakes up, time and again, and does nothing to the run keeps it from no
  end: after `IN_VAIN` such wakes, while nothing else was to happen, nobody waits for it.
- A run ends without its threads, as `asyncio.run` does. They go on in real time, as any others. But
  those that a deadlock has stopped for ever end, or the process could not.
- Threads that debuggers and test tools start are not the program's.
"""

from __future__ import annotations

import threading

from vtloop.core.threads.actor import here, outside, real_sleep, real_start
from vtloop.core.threads.baton import BatonHolder, BatonThread
from vtloop.core.threads.pools import ThreadAbandoned
from vtloop.core.threads.thread_locks import Lock
from vtloop.patching.replaced import keeps
from vtloop.values.callers import TOOLS, is_called_by
from vtloop.values.clock import NANOSECONDS

IN_VAIN = 100  # wakes of a daemon thread after which nobody waits for it

real_join = threading.Thread.join
_members: dict[threading.Thread, ProgramThread] = {}  # those that runs have started, and go on
keeps(__name__, "the threads that runs have started and that go on", "_members")


def start(thread: threading.Thread) -> None:
    """Stand in for `Thread.start`."""
    actor = here.actor
    if actor is None or is_called_by(TOOLS):
        start_outside(thread)
    else:
        actor.start_thread(thread)


def start_outside(thread: threading.Thread) -> None:
    """Start a thread that does not belong to the run; that takes real time and no virtual time."""
    with outside():
        real_start(thread)


def join(thread: threading.Thread, timeout: float | None = None) -> None:
    """Stand in for `Thread.join`."""
    member = None if here.actor is None else _members.get(thread)
    if member is None or thread is threading.current_thread():
        real_join(thread, timeout)
    elif member.ended_lock.acquire(True, -1 if timeout is None else max(timeout, 0)):
        member.ended_lock.release()
        real_join(thread)


def join_all() -> None:
    """Wait for the threads for which the process would wait at its end."""
    while waited_for := [thread for thread in _members if not thread.daemon]:
        waited_for[0].join()


class ProgramThread(BatonThread):
    """A thread of the program."""

    def __init__(self, threads: BatonHolder, thread: threading.Thread) -> None:
        super().__init__(threads)
        self.thread = thread
        self.ended_lock = Lock()
        """Is held until the thread has ended."""
        self._run = thread.run
        self._is_stuck = False
        self._wakes = 0  # in vain: time was up, and it did nothing to the run, nor did others

    # The thread's side

    def _run_in_turn(self) -> None:
        del self.thread.run
        here.actor = self
        try:
            if not self._wait_for_go():
                self.leave()
            self._run()
        except ThreadAbandoned:
            pass
        finally:
            _members.pop(self.thread, None)
            self.ended_lock.release()
            here.actor = None
            self._end()

    def leave(self) -> None:
        """Go on in real time; or unwind, if nothing can end what it waits for."""
        super().leave()
        if self._is_stuck:
            self._is_stuck = False
            raise ThreadAbandoned

    def sleep(self, nanoseconds: int) -> None:
        end = self.clock.now + nanoseconds
        super().sleep(nanoseconds)
        if self.has_left:
            real_sleep(max(0, end - self.clock.now) / NANOSECONDS)

    # The side of the loop and of other threads

    def start(self) -> None:
        """Start the thread, which then waits for the baton."""
        self.ended_lock.acquire()
        self.thread.run = self._run_in_turn  # type: ignore[method-assign]
        try:
            start_outside(self.thread)
        except BaseException:
            del self.thread.run
            raise
        self.suspended = True
        _members[self.thread] = self

    def begin(self) -> None:
        """Let it run for the first time."""
        self.resume(self._suspension)

    def ring(self, suspension: int) -> None:
        before, alone = self.threads.traffic(), self.threads.only_daemons()
        super().ring(suspension)
        in_vain = alone and self.threads.traffic() == before
        self._wakes = self._wakes + 1 if in_vain else 0

    def wakes_in_vain(self, wakes: int) -> bool:
        return self.thread.daemon and self.suspended and self._wakes >= wakes

    def set_free(self, is_stuck: bool) -> None:
        """Let it go on in real time, as the run is over; if it is stuck, let it end."""
        _members.pop(self.thread, None)
        self.has_left = True
        self._is_stuck = is_stuck
        if self.suspended:
            self.suspended = False
            self._go.release()
