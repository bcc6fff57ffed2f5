"""What a search of schedules has found, in words and as values."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from vtloop.explore.schedule import Schedule
from vtloop.simulation.run import Run
from vtloop.values.choices import Choices
from vtloop.values.text import counted


@dataclass(frozen=True)
class FailingSchedule:
    """A schedule by which the program fails, shrunk."""

    kind: str
    """'raised', 'deadlock', 'livelock', 'unretrieved', 'always' or 'check'."""
    detail: str
    """What is wrong, in words."""
    choices: Choices
    """What deviates in it from stock asyncio's schedule."""
    run: int
    """The number of the run that has failed first, from 1 on."""
    member: str
    """Who has drawn that."""
    story: tuple[str, ...]
    """What deviates, in words, with the lines of the program."""
    _record: Callable[[], Run[Any]] = field(repr=False, compare=False)

    @property
    def realisable(self) -> bool:
        """Whether stock asyncio itself can do so, if some things take longer: nobody is held."""
        return Schedule.of(self.choices).is_realisable

    @property
    def token(self) -> str:
        """The schedule as one line, for `replay`."""
        return str(self.choices)

    def replay(self) -> Run[Any]:
        """Return the run, made again and recorded."""
        return self._record()

    def chart(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Draw the run to a file, see `vtloop.Run.chart`."""
        self.replay().chart(path, **options)

    def __str__(self) -> str:
        lines = [self.detail]
        if not self.story:
            lines.append("  as stock asyncio runs it")
        elif self.realisable:
            lines.append("  stock asyncio does this if things take longer:")
        else:
            lines.append("  in an adversarial order: what is ready may have to wait")
        lines += [f"    {line}" for told in self.story for line in told.splitlines()]
        lines.append(f"  replay with the token {self.token}")
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: the text, and the chart of the run."""
        return _in_html(str(self), [self])


@dataclass(frozen=True)
class Report:
    """What came of `explore`; its text is for readers."""

    program: str
    runs: int
    """How many schedules were run, those for shrinking apart."""
    failures: tuple[FailingSchedule, ...]
    """Shrunk; the search ends at the first."""
    unresolved: tuple[str, ...]
    """Why it is not complete, in words."""
    distinct: int
    """How many of the schedules that were run are different ones."""
    guarantees: dict[str, str]
    """What is certain by each member that has drawn runs, by its name."""

    @property
    def ok(self) -> bool:
        """Whether no run has failed. It says nothing of runs that were not made: see `complete`."""
        return not self.failures

    @property
    def first_failure(self) -> int | None:
        """The number of the run that failed first, from 1 on; None if none did."""
        return self.failures[0].run if self.failures else None

    @property
    def complete(self) -> bool:
        """Whether all schedules of the members were run, so that there is nothing left to find."""
        return self.ok and not self.unresolved

    def assert_ok(self) -> None:
        """Raise AssertionError, with the text of the report, if a run has failed."""
        if not self.ok:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        ran = f"{counted(self.runs, 'schedule')} of {self.program} run, {self.distinct:,} different"
        if self.failures:
            found = "\n".join(map(str, self.failures))
            return f"{ran}; run {self.first_failure} fails\n{found}"
        if self.complete and self.runs == 1:
            return f"{ran}; none fails, and there are no others"
        if self.complete:
            theirs = "".join(f"\n  {name}: {what}" for name, what in self.guarantees.items())
            return f"{ran}; none fails, and its members have no others{theirs}"
        reasons = "".join(f"\n  {reason}" for reason in self.unresolved)
        return f"{ran}; none fails\nUNRESOLVED: not every schedule was run{reasons}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: the text, and the chart of what fails."""
        return _in_html(str(self), self.failures)


def _in_html(text: str, failures: Iterable[FailingSchedule]) -> str:
    from vtloop.views.formats import picture, preformatted  # here, as this is slow to import

    runs = [failure.replay() for failure in failures]
    charts = [picture(run.timeline) or preformatted(run.marbles()) for run in runs]
    return "\n".join([preformatted(text), *charts])
