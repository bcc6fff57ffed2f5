"""One case, run again and recorded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vtloop.search.oracles import ERROR, Finding
from vtloop.search.outcome import AnyOutcome
from vtloop.values.clock import to_seconds
from vtloop.values.trace import Trace

if TYPE_CHECKING:
    from vtloop.timeline.timeline import Timeline

_INSTANTS = 15  # that are drawn before the first thing that happened, and after the last


@dataclass(frozen=True, repr=False)
class Replay(Generic[AnyOutcome]):
    """What came of a case. As text it is meant to be read."""

    outcome: AnyOutcome
    findings: tuple[Finding, ...]  # but for those of the undisturbed run
    trace: Trace
    _timelines: list[Timeline] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def token(self) -> str:
        """What it was that was run again."""
        return str(self.outcome.case)

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
        """Where the case has acted: what a task waited for then, and in which functions."""
        return self.outcome.landed

    @property
    def moments(self) -> tuple[int, ...]:
        """When the case has acted, in nanoseconds, as far as it is known."""
        return ()

    def chart(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Draw its schedule to a file, see `vtloop.Run.chart`."""
        from vtloop.views.formats import write

        write(self.timeline, path, **options)

    def marbles(self, **options: Any) -> str:
        """Return its schedule around what happened as text; options as of `vtloop.marbles`."""
        from vtloop.views.marbles import marbles

        return marbles(self.timeline, **{**self._window(), **options})

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        return self.trace.digest()

    def __repr__(self) -> str:
        found = ", ".join(one.oracle for one in self.findings) or "nothing was found"
        return f"<Replay of {self.token}: {found}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython and in notebooks."""
        printer.text(str(self))

    def __str__(self) -> str:
        lines = [f"{self.token}: {'' if self.findings else 'nothing was found'}".rstrip(": ")]
        lines += [f"  {one.oracle}: {one.subject}: {one.words}" for one in self.findings]
        return "\n".join([*lines, self.story()])

    def story(self) -> str:
        """Return what the case let happen, and the schedule around it."""
        return "\n".join([*self.happenings(), self.marbles()])

    def happenings(self) -> list[str]:
        """Return what the case let happen, and where the tasks were then."""
        return list(self.landed)

    def _window(self) -> dict[str, Any]:
        instants, moments = self.timeline.instants, self.moments
        if len(instants) <= 2 * _INSTANTS or not moments:
            return {}
        first, last = instants.bisect_left(moments[0]), instants.bisect_right(moments[-1])
        times = instants.keys()
        start = times[max(0, first - _INSTANTS)]
        end = times[min(len(times), last + _INSTANTS) - 1]
        return {"start": to_seconds(start), "end": to_seconds(end)}


AnyReplay = TypeVar("AnyReplay", bound=Replay[Any])
