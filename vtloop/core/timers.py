"""The handles of a virtual loop, and the queue of those that wait for a deadline.

The pending timers are kept in the order in which they fire: (deadline, order of creation). There is
one bucket an instant: a dict in order of creation, so that a timer among thousands with the same
deadline is removed in constant time, and all that are due move at once. Only the instants are
kept in order, on a heap, and of these the first is kept apart: a program with one thing to wait for
at a time never orders anything.

A cancelled timer is gone at once, and so is the bucket that it leaves empty. Its instant, a mere
number, stays on the heap until it comes up, or until most of the heap is such numbers.

Facts about asyncio that the handles rest on:

- Creating the handle is most of what `call_soon` costs, so `_cancelled` is derived (a cancelled
  handle has no callback), what only debug mode needs is a class attribute here, and `__init__` is
  that of `object`: one in Python would cost as much again as the attributes that are set.
- `asyncio.TimerHandle` compares and hashes by deadline, so a dict of equal deadlines would
  degenerate; here both go by identity. `<` still goes by deadline.
- In debug mode a handle must remember where it was made and what it was before it was cancelled;
  that is asyncio's own `Handle`, unchanged, and `DebugTimerHandle` below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context, copy_context
from functools import partial
from heapq import heapify, heappop, heappush
from typing import Any, Protocol, TypeAlias

from vtloop.values.clock import NEVER, to_seconds


class NoDebug:
    """Stands for a loop where asyncio only asks whether it is in debug mode."""

    def get_debug(self) -> bool:
        return False


_no_debug = NoDebug()


class Handle(asyncio.Handle):
    """A callback to run soon; `loop.call_soon` fills it in."""

    __slots__ = ()
    __init__: Any = object.__init__

    _callback: Callable[..., object] | None
    _args: Any
    _context: Context
    _source_traceback = None
    _repr = None
    _loop = _no_debug

    @property
    def _cancelled(self) -> bool:  # type: ignore[override]
        return self._callback is None

    def cancel(self) -> None:
        """Do not run the callback."""
        self._callback = self._args = None


class TimerHandle(asyncio.TimerHandle):
    """A callback to run at a deadline; `Timers.add` fills it in."""

    __slots__ = ("_timers", "deadline")

    deadline: int  # nanoseconds of virtual time
    _timers: Timers
    _callback: Callable[..., object] | None
    _args: Any
    _context: Context
    _source_traceback = None
    _repr = None
    _loop = _no_debug

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def _cancelled(self) -> bool:  # type: ignore[override]
        return self._callback is None

    @property
    def _when(self) -> float:
        return to_seconds(self.deadline)

    @property
    def _scheduled(self) -> bool:
        return self in self._timers

    def cancel(self) -> None:
        """Do not run the callback, and forget the timer at once."""
        if self._callback is not None:
            self._callback = self._args = None
            self._timers.discard(self)


class DebugTimerHandle(asyncio.TimerHandle):
    """A timer that remembers where it was made, for debug mode."""

    __slots__ = ("deadline",)

    def __init__(
        self,
        deadline: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(to_seconds(deadline), callback, args, loop, context)
        self.deadline = deadline

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


AnyTimerHandle: TypeAlias = TimerHandle | DebugTimerHandle

_new_handle = partial(TimerHandle.__new__, TimerHandle)


class Timers:
    """Timers by instant.

    `first` is the earliest deadline in nanoseconds, `NEVER` when nothing will fire. Timers of an
    infinite delay are kept under `NEVER`: they hold their tasks alive and never fire.
    """

    __slots__ = ("_buckets", "_empty", "_later", "first")

    _few = 100  # instants without timers that may always stay

    def __init__(self) -> None:
        self._buckets: dict[int, dict[AnyTimerHandle, Any]] = {}
        self._later: list[int] = []  # a heap of the instants after the first
        self._empty = 0  # how many of these have no timer any more
        self.first = NEVER

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def pending(self) -> int:
        """Return how many of them will fire; O(number of instants)."""
        return len(self) - len(self._buckets.get(NEVER, ()))

    def __contains__(self, handle: AnyTimerHandle) -> bool:
        return handle in self._buckets.get(handle.deadline, ())

    def __iter__(self) -> Iterator[AnyTimerHandle]:
        for instant in sorted(self._buckets):
            yield from self._buckets[instant]

    def add(
        self,
        deadline: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> TimerHandle:
        """Return a new timer, behind those of its deadline; O(log n)."""
        handle = _new_handle()  # without an __init__, whose call would cost as much as the rest
        handle.deadline = deadline
        handle._callback = callback
        handle._args = args
        handle._context = copy_context() if context is None else context
        handle._timers = self
        self.insert(handle)
        return handle

    def insert(self, handle: AnyTimerHandle, note: Any = None) -> None:
        """Add a timer, behind those of its deadline; O(log n)."""
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        if bucket is not None:
            bucket[handle] = note
        else:
            self._buckets[deadline] = {handle: note}
            if deadline < self.first:
                if self.first != NEVER:
                    heappush(self._later, self.first)
                self.first = deadline
            elif deadline < NEVER:
                heappush(self._later, deadline)

    def discard(self, handle: AnyTimerHandle) -> Any:
        """Remove a timer and return its note, or None if it is not pending.

        O(1); O(log n) if it is the first.
        """
        deadline = handle.deadline
        bucket = self._buckets.get(deadline)
        note = None
        if bucket is not None and handle in bucket:
            note = bucket.pop(handle)
            if not bucket:
                del self._buckets[deadline]
                if deadline == self.first:
                    self._advance()
                elif deadline < NEVER:
                    self._empty += 1
                    if self._empty > self._few and 2 * self._empty > len(self._later):
                        self._drop_empty()
        return note

    def move(self, handle: AnyTimerHandle, deadline: int, *, first: bool = False) -> None:
        """Give a pending timer another deadline, behind the timers of that instant or before them.

        O(log n), or the number of these.
        """
        self.discard(handle)
        handle.deadline = deadline
        self.insert(handle)
        if first:
            bucket = self._buckets[deadline]
            for other in list(bucket)[:-1]:
                bucket[other] = bucket.pop(other)

    def after(self, instant: int) -> int:
        """Return the earliest deadline after an instant, `NEVER` if there is none.

        O(n) if a timer is overdue.
        """
        if self.first > instant:
            return self.first
        return min((deadline for deadline in self._buckets if deadline > instant), default=NEVER)

    def pop_first(self) -> dict[AnyTimerHandle, Any]:
        """Remove and return the timers of the first instant, in order of creation, with notes."""
        bucket = self._buckets.pop(self.first)
        if self._later:
            self._advance()
        else:
            self.first = NEVER
        return bucket

    def pop_in_order(
        self, order: Callable[[Sequence[AnyTimerHandle]], Sequence[int] | None]
    ) -> dict[AnyTimerHandle, Any]:
        """Remove and return the timers of the first instant, with notes, in another order.

        `order` is asked if there are several: given them in the order of creation, it returns their
        indices in the order in which they are to fire, or None for that of creation.
        """
        bucket = self._buckets[self.first]
        if len(bucket) > 1:
            handles = list(bucket)
            indices = order(handles)
            if indices is not None:
                self._buckets[self.first] = {
                    handle: bucket[handle] for handle in map(handles.__getitem__, indices)
                }
        return self.pop_first()

    def _advance(self) -> None:
        """Look for the first instant that has timers."""
        while self._later:
            self.first = heappop(self._later)
            if self.first in self._buckets:
                return
            self._empty -= 1
        self.first = NEVER

    def _drop_empty(self) -> None:
        """Forget the instants without timers; O(n), once in n times."""
        self._later = [
            instant for instant in self._buckets if instant != self.first and instant < NEVER
        ]
        heapify(self._later)
        self._empty = 0

    def clear(self) -> None:
        """Forget all timers."""
        Timers.__init__(self)

    def _check(self) -> None:
        """Raise AssertionError if an invariant does not hold."""
        instants = sorted({*self._buckets, NEVER})
        assert self.first == instants[0], "the first instant is not the earliest"
        later = set(instants) - {self.first, NEVER}
        assert later <= set(self._later), "an instant will not come up"
        assert len(self._later) == len(later) + self._empty
        assert all(
            self._later[(index - 1) // 2] <= instant
            for index, instant in enumerate(self._later[1:], 1)
        ), "the instants are no heap"
        for instant, bucket in self._buckets.items():
            assert bucket, f"an empty bucket was left at {instant}"
            assert all(handle.deadline == instant for handle in bucket)
            assert not any(handle.cancelled() for handle in bucket)


class Watcher(Protocol):
    """Who is told about timers, and may give each a note, which it gets back."""

    def timer_set(self, handle: AnyTimerHandle) -> object:
        """Return a note, which is not None."""

    def timer_cancelled(self, note: Any) -> None:
        """Note that a timer was cancelled that was pending."""

    def timers_due(self, timers: Mapping[AnyTimerHandle, Any]) -> None:
        """Note that the timers of one instant, each with its note, join the ready queue."""


class WatchedTimers(Timers):
    """Timers that tell what becomes of them."""

    __slots__ = ("watcher",)

    def __init__(self, watcher: Watcher) -> None:
        super().__init__()
        self.watcher = watcher

    def insert(self, handle: AnyTimerHandle, note: Any = None) -> None:
        super().insert(handle, self.watcher.timer_set(handle))

    def discard(self, handle: AnyTimerHandle) -> Any:
        note = super().discard(handle)
        if note is not None:
            self.watcher.timer_cancelled(note)
        return note

    def pop_first(self) -> dict[AnyTimerHandle, Any]:
        bucket = super().pop_first()
        self.watcher.timers_due(bucket)
        return bucket
