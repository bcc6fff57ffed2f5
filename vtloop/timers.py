"""The pending timers, in the order in which they fire: (deadline, order of creation).

One bucket an instant: a dict in order of creation, so that a timer among thousands with the same
deadline is removed in constant time, and all that are due move at once. Only the instants are
kept sorted.
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

    __slots__ = ("_buckets", "_instants", "first")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[AnyTimerHandle, None]] = {}
        self._instants: SortedList[int] = SortedList()
        self.first = NEVER

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def __contains__(self, handle: AnyTimerHandle) -> bool:
        return handle in self._buckets.get(handle.deadline, ())

    def __iter__(self) -> Iterator[AnyTimerHandle]:
        for instant in self._instants:
            yield from self._buckets[instant]

    def add(self, handle: AnyTimerHandle) -> None:
        """Add a timer, behind those of its deadline; O(log n)."""
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        if bucket is not None:
            bucket[handle] = None
        else:
            self._buckets[deadline] = {handle: None}
            self._instants.add(deadline)
            if deadline < self.first:
                self.first = deadline

    def discard(self, handle: AnyTimerHandle) -> None:
        """Remove a timer, if it is still pending; O(log n), O(1) beside others of its deadline."""
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        if bucket is not None and handle in bucket:
            del bucket[handle]
            if not bucket:
                del self._buckets[deadline]
                self._instants.remove(deadline)
                if deadline == self.first:
                    self.first = self._instants[0] if self._instants else NEVER

    def pop_first(self) -> dict[AnyTimerHandle, None]:
        """Remove and return the timers of the first instant, in order of creation."""
        bucket = self._buckets.pop(self._instants.pop(0))
        self.first = self._instants[0] if self._instants else NEVER
        return bucket

    def clear(self) -> None:
        """Forget all timers."""
        self._buckets.clear()
        self._instants.clear()
        self.first = NEVER

    def _check(self) -> None:
        """Raise AssertionError if an invariant does not hold."""
        self._instants._check()  # type: ignore[attr-defined]
        assert list(self._instants) == sorted(self._buckets)
        assert self.first == (self._instants[0] if self._instants else NEVER)
        for instant, bucket in self._buckets.items():
            assert bucket, f"an empty bucket was left at {instant}"
            assert all(handle.deadline == instant for handle in bucket)
            assert not any(handle.cancelled() for handle in bucket)
