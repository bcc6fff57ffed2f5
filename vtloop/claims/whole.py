"""Claims about a whole run, or about several tasks of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from vtloop.actors import shown
from vtloop.claims.claim import Claim, Evidence, unique
from vtloop.claims.subject import both_in_progress, in_turn
from vtloop.claims.words import (
    called,
    listed,
    names,
    places_before,
    wait_after,
    waited,
)
from vtloop.clock import format_seconds
from vtloop.marks import section
from vtloop.periods import (
    Period,
    Position,
    cancels,
    event_at,
    in_progress,
    life,
    most_at_once,
    names_of,
)
from vtloop.timeline import WAITING, Lane, Span, Timeline


def at_most(limit: int, name: str | section) -> Claim:
    """Return the claim that no more than so many are in progress at once, be it for a step.

    `name` is that of tasks (their coroutine's, or the one they were given), of a lock or semaphore,
    or of a section. `at_most(2, name) & ~at_most(1, name)` says that two are reached as well.
    """
    if limit < 0:
        raise ValueError(f"At most {limit} at once was claimed; pass 0 or more")
    return _AtMost(limit, name.name if isinstance(name, section) else name)


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
    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name

    def __str__(self) -> str:
        return f"at most {self._limit} {self._name} are in progress at once"

    def judge(self, timeline: Timeline) -> Evidence:
        words, periods = in_progress(timeline, self._name)
        most = most_at_once(periods)
        if not most:
            return Evidence(True, f"none of the {words} started")
        last = max(most)
        tasks = tuple(period.task for period in most if period.task > 0)
        actual = (
            f"{len(most)} {words} were, since {format_seconds(last.start.at)}: "
            f"{names(timeline, [period.task for period in most])}"
        )
        window = min(most).start.at, min(period.end for period in most).at
        holds = len(most) <= self._limit
        return Evidence(holds, actual, tasks, window, tuple(_entered(timeline, most)))


def _entered(timeline: Timeline, periods: list[Period]) -> Iterator[str]:
    """Yield where those waited first who were in progress, the last one to come first."""
    for period in sorted(periods, reverse=True):
        if period.task > 0:
            lane = timeline.lanes[period.task]
            yield waited(timeline, lane, wait_after(lane, period.start.step))


def _lives(timeline: Timeline, tasks: tuple[str | int, ...]) -> tuple[list[Period], list[Lane]]:
    """Return when tasks were in progress, in the order in which they are named; and who never was.

    Raises LookupError where fewer than two are named.
    """
    lives: list[Period] = []
    missing: list[Lane] = []
    for name in tasks:
        mine = [(life(timeline, lane), lane) for lane in timeline.named(name)]
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


class _Wait:
    """One wait of a task for a primitive, in steps."""

    def __init__(self, lane: Lane, span: Span, until: int) -> None:
        self.lane = lane
        self.span = span
        self.since = span.step  # after which it waits
        self.until = until  # the step at which it goes on, or one that never comes


class _Fair(Claim):
    def __init__(self, primitive: str) -> None:
        self._primitive = primitive

    def __str__(self) -> str:
        return f"{self._primitive} is fair"

    def judge(self, timeline: Timeline) -> Evidence:
        thing = self._thing(timeline)
        waits = list(_waits(timeline, thing))
        begun = {(wait.lane.number, wait.until): wait.since for wait in waits}
        got = 0
        for index, (step, at, kind, who, subject, _) in enumerate(timeline.trace.events):
            if kind != "acquire" or subject != thing:
                continue
            got += 1
            since = begun.get((who, step), step)
            earlier = [wait for wait in waits if wait.since < since and step < wait.until]
            if earlier:
                return self._unfair(timeline, event_at(timeline, index), who, earlier[0])
        count = "once" if got == 1 else f"{got} times"
        words = f"{timeline.trace.things[thing]} was taken {count}, in the order of asking"
        return Evidence(True, words, unique(wait.lane.number for wait in waits))

    def _thing(self, timeline: Timeline) -> int:
        things = timeline.trace.things
        taken = sorted({holding.thing for holding in timeline.holdings})
        found = [thing for thing in taken if self._primitive in names_of(things[thing])]
        if len(found) != 1:
            there = [f"{things[thing].kind} #{things[thing].number}" for thing in found]
            there = there or [str(things[thing]) for thing in taken] or ["none was taken"]
            raise LookupError(
                f"The lock or semaphore {self._primitive!r} was asked for, while "
                f"{len(found) or 'none'} of that name was taken; ask for one of these: "
                f"{listed(there)}"
            )
        return found[0]

    def _unfair(self, timeline: Timeline, at: Position, who: int, wait: _Wait) -> Evidence:
        waiter, since = wait.lane, wait.span.start
        actual = (
            f"{names(timeline, [who])} got it at {format_seconds(at.at)}, while {waiter.label} "
            f"waited for it since {format_seconds(since)}"
        )
        tasks = (waiter.number, who) if who > 0 else (waiter.number,)
        places = [waited(timeline, waiter, wait.span)]
        if who > 0:
            places += places_before(timeline, timeline.lanes[who], at)
        return Evidence(False, actual, tasks, (since, at.at), unique(places))


def _waits(timeline: Timeline, thing: int) -> Iterator[_Wait]:
    """Yield the waits of all tasks for a primitive."""
    never = len(timeline.trace.steps)
    for lane in timeline.lanes.values():
        following = dict(pairwise([*lane.steps, never]))
        for span in lane.spans:
            if span.state == WAITING and span.thing == thing:
                yield _Wait(lane, span, following[span.step])


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
        left = [lane for lane in shown(timeline) if _is_left(timeline, lane)]
        if not left:
            return Evidence(True, "all tasks had ended")
        finished = timeline.trace.header.get("finished", timeline.end)
        numbers = tuple(lane.number for lane in left)
        places = tuple(
            waited(
                timeline,
                lane,
                next((s for s in lane.spans if s.end >= finished and s.state == WAITING), None),
            )
            for lane in left
        )
        actual = f"{names(timeline, numbers)} {'was' if len(left) == 1 else 'were'} pending at the end, at {format_seconds(finished)}"
        return Evidence(False, actual, numbers, None, places)


def _is_left(timeline: Timeline, lane: Lane) -> bool:
    return lane.ended is None or any(one.by < 0 for one in cancels(timeline, lane))
