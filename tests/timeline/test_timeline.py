"""The timeline agrees with what really happened, and with itself.

Environment: TIMELINE_PROGRAMS is how many generated programs to check.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import vtloop
from tests.support import programs, timelines, witness
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.programs import drawn, quietly
from vtloop.timeline.spans import READY, RUNNING, WAITING
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import CALLBACKS, ENDS, OF_RUNNER

pytestmark = pytest.mark.ends

PROGRAMS = int(os.environ.get("TIMELINE_PROGRAMS", "100"))
SECOND = 1_000_000_000

MANY = settings(drawn, max_examples=PROGRAMS)
SOME = settings(MANY, max_examples=max(20, PROGRAMS // 10))


@pytest.fixture(scope="module")
def seen():
    seen = Counter()
    yield seen
    if "TIMELINE_PROGRAMS" in os.environ and seen:
        print(f"\n{dict(seen.most_common())}")


# The truth


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_the_timeline_agrees_with_what_a_witness_saw(seen, program, blocking):
    run = witness.run(program, blocking)
    seen.update(witness.features(run))
    seen["programs"] += 1
    check_truth(run)


def check_truth(run):
    check_who_was_created_by_whom_and_when(run)
    check_how_and_when_tasks_ended(run)
    check_that_who_noted_something_ran(run)
    check_that_who_slept_waited(run)
    check_who_held_the_lock(run)
    if not run.testimony.eager:
        check_each_step(run)


def check_who_was_created_by_whom_and_when(run):
    lanes = run.timeline.lanes
    assert set(lanes) == set(run.testimony.created)
    found = {number: (lane.parent, lane.created) for number, lane in lanes.items()}
    assert found == run.testimony.created


def check_how_and_when_tasks_ended(run):
    for number, task in run.testimony.tasks.items():
        lane = run.timeline.lanes[number]
        assert lane.outcome == how_it_ended(task), lane
        assert (lane.ended is None) == (not task.done())
        if number in run.testimony.ends:  # not of an eager task that ended at once
            assert lane.ended == run.testimony.ends[number]


def how_it_ended(task):
    if not task.done():
        return ""
    return "cancelled" if task.cancelled() else "raised" if task.exception() else "returned"


def check_that_who_noted_something_ran(run):
    for since, until, who in run.testimony.notes:
        if who:
            spans = run.timeline.lanes[who].spans
            assert any(
                span.state == RUNNING and span.start <= since and until <= span.end
                for span in spans
            ), (since, until, who)


def check_that_who_slept_waited(run):
    for who, since, until, deadline, slept in run.testimony.sleeps:
        lane = run.timeline.lanes[who]
        between = [
            span for span in lane.spans if span.state != RUNNING and since <= span.start < until
        ]
        assert sum(span.end - span.start for span in between) == until - since, (who, since, until)
        if since < min(until, deadline):
            wait = [span for span in between if span.state == WAITING][-1]
            assert (wait.kind, wait.start) == ("sleep", since), between
            assert wait.end == deadline if slept else wait.end <= min(until, deadline)


def check_who_held_the_lock(run):
    """The program's own log of its one Lock, as holdings."""
    expected, holder = [], None
    for at, what, who in run.testimony.turns:
        if what == "acquire":
            assert holder is None
            holder = who, at
        else:
            expected.append((*holder, at))
            holder = None
    if holder is not None:
        expected.append((*holder, run.timeline.end))
    things = run.trace.things
    found = [
        (holding.task, holding.start, holding.end)
        for holding in run.timeline.holdings
        if things[holding.primitive].kind == "WitnessedLock"
    ]
    assert sorted(found, key=lambda one: one[1:]) == sorted(expected, key=lambda one: one[1:])


def check_each_step(run):
    timeline = run.timeline
    assert len(run.trace.steps) == len(run.testimony.steps)
    pairs = zip(run.trace.steps, run.testimony.steps, strict=True)
    for index, (recorded, seen) in enumerate(pairs):
        at, who, woken_by, ended, _, _ = recorded
        assert (at, who) == (seen.at, witness.number(seen.task)), index
        assert at + timeline.blocked_in.get(index, 0) == seen.ended, index
        if ended != "timer":
            assert woken_by == seen.woken_by, index
            if woken_by >= 0:
                assert timeline.ready_at(index) == seen.ready, index


