"""Tasks that are slow as a whole: a slow client, a slow replica."""

from __future__ import annotations

from typing import ClassVar

from vtloop.explore.members.member import Course
from vtloop.explore.members.some import length, stretch

_MOST = 8


class Paced:
    """Stretches all timers of a task by a factor of its own, up to 8, or leaves them alone."""

    guarantee: ClassVar[str] = "none"

    def begin(self, course: Course) -> None:
        self._course = course
        self._factors: dict[int, float] = {}

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        if lane not in self._factors:
            is_slow = self._course.chance.random() < 0.5
            self._factors[lane] = stretch(self._course, _MOST) - 1 if is_slow else 0
        return int(length(now, deadline) * self._factors[lane])

    def end(self) -> None: ...
