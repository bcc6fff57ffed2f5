"""All orders, one after the other, with so many passes at most.

A search in depth over the decisions of a run (Thomson, Donaldson and Betts, "Concurrency Testing
Using Schedule Bounding", PPoPP 2014, call the number of passes the delays of a schedule).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vtloop.explore.members.member import Course


class Exhaustive:
    """Goes through all orders in which lanes are passed over at most `passes` times in all.

    None stands for any number: all orders there are.
    """

    guarantee: ClassVar[str] = "complete for its number of passes"

    def __init__(self, passes: int | None = None) -> None:
        if passes is not None and passes < 0:
            raise ValueError(f"passes={passes} was given; pass a number from 0 on, or None")
        self._passes = passes
        self._chosen: list[int] = []  # at each decision
        self._most: list[int] = []  # that could be chosen there
        self.done = False
        """Whether all of them were tried."""

    def begin(self, course: Course) -> None:
        self._depth = self._spent = 0

    def pick(self, lanes: Sequence[int]) -> int:
        depth = self._depth
        self._depth += 1
        most = len(lanes) - 1
        if self._passes is not None:
            most = min(most, self._passes - self._spent)
        if depth == len(self._chosen):
            self._chosen.append(0)
            self._most.append(most)
        chosen = min(self._chosen[depth], len(lanes) - 1)
        self._spent += chosen
        return chosen

    def end(self) -> None:
        del self._chosen[self._depth :], self._most[self._depth :]
        while self._chosen and self._chosen[-1] >= self._most[-1]:
            self._chosen.pop()
            self._most.pop()
        if self._chosen:
            self._chosen[-1] += 1
        self.done = not self._chosen
