"""One case of a sweep, run again and recorded: where the cancellations landed."""

from __future__ import annotations

from itertools import cycle

from vtloop.search.replay import Replay
from vtloop.sweep.injection import MESSAGE
from vtloop.sweep.outcome import SweptOutcome

# What happens in a case; by its class, if that is no cancellation of one task.
_CANCELLED = ("cancelled as", "cancelled again as")
_CANCELLED_BOTH = ("cancelled as", "also cancelled as")
_HAPPENINGS = {
    "S": ("cancelled with all others as",),
    "F": ("a sibling failed as",),
    "T": ("the timeout fired as",),
    "O": ("the order was another one:",),
}


class SweepReplay(Replay[SweptOutcome]):
    """What came of a case. As text it is meant to be read."""

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
        return [f"{how} {where}" for how, where in zip(cycle(what), self.landed, strict=False)]
