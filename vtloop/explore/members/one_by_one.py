"""What members share that go through all there is to try, one in each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from vtloop.explore.known import Known
from vtloop.explore.members.member import Course

T = TypeVar("T")


class OneByOne(Generic[T]):
    """Has the next thing to try, of all that there are in a program once that is known."""

    def __init__(self, all_of: Callable[[Known], Iterator[T]]) -> None:
        self.done = False
        """Whether all of them were tried."""
        self._all_of = all_of
        self._to_try: Iterator[T] | None = None
        self._next: T | None = None

    def begin(self, course: Course) -> None:
        if self._to_try is None:
            self._to_try = self._all_of(course.known)
            self._next = next(self._to_try, None)

    def end(self) -> None:
        assert self._to_try is not None
        self._next = next(self._to_try, None)
        self.done = self._next is None
