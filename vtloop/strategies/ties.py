"""The order in which timers of one instant fire, drawn from Hypothesis."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from vtloop.core.ties import Ties


class Drawn:
    """A chooser that lets Hypothesis choose: `draw` draws from a strategy."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def __repr__(self) -> str:
        return "Drawn()"

    def choose(self, kind: str, n: int) -> int:
        return self.below(n)

    def below(self, n: int) -> int:
        """Return a number from 0 to `n - 1`, drawn as a choice is, where it is none of a run."""
        return self._draw(st.integers(0, n - 1))


@st.composite
def schedules(draw: st.DrawFn) -> Ties:
    """Return a strategy for orders of ties, each the `policy` of one `VirtualLoop`.

    They are drawn while the loop runs, and shrink to the order in which timers were made. What was
    drawn is noted, and is the policy's repr.
    """
    return Ties(Drawn(draw), hypothesis.note)
