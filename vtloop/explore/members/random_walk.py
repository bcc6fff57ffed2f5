"""The random walk: any lane that is ready, each as likely as the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course


class RandomWalk:
    """Picks one at random; best on bugs that are shallow, with many steps that show them."""

    guarantee: ClassVar[str] = "none: a schedule of few steps is likelier than one of many"

    def begin(self, course: Course) -> None:
        self._below = course.chance.random

    def pick(self, lanes: Sequence[int]) -> int:
        return int(self._below() * len(lanes))

    def end(self) -> None: ...
