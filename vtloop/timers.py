"""The pending timers, in the order in which they fire: (deadline, order of creation).

One bucket an instant: a dict in order of creation, so that a timer among thousands with the same
deadline is removed in constant time, and all that are due move at once. Only the instants are
kept sorted, and of these the first is kept apart: a program with one thing to wait for at a time
never sorts anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sortedcontainers import SortedList

from vtloop.clock import NEVER
from vtloop.handles import DebugTimerHandle, TimerHandle

AnyTimerHandle: TypeAlias = TimerHandle | DebugTimerHandle


class Timers:
    """Timers by instant.

    `first` is the earliest deadline in nanoseconds, `NEVER` when nothing will fire. Timers of an
    infinite delay are kept under `NEVER`: they hold their tasks alive and never fire.
    """

    __slots__ = ("_buckets", "_later", "first")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[AnyTimerHandle, None]] = {}
        self._later: SortedList[int] = SortedList()  # the instants after the first
        self.first = NEVER

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def __contains__(self, handle: AnyTimerHandle) -> bool:
        return handle in self._buckets.get(handle.deadline, ())

    def __iter__(self) -> Iterator[AnyTimerHandle]:
        for instant in (self.first, *self._later, NEVER):
            yield from self._buckets.get(instant, ())
            if instant == NEVER:
                return

    def add(self, handle: AnyTimerHandle) -> None:
        """Add a timer, behind those of its deadline; O(log n)."""
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        if bucket is not None:
            bucket[handle] = None
            return
        self._buckets[deadline] = {handle: None}
        first = self.first
        if deadline < first:
            self.first = deadline
            if first < NEVER:
                self._later.add(first)
        elif deadline < NEVER:
            self._later.add(deadline)

    def discard(self, handle: AnyTimerHandle) -> None:
        """Remove a timer, if it is still pending; O(log n), O(1) beside others of its deadline."""
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        if bucket is not None and handle in bucket:
            del bucket[handle]
            if not bucket:
                del self._buckets[deadline]
                if deadline == self.first:
                    self.first = self._later.pop(0) if self._later else NEVER
                elif deadline < NEVER:
                    self._later.remove(deadline)

    def pop_first(self) -> dict[AnyTimerHandle, None]:
        """Remove and return the timers of the first instant, in order of creation."""
        bucket = self._buckets.pop(self.first)
        self.first = self._later.pop(0) if self._later else NEVER
        return bucket

    def clear(self) -> None:
        """Forget all timers."""
        self._buckets.clear()
        self._later.clear()
        self.first = NEVER

    def _check(self) -> None:
        """Raise AssertionError if an invariant does not hold."""
        self._later._check()  # type: ignore[attr-defined]
        instants = [self.first, *self._later]
        assert instants == sorted(set(instants)), "an instant is out of order, or there twice"
        assert {*instants, NEVER} == {*self._buckets, self.first, NEVER}
        for instant, bucket in self._buckets.items():
            assert bucket, f"an empty bucket was left at {instant}"
            assert all(handle.deadline == instant for handle in bucket)
            assert not any(handle.cancelled() for handle in bucket)
