"""The order in which timers of one instant fire.

asyncio promises none: its own order of equal deadlines is that of a heap. All else is ready in the
order that asyncio does promise, and stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
from hypothesis import strategies as st

from vtloop.core.policy import Policy, Rest, Take
from vtloop.values.clock import format_seconds


class Ties:
    """A policy that lets `choose` say which of so many timers fires next.

    0 is the one that was made first, which is the order without this policy. `told` is called with
    each other choice, in words.
    """

    def __init__(
        self, choose: Callable[[int], int], told: Callable[[str], object] | None = None
    ) -> None:
        self.chosen: list[str] = []
        """The choices that were not 0, in words."""
        self._choose = choose
        self._told = told

    def __repr__(self) -> str:
        return f"Ties({'; '.join(self.chosen)})"

    def steer(self, loop: Any, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        return take, rest

    def order(self, number: int) -> Sequence[int]:
        """Return the order in which so many timers of one instant fire."""
        left = list(range(number))
        return [left.pop(self._next(len(left))) for _ in range(number - 1)] + left

    def _next(self, number: int) -> int:
        chosen = self._choose(number)
        if chosen:
            loop: Any = asyncio.get_running_loop()
            instant = format_seconds(loop._timers.first)
            words = f"number {chosen + 1} of {number} timers of {instant} comes first"
            self.chosen.append(words)
            if self._told is not None:
                self._told(words)
        return chosen


@st.composite
def schedules(draw: st.DrawFn) -> Policy:
    """Return a strategy for orders of ties, each the `policy` of one `VirtualLoop`.

    They are drawn while the loop runs, and shrink to the order in which timers were made. What was
    drawn is noted, and is the policy's repr.
    """
    return Ties(lambda number: draw(st.integers(0, number - 1)), hypothesis.note)
