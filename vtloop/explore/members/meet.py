"""Timers that end just before, at, or just after an instant at which something happened before.

Bugs of durations need two things to happen in another order, or at once, and what happened in
earlier runs says when. Random lateness would hardly meet it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import ClassVar

from vtloop.explore.members.member import Course
from vtloop.explore.members.some import some_timers

_NEAR = (-1_000, 0, 1_000)  # nanoseconds
_OF_LAST = 0.25


class Meet:
    """Lets one, two or three timers end near an instant that is known, rather near ones."""

    guarantee: ClassVar[str] = "none"

    def begin(self, course: Course) -> None:
        self._known, self._chance = course.known, course.chance
        self._which = some_timers(course)

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        if number not in self._which:
            return 0
        chance, known = self._chance, self._known
        # Those of stock asyncio rather: in another run much has moved for no reason.
        all_instants = known.last_instants if chance.random() < _OF_LAST else known.instants
        instants = all_instants[bisect_left(all_instants, deadline) :]
        if not instants:
            return 0
        # The square of a number below one is rather small.
        index = int(chance.random() ** 2 * len(instants))
        return max(0, instants[index] + chance.choice(_NEAR) - deadline)

    def end(self) -> None: ...
