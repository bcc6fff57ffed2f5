"""One case, run again and recorded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from vtloop.recording.recording import Recording
from vtloop.search.outcome import Outcome
from vtloop.sweep.batches import Setting
from vtloop.sweep.injection import MESSAGE
from vtloop.sweep.judging import Judge
from vtloop.sweep.moments import OF_RUNS, case_of
from vtloop.sweep.oracles import ERROR, Finding
from vtloop.values.clock import to_seconds
from vtloop.values.trace import Trace

if TYPE_CHECKING:
    from vtloop.timeline.timeline import Timeline

# What happens in a case; by its class, if that is no cancellation of one task.
_CANCELLED = ("cancelled as", "cancelled again as")
_CANCELLED_BOTH = ("cancelled as", "also cancelled as")
_HAPPENINGS = {
    "S": ("cancelled with all others as",),
    "F": ("a sibling failed as",),
    "T": ("the timeout fired as",),
    "O": ("the order was another one:",),
}

_INSTANTS = 15  # that are drawn before the first cancellation, and after the last


@dataclass(frozen=True, repr=False)
class Replay:
    """What came of a case. As text it is meant to be read."""

    outcome: Outcome
    findings: tuple[Finding, ...]  # but for those of the undisturbed run
    trace: Trace
    _timelines: list[Timeline] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong that is not by design."""
        return all(finding.level != ERROR for finding in self.findings)

    @property  # see `Run.timeline`
    def timeline(self) -> Timeline:
        """The trace as a schedule."""
        if not self._timelines:
            from vtloop.timeline.timeline import Timeline  # here, as it is slow to import

            self._timelines.append(Timeline(self.trace))
        return self._timelines[0]

    @property
    def landed(self) -> tuple[str, ...]:
        """Where each cancellation landed: what the task waited for, and in which functions."""
        return self.outcome.landed

    @property
    def moments(self) -> tuple[int, ...]:
        """When each cancellation was requested, in nanoseconds."""
        return tuple(
            at
            for _, at, kind, _, _, message in self.trace.events
            if kind == "cancel" and message == MESSAGE
        )

    def chart(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Draw its schedule to a file, see `vtloop.Run.chart`."""
        from vtloop.views.formats import write

        write(self.timeline, path, **options)

    def marbles(self, **options: Any) -> str:
        """Return its schedule around the cancellations as text; options as of `vtloop.marbles`."""
        from vtloop.views.marbles import marbles

        return marbles(self.timeline, **{**self._window(), **options})

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        return self.trace.digest()

    def __repr__(self) -> str:
        found = ", ".join(one.oracle for one in self.findings) or "nothing was found"
        return f"<Replay of {self.outcome.case}: {found}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython and in notebooks."""
        printer.text(str(self))

    def __str__(self) -> str:
        lines = [
            f"{self.outcome.case}: {'' if self.findings else 'nothing was found'}".rstrip(": ")
        ]
        lines += [f"  {one.oracle}: {one.subject}: {one.words}" for one in self.findings]
        return "\n".join([*lines, self.story()])

    def story(self) -> str:
        """Return where the cancellations landed, and the schedule around them."""
        return "\n".join([*self.happenings(), self.marbles()])

    def happenings(self) -> list[str]:
        """Return what the case let happen, and where the tasks were then."""
        case = self.outcome.case
        what = _HAPPENINGS.get(case.letter, _CANCELLED)
        if case.of_two_tasks:
            what = _CANCELLED_BOTH
        return [f"{how} {where}" for how, where in zip(cycle(what), self.landed, strict=False)]

    def _window(self) -> dict[str, Any]:
        instants, moments = self.timeline.instants, self.moments
        if len(instants) <= 2 * _INSTANTS or not moments:
            return {}
        first, last = instants.bisect_left(moments[0]), instants.bisect_right(moments[-1])
        times = instants.keys()
        start = times[max(0, first - _INSTANTS)]
        end = times[min(len(times), last + _INSTANTS) - 1]
        return {"start": to_seconds(start), "end": to_seconds(end)}


def run_again(setting: Setting, judge: Judge, token: str) -> Replay:
    """Run the case of a token again; `judge` need not know the undisturbed run."""
    case = case_of(token)
    recording = Recording()
    with setting.bench() as bench:
        undisturbed, counting = bench.count("ABC")
        judge = judge.after(undisturbed)
        known = case.letter in OF_RUNS or counting.who.get(case.number) == case.who
        outcome = bench.run(case, recording, explain=True)
        if not known or outcome.missed:
            raise LookupError(
                f"The case {token} was replayed, while this program comes to no such moment; "
                "replay it with the program and the Python that the token was printed for"
            )
    trace = recording.trace(sweep=str(case), error=outcome.error)
    return Replay(outcome, judge.findings(outcome), trace)