# What would be caught


def with_steps(change):
    return lambda trace: trace._replace(steps=tuple(map(change, trace.steps)))


def with_events(change):
    changed = lambda trace: (change(*event) for event in trace.events)  # noqa: E731
    return lambda trace: trace._replace(events=tuple(filter(None, changed(trace))))


def without(*kinds):
    return with_events(lambda *event: None if event[2] in kinds else event)


FORGERIES = {
    "woken by an earlier step": with_steps(
        lambda step: (*step[:2], max(step[2] - 1, -1), *step[3:]) if step[3] != "timer" else step
    ),
    "a sleep that is too short": with_steps(
        lambda step: (*step[:4], step[4] - 1, step[5]) if step[3] == "sleep" else step
    ),
    "a sleep told as a future": with_steps(
        lambda step: (*step[:3], "future", None, step[5]) if step[3] == "sleep" else step
    ),
    "an error told as a return": with_steps(
        lambda step: (*step[:3], "returned", None, 0) if step[3] == "raised" else step
    ),
    "a cancellation told as a return": with_steps(
        lambda step: (*step[:3], "returned", None, 0) if step[3] == "cancelled" else step
    ),
    "children without parents": lambda trace: trace._replace(
        tasks=tuple(made._replace(parent=0) for made in trace.tasks)
    ),
    "a lock that is not taken": without("acquire", "release"),
    "a lock that is not given back": without("release"),
    "a block that takes no time": without("block"),
    "wake-ups amid blocking calls": without("late"),
}


@quietly
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_trace_is_found_out(forgery):
    def is_found_out(program):
        run = witness.run(program, blocking=True)
        forged = FORGERIES[forgery](run.trace)
        try:
            check_truth(replace(run, trace=forged, timeline=Timeline(forged)))
        except AssertionError:
            return True
        return False

    only_search = settings(MANY, max_examples=2000, phases=[Phase.generate])
    assert find(programs.programs(), is_found_out, settings=only_search)


# The laws


@quietly
@SOME
@given(programs.programs(), st.booleans())
def test_timelines_obey_their_laws(program, blocking):
    check_laws(witness.run(program, blocking).timeline)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of Python 3.12")
def test_a_cancellation_leads_to_no_step_before_it():
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        task = asyncio.create_task(asyncio.sleep(9))
        time.sleep(0.25)
        task.cancel()
        await asyncio.wait([task])

    timeline = vtloop.simulate(main).timeline
    check_laws(timeline)
    (arrow,) = [arrow for arrow in timeline.arrows if arrow.kind == "cancel"]
    assert timeline.trace.steps[arrow.target_step][3] == "cancelled"


def test_what_tasks_wait_for_has_the_name_that_it_has_in_files_as_well():
    async def main():
        lock = asyncio.Lock()
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(holds(lock))

    async def holds(lock):
        async with lock:
            await asyncio.sleep(1)

    timeline = vtloop.simulate(main).timeline
    spans = [span for lane in timeline.lanes.values() for span in lane.spans]
    assert {span.thing for span in spans} == {-1, 0}
    assert all(span.thing == span.primitive for span in spans)
    assert all(timeline.thing(span) is timeline.primitive(span) for span in spans)
    assert [holding.thing for holding in timeline.holdings] == [0, 0]
    assert timeline.trace.things is timeline.trace.primitives


def check_laws(timeline):
    check_lanes(timeline)
    check_arrows(timeline)
    check_holdings(timeline)
    check_critical_path(timeline)


