"""asyncio's own order: first in, first out; timers fire when they were asked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course


class Fifo:
    """Leaves the order, or the time, as it is."""

    guarantee: ClassVar[str] = "this is how stock asyncio runs"

    def begin(self, course: Course) -> None: ...

    def pick(self, lanes: Sequence[int]) -> int:
        return 0

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        return 0

    def end(self) -> None: ...
