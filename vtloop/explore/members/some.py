"""Which timers of a run are late: some few, drawn from as many as earlier runs have set."""

from __future__ import annotations

from vtloop.explore.members.member import Course

_MOST = 3
_OF_MESSAGE = 1_000_000  # nanoseconds


def some_timers(course: Course) -> set[int]:
    """Return the numbers of one, two or three timers of a run."""
    count = max(course.known.timers, 1)
    return {int(course.chance.random() * count) for _ in range(course.chance.randint(1, _MOST))}


def length(now: int, deadline: int) -> int:
    """Return how long something takes, in nanoseconds, that may take longer.

    A message of the network that arrives at once could have taken a millisecond.
    """
    return deadline - now or _OF_MESSAGE


def stretch(course: Course, most: float) -> float:
    """Return how many times longer something takes, from 1 to `most`, by its logarithm."""
    drawn: float = most ** course.chance.random()
    return drawn