def check_lanes(timeline):
    steps = timeline.trace.steps
    in_lanes = Counter(index for lane in timeline.lanes.values() for index in lane.steps)
    for index, (_, who, woken_by, ended, *_) in enumerate(steps):
        assert in_lanes[index] == (who != 0), "every step is in one lane, or a callback's"
        assert woken_by < index
        if not who:
            assert ended in CALLBACKS
    for lane in timeline.lanes.values():
        spans = list(lane.spans)
        assert spans[0].start == lane.created
        assert spans[-1].end == (timeline.end if lane.ended is None else lane.ended)
        assert all(span.start <= span.end for span in spans)
        assert all(one.end == other.start for one, other in pairwise(spans)), spans
        running = [span for span in spans if span.state == RUNNING]
        assert [span.step for span in running] == lane.steps
        for span in running:
            assert span.end - span.start == timeline.blocked_in.get(span.step, 0)
            assert (span.kind in ENDS) == (span is spans[-1])
        for one, other in pairwise(span.state for span in spans):
            assert (one, other) in {
                (RUNNING, WAITING), (RUNNING, READY), (WAITING, READY), (WAITING, RUNNING),
                (READY, RUNNING),
            }  # fmt: skip


def check_arrows(timeline):
    steps = timeline.trace.steps
    for arrow in timeline.arrows:
        assert arrow.start <= arrow.end, arrow
        assert arrow.target in timeline.lanes
        assert arrow.source == 0 or arrow.source in timeline.lanes
        if arrow.target_step >= 0:
            assert arrow.source_step < arrow.target_step, arrow
            assert steps[arrow.target_step][:2] == (arrow.end, arrow.target)
        if arrow.source and arrow.source_step >= 0:
            assert steps[arrow.source_step][1] == arrow.source, arrow
    assert list(timeline.arrows) == sorted(timeline.arrows, key=lambda arrow: arrow.end)


def check_holdings(timeline):
    things, events = timeline.trace.things, timeline.trace.events
    for thing in {holding.primitive for holding in timeline.holdings}:
        mine = [holding for holding in timeline.holdings if holding.primitive == thing]
        assert all(holding.start <= holding.end for holding in mine)
        for holding in mine:
            acquired = holding.start, "acquire", holding.task, thing
            assert events[holding.first][1:5] == acquired
            if holding.last < 0:
                assert holding.end == timeline.end
            else:
                assert events[holding.last][1:3] == (holding.end, "release")
                assert events[holding.last][4] == thing
        if things[thing].kind == "Lock":
            assert all(one.end <= other.start for one, other in pairwise(mine)), mine
    for queue in timeline.queues.values():
        assert all(one[0] < other[0] for one, other in pairwise(queue))
        assert all(length >= 0 for _, length in queue)


def check_critical_path(timeline):
    steps, path = timeline.trace.steps, timeline.critical_path()
    if timeline.lanes[1].steps:
        assert path[-1] == timeline.lanes[1].steps[-1]
    total = 0
    for one, other in pairwise(path):
        assert one < other
        blocked_by = one in timeline.blocked_in
        assert steps[other][2] == one or blocked_by, "each led to the next"
        total += steps[other][0] - steps[one][0]
    if path:
        assert total == steps[path[-1]][0] - steps[path[0]][0]
        assert steps[path[0]][2] == -1


# Where it begins and ends


def test_a_timeline_begins_where_its_loop_did():
    async def main():
        await asyncio.sleep(2)

    timeline = timelines.of_a_second_loop(main, start=5)
    assert (timeline.start, timeline.end) == (5 * SECOND, 7 * SECOND)
    assert repr(timeline) == "<Timeline of 1 task from 5 s to 7 s>"
    assert vtloop.simulate(main).timeline.start == 0


def test_a_timeline_without_steps_has_no_length():
    trace = vtloop.simulate(lambda: asyncio.sleep(1)).trace
    timeline = Timeline(trace._replace(header={}, tasks=(), steps=(), events=()))
    assert (timeline.start, timeline.end) == (0, 0)
    assert repr(timeline) == "<Timeline of 0 tasks from 0 s to 0 s>"


def test_the_coroutines_with_which_a_runner_cleans_up_are_called_so():
    loop = vtloop.VirtualLoop()
    coroutines = [loop.shutdown_default_executor(), loop.shutdown_asyncgens()]
    assert {coroutine.__qualname__ for coroutine in coroutines} == set(OF_RUNNER)
    for coroutine in coroutines:
        coroutine.close()
    loop.close()
