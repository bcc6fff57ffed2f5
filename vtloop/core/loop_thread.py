"""The loop's own thread as an actor: a call that blocks it stops every task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from vtloop.core import hazards
from vtloop.core.tasks import label
from vtloop.core.threads.actor import AwaitedLock, has_computed, here
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.baton import ThreadStarter
from vtloop.core.threads.polling import LONGEST, Poll
from vtloop.values.clock import NEVER, Clock, to_nanoseconds

_FEW = 100  # looks in one step before a poll blocks the loop; rounds before polls take time
_OVERDUE = 10 * LONGEST  # nanoseconds: nobody is going to let a timer fire that is later than this


class BlockedLoop(Protocol):
    """What this actor needs of its loop."""

    def next_deadline(self) -> int:
        """Return the instant at which something is due, in nanoseconds, `NEVER` if nothing is."""

    def tell_polled(self, since: int) -> None:
        """Take note that time has passed since an instant, as a step polled a clock."""

    def tell_blocked(self, since: int, how: str) -> None:
        """Take note that the loop was blocked since an instant, in nanoseconds, up to now."""


class LoopThread(ThreadStarter):
    """What blocking means in a coroutine or callback."""

    def __init__(self, loop: BlockedLoop, clock: Clock, threads: Threads) -> None:
        self.clock = clock
        self.computed = 0
        self._loop = loop
        self.threads = threads
        self._who = ""  # who has polled a clock last
        self._streak = 0  # how often, since the clock has moved
        self.attends = False
        """Whether the loop has something to see to after this iteration: time is owed, or a step
        may have passed `until`.
        """
        self.ahead = 0
        """By how many nanoseconds a `time` that a test has patched is ahead of the clock."""
        self._owed = 0  # nanoseconds that are to pass when all at this instant have run
        self._put_off = 0  # how often, since time has passed
        self._polls: dict[str, Poll] = {}  # by who polls
        self._seeing: list[Poll] = []

    def have_threads(self) -> Threads:
        return self.threads

    def whoami(self) -> str:
        task = asyncio.current_task()
        return "-" if task is None else label(task)

    def sleep(self, nanoseconds: int) -> None:
        self._block(nanoseconds, "time.sleep")

    def compute(self, nanoseconds: int) -> None:
        self._block(nanoseconds, "busy")

    def let_pass(self, nanoseconds: int, poll: Poll) -> None:
        who = self.whoami()
        self._streak = self._streak + 1 if who == self._who else 1
        self._who = who
        self.attends = True
        if self._streak <= _FEW:
            if poll.sees_more:  # that may be what it has waited for
                self._seeing.append(poll)
            else:
                self._polls[who] = poll
                self._owed = max(self._owed, nanoseconds)
            return
        since = self.clock.now  # it goes on in one step, so nobody else is going to run
        self.threads.run_until(self._end(nanoseconds))
        poll.instant = self.clock.now
        has_computed(self, self.clock.now - since)
        self._loop.tell_polled(since)

    def _end(self, nanoseconds: int) -> int:
        """Return when a poll that takes so long ends: at the next deadline, if one comes before."""
        now, deadline = self.clock.now, self._loop.next_deadline()
        return now + nanoseconds if deadline <= now else min(now + nanoseconds, deadline)

    def pay(self, ready: int) -> None:
        """Let the time pass that polls are to take.

        So many handles are ready. If there are more than polls, others are to run at this instant;
        but not for ever. If there are none, the polls have ended.
        """
        self._streak = 0
        for poll in self._seeing:
            poll.sees_more = False
        self._seeing.clear()
        if ready > len(self._polls) and self._put_off < _FEW:
            self._put_off += 1
            self.attends = bool(self._polls)
            return
        if ready and self._polls:
            end = self._end(self._owed)
            has_computed(self, end - self.clock.now)
            self.clock.now = end
            for poll in self._polls.values():
                poll.instant, poll.sees_more = end, True
        self._polls.clear()
        self._owed = self._put_off = 0
        self.attends = False

    def follow(self, time: Callable[[], float]) -> None:
        """Let the clock go on as a `time` does that a test has put in the place of the loop's."""
        ahead = to_nanoseconds(time()) - self.clock.now
        if ahead > self.ahead:
            self.clock.now += ahead - self.ahead
            self.attends = True
            ahead = to_nanoseconds(time()) - self.clock.now
        self.ahead = ahead

    def is_alone(self) -> bool:
        deadline = self._loop.next_deadline()
        return deadline >= NEVER or deadline < self.clock.now - _OVERDUE

    def _block(self, nanoseconds: int, how: str) -> None:
        since = self.clock.now
        self.attends = True
        self.threads.run_until(since + nanoseconds)
        self._loop.tell_blocked(since, how)

    def wait_for(self, lock: AwaitedLock, end: int) -> None:
        since, what = self.clock.now, lock.what
        self.attends = True
        if not self.threads.run_until_released(lock, end):
            self.threads.is_deadlocked = True
            who = self.whoami()
            raise hazards.blocked_for_ever(who, since, self.clock, self.threads, what)
        self._loop.tell_blocked(since, f"a wait for {what or 'a thread'}")

    def wake(self, lock: AwaitedLock) -> None:
        if here.actor is not self:
            self.threads.called_in()
