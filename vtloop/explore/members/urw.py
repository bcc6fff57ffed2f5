"""Uniform random walk: each interleaving about as likely as the others.

A lane is picked with a weight of the steps that it has left, as earlier runs have it. If these
numbers are right, each of all interleavings of the lanes is equally likely (Zhao, Wolff, Mathur,
Roychoudhury, "Selectively Uniform Concurrency Testing", ASPLOS 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course


class URW:
    """Picks a lane by how many steps it has left."""

    guarantee: ClassVar[str] = (
        "each interleaving is equally likely, as long as tasks have as many steps as before"
    )

    def begin(self, course: Course) -> None:
        self._random = course.chance.random
        self._steps, self._keys, self._expected = course.steps, course.keys, course.known.steps

    def pick(self, lanes: Sequence[int]) -> int:
        steps, keys, expected = self._steps, self._keys, self._expected
        total, ends = 0, []
        for lane in lanes:
            left = expected.get(keys.get(lane, 0), 1) - steps.get(lane, 0)
            total += left if left > 1 else 1
            ends.append(total)
        drawn = self._random() * total
        for index, end in enumerate(ends):
            if drawn < end:
                return index
        return len(ends) - 1

    def end(self) -> None: ...
