"""What an audit tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vtloop.audit.causes import Cause
from vtloop.audit.comparison import Found
from vtloop.audit.parting import Parting, Side
from vtloop.audit.requests import Read
from vtloop.errors import AuditError
from vtloop.values.clock import format_seconds
from vtloop.values.text import counted

_MOST_READS = 5  # that are shown


class Audit:
    """What came of an audit; its text is the report."""

    def __init__(self, name: str, found: Found) -> None:
        self._name = name
        self._found = found

    def __repr__(self) -> str:
        return f"<Audit of {self._name}: {self._verdict()}>"

    @property
    def ok(self) -> bool:
        """Whether all processes did the same."""
        return self._found.parting is None

    @property
    def processes(self) -> int:
        """How many have run the program."""
        return self._found.processes

    @property
    def cause(self) -> Cause | None:
        """Why they do not do the same, as far as it is known."""
        return self._found.cause

    @property
    def parting(self) -> Parting | None:
        """Where they part: the first step, or line, that is not the same."""
        return self._found.parting

    def assert_same(self) -> None:
        """Raise AuditError, with the report, unless all processes did the same."""
        if not self.ok:
            raise AuditError(str(self))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _verdict(self) -> str:
        if not self.ok:
            return "not the same every time"
        return f"the same in {self.processes} processes"

    def _lines(self) -> Iterator[str]:
        found = self._found
        if found.parting is None or found.cause is None:
            yield from self._of_the_same()
            return
        yield (
            f"{self._name} does not do the same every time: {self._what()} ({found.processes} "
            "processes were run)."
        )
        yield from _table(found.parting)
        cause = found.cause
        yield f"Likely cause: {cause}."
        if cause.proof:
            yield f"  How it is known: {cause.proof}."
        yield from _looks("The program looks at it", cause.reads)
        yield from _looks("It also looks at the world outside", cause.others)
        yield f"What to do: {cause.advice}."
        yield from _notices(found)

    def _what(self) -> str:
        assert self.parting is not None
        if self.parting.what == "step":
            return "a step of its schedule is another one"
        return f"its schedule is the same, but its {self.parting.what} is not"

    def _of_the_same(self) -> Iterator[str]:
        found = self._found
        steps = sum(len(trace.steps) for trace in found.first.traces)
        schedule = f"one schedule of {counted(steps, 'step')}" if steps else "and no event loop ran"
        yield f"{self._name} does the same every time: {found.processes} processes, {schedule}."
        yield f"It {found.first.outcome}."
        variables = ", ".join(found.varied)
        pythons = ", ".join(filter(None, found.pythons))
        yield (
            "Varied: hash seed, memory layout, working directory, order of directories, number of "
            "processors, name and date of the machine, the time between two runs, and the "
            f"environment ({variables})."
        )
        if pythons:
            yield f"Run by Python {pythons}."
        yield from _notices(found)


def _looks(words: str, reads: Sequence[Read]) -> Iterator[str]:
    for read in reads[:_MOST_READS]:
        subject = f" ({read.subject})" if read.subject else ""
        yield f"  {words}{subject} at {read.place}"
    if len(reads) > _MOST_READS:
        yield f"  and at {counted(len(reads) - _MOST_READS, 'other place')}"


def _notices(found: Found) -> Iterator[str]:
    notices = dict.fromkeys(note for trace in found.first.traces for note in trace.notices)
    yield from (f"Notice: {notice}" for notice in notices)


def _table(parting: Parting) -> Iterator[str]:
    """Yield what the two do where they part: once what is the same, and else below each other."""
    for name, cell in _ROWS:
        one, other = map(cell, parting.sides)
        if one == other:
            if one:
                yield f"  {name:<6}{one}"
        else:
            yield f"  {name:<6}first run:   {one or '-'}"
            yield f"  {'':<6}another one: {other or '-'}"


_ROWS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("step", lambda side: str(side.step) if side.step >= 0 else ""),
    ("time", lambda side: format_seconds(side.at) if side.at >= 0 else ""),
    ("task", lambda side: side.task),
    ("line", lambda side: side.place),
    ("it", lambda side: side.does),
)
