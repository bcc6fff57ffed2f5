"""Half of all timers take up to 32 times as long: everything is slow, each thing differently."""

from __future__ import annotations

from typing import ClassVar

from vtloop.explore.members.member import Course
from vtloop.explore.members.some import length, stretch

_MOST, _SHARE = 32, 0.5


class Heavy:
    """Stretches each timer with a chance of one half."""

    guarantee: ClassVar[str] = "none"

    def begin(self, course: Course) -> None:
        self._course = course

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        if self._course.chance.random() >= _SHARE:
            return 0
        return int(length(now, deadline) * (stretch(self._course, _MOST) - 1))

    def end(self) -> None: ...
