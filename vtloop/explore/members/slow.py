"""A few timers that take up to 32 times as long, by the logarithm."""

from __future__ import annotations

from typing import ClassVar

from vtloop.explore.members.member import Course
from vtloop.explore.members.some import length, some_timers, stretch

_MOST = 32


class Slow:
    """Stretches one, two or three timers."""

    guarantee: ClassVar[str] = "none"

    def begin(self, course: Course) -> None:
        self._course, self._which = course, some_timers(course)

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        if number not in self._which:
            return 0
        return int(length(now, deadline) * (stretch(self._course, _MOST) - 1))

    def end(self) -> None: ...
