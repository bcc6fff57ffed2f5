"""The order in which timers of one instant fire.

asyncio promises none: its own order of equal deadlines is that of a heap. All else is ready in the
order that asyncio does promise, and stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from vtloop.policies import Policy, Rest, Take


class Ties:
    """A policy that lets `choose` say which of so many timers fires next.

    0 is the one that was made first, which is the order without this policy.
    """

    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose

    def __repr__(self) -> str:
        return "Ties()"

    def steer(self, loop: Any, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        def end_of_iteration() -> None:
            if rest is not None:
                rest()
            fire_next = not loop._ready or loop._timers.first <= loop.virtual_time()
            if fire_next and not loop._stopping:
                loop._timers.reorder_first(self._choose)

        return take, end_of_iteration


@st.composite
def schedules(draw: st.DrawFn) -> Policy:
    """Return a strategy for orders of ties, each the `policy` of one `VirtualLoop`.

    They are drawn while the loop runs, and shrink to the order in which timers were made.
    """
    return Ties(lambda number: draw(st.integers(0, number - 1)))
