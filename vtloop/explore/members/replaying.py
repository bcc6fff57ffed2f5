"""The order and the time of a schedule that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course
from vtloop.explore.schedule import HOLD, LATE, Deviation, Schedule


class Replaying:
    """Does what a schedule says, and is stock asyncio where that says nothing."""

    guarantee: ClassVar[str] = "this is one schedule"

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._holds = schedule.values(HOLD)
        self._lates = schedule.values(LATE)

    def begin(self, course: Course) -> None:
        self._steps = course.steps
        self._holds_left = dict(self._holds)
        self._lates_left = dict(self._lates)
        self._timers: Counter[int] = Counter()

    def pick(self, lanes: Sequence[int]) -> int:
        left, steps = self._holds_left, self._steps
        for index, lane in enumerate(lanes):
            place = lane, steps.get(lane, 0)
            passes = left.get(place, 0)
            if not passes:
                # All before it are passed over once more, as it goes ahead of them.
                for other in lanes[:index]:
                    before = other, steps.get(other, 0)
                    left[before] -= 1
                    if not left[before]:
                        del left[before]
                return index
        return 0  # somebody has to run

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        place = lane, self._timers[lane]
        self._timers[lane] += 1
        return self._lates_left.pop(place, 0)

    def end(self) -> None: ...

    @property
    def missed(self) -> list[Deviation]:
        """What of the schedule has not happened: the run has left its recording before."""
        left = ((HOLD, self._holds_left), (LATE, self._lates_left))
        return [
            Deviation(kind, *place, value)
            for kind, places in left
            for place, value in places.items()
        ]
