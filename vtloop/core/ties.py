"""The order in which timers of one instant fire, as a chooser has it.

asyncio promises none: its own order of equal deadlines is that of a heap. All else is ready in the
order that asyncio does promise, and stays so. The network of the run asks the same chooser for what
it leaves to chance, so that all is one sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vtloop.core.policy import LoopView, Rest, Take
from vtloop.core.timers import AnyTimerHandle
from vtloop.values.choices import Choices, Chooser, Keeping
from vtloop.values.clock import format_seconds

TIE = "tie"
"""The kind of these choices."""


class Ties:
    """A policy that lets a chooser say which of several timers fires next.

    0 is the one that was made first, which is the order without this policy. `told` is called with
    each other choice, in words.
    """

    def __init__(self, chooser: Chooser, told: Callable[[str], object] | None = None) -> None:
        self.chosen: list[str] = []
        """The choices that were not 0, in words."""
        self.chooser = Keeping(chooser)
        """Who is asked, also by the network of the run."""
        self._told = told

    def __repr__(self) -> str:
        return f"Ties({'; '.join(self.chosen)})"

    @property
    def choices(self) -> Choices:
        """What was chosen so far: with that, `Ties(Replaying(choices))` leads to the same run.

        Choices of moments are not asked for: they are in the chooser's `missed` then.
        """
        return self.chooser.choices

    def begin(self) -> None:
        """Forget what was chosen, as another run begins."""
        self.chosen.clear()
        self.chooser.begin()

    def steer(self, loop: LoopView, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        return take, rest

    def order(self, timers: Sequence[AnyTimerHandle]) -> Sequence[int]:
        """Return the order in which the timers of one instant fire."""
        left = list(range(len(timers)))
        instant = timers[0].deadline
        return [left.pop(self._next(n, instant)) for n in range(len(left), 1, -1)] + left

    def _next(self, n: int, instant: int) -> int:
        chosen = self.chooser.choose(TIE, n)
        if chosen:
            at = format_seconds(instant)
            words = f"number {chosen + 1} of {n} timers of {at} comes first"
            self.chosen.append(words)
            if self._told is not None:
                self._told(words)
        return chosen
