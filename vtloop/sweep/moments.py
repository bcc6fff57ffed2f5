"""Moments at which something can happen to a program, and the tokens that name them.

The handles of a run are counted from 0 in the order in which the loop takes them from its ready
queue, those included that were cancelled and that it skips. At an *idle moment* nothing is ready
and the clock is about to move; these are counted from 0 too. One at which we cancel a task does not
count as idle afterwards. Both counts end when the main coroutine does and its loop stops: what
follows is the runner's own cleanup.

    A12     before handle 12, as by a callback that runs just then; the task is suspended
    R3      at idle moment 3; the task is suspended
    B17     before handle 17; the task is about to run: woken, or not yet begun
    C15.0   within the task's own step, which is handle 15, when it has just begun
    C15.3   the same, at the third Python function that the step has called since

Idle moments belong to class A. A second cancellation is class D, a token with two moments: of the
same task after the first has been delivered, such as `main#1@A12+C15.3`, or of another one, by its
number, from the first on: in `main#1@A12+B14#2` task 2 is cancelled as well, before handle 14.

Four classes more are no cancellation of one task:

    S12 SR3     all tasks are cancelled, before handle 12 or at idle moment 3: `everybody#0@S12`
    F12 FR3     a new task fails in a TaskGroup, there: `group#2@F12` is the second one entered
    T12         a timeout fires at once, behind what is ready, when handle 12 is the next to come
    TR3         it fires at idle moment 3, before the clock moves
    TE3 TL3     it fires at the instant to which the clock moves then, before or after its timers
    TN0         it never fires: `timeout#1@TN0`
    O12.14      handle 14 comes as handle 12, before that and those between: `timers#0@O12.14`;
                both are timers of one instant

The name is there to be read, and to be compared: choices have none, so a case of them is that of
whoever has the number.

A case is also some choices of a run (see `values.choices`), one for each moment:

    kind    that of the moment, such as B; of C with the handle, as each step has a kind of its own.
            A plus before it tells the second cancellation from the first
    index   which handle or idle moment; of C, which call
    value   the number of whom is cancelled, of the group or of the timeout; of S 1; of O how many
            handles later that timer comes otherwise which is the first now

    worker#2@B17    main#1@A12+C15.3           timers#0@O12.14
    B 17 is 2       A 12 is 1, +C15 3 is 1     O 12 is 2

Timeouts are numbered as they are armed, those of `asyncio.timeout`, `wait_for` and `wait`. One that
is to fire at a moment does not fire at its own deadline any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from vtloop.values.choices import Choice, Choices

CLASSES = {
    "A": "suspended",
    "B": "woken, but not yet run",
    "C": "during its own step",
    "D": "again, during the cleanup",
    "S": "all tasks at once, as at a shutdown",
    "F": "a sibling in its TaskGroup fails",
    "T": "a timeout fires at another instant",
    "O": "two timers of one instant, the other way round",
}
OF_RUNS = "SFTO"
"""The classes that cancel no single task."""

_OF_TWO_NUMBERS = frozenset("CO")
_SUBJECTS = {"S": "everybody", "F": "group", "T": "timeout", "O": "timers"}
"""Who a case of these classes is about."""
_SECOND = "+"

OF_OTHERS = frozenset("ABR")
"""The kinds of moments at which another task is cancelled as well."""
AT_RESTS = frozenset({"R", "SR", "FR", "TR", "TE", "TL"})
BEFORE_HANDLES = frozenset("ABSF")

_MOMENT = re.compile(
    r"((?P<kind>[ABR]|[SF]R?|T[RELN]?)(?P<at>\d+)|(?P<two>[CO])(?P<first>\d+)\.(?P<second>\d+))"
    r"(#(?P<of>[1-9]\d*))?"
)
_FORM = re.compile(r"c\d+:")
"""What a token of choices begins with, whatever its form. A case's may, but has an @ as well."""
_TOKEN = re.compile(r"(?P<who>.*)#(?P<number>\d+)@(?P<moments>[^@]*)", re.DOTALL)


def kinds_of(classes: str) -> frozenset[str]:
    """Return the kinds of moments at which a task is cancelled in the classes A, B and C."""
    return frozenset(classes).intersection("ABC") | frozenset("R" if "A" in classes else "")


