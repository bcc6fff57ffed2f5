"""What a member of a search is, and what it is told of the run that it draws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import ClassVar, Protocol

from vtloop.explore.known import Known


class Course(Protocol):
    """A run, as far as it has gone."""

    known: Known
    chance: random.Random
    """Of this run's own, from the seed of the search."""
    steps: dict[int, int]
    """How many steps each lane has taken, by lane."""
    keys: dict[int, int]
    """The key of each lane, which is the same in each run."""


class Order(Protocol):
    """A member that says who is next."""

    guarantee: ClassVar[str]
    """What is certain when it has found nothing; in words."""

    def begin(self, course: Course) -> None:
        """Prepare for a run."""

    def pick(self, lanes: Sequence[int]) -> int:
        """Return the index of the lane that runs next, of several in the order of the queue."""

    def end(self) -> None:
        """Take note that the run is over."""


class Delays(Protocol):
    """A member that says what is late."""

    guarantee: ClassVar[str]
    """What is certain when it has found nothing; in words."""

    def begin(self, course: Course) -> None:
        """Prepare for a run."""

    def late(self, lane: int, number: int, now: int, deadline: int) -> int:
        """Return how many nanoseconds later than its deadline a timer fires.

        It is the timer `number` of a run, counted from 0, and a lane has set it. `now` and
        `deadline` are in nanoseconds.
        """

    def end(self) -> None:
        """Take note that the run is over."""
