"""What is said of a scenario, and what its runs say to it.

A statement is a sentence with checks. What happens when is checked by `vtloop.claims`, on a run of
one of the scenario's coroutines:

    of(two_tasks.await_both, takes(2), in_parallel("say_after"))

What only the script as a whole shows, such as a runner that runs twice, is looked for in what the
script prints.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import vtloop
from scenarios.transcript import Line, Transcript
from vtloop.claims import Claim


class Outcome(Enum):
    """What checking a statement can come to."""

    HOLDS = "holds"
    REFUTED = "refuted"
    HALF_TRUE = "half true"
    NOT_SHOWN = "not shown"


HOLDS, REFUTED, HALF_TRUE, NOT_SHOWN = Outcome


class Verdict(NamedTuple):
    """What checking a statement came to, and what was the case, in words."""

    outcome: Outcome
    actual: str

    def __str__(self) -> str:
        return f"{self.outcome.value}: {self.actual}"


class Found(NamedTuple):
    """Whether a part of a statement holds, and what was the case, in words."""

    holds: bool
    actual: str


Check = Callable[[Transcript, str | None], Iterable[Found]]
"""Of what the script printed, and the time of day at which its runs begin."""

Main = Callable[[], Coroutine[Any, Any, object]]


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said about a scenario, the checks of it, and what they should come to."""

    words: str
    checks: tuple[Check, ...]
    expected: Outcome

    def judge(self, transcript: Transcript, wall_clock: str | None) -> Verdict:
        """Return whether all the checks hold, or none; it is half true if only some do.

        It is not shown if what it is about, such as a task, was not there.
        """
        try:
            found = [one for check in self.checks for one in check(transcript, wall_clock)]
        except LookupError as missing:
            return Verdict(NOT_SHOWN, str(missing))
        return Verdict(_outcome(found), _joined(found))


def said(words: str, *checks: Check, expected: Outcome = HOLDS) -> Statement:
    """Return a statement that holds if all its checks do."""
    return Statement(words, checks, expected)


def of(main: Main, *claims: Claim, **options: Any) -> Check:
    """Check claims on a run of a coroutine function; for the options see `vtloop.simulate`."""

    def check(_: Transcript, wall_clock: str | None) -> Iterator[Found]:
        run = _simulate(main, wall_clock, options)
        for claim in claims:
            verdict = claim.of(run)
            yield Found(bool(verdict), verdict.actual)

    return check


def prints(*expected: tuple[float, str]) -> Check:
    """Check that the script prints these texts at these seconds, in this order, and no oftener."""
    wanted = [(Fraction(at), text) for at, text in expected]
    texts = {text for _, text in wanted}

    def check(transcript: Transcript, _: str | None) -> Iterator[Found]:
        lines = [line for line in transcript.lines if line.text in texts]
        holds = [(line.at, line.text) for line in lines] == wanted
        yield Found(holds, _in_words(lines) or "nothing of the kind was printed")

    return check


def _simulate(main: Main, wall_clock: str | None, options: dict[str, Any]) -> vtloop.Run[object]:
    """Run a part of a scenario, from a time of day on, and keep what it prints to its record."""
    if wall_clock is not None:
        options = {**options, "wall_clock": datetime.fromisoformat(f"2000-01-01 {wall_clock}")}
    with redirect_stdout(io.StringIO()):
        return vtloop.simulate(main, **options)


def _outcome(found: Iterable[Found]) -> Outcome:
    holds = {one.holds for one in found}
    if len(holds) == 1:
        return HOLDS if holds.pop() else REFUTED
    return HALF_TRUE


def _joined(found: Iterable[Found]) -> str:
    """Return what was the case in one sentence, which says where a part differs from the last."""
    parts = list(dict.fromkeys(found))
    words = parts[0].actual
    for before, part in pairwise(parts):
        words += ("; " if part.holds is before.holds else "; but ") + part.actual
    return words


def _in_words(lines: Iterable[Line]) -> str:
    """Return lines with their times, like `'count 1' at 1 s, then 'count 2' at 2 s`."""
    return ", then ".join(
        f"{', '.join(repr(line.text) for line in together)} at {float(at):.9g} s"
        for at, together in groupby(lines, key=lambda line: line.at)
    )
