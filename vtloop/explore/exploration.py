"""One search: runs are drawn until one fails, the budget is spent, or nothing is left to try."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from math import inf
from typing import Any

from vtloop.errors import SimulationError
from vtloop.explore.database import Database
from vtloop.explore.known import Known
from vtloop.explore.members.replaying import Replaying
from vtloop.explore.narrating import Narrating
from vtloop.explore.portfolio import Drawing, Member, Portfolio
from vtloop.explore.report import FailingSchedule, Report
from vtloop.explore.runs import Failure, Ran, Runs
from vtloop.explore.schedule import Schedule
from vtloop.explore.shrinking import Shrinker, likely_ones
from vtloop.explore.steering import Again, Steering
from vtloop.search.setting import Setting
from vtloop.simulation.run import Run
from vtloop.values.programs import called

_FIRST_LIMIT = 100_000  # handles of the first run
_MOST_HANDLES = 1_000  # of another run, beyond ten times those of the first
_SHRINKING = 2_000  # runs
_REALISING = 300  # runs in which a failure is sought without holds


class Exploration:
    """A search of the schedules of one program, by a setting, a mode and members."""

    def __init__(
        self,
        setting: Setting,
        mode: str,
        members: Sequence[Member] | None,
        shrink: bool,
        database: Database | None = None,
    ) -> None:
        self._setting, self._mode, self._members = setting, mode, members
        self._shrinks = shrink
        self._database = database
        self._known = Known()
        self._lanes: dict[int, int] = {}  # of each key, as the first run had them
        self._limit = _FIRST_LIMIT
        self._chance = random.Random(f"{setting.seed}")

    def search(self, budget: int, max_seconds: float | None) -> Report:
        """Run so many schedules at most, for so many seconds at most; return what was found."""
        until = inf if max_seconds is None else time.monotonic() + max_seconds
        kept = [] if self._database is None else self._database.schedules()
        portfolio = Portfolio(self._known, self._mode, self._members, kept)
        names: dict[str, str] = {}
        schedules: set[int] = set()
        number = cut = 0
        why_not = ""
        with Runs(self._setting) as runs:
            for drawing in portfolio:
                if number >= budget:
                    why_not = f"the budget of {budget:,} runs is spent"
                    break
                if time.monotonic() >= until:
                    why_not = f"{max_seconds} s are over"
                    break
                number += 1
                steering = self._steering(drawing)
                ran = runs.run(steering)
                names |= drawing.guarantees
                schedules.add(hash((*steering.taken, ran.schedule)))
                cut += ran.is_cut
                if number == 1:
                    self._learn(steering, ran)
                failing = self._failing(runs, ran, drawing, number) if ran.failures else None
                self._keep(drawing, failing)
                if failing is not None:
                    return self._report(number, failing, names, schedules, ())
            reasons = self._reasons(portfolio, why_not, cut)
            return self._report(number, None, names, schedules, reasons)

    def _steering(self, drawing: Drawing) -> Steering:
        order, delays = drawing
        return Steering(self._known, order, delays, self._chance, self._limit)

    def _keep(self, drawing: Drawing, failing: FailingSchedule | None) -> None:
        """Keep what has failed for the next search, and not what has failed in one before."""
        if self._database is None:
            return
        if isinstance(drawing.order, Replaying):
            self._database.drop(drawing.order.schedule)
        if failing is not None:
            self._database.keep(Schedule.of(failing.choices))

    def _learn(self, steering: Steering, ran: Ran) -> None:
        """Take note of how stock asyncio runs the program; SimulationError if it does not end."""
        if ran.is_cut:
            raise SimulationError(
                f"explore() was asked of {called(self._setting.program)}, which had not ended "
                f"after {_FIRST_LIMIT:,} steps and callbacks; explore a program that ends: with "
                "less to do, or with a timeout around what goes on for ever"
            )
        self._known.decisions = steering.met()
        self._limit = 10 * len(steering.taken) + _MOST_HANDLES
        for lane, key in steering.keys.items():
            self._lanes.setdefault(key, lane)

    def _reasons(self, portfolio: Portfolio, why_not: str, cut: int) -> tuple[str, ...]:
        reasons = []
        if why_not:
            reasons.append(why_not)
            if portfolio.holds.done:
                reasons.append("all schedules were run in which one task is held once")
            if portfolio.lates.done:
                reasons.append("all were run in which one thing is late, until another happens")
        if cut:
            reasons.append(f"{cut:,} runs went on and on, and were ended")
        return tuple(reasons)

    def _report(
        self,
        number: int,
        failing: FailingSchedule | None,
        names: dict[str, str],
        schedules: set[int],
        reasons: tuple[str, ...],
    ) -> Report:
        return Report(
            program=called(self._setting.program),
            runs=number,
            failures=() if failing is None else (failing,),
            unresolved=reasons,
            distinct=len(schedules),
            guarantees=names,
        )

    # A failure

    def _failing(self, runs: Runs, ran: Ran, drawing: Drawing, number: int) -> FailingSchedule:
        """Return the failure of a run, shrunk and told."""
        failure, schedule = ran.failures[0], ran.schedule
        if self._shrinks:
            fails = partial(self._fails, runs, _kind(failure))
            schedule = self._shrunk(fails, schedule)
            if not schedule.is_realisable:
                schedule = self._realised(runs, failure, fails) or schedule
        narrating = Narrating(self._known, schedule, self._limit)
        again = runs.run(narrating)
        told = next((one for one in again.failures if _kind(one) == _kind(failure)), failure)
        return FailingSchedule(
            kind=told.kind,
            detail=str(told),
            choices=schedule.choices,
            run=number,
            member=drawing.name,
            story=narrating.story,
            _record=partial(record, self._setting, schedule),
        )

    def _fails(self, runs: Runs, kind: tuple[str, str], schedule: Schedule) -> Schedule | None:
        """Run a schedule; return what has deviated if it fails in the same way."""
        ran = runs.run(Again(self._known, schedule, self._limit))
        return ran.schedule if any(_kind(one) == kind for one in ran.failures) else None

    def _shrunk(self, fails: Any, schedule: Schedule) -> Schedule:
        likely = likely_ones(self._known, self._lanes)
        return Shrinker(fails, _SHRINKING).shrunk(schedule, likely)

    def _realised(self, runs: Runs, failure: Failure, fails: Any) -> Schedule | None:
        """Return a schedule without holds by which the same happens, if one is found."""
        if not self._known.timers:
            return None
        portfolio = Portfolio(self._known, "realisable", None)
        for drawing in islice(portfolio, _REALISING):
            ran = runs.run(self._steering(drawing))
            if any(_kind(one) == _kind(failure) for one in ran.failures):
                return self._shrunk(fails, ran.schedule)
        return None


def _kind(failure: Failure) -> tuple[str, str]:
    """Return what tells a failure from others, of which the words may differ from run to run."""
    return failure.kind, "" if failure.kind == "deadlock" else failure.detail.partition("(")[0]


def record(setting: Setting, schedule: Schedule) -> Run[Any]:
    """Run a schedule once more, recorded; LookupError if the run leaves it."""
    again = Again(Known(), schedule)
    with Runs(setting) as runs:
        run = runs.recorded(again)
    if again.missed:
        missed = "; ".join(map(str, again.missed))
        raise LookupError(
            f"The schedule {schedule.choices} was replayed, while the run has left it: {missed} "
            "did not happen; replay it with the program and the Python that the token was printed "
            "for"
        )
    return run
