"""Moments at which a task can be cancelled, and the tokens that name them.

The handles of a run are counted from 0 in the order in which the loop takes them from its ready
queue, those included that were cancelled and that it skips. A *rest* is a moment when nothing is
ready and the clock is about to move; rests are counted from 0 too. One at which a task is cancelled
is none, as there is something to do. Both end when the main coroutine does and its loop stops: what
follows is the runner's own cleanup.

    A12     before handle 12, as by a callback that runs just then; the task is suspended
    R3      at rest 3; the task is suspended
    B17     before handle 17; the task is about to run: woken, or not yet begun
    C15.0   within the task's own step, which is handle 15, when it has just begun
    C15.3   the same, at the third Python function that the step has called since

Rests belong to class A. A second cancellation of one task, after the first has been delivered, is
class D: a token with two moments, such as `main#1@A12+C15.3`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CLASSES = {
    "A": "suspended",
    "B": "woken, but not yet run",
    "C": "during its own step",
    "D": "again, during the cleanup",
}

_MOMENT = re.compile(r"(?P<kind>[ABR])(?P<at>\d+)|C(?P<step>\d+)\.(?P<call>\d+)")
_TOKEN = re.compile(r"(?P<who>.*)#(?P<number>\d+)@(?P<moments>[^@]*)", re.DOTALL)


class Moment(NamedTuple):
    """One moment: its kind, which handle or rest, and which call within the step."""

    kind: str  # A, B, C, or R for a rest
    at: int
    call: int = 0

    def __str__(self) -> str:
        return f"{self.kind}{self.at}.{self.call}" if self.kind == "C" else f"{self.kind}{self.at}"

    @property
    def letter(self) -> str:
        """Its class: A, B or C."""
        return "A" if self.kind == "R" else self.kind


class Case(NamedTuple):
    """A task, and the moments at which it is cancelled; none for the undisturbed run."""

    who: str  # the task's name, or that of its coroutine
    number: int  # of the task, in order of creation
    moments: tuple[Moment, ...] = ()

    def __str__(self) -> str:
        """The token."""
        return f"{self.who}#{self.number}@{'+'.join(map(str, self.moments))}"

    @property
    def letter(self) -> str:
        """Its class: A, B, C or D; '' for the undisturbed run."""
        return "D" if len(self.moments) > 1 else "".join(one.letter for one in self.moments)


UNDISTURBED = Case("", 0)


def moment_of(text: str) -> Moment:
    """Return the moment that a text such as 'A12' names. ValueError if it is none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} was given as a moment, while these look like 'A12' or 'C15.3'")
    if found["kind"]:
        return Moment(found["kind"], int(found["at"]))
    return Moment("C", int(found["step"]), int(found["call"]))


def case_of(token: str) -> Case:
    """Return the case that a token names. ValueError if it is none."""
    found = _TOKEN.fullmatch(token.strip())
    try:
        moments = () if found is None else tuple(map(moment_of, found["moments"].split("+")))
    except ValueError:
        moments = ()
    if found is None or not 1 <= len(moments) <= 2:
        raise ValueError(
            f"{token!r} was given as a token, while tokens look like 'worker#2@B17' or "
            "'main#1@A12+C15.3'; copy one from the report of a sweep"
        )
    return Case(found["who"], int(found["number"]), moments)
