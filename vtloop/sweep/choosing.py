"""Which cases are tried of those of which there may be too many: a sample, always the same.

The rest are as many as a program has moments. Pairs of moments, of timers and of tasks are many
more, so `budget` bounds how many of each kind are tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

from vtloop.sweep.counting import Tie
from vtloop.sweep.moments import Case, Moment

OF_TWO_TASKS = 20
"""Of pairs of two tasks only the budget divided by this are tried, as nearly every program has many
of them."""

T = TypeVar("T")


class Chosen(NamedTuple):
    """The cases to try of a kind, and how many there are."""

    cases: list[Case]
    total: int

    @property
    def is_sample(self) -> bool:
        """Whether there are more."""
        return len(self.cases) < self.total


def pairs_of_timers(ties: Sequence[Tie], budget: int, seed: int | str) -> Chosen:
    """Return the cases in which two timers of one instant change places."""
    total = sum(tie.pairs() for tie in ties)
    places = _sample(total, budget, seed)
    cases = [tie.pair(place) for tie, place in _placed(ties, [t.pairs() for t in ties], places)]
    return Chosen(cases, total)


def pairs_of_moments(
    later: Iterable[tuple[Case, Iterable[Moment]]], budget: int, seed: int | str
) -> Chosen:
    """Return cases with the moments at which a second cancellation could come after them."""
    them = [(case, [*moments]) for case, moments in later]
    counts = [len(moments) for _, moments in them]
    places = _sample(sum(counts), budget, seed)
    cases = [
        case._replace(moments=(*case.moments, moments[place]))
        for (case, moments), place in _placed(them, counts, places)
    ]
    return Chosen(cases, sum(counts))


def _sample(total: int, budget: int, seed: int | str) -> Sequence[int]:
    """Return which of so many cases are tried."""
    if total <= budget:
        return range(total)
    return sorted(random.Random(seed).sample(range(total), budget))


def _placed(
    groups: Sequence[T], counts: Sequence[int], places: Iterable[int]
) -> Iterator[tuple[T, int]]:
    """Yield for places in the list of all the group that each is in, and its place in that."""
    wanted = iter(places)
    place = next(wanted, None)
    for group, (begin, end) in zip(groups, pairwise([0, *accumulate(counts)]), strict=True):
        while place is not None and place < end:
            yield group, place - begin
            place = next(wanted, None)