class Moment(NamedTuple):
    """One moment: its kind, which handle or idle moment, and which call within the step."""

    kind: str  # the letters of a token
    at: int
    call: int = 0  # of O, the handle that comes at this one
    of: int = 0  # the number of the task, unless it is that of the case

    def __str__(self) -> str:
        within = f".{self.call}" if self.kind in _OF_TWO_NUMBERS else ""
        return f"{self.kind}{self.at}{within}{f'#{self.of}' if self.of else ''}"

    def choice(self, number: int) -> Choice:
        """Return what it is as a choice, as the first moment of a case of this number."""
        if self.kind == "C":
            return Choice(f"C{self.at}", self.call, number)
        if self.kind == "O":
            return Choice("O", self.at, self.call - self.at)
        return Choice(self.kind, self.at, 1 if self.letter == "S" else self.of or number)

    @property
    def letter(self) -> str:
        """Its class: not D, which takes two."""
        return "A" if self.kind == "R" else self.kind[0]


class Case(NamedTuple):
    """A task, and the moments at which it is cancelled; none for the undisturbed run.

    Or a group, a timeout or two timers, and the moment at which something happens to them.
    """

    who: str  # the task's name or that of its coroutine; 'everybody', 'group', 'timeout', 'timers'
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

    @property
    def choices(self) -> Choices:
        """What it is as the choices of a run."""
        chosen = [moment.choice(self.number) for moment in self.moments]
        return Choices(
            (_SECOND * number + kind, at, value) for number, (kind, at, value) in enumerate(chosen)
        )

    @classmethod
    def of(cls, choices: Choices, who: str = "") -> Case:
        """Return the case that these choices are, of a task of this name, or of any.

        ValueError if they are none.
        """
        if not choices:
            return UNDISTURBED
        in_turn = sorted(choices.deviations, key=lambda one: one.kind.startswith(_SECOND))
        try:
            made = [_moment_and_number(one) for one in in_turn]
            (first, number), *_ = made
            moments = [one if of == number else one._replace(of=of) for one, of in made]
            case = case_of(str(cls(_SUBJECTS.get(first.letter, who), number, tuple(moments))))
        except ValueError:
            case = UNDISTURBED
        if case.choices != choices:
            raise ValueError(f"{choices!r} were given as a case of a sweep, while they are none")
        return case

    @property
    def of_two_tasks(self) -> bool:
        """Whether another task is cancelled as well."""
        return any(moment.of for moment in self.moments)

    @property
    def is_in_a_step(self) -> bool:
        """Whether a step is followed call by call."""
        return any(moment.kind == "C" for moment in self.moments)


UNDISTURBED = Case("", 0)


def _moment_and_number(one: Choice) -> tuple[Moment, int]:
    """Return which moment a choice is, and the number that its case has, if it is the first."""
    kind = one.kind.removeprefix(_SECOND)
    if kind.startswith("C"):
        return Moment("C", int(kind[1:]), one.at), one.value
    if kind == "O":
        return Moment("O", one.at, one.at + one.value), 0
    return Moment(kind, one.at), 0 if kind.startswith("S") else one.value


def moment_of(text: str) -> Moment:
    """Return the moment that a text such as 'A12' or 'B14#2' names. ValueError if it is none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} was given as a moment, while these look like 'A12' or 'C15.3'")
    of = int(found["of"] or 0)
    if found["kind"]:
        return Moment(found["kind"], int(found["at"]), of=of)
    return Moment(found["two"], int(found["first"]), int(found["second"]), of)


def case_of(token: str) -> Case:
    """Return the case that a token names. ValueError if it is none."""
    found = _TOKEN.fullmatch(token.strip())
    try:
        moments = () if found is None else tuple(map(moment_of, found["moments"].split("+")))
    except ValueError:
        moments = ()
    if found is None or not _can_be(int(found["number"]), moments):
        raise ValueError(
            f"{token!r} was given as a token, while tokens look like 'worker#2@B17' or "
            "'main#1@A12+C15.3'; copy one from the report of a sweep"
        )
    return Case(found["who"], int(found["number"]), moments)


def case_and_ties_of(token: str | Choices) -> tuple[Case, Choices]:
    """Return the case that a token names, of a case or of choices, and which of these are none.

    Those are ties and choices of the network, whose kinds are small letters. ValueError if the
    token is none.
    """
    if isinstance(token, str):
        if "@" in token or not _FORM.match(token.strip()):
            return case_of(token), Choices()
        token = Choices.parse(token)
    ties = Choices(one for one in token.deviations if one.kind[0].islower())
    return Case.of(Choices({*token.deviations}.difference(ties.deviations))), ties


def _can_be(number: int, moments: Sequence[Moment]) -> bool:
    """Return whether a case of this number can have these moments."""
    of_run = any(moment.letter in OF_RUNS for moment in moments)
    of_others = [moment for moment in moments if moment.of]
    return (
        1 <= len(moments) <= (1 if of_run else 2)
        and (number > 0 or moments[0].letter in "SO")
        and moments[0] not in of_others
        and all(moment.of != number for moment in of_others)
        and all(moment.kind in OF_OTHERS for moment in of_others)
    )
