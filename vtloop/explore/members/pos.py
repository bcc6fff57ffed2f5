"""Partial order sampling: a random priority for each step that is pending; the highest runs.

After Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. There, steps which
conflict with the one that runs draw again. Which steps do is not known here, so all that were
passed over draw again with a chance of one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course

_AGAIN = 0.5


class POS:
    """Picks the lane whose pending step has the highest priority."""

    guarantee: ClassVar[str] = "none that holds without knowing which steps conflict"

    def begin(self, course: Course) -> None:
        self._random = course.chance.random
        self._steps = course.steps
        self._priorities: dict[tuple[int, int], float] = {}

    def pick(self, lanes: Sequence[int]) -> int:
        random, priorities, steps = self._random, self._priorities, self._steps
        best, found = -1.0, 0
        for index, lane in enumerate(lanes):
            place = lane, steps.get(lane, 0)
            if place not in priorities or random() < _AGAIN:
                priorities[place] = random()
            if priorities[place] > best:
                best, found = priorities[place], index
        return found

    def end(self) -> None: ...
