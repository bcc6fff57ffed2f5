"""Claims about random programs agree with a witness, with counts of steps, and with logic."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import programs, witness
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.programs import drawn, quietly
from vtloop.claims import (
    at_most,
    fair,
    in_parallel,
    in_sequence,
    never_blocks,
    nothing_unfinished,
    printed,
    takes,
    task,
)
from vtloop.timeline.periods import end_of, life, start_of

pytestmark = pytest.mark.once

SECOND = 1_000_000_000
NS = Fraction(1, SECOND)


MANY = settings(drawn, max_examples=60)


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_the_claims_are_true_of_what_a_witness_saw_and_false_beside_it(
    program, blocking
):
    run = witness.run(program, blocking)
    timeline = run.timeline
    ends = {witness.number(one): at for at, one in _ends(run)}
    for lane in timeline.lanes.values():
        for moment, position in (
            (task(lane.number).starts, start_of(timeline, lane)),
            (task(lane.number).ends, end_of(lane)),
        ):
            assert bool(moment.of(timeline)) is (position is not None)
            if position is not None:
                assert moment.at(position.at * NS).of(timeline)
                assert moment.within(position.at * NS).of(timeline)
                assert not moment.at((position.at + 1) * NS).of(timeline)
                if position.at:
                    assert not moment.at((position.at - 1) * NS).of(timeline)
                    assert not moment.within((position.at - 1) * NS).of(timeline)
        if lane.number in ends:
            assert task(lane.number).ends.at(ends[lane.number] * NS).of(timeline)


def _ends(run):
    """Return when each task's last step ended, and which task it was, from the testimony."""
    last = {}
    for seen in run.testimony.steps:
        if seen.task is not None:
            last[seen.task] = seen.ended
    return [(at, one) for one, at in last.items() if one.done()]


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_as_many_are_in_progress_as_a_count_of_steps_gives(program, blocking):
    timeline = witness.run(program, blocking).timeline
    lives = {lane.number: life(timeline, lane) for lane in timeline.lanes.values()}
    for name in {lane.coroutine for lane in timeline.lanes.values()}:
        mine = [lives[lane.number] for lane in timeline.named(name) if lives[lane.number]]
        most = max(
            (sum(one.start <= each.start < one.end for one in mine) for each in mine), default=0
        )
        assert at_most(most, task(name)).of(timeline)
        assert not (most and at_most(most - 1, task(name)).of(timeline))


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_an_order_and_an_overlap_exclude_each_other(program, blocking):
    timeline = witness.run(program, blocking).timeline
    ran = [lane.number for lane in timeline.lanes.values() if lane.steps][:6]
    for one in ran:
        for other in ran:
            if one != other:
                overlap = bool(task(one).overlaps(other).of(timeline))
                assert overlap is bool(task(other).overlaps(one).of(timeline))
                assert overlap is bool(in_parallel(one, other).of(timeline))
                in_turn = [
                    bool(in_sequence(*pair).of(timeline)) for pair in ((one, other), (other, one))
                ]
                assert sum(in_turn) == (not overlap)


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_locks_and_semaphores_of_asyncio_are_fair(program, blocking):
    timeline = witness.run(program, blocking).timeline
    for number in {holding.primitive for holding in timeline.holdings}:
        thing = timeline.trace.things[number]
        assert fair(f"{thing.kind} #{thing.number}").of(timeline)


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_of_any_program_any_claim_can_be_explained(program, blocking):
    timeline = witness.run(program, blocking).timeline
    lanes = list(timeline.lanes.values())
    numbers = [lane.number for lane in lanes]
    claims = [takes(1), never_blocks(), nothing_unfinished(), printed("nothing").at(1)]
    for one, other in pairwise(numbers):
        mine = task(one)
        claims += [
            mine.takes(1),
            mine.waits(1),
            mine.overlaps(other),
            mine.is_cancelled(at=1, by=other),
            mine.raises.at(1),
            mine.ends.before(task(other).ends),
            mine.starts.together_with(task(other).starts),
            in_sequence(one, other),
            at_most(0, mine),
        ]
    for claim in claims[:40]:
        verdict = claim.of(timeline)
        assert str(verdict).startswith(f"Claimed: {claim}; ")
        assert "\n" not in repr(verdict)
