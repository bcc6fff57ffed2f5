"""Claims about a whole run, or about several tasks of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from vtloop.claims.claim import MOST_PLACES, Claim, Evidence, unique
from vtloop.claims.subject import Subject, both_in_progress, in_turn
from vtloop.claims.words import (
    called,
    listed,
    names,
    often,
    places_before,
    refuse_if_going_on,
    suspended,
    suspension_after,
    suspension_before,
)
from vtloop.core.probes import section
from vtloop.timeline.participants import left_over, shown
from vtloop.timeline.periods import (
    Lookup,
    Period,
    Position,
    event_at,
    find_any,
    find_sections,
    find_tasks,
    in_progress,
    life,
    most_at_once,
    primitives_called,
)
from vtloop.timeline.spans import WAITING, Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


def at_most(limit: int, name: str | section | Subject) -> Claim:
    """Return the claim that no more than so many are in progress at once, be it for a step.

    `name` is that of tasks (their coroutine's, or one they were given), of a lock or semaphore, or
    of a section; where it could be several of these, `task(name)` or `section(name)` says which.
    `at_most(2, name) & ~at_most(1, name)` says that two are reached as well.
    """
    if not isinstance(limit, int) or limit < 0:
        raise ValueError(
            f"At most {limit!r} at once was claimed; pass how many, 0 or more, and then a name"
        )
    if isinstance(name, section):
        return _AtMost(limit, name.name, find_sections)
    if isinstance(name, Subject):
        return _AtMost(limit, name.name, find_tasks)
    return _AtMost(limit, name, find_any)


def in_sequence(*tasks: str | int) -> Claim:
    """Return the claim that each task ends before the next one starts.

    Tasks of one name are taken in the order in which they start.
    """
    return _InSequence(_several(tasks, "in sequence"))


def in_parallel(*tasks: str | int) -> Claim:
    """Return the claim that there is a moment at which all these tasks are in progress.

    A name stands for all tasks that have it.
    """
    return _InParallel(_several(tasks, "in parallel"))


def fair(primitive: str) -> Claim:
    """Return the claim that a lock or semaphore goes to those who wait for it in their order.

    Nobody gets it while somebody waits who has begun to wait before: first come, first served.
    """
    return _Fair(primitive)


def never_blocks() -> Claim:
    """Return the claim that nothing blocks the loop's thread: no `time.sleep`, no `vtloop.busy`."""
    return _NeverBlocks()


def nothing_unfinished() -> Claim:
    """Return the claim that all tasks have ended by themselves when the main one does.

    What is still pending then, the run cancels.
    """
    return _NothingUnfinished()


def _several(tasks: tuple[str | int, ...], how: str) -> tuple[str | int, ...]:
    if not tasks:
        raise TypeError(f"Tasks {how} were claimed, while none is named; name them")
    return tasks


class _AtMost(Claim):
    def __init__(self, limit: int, name: str | int, kind: Lookup) -> None:
        self._limit = limit
        self._name = name
        self._kind = kind

    def __str__(self) -> str:
        return f"at most {self._limit} of {self._name!r} are in progress at once"

    def judge(self, timeline: Timeline) -> Evidence:
        words, periods = in_progress(timeline, self._name, self._kind)
        most = most_at_once(periods)
        if not most:
            return Evidence(True, f"none started ({words})")
        since, until = max(most).start.at, min(period.end for period in most).at
        tasks = tuple(period.task for period in most if period.task > 0)
        when = f"since {format_seconds(since)}"
        if len(most) > 1 and since == until:
            when = f"at {format_seconds(since)} for no time but some steps"
        actual = (
            f"the most were {len(most)}, {when}: "
            f"{names(timeline, [period.task for period in most])} ({words})"
        )
        window = min(most).start.at, until
        holds = len(most) <= self._limit
        return Evidence(
            holds, actual, tasks, window, tuple(islice(_entered(timeline, most), MOST_PLACES))
        )


def _entered(timeline: Timeline, periods: list[Period]) -> Iterator[str]:
    """Yield where the last one of those in progress went on to, and where the others were."""
    last, *others = sorted(periods, reverse=True)
    if last.task > 0:
        lane = timeline.lanes[last.task]
        yield suspended(timeline, lane, suspension_after(lane, last.start.step))
    for period in others:
        if period.task > 0:
            lane = timeline.lanes[period.task]
            yield suspended(timeline, lane, suspension_before(lane, last.start.step))


def _lives(timeline: Timeline, tasks: tuple[str | int, ...]) -> tuple[list[Period], list[Lane]]:
    """Return when tasks were in progress, in the order in which they are named; and who never was.

    Raises LookupError where fewer than two are named.
    """
    lives: list[Period] = []
    missing: list[Lane] = []
    for name in tasks:
        mine = [(life(timeline, lane), lane) for lane in timeline.named(name) or [timeline[name]]]
        lives += sorted(period for period, _ in mine if period is not None)
        missing += [lane for period, lane in mine if period is None]
    numbers = [life.task for life in lives] + [lane.number for lane in missing]
    if not len(set(numbers)) == len(numbers) >= 2:
        there = names(timeline, numbers)
        raise LookupError(
            f"An order of several tasks was claimed of {listed([called(name) for name in tasks])}, "
            f"while that is {there}; name two tasks or more, each once"
        )
    return lives, missing


class _InSequence(Claim):
    def __init__(self, tasks: tuple[str | int, ...]) -> None:
        self._tasks = tasks

    def __str__(self) -> str:
        return f"{listed([called(name) for name in self._tasks])} run in sequence"

    def judge(self, timeline: Timeline) -> Evidence:
        lives, missing = _lives(timeline, self._tasks)
        if missing:
            return _never_started(missing)
        wrong = [(one, next_) for one, next_ in pairwise(lives) if not one.end < next_.start]
        pair = wrong[0] if wrong else (lives[-2], lives[-1])
        if wrong and pair[0].overlaps(pair[1]):
            actual = both_in_progress(timeline, list(pair))
        elif wrong:
            actual = in_turn(timeline, *sorted(pair))
        else:
            actual = f"{names(timeline, [life.task for life in lives])} did"
        shown = list(pair) if wrong else lives
        return _evidence_of(timeline, not wrong, actual, shown)


class _InParallel(Claim):
    def __init__(self, tasks: tuple[str | int, ...]) -> None:
        self._tasks = tasks

    def __str__(self) -> str:
        return f"{listed([called(name) for name in self._tasks])} run in parallel"

    def judge(self, timeline: Timeline) -> Evidence:
        lives, missing = _lives(timeline, self._tasks)
        if missing:
            return _never_started(missing)
        first, last = min(lives, key=lambda life: life.end), max(lives)
        if last.start < first.end:
            return _evidence_of(timeline, True, both_in_progress(timeline, lives), lives)
        return _evidence_of(timeline, False, in_turn(timeline, first, last), [first, last])


def _never_started(lanes: list[Lane]) -> Evidence:
    words = f"{listed([lane.label for lane in lanes])} never started"
    return Evidence(False, words, tuple(lane.number for lane in lanes))


def _evidence_of(timeline: Timeline, holds: bool, actual: str, lives: list[Period]) -> Evidence:
    window = min(life.start for life in lives).at, max(life.end for life in lives).at
    tasks = unique(life.task for life in lives)
    places = unique(
        place
        for life in lives
        for place in places_before(timeline, timeline.lanes[life.task], life.end)
    )
    return Evidence(holds, actual, tasks, window, places)


class _Wait(NamedTuple):
    """One wait of a task for a primitive."""

    lane: Lane
    span: Span
    since: int  # the step after which it waits
    until: int  # the step at which it goes on, or one that never comes


class _Fair(Claim):
    def __init__(self, primitive: str) -> None:
        self._primitive = primitive

    def __str__(self) -> str:
        return f"{self._primitive} is fair"

    def judge(self, timeline: Timeline) -> Evidence:
        primitive = self._primitive_called(timeline)
        waits = sorted(_waits(timeline, primitive), key=lambda wait: wait.since)
        begun = {(wait.lane.number, wait.until): wait.since for wait in waits}
        got = oldest = 0
        for index, (step, _, kind, who, subject, _) in enumerate(timeline.trace.events):
            if kind != "acquire" or subject != primitive:
                continue
            got += 1
            while oldest < len(waits) and waits[oldest].until <= step:
                oldest += 1
            if oldest < len(waits) and waits[oldest].since < begun.get((who, step), step):
                return self._unfair(timeline, event_at(timeline, index), who, waits[oldest])
        words = (
            f"{timeline.trace.primitives[primitive]} was taken {often(got)}, in the order of asking"
        )
        holders = [
            one.task for one in timeline.holdings if one.primitive == primitive and one.task > 0
        ]
        return Evidence(True, words, unique([*holders, *(wait.lane.number for wait in waits)]))

    def _primitive_called(self, timeline: Timeline) -> int:
        primitives = timeline.trace.primitives
        taken = sorted({holding.primitive for holding in timeline.holdings})
        called = primitives_called(timeline, self._primitive)
        found = [primitive for primitive in called if primitive in taken]
        if len(found) != 1:
            there = [str(primitives[primitive]) for primitive in found or taken]
            count = f"{len(found)} of that name were" if found else "none of that name was"
            asked = f"ask for one of these: {listed(there)}" if there else "the run took none"
            raise LookupError(
                f"The lock or semaphore {self._primitive!r} was asked for, while {count} taken; "
                f"{asked}"
            )
        return found[0]

    def _unfair(self, timeline: Timeline, at: Position, who: int, wait: _Wait) -> Evidence:
        waiter, since = wait.lane, wait.span.start
        actual = (
            f"{names(timeline, [who])} got it at {format_seconds(at.at)}, while {waiter.label} "
            f"waited for it since {format_seconds(since)}"
        )
        tasks = (waiter.number, who) if who > 0 else (waiter.number,)
        places = [suspended(timeline, waiter, wait.span)]
        if who > 0:
            places += places_before(timeline, timeline.lanes[who], at)
        return Evidence(False, actual, tasks, (since, at.at), unique(places))


def _waits(timeline: Timeline, primitive: int) -> Iterator[_Wait]:
    """Yield the waits of all tasks for a primitive."""
    never = len(timeline.trace.steps)
    for lane in timeline.lanes.values():
        following = dict(pairwise([*lane.steps, never]))
        for span in lane.spans:
            if span.state == WAITING and span.primitive == primitive:
                yield _Wait(lane, span, span.step, following[span.step])


class _NeverBlocks(Claim):
    def __str__(self) -> str:
        return "nothing blocks the loop"

    def judge(self, timeline: Timeline) -> Evidence:
        blocks = [call for call in timeline.trace.blocked if call.duration > 0]
        if not blocks:
            return Evidence(True, "nothing did")
        said = [
            f"{call.who} blocked it for {format_seconds(call.duration)} at "
            f"{format_seconds(call.at)} with {call.how}"
            for call in blocks
        ]
        window = blocks[0].at, blocks[-1].at + blocks[-1].duration
        tasks = unique(
            lane.number for lane in timeline.lanes.values() if lane.label in {b.who for b in blocks}
        )
        places = unique(f"{call.who} blocked the loop at {call.place}" for call in blocks)
        return Evidence(False, listed(said), tasks, window, places)


class _NothingUnfinished(Claim):
    def __str__(self) -> str:
        return "nothing is left unfinished"

    def judge(self, timeline: Timeline) -> Evidence:
        refuse_if_going_on(
            timeline, "That nothing is left unfinished", "make the claim when the run is over"
        )
        left = _left(timeline)
        if not left:
            return Evidence(True, "all tasks had ended")
        finished = timeline.trace.header.get("finished", timeline.end)
        numbers = tuple(lane.number for lane in left)
        places = tuple(
            suspended(timeline, lane, suspension_before(lane, step)) for lane, step in left.items()
        )
        actual = (
            f"{names(timeline, numbers)} {'was' if len(left) == 1 else 'were'} pending at the end, "
            f"at {format_seconds(finished)}"
        )
        return Evidence(False, actual, numbers, None, places)


def _left(timeline: Timeline) -> dict[Lane, int]:
    """Return the tasks that were left pending, and the step from which on they were."""
    left = left_over(timeline)
    return {lane: left[lane.number] + 1 for lane in shown(timeline) if lane.number in left}
