"""What deviates in a schedule from that of stock asyncio: who was held, and which timers were late.

A *lane* is a task, by its number, or lane 0: all plain callbacks, which always keep their order. A
schedule is made of two kinds of choices (see `values.choices`), which 0 leaves as they are:

    hold3.5=2      step 5 of task 3 was ready, and passed over twice: other lanes, which had become
                   ready after it, took a step in its place
    late3.0=1500   the first timer that task 3 has set fires 1,500 nanoseconds later than asked

Steps and timers count from 0; a message that a task sends counts as a timer of its. Any order of
lanes is some holds, as whoever runs too early has passed over the others; so a run that drew its
order by whatever rule is made again by these alone. A hold is also what a person says: the client
was slow *here*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vtloop.values.choices import Choice, Choices

HOLD, LATE = "hold", "late"
CALLBACKS = 0
"""The lane of plain callbacks, and of timers that no task has set."""


class Deviation(NamedTuple):
    """One hold, or one timer that is late."""

    kind: str  # HOLD or LATE
    lane: int
    at: int  # which step of the lane, or which of its timers
    value: int  # how often it is passed over, or how many nanoseconds it is late

    @property
    def choice(self) -> Choice:
        """The same, as a choice of the run."""
        return Choice(f"{self.kind}{self.lane}", self.at, self.value)

    def __str__(self) -> str:
        who = f"task {self.lane}" if self.lane else "the callbacks"
        if self.kind == LATE:
            return f"timer {self.at} of {who} fires {duration(self.value)} late"
        times = "once" if self.value == 1 else f"{self.value} times"
        return f"{who} is passed over {times} before step {self.at}"


class Schedule(NamedTuple):
    """All that deviates in a run; of several, the simplest is the least by `simplicity`."""

    deviations: tuple[Deviation, ...] = ()

    @classmethod
    def of(cls, choices: Choices) -> Schedule:
        """Return the schedule that the choices of a run make; others than its own are left out."""
        return cls(tuple(_deviations(choices.deviations)))

    @classmethod
    def parse(cls, token: str) -> Schedule:
        """Return the schedule of a token.

        ValueError if it is none, LookupError if it has other choices than those of a schedule.
        """
        choices = Choices.parse(token)
        schedule = cls.of(choices)
        if len(schedule.deviations) < len(choices):
            raise LookupError(
                f"The token {token} has choices that are none of a schedule; replay it where it is "
                "from"
            )
        return schedule

    @property
    def choices(self) -> Choices:
        """The same, as choices of a run; their text is the token."""
        return Choices(one.choice for one in self.deviations)

    def only(self, kind: str) -> Schedule:
        """Return what is of a kind."""
        return Schedule(tuple(one for one in self.deviations if one.kind == kind))

    def replaced(self, index: int, by: Iterable[Deviation] = ()) -> Schedule:
        """Return the schedule with others, or none, in the place of a deviation."""
        return Schedule((*self.deviations[:index], *by, *self.deviations[index + 1 :]))

    def values(self, kind: str) -> dict[tuple[int, int], int]:
        """Return the values of a kind, by lane and by step or timer."""
        return {(one.lane, one.at): one.value for one in self.deviations if one.kind == kind}

    @property
    def is_realisable(self) -> bool:
        """Whether stock asyncio itself can do so: what takes longer is late, and nobody is held."""
        return not self.only(HOLD).deviations

    @property
    def simplicity(self) -> tuple[int, int, int]:
        """The sort key: few deviations, then few passes, then little time."""
        passes = sum(self.values(HOLD).values())
        return len(self.deviations), passes, sum(self.values(LATE).values())


def is_schedule(token: str) -> bool:
    """Return whether a token is that of a schedule, and not of other choices of a run."""
    try:
        Schedule.parse(token)
    except (ValueError, LookupError):
        return False
    return True


def duration(nanoseconds: int) -> str:
    """Return a duration in the unit that it is usually told in: '1.1 ms', '20 s'."""
    unit, size = next(one for one in _UNITS if nanoseconds >= one[1] or one[1] == 1)
    whole, rest = divmod(nanoseconds * 1_000 // size, 1_000)
    decimals = f".{rest:03d}".rstrip("0").rstrip(".")
    return f"{whole:,}{decimals} {unit}"


_UNITS = (("s", 10**9), ("ms", 10**6), ("µs", 10**3), ("ns", 1))


def _deviations(choices: Iterable[Choice]) -> Iterator[Deviation]:
    for kind, at, value in choices:
        word, lane = kind[:4], kind[4:]
        if word in (HOLD, LATE) and lane.isdecimal():
            yield Deviation(word, int(lane), at, value)
