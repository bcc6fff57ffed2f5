"""One timer late, to just before, at, or just after each instant of stock asyncio's run.

Most bugs of durations need one thing to take longer, and end about when another one happens. There
are three runs for each timer and each instant after it; near instants come first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import ClassVar

from vtloop.explore.known import Known
from vtloop.explore.members.member import Course
from vtloop.explore.members.one_by_one import OneByOne

_BESIDE = (1_000, 0, -1_000)  # nanoseconds


class Lates(OneByOne[tuple[int, int]]):
    """Lets one timer be late, in each run another one or until another instant."""

    guarantee: ClassVar[str] = "complete for one timer that is late, until something happens"

    def __init__(self) -> None:
        super().__init__(all_lates)

    def begin(self, course: Course) -> None:
        super().begin(course)
        self._number, self._late = self._next or (-1, 0)

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        # Up to the one that is late, the run is stock asyncio's, so that numbers are the same.
        return self._late if number == self._number else 0


def all_lates(known: Known) -> Iterator[tuple[int, int]]:
    """Yield the number of a timer, and how many nanoseconds it is late."""
    instants = known.instants
    for rank in range(len(instants)):
        for beside in _BESIDE:
            for number, timer in enumerate(known.first_timers):
                index = bisect_left(instants, timer.deadline) + rank
                if index < len(instants):
                    late = instants[index] + beside - timer.deadline
                    if late > 0:
                        yield number, late
