"""A schedule is all that a run deviated by: the same choices make the same run again."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.programs import drawn, quietly
from vtloop.choices import Choices
from vtloop.explore.exploration import Exploration
from vtloop.explore.known import Known
from vtloop.explore.members.fifo import Fifo
from vtloop.explore.members.heavy import Heavy
from vtloop.explore.members.pct import PCT
from vtloop.explore.members.pos import POS
from vtloop.explore.members.random_walk import RandomWalk
from vtloop.explore.members.replaying import Replaying
from vtloop.explore.members.slow import Slow
from vtloop.explore.members.urw import URW
from vtloop.explore.runs import Runs
from vtloop.explore.schedule import HOLD, LATE, Deviation, Schedule, duration
from vtloop.explore.steering import Steering
from vtloop.search.setting import Setting
from vtloop.strategies.programs import programs

ORDERS = st.sampled_from([RandomWalk, URW, POS, PCT, Fifo])
DELAYS = st.sampled_from([Heavy, Slow, Fifo])


def ran(runs, order, delays, seed="0"):
    """Return what came of a run, and the lanes that it took, step by step."""
    steering = Steering(Known(), order, delays, random.Random(seed), 10_000)
    return runs.run(steering), steering.taken, steering.instants


@quietly
@drawn
@given(programs(), ORDERS, DELAYS, st.integers(0, 3))
def test_what_deviated_makes_the_same_run_again(program, order, delays, seed):
    with Runs(Setting(program)) as runs:
        first, *what = ran(runs, order(), delays(), f"{seed}")
        token = str(first.schedule.choices)
        again = Replaying(Schedule.of(Choices.parse(token)))
        second, *same = ran(runs, again, again)
    assert (first, what) == (second, same)
    assert not again.missed


@quietly
@drawn
@given(programs())
def test_without_deviations_a_run_is_stock_asyncios(program):
    with Runs(Setting(program)) as runs:
        nothing = Replaying(Schedule())
        assert ran(runs, Fifo(), Fifo()) == ran(runs, nothing, nothing)


def test_the_simpler_schedule_has_fewer_deviations_then_fewer_passes_then_less_time():
    hold, long_hold, late = (
        Deviation(HOLD, 2, 0, 1),
        Deviation(HOLD, 2, 0, 3),
        Deviation(LATE, 2, 0, 10),
    )
    several = [Schedule(), Schedule((late,)), Schedule((hold,)), Schedule((long_hold,))]
    several += [Schedule((hold, late))]
    assert sorted(several, key=lambda one: one.simplicity) == several


def test_choices_of_other_kinds_are_no_part_of_a_schedule():
    choices = Choices([("tie", 0, 1), ("hold2", 1, 3), ("late0", 0, 7)])
    assert Schedule.of(choices).deviations == (
        Deviation(HOLD, 2, 1, 3),
        Deviation(LATE, 0, 0, 7),
    )


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (1, "1 ns"),
        (1_500, "1.5 µs"),
        (2_100_000, "2.1 ms"),
        (20_000_000_000, "20 s"),
        (3_600_000_000_000, "3,600 s"),
        (1_000_000_001, "1 s"),
    ],
)
def test_durations_are_told_in_a_unit_that_suits_them(nanoseconds, words):
    assert duration(nanoseconds) == words


def test_a_program_that_goes_on_and_on_is_cut_off_and_said_to_be():
    async def more_and_more():
        import asyncio

        begin = asyncio.get_running_loop().time()
        await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
        late = asyncio.get_running_loop().time() - begin > 2
        while late:
            await asyncio.sleep(0.001)

    with contextlib.suppress(StopIteration):
        report = Exploration(Setting(more_and_more), "any", None, True).search(60, None)
    assert "runs went on and on, and were ended" in str(report)
