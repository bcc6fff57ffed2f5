"""One task held once, at each step and for each time, one after the other.

Most bugs of order need one hold and no more. There are at most k² of them in a program of k steps.
Lengths 1, 2, 4… come first, then the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from vtloop.explore.known import Known
from vtloop.explore.members.member import Course
from vtloop.explore.members.one_by_one import OneByOne


class Holds(OneByOne[tuple[int, int, int]]):
    """Lets one task be passed over once, in each run at another step or for longer."""

    guarantee: ClassVar[str] = "complete for one task that is held once"

    def __init__(self) -> None:
        super().__init__(all_holds)

    def begin(self, course: Course) -> None:
        super().begin(course)
        self._steps, self._keys = course.steps, course.keys
        self._key, self._step, self._left = self._next or (-1, 0, 0)

    def pick(self, lanes: Sequence[int]) -> int:
        first = lanes[0]
        is_it = self._left and self._keys.get(first) == self._key
        if is_it and self._steps.get(first, 0) == self._step:
            self._left -= 1
            return 1
        return 0


def all_holds(known: Known) -> Iterator[tuple[int, int, int]]:
    """Yield each hold: the key of a lane, its step, and how often it is passed over."""
    decisions = known.decisions
    longest = max((one.left for one in decisions), default=0)
    powers = [1 << bits for bits in range(longest.bit_length())]
    others = [length for length in range(1, longest + 1) if length & (length - 1)]
    for length in (*powers, *others):
        for one in decisions:
            if length <= one.left:
                yield one.key, one.step, length
