"""Probabilistic concurrency testing: lanes have priorities, which change at a few random steps.

Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with Probabilistic
Guarantees of Finding Bugs", ASPLOS 2010: a bug of depth d in a program of n tasks and k steps is
found with a chance of at least 1 / (n k^(d-1)) in each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course


class PCT:
    """Runs the lane of the highest priority; `depth - 1` times that becomes the lowest."""

    guarantee: ClassVar[str] = (
        "finds a bug of its depth d in each run with 1 / (n k^(d-1)) at least"
    )

    def __init__(self, depth: int = 2) -> None:
        if depth < 1:
            raise ValueError(f"depth={depth} was given; pass a number from 1 on")
        self._depth = depth

    def begin(self, course: Course) -> None:
        self._random = course.chance.random
        self._steps = course.steps
        length = max(course.known.length, 1)
        self._changes = sorted(int(self._random() * length) for _ in range(self._depth - 1))
        self._priorities: dict[int, float] = {}
        self._lowest = 0.0

    def pick(self, lanes: Sequence[int]) -> int:
        priorities = self._priorities
        for lane in lanes:
            if lane not in priorities:
                priorities[lane] = self._random()
        found = max(range(len(lanes)), key=lambda index: priorities[lanes[index]])
        taken = sum(self._steps.values())
        if self._changes and taken >= self._changes[0]:
            self._changes.pop(0)
            self._lowest -= 1
            priorities[lanes[found]] = self._lowest
            return self.pick(lanes)
        return found

    def end(self) -> None: ...
