"""What a claim is: a value that a run bears out or refutes, and that goes together with others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vtloop.errors import ClaimError
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS
from vtloop.values.columns import plain
from vtloop.values.trace import Trace
from vtloop.views.marbles import marbles

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

if TYPE_CHECKING:
    from typing import Any, Protocol

    class Run(Protocol):
        """A `vtloop.Run`."""

        @property
        def timeline(self) -> Timeline: ...

    AnyRun: TypeAlias = Run | Timeline | Trace

_MOST_TASKS = 8  # in the picture of a message
_MOST_LINES = 40
MOST_PLACES = 4  # in the users' code


class Evidence(NamedTuple):
    """What in a run decides a claim."""

    holds: bool
    actual: str  # in words, a whole clause
    tasks: tuple[int, ...] = ()  # that matter, by number; all if none is named
    window: tuple[int, int] | None = None  # nanoseconds; the whole run if it is None
    places: tuple[str, ...] = ()  # in the users' code, each with what happened there


class Claim(ABC):
    """Something that is said of a run. Its `str` is the claim as a sentence.

    `a & b`, `a | b` and `~a` are claims as well.
    """

    @abstractmethod
    def judge(self, timeline: Timeline) -> Evidence:
        """Look for what decides the claim. Raises LookupError for names that the run lacks."""

    def of(self, run: AnyRun) -> Verdict:
        """Return whether it holds of a run, a timeline or a trace: true or false, with reasons."""
        timeline = timeline_of(run)
        return Verdict(self, timeline, self.judge(timeline))

    def check(self, run: AnyRun) -> None:
        """Raise ClaimError, which says why, unless it holds of a run, a timeline or a trace."""
        verdict = self.of(run)
        if not verdict:
            raise ClaimError(str(verdict))

    def __and__(self, other: Claim) -> Claim:
        return _All((self, other)) if isinstance(other, Claim) else NotImplemented

    def __or__(self, other: Claim) -> Claim:
        return _Any((self, other)) if isinstance(other, Claim) else NotImplemented

    def __invert__(self) -> Claim:
        return _Not(self)

    def __bool__(self) -> bool:
        raise TypeError(
            f"The claim that {self} was used as a truth value, while it is about no run yet; say "
            "claim.of(run), and combine claims with &, | and ~"
        )

    def __repr__(self) -> str:
        return f"<claim: {self}>"


class Verdict:
    """What a run says to a claim: true if the claim holds.

    Its `repr` is one line; its `str` is the whole message, with the part of the schedule that
    decides. IPython shows that.
    """

    def __init__(self, claim: Claim, timeline: Timeline, evidence: Evidence) -> None:
        self.claim = claim
        self.actual = evidence.actual
        """What was the case, in words."""
        self._timeline = timeline
        self._evidence = evidence

    def __bool__(self) -> bool:
        return self._evidence.holds

    def __repr__(self) -> str:
        holds = "holds" if self else "refuted"
        return plain(f"<{holds}: {self.claim}; {'' if self else 'in fact '}{self.actual}>")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        joint = "and indeed" if self else "in fact"
        places = [f"  {place}" for place in self._evidence.places[:MOST_PLACES]]
        head = f"Claimed: {self.claim}; {joint} {self.actual}"
        schedule = picture(self._timeline, self._evidence.tasks, self._evidence.window)
        return "\n".join([*map(plain, [head, *places]), schedule])


def picture(
    timeline: Timeline, tasks: Sequence[int] = (), window: tuple[int, int] | None = None
) -> str:
    """Return a part of a schedule as text: some tasks, or all, within a time in nanoseconds."""
    start, end = window or (0, timeline.end)
    numbers = tasks[:_MOST_TASKS]
    text = marbles(
        timeline,
        tasks=numbers or None,
        start=Fraction(max(start, 0), NANOSECONDS),
        end=Fraction(min(end, timeline.end), NANOSECONDS),
    )
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        more = len(lines) - _MOST_LINES
        lines[_MOST_LINES:] = [f"left out: {more} more lines; see vtloop.marbles.marbles(…)"]
    if more := len(tasks) - len(numbers):
        lines.append(f"left out: {more} more tasks that matter")
    return "\n".join(lines)


class _Not(Claim):
    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def __str__(self) -> str:
        return f"it is not so that {self._claim}"

    def __invert__(self) -> Claim:
        return self._claim

    def judge(self, timeline: Timeline) -> Evidence:
        evidence = self._claim.judge(timeline)
        return evidence._replace(holds=not evidence.holds)


class _Several(Claim):
    """Claims that are made together; all are judged, so that a name that is wrong is noticed."""

    decisive: bool  # what one of them has to be to decide for all
    joint: str

    def __init__(self, claims: tuple[Claim, ...]) -> None:
        self._claims = claims

    def __str__(self) -> str:
        return f" {self.joint} ".join(f"({claim})" for claim in self._claims)

    def judge(self, timeline: Timeline) -> Evidence:
        found = [claim.judge(timeline) for claim in self._claims]
        decide = [evidence for evidence in found if evidence.holds is self.decisive]
        return _together(self.decisive if decide else not self.decisive, decide or found)


class _All(_Several):
    decisive = False
    joint = "and"


class _Any(_Several):
    decisive = True
    joint = "or"


def _together(holds: bool, found: list[Evidence]) -> Evidence:
    windows = [evidence.window for evidence in found if evidence.window is not None]
    whole = len(windows) < len(found)
    everybody = any(not evidence.tasks for evidence in found)
    return Evidence(
        holds,
        "; ".join(unique(evidence.actual for evidence in found)),
        () if everybody else unique(task for evidence in found for task in evidence.tasks),
        None if whole else (min(start for start, _ in windows), max(end for _, end in windows)),
        unique(place for evidence in found for place in evidence.places),
    )


def unique(items: Iterable[Any]) -> tuple[Any, ...]:
    """Return items in order, each once."""
    return tuple(dict.fromkeys(items))


def timeline_of(run: AnyRun) -> Timeline:
    """Return the schedule of a run, of its trace, or itself."""
    if isinstance(run, Timeline):
        return run
    if isinstance(run, Trace):
        return Timeline(run)
    timeline = getattr(run, "timeline", None)
    if not isinstance(timeline, Timeline):
        raise TypeError(
            f"A claim was to be checked on {run!r}, while that is of type {type(run).__name__}; "
            "pass a Run, which vtloop.simulate returns, a Timeline or a Trace"
        )
    return timeline
