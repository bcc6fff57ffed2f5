"""From a schedule that fails to the simplest that does: few deviations, then small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, islice

from vtloop.explore.known import Known
from vtloop.explore.members.holds import all_holds
from vtloop.explore.members.lates import all_lates
from vtloop.explore.schedule import HOLD, LATE, Deviation, Schedule

_MOST_ALONE = 200  # deviations that are tried by themselves
_MOST_LIKELY = 400  # schedules of one late timer, and of one hold, that are tried
_LONGER = 8  # passes that one hold may have more than two that it stands for

Fails = Callable[[Schedule], Schedule | None]
"""Runs a schedule; returns what has deviated if that fails likewise, else None."""


class Shrinker:
    """Shrinks the schedule of a failure by running simpler ones, so many at most."""

    def __init__(self, fails: Fails, most_runs: int) -> None:
        self._fails = fails
        self._left = most_runs
        self._tried: dict[Schedule, Schedule | None] = {}

    def shrunk(self, schedule: Schedule, likely: Iterable[Schedule] = ()) -> Schedule:
        """Return the simplest schedule found; `likely` ones are tried if it deviates repeatedly."""
        best = schedule
        for simpler in (Schedule(), schedule.only(LATE), schedule.only(HOLD)):
            best = self._better(simpler, best)
        best = self._alone(best)
        best = self._fewer(best)
        several = [*likely] if len(best.deviations) > 1 else []
        best = self._first(several, best)
        best = self._merged(best)
        if len(best.deviations) > 2:
            pairs = (
                Schedule((one, *other.deviations)) for one in best.deviations for other in several
            )
            best = self._first(pairs, best)
        return self._smaller(self._fewer(best))

    def _first(self, schedules: Iterable[Schedule], best: Schedule) -> Schedule:
        """Return the first of some schedules that fails, else the best so far."""
        found = (self._better(simpler, best) for simpler in schedules)
        return next((one for one in found if one is not best), best)

    def _better(self, simpler: Schedule, best: Schedule) -> Schedule:
        """Return what a simpler schedule comes to if that fails, else the best so far."""
        if simpler.simplicity >= best.simplicity:
            return best
        found = self._run(simpler)
        return found if found is not None and found.simplicity < best.simplicity else best

    def _run(self, schedule: Schedule) -> Schedule | None:
        if schedule not in self._tried:
            if self._left <= 0:
                return None
            self._left -= 1
            self._tried[schedule] = self._fails(schedule)
        return self._tried[schedule]

    def _alone(self, best: Schedule) -> Schedule:
        """Return the first deviation that is enough by itself; the small ones come first."""
        several = sorted(best.deviations, key=lambda one: (one.kind == LATE, one.value))
        if len(several) > 1:
            return self._first((Schedule((one,)) for one in several[:_MOST_ALONE]), best)
        return best

    def _fewer(self, best: Schedule) -> Schedule:
        """Leave out as many deviations as can be: halves of them, quarters, then one at a time."""
        size = len(best.deviations) // 2
        while size:
            index = 0
            while index < len(best.deviations):
                rest = best.deviations[:index] + best.deviations[index + size :]
                found = self._better(Schedule(rest), best)
                if found is best:
                    index += size
                best = found
            size //= 2
        return best

    def _merged(self, best: Schedule) -> Schedule:
        """Let one deviation of a lane stand for two, where that will do."""
        tried: set[tuple[Deviation, Deviation]] = set()
        while True:
            pairs = [
                (one, other)
                for one, other in combinations(best.deviations, 2)
                if one[:2] == other[:2] and (one, other) not in tried
            ]
            if not pairs:
                return best
            one, other = pairs[0]
            tried.add(pairs[0])
            rest = tuple(each for each in best.deviations if each not in pairs[0])
            for simpler in _instead_of(one, other):
                found = self._better(Schedule((*rest, simpler)), best)
                if found is not best:
                    best = found
                    break

    def _smaller(self, best: Schedule) -> Schedule:
        """Let each deviation be as small as it can, and of times, a round number."""
        index = 0
        while index < len(best.deviations):
            one = best.deviations[index]
            for value in _smaller_values(one):
                found = self._better(best.replaced(index, (one._replace(value=value),)), best)
                if found is not best:
                    best = found
                    break
            index += 1
        return best


def _instead_of(one: Deviation, other: Deviation) -> Iterator[Deviation]:
    total = one.value + other.value
    for first in (one, other):
        if one.kind == LATE:
            yield first._replace(value=total)
        else:
            values = range(first.value + 1, total + _LONGER)
            yield from (first._replace(value=value) for value in values)


def _smaller_values(one: Deviation) -> Iterator[int]:
    """Yield smaller values of a deviation, the smallest first; of times round ones."""
    if one.kind == HOLD:
        yield from range(1, one.value)
        return
    yield 1
    power = 1_000
    while 10 * power <= one.value:
        yield from (digit * power for digit in (1, 2, 5))
        power *= 10
    yield from range(power, one.value, max(power // 10, 1))


def likely_ones(known: Known, lanes: Mapping[int, int]) -> Iterator[Schedule]:
    """Yield schedules of one deviation, given the lane of each key: late timers, then holds."""
    for number, late in islice(all_lates(known), _MOST_LIKELY):
        lane, at, _ = known.first_timers[number]
        yield Schedule((Deviation(LATE, lane, at, late),))
    for key, step, length in islice(all_holds(known), _MOST_LIKELY):
        if key in lanes:
            yield Schedule((Deviation(HOLD, lanes[key], step, length),))
