"""The races of the gallery are found, and shrunk to the least that shows them.

Environment: RACES_RUNS is how often each program that was fixed is run in the long test.
"""

import os

import pytest

from scenarios.races.table import RACES
from vtloop.explore import explore
from vtloop.explore.schedule import HOLD, LATE, Schedule

# All of it is about orders and times, and little about the Python.
pytestmark = pytest.mark.ends
MANY = int(os.environ.get("RACES_RUNS", "500"))
BOTH = pytest.mark.parametrize("io", [False, True], ids=["step", "io"])
EACH = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)


@EACH
@BOTH
def test_a_race_is_found_and_shrunk_to_the_least(race, io):
    (failing,) = explore(race.main(io=io), budget=5_000).failures
    schedule = Schedule.of(failing.choices)
    least = race.least(io=io)
    assert len(schedule.only(HOLD).deviations) == least.holds
    assert len(schedule.only(LATE).deviations) == least.stretched
    assert failing.realisable == (least.holds == 0)


@EACH
@BOTH
def test_a_program_that_was_fixed_never_fails(race, io):
    report = explore(race.main(io=io, fixed=True), budget=150)
    assert report.ok, report


@pytest.mark.once
@EACH
@BOTH
def test_a_program_that_was_fixed_never_fails_in_many_runs(race, io):
    report = explore(race.main(io=io, fixed=True), budget=MANY, seed="many")
    assert report.ok, report
