"""One case of a sweep, or any choices, run again and recorded: where the cancellations landed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle

from vtloop.search.replay import Replay
from vtloop.sweep.injection import MESSAGE
from vtloop.sweep.outcome import SweptOutcome
from vtloop.values.choices import Choices

# What happens in a case; by its class, if that is no cancellation of one task.
_CANCELLED = ("cancelled as", "cancelled again as")
_CANCELLED_BOTH = ("cancelled as", "also cancelled as")
_HAPPENINGS = {
    "S": ("cancelled with all others as",),
    "F": ("a sibling failed as",),
    "T": ("the timeout fired as",),
    "O": ("the order was another one:",),
}


@dataclass(frozen=True, repr=False)
class SweepReplay(Replay[SweptOutcome]):
    """What came of a case, or of any choices. As text it is meant to be read."""

    ties: Choices = field(default_factory=Choices)
    """The choices that were made besides the case."""
    ties_in_words: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """The token of the case; of the choices if there were ties, or nothing at all."""
        case = self.outcome.case
        if case.moments and not self.ties:
            return str(case)
        return str(Choices([*self.ties.deviations, *case.choices.deviations]))

    @property
    def moments(self) -> tuple[int, ...]:
        """When each cancellation was requested, in nanoseconds."""
        return tuple(
            at
            for _, at, kind, _, _, message in self.trace.events
            if kind == "cancel" and message == MESSAGE
        )

    def happenings(self) -> list[str]:
        """Return what the case let happen, and where the tasks were then."""
        case = self.outcome.case
        what = _HAPPENINGS.get(case.letter, _CANCELLED)
        if case.of_two_tasks:
            what = _CANCELLED_BOTH
        happened = [f"{how} {where}" for how, where in zip(cycle(what), self.landed, strict=False)]
        return [*self.ties_in_words, *happened]
