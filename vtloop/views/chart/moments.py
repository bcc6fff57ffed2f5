"""The moments of a run, one for each picture of a series, and up to which a chart is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vtloop.errors import SimulationError
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Seconds, to_nanoseconds
from vtloop.views.chart.scale import Scale
from vtloop.views.words import Words

MOST_PICTURES = 200


class Moment(NamedTuple):
    """An instant as a whole, or up to the end of one of its steps."""

    at: int  # nanoseconds
    step: int = -1

    def place(self, scale: Scale) -> float:
        """Return up to where all stands that has happened by then."""
        return scale.upto(self.at) if self.step < 0 else scale.right[self.step]

    def told(self, say: Words) -> str:
        """Return it in words: 'until 2 s'."""
        time = say.seconds(self.at)
        if self.step < 0:
            return say("until {time}", time=time)
        return say("until {time}, step {step}", time=time, step=str(self.step))


def moments_of(timeline: Timeline, axis: str, at: Sequence[Seconds] | int | None) -> list[Moment]:
    """Return the moments for a series of pictures.

    They are the times in `at`, in seconds; or so many, from all of the run; or, for None, each
    moment at which something happens: an instant by time, a step by steps. SimulationError if
    those are too many.
    """
    if at is not None and not isinstance(at, int):
        return [Moment(to_nanoseconds(seconds)) for seconds in at]
    if axis == "time":
        found = [Moment(instant) for instant in timeline.instants]
    else:
        hidden = Scale(timeline, axis).hidden
        steps = enumerate(timeline.trace.steps)
        found = [Moment(when, index) for index, (when, *_) in steps if index not in hidden]
    last = Moment(timeline.end)
    if not found or axis == "time":
        found = [*(moment for moment in found if moment != last), last]
    if at is None:
        if len(found) > MOST_PICTURES:
            raise SimulationError(
                f"A series of pictures was asked for, while something happens at {len(found):,} "
                f"moments; choose a number of pictures up to {MOST_PICTURES}, or times in seconds"
            )
        return found
    chosen = [(place + 1) * len(found) // at - 1 for place in range(at)]
    return [found[place] for place in dict.fromkeys(place for place in chosen if place >= 0)]
