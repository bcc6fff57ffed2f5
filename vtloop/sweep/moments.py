"""Moments at which something can happen to a program, and the tokens that name them.

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

Three classes more are no cancellation of one task:

    S12 SR3     all tasks are cancelled, before handle 12 or at rest 3: `everybody#0@S12`
    F12 FR3     a new task fails in a TaskGroup, there: `group#2@F12` is the second one entered
    T12         a timeout fires at once, behind what is ready, when handle 12 is the next to come
    TR3         it fires at rest 3, before the clock moves
    TE3 TL3     it fires at the instant to which the clock moves then, before or after its timers
    TN0         it never fires: `timeout#1@TN0`

Timeouts are numbered as they are armed, those of `asyncio.timeout`, `wait_for` and `wait`. One that
is to fire at a moment does not fire at its own deadline any more.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CLASSES = {
    "A": "suspended",
    "B": "woken, but not yet run",
    "C": "during its own step",
    "D": "again, during the cleanup",
    "S": "all tasks at once, as at a shutdown",
    "F": "a sibling in its TaskGroup fails",
    "T": "a timeout fires at another instant",
}
OF_RUNS = "SFT"
"""The classes that cancel no single task."""

AT_RESTS = frozenset({"R", "SR", "FR", "TR", "TE", "TL"})
BEFORE_HANDLES = frozenset("ABSF")

_MOMENT = re.compile(r"(?P<kind>[ABR]|[SF]R?|T[RELN]?)(?P<at>\d+)|C(?P<step>\d+)\.(?P<call>\d+)")
_TOKEN = re.compile(r"(?P<who>.*)#(?P<number>\d+)@(?P<moments>[^@]*)", re.DOTALL)


class Moment(NamedTuple):
    """One moment: its kind, which handle or rest, and which call within the step."""

    kind: str  # the letters of a token
    at: int
    call: int = 0

    def __str__(self) -> str:
        return f"{self.kind}{self.at}.{self.call}" if self.kind == "C" else f"{self.kind}{self.at}"

    @property
    def letter(self) -> str:
        """Its class: not D, which takes two."""
        return "A" if self.kind == "R" else self.kind[0]


class Case(NamedTuple):
    """A task, and the moments at which it is cancelled; none for the undisturbed run.

    Or a group or a timeout, and the moment at which something happens to it.
    """

    who: str  # the task's name, or that of its coroutine; 'everybody', 'group' or 'timeout'
    number: int  # in order of creation, of entrance, of arming
    moments: tuple[Moment, ...] = ()

    def __str__(self) -> str:
        """The token."""
        return f"{self.who}#{self.number}@{'+'.join(map(str, self.moments))}"

    @property
    def letter(self) -> str:
        """Its class; '' for the undisturbed run."""
        if len(self.moments) > 1:
            return "D"
        return self.moments[0].letter if self.moments else ""


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
    of_run = any(moment.letter in OF_RUNS for moment in moments)
    if found is None or not 1 <= len(moments) <= (1 if of_run else 2):
        raise ValueError(
            f"{token!r} was given as a token, while tokens look like 'worker#2@B17' or "
            "'main#1@A12+C15.3'; copy one from the report of a sweep"
        )
    return Case(found["who"], int(found["number"]), moments)
