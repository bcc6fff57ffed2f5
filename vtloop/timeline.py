"""A run as a schedule: who did what from when to when, read from its trace alone.

- A *lane* is the life of one task; *spans* fill it from its creation to its end without a gap.
  Times are integer nanoseconds; a span may have no length, as steps take no time unless they block.
- An *arrow* leads from a step of one task to a step of another, which it spawns, wakes, joins or
  cancels. Callbacks are looked through: the arrow of a wake-up starts at the task whose step began
  the chain, and there is none where a timer did.
- A *holding* is the time for which a task has a lock or a permit of a semaphore.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sortedcontainers import SortedDict, SortedKeyList

from vtloop.clock import format_seconds
from vtloop.trace import ENDS, WAITS, Stack, Step, TaskMade, Thing, Trace

READY, RUNNING, WAITING = "ready", "running", "waiting"


class Span(NamedTuple):
    """What one task does from `start` to `end`, in nanoseconds."""

    start: int
    end: int
    state: str  # 'ready', 'running' or 'waiting'
    kind: str  # of a wait: a name in `trace.WAITS`; how a running span's step ended
    what: str  # for what it waits, in words
    thing: int  # the index of the primitive that it waits for, -1 for none
    stack: int  # the index of the place where it waits
    step: int  # which it is, or after which it comes; -1 before the first


class Arrow(NamedTuple):
    """What one task does to another."""

    kind: str  # 'spawn', 'wake', 'join', 'cancel'
    source: int  # the task it leads from, by number; 0 for a callback
    target: int
    source_step: int
    target_step: int  # the first step of the target that follows; -1 if there is none
    start: int  # nanoseconds
    end: int


class Holding(NamedTuple):
    """A task has a primitive from `start` to `end`, in nanoseconds."""

    thing: int
    task: int
    start: int
    end: int


class Lane:
    """The life of one task."""

    def __init__(self, made: TaskMade, depth: int) -> None:
        self.number = made.number
        self.label = made.label
        self.coroutine = made.coroutine
        self.parent = made.parent  # the number of the task that created it, or 0
        self.depth = depth  # in the tree of tasks
        self.created = made.at  # nanoseconds
        self.place = made.stack
        self.ended: int | None = None  # nanoseconds
        self.outcome = ""  # a name in `trace.ENDS`, '' if it was left pending
        self.error = ""  # what it raised
        self.steps: list[int] = []
        self.spans: SortedKeyList[Span, tuple[int, int]] = SortedKeyList(key=_place_of_span)
        self.cancels: list[tuple[int, int, str]] = []  # requested: when, by whom, the message
        self.deliveries: list[int] = []  # when CancelledError was thrown into it

    def __repr__(self) -> str:
        return f"<Lane {self.label}: {len(self.steps)} steps>"

    def at(self, instant: int) -> Span | None:
        """Return what it does at an instant, the last of several; None if it is not alive."""
        index = self.spans.bisect_key_right((instant, 1 << 62)) - 1
        if index < 0 or self.spans[index].end < instant:
            return None
        return self.spans[index]


def _place_of_span(span: Span) -> tuple[int, int]:
    return span.start, span.step


class Timeline:
    """The schedule of a run."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.lanes = _lanes(trace)
        """By the number of the task, parents before their children."""
        self.blocked_in = _blocked_in(trace)
        """For how long a step blocked the loop, in nanoseconds, by its index."""
        self.instants: SortedDict[int, list[int]] = SortedDict()
        """The indexes of the steps of each instant, in nanoseconds."""
        for index, step in enumerate(trace.steps):
            self.instants.setdefault(step[0], []).append(index)
            if step[1]:
                self.lanes[step[1]].steps.append(index)
        self.end = max([trace.header.get("ended", 0), *self.instants.keys()[-1:]])
        """When the last thing happened, in nanoseconds."""
        for lane in self.lanes.values():
            self._live(lane)
        self.arrows = sorted(self._arrows(), key=lambda arrow: (arrow.end, arrow.source_step))
        """In order of the instants to which they lead."""
        self.holdings, self.queues = _holdings(trace, self.end)
        """Who had which primitive when; and how many waited for it: (since, how many), by thing."""

    def __repr__(self) -> str:
        return f"<Timeline of {len(self.lanes)} tasks up to {format_seconds(self.end)}>"

    # Queries

    def __getitem__(self, task: str | int) -> Lane:
        """Return the lane of a task, by its number, label or name; LookupError without one."""
        if isinstance(task, int):
            return self.lanes[task]
        found = [lane for lane in self.lanes.values() if task in (lane.label, lane.coroutine)]
        if len(found) == 1:
            return found[0]
        there = ", ".join(lane.label for lane in found or self.lanes.values())
        raise LookupError(
            f"The task {task!r} was asked for, while {len(found) or 'none'} of that name ran; "
            f"ask for one of these: {there}"
        )

    def stack(self, span: Span) -> Stack:
        """Return where in the users' code a span's task waits, the outermost place first."""
        return self.trace.stacks[span.stack]

    def thing(self, span: Span) -> Thing | None:
        """Return the primitive that a span's task waits for."""
        return self.trace.things[span.thing] if span.thing >= 0 else None

    def running(self, instant: int) -> list[str]:
        """Return the labels of the tasks that ran at an instant, in order, once for each step."""
        steps = (self.trace.steps[index] for index in self.instants.get(instant, ()))
        return [self.lanes[step[1]].label for step in steps if step[1]]

    def overlap(self, one: str | int, other: str | int) -> int:
        """Return for how many nanoseconds two tasks were both in progress."""
        first, second = self._life(self[one]), self._life(self[other])
        return max(0, min(first[1], second[1]) - max(first[0], second[0]))

    def most_at_once(self, name: str) -> int:
        """Return how many were in progress at once: tasks of one coroutine, or holders of a thing.

        `name` is a label or coroutine's name of tasks, or what a primitive is called. A task that
        ends at the instant at which another begins does not overlap with it.
        """
        lives = [
            self._life(lane) for lane in self.lanes.values() if name in (lane.label, lane.coroutine)
        ] or [
            (holding.start, holding.end)
            for holding in self.holdings
            if name
            in (str(self.trace.things[holding.thing]), self.trace.things[holding.thing].name)
        ]
        moments = sorted(
            (at, change) for start, end in lives for at, change in ((start, 1), (end, -1))
        )
        most = now = 0
        for _, change in moments:
            now += change
            most = max(most, now)
        return most

    def critical_path(self) -> list[int]:
        """Return the steps of which each led to the next, up to the end of the main task.

        A delay on it delays the end; what is not on it could have taken longer.
        """
        path: list[int] = []
        index = self.lanes[1].steps[-1] if self.lanes and self.lanes[1].steps else -1
        while index >= 0:
            path.append(index)
            index = self.trace.steps[index][2]
        return path[::-1]

    def _life(self, lane: Lane) -> tuple[int, int]:
        return lane.created, self.end if lane.ended is None else lane.ended

    # Construction

    def _live(self, lane: Lane) -> None:
        """Fill a lane with its spans."""
        since, kind, what, thing, stack, last = lane.created, "turn", "its first turn", -1, 0, -1
        for index in lane.steps:
            at, _, woken_by, ended, subject, place = self.trace.steps[index]
            woken = min(at, max(since, self._end_of(woken_by))) if woken_by >= 0 else since
            if kind != "turn":
                lane.spans.add(Span(since, woken, WAITING, kind, what, thing, stack, last))
                since = woken
            if at > since or kind == "turn":
                lane.spans.add(Span(since, at, READY, kind, what, -1, stack, last))
            since, last = at + self.blocked_in.get(index, 0), index
            lane.spans.add(Span(at, since, RUNNING, ended, "", -1, place, index))
            if ended in ENDS:
                lane.ended, lane.outcome, lane.error = since, ended, subject or ""
                return
            kind, stack = ended, place
            what, thing = self._words(ended, subject)
        if kind == "turn":
            lane.spans.add(Span(since, self.end, READY, kind, what, -1, stack, last))
        else:
            lane.spans.add(Span(since, self.end, WAITING, kind, what, thing, stack, last))

    def _end_of(self, index: int) -> int:
        return self.trace.steps[index][0] + self.blocked_in.get(index, 0)

    def _words(self, kind: str, subject: Any) -> tuple[str, int]:
        """Return for what a task waits, in words, and the index of the thing if it is one."""
        template, means = WAITS[kind]
        if means == "a thing":
            return template.format(self.trace.things[subject]), subject
        if means == "tasks":
            labels = ", ".join(self.lanes[number].label for number in subject if number)
            return template.format(labels or "futures"), -1
        if means == "a deadline":
            return template.format("never" if subject < 0 else format_seconds(subject)), -1
        return template.format(subject), -1

    def _arrows(self) -> Iterator[Arrow]:
        steps = self.trace.steps
        for made in self.trace.tasks:
            lane = self.lanes[made.number]
            first = lane.steps[0] if lane.steps else -1
            if made.parent:
                at = steps[first][0] if first >= 0 else made.at
                yield Arrow("spawn", made.parent, made.number, made.step, first, made.at, at)
            waits = zip(lane.steps, lane.steps[1:], strict=False)
            for before, index in waits:
                source = self._cause(steps[index])
                if source >= 0 and steps[source][1] != made.number:
                    joins = steps[source][3] in ENDS and steps[before][3] in _JOINS
                    kind = "join" if joins else "wake"
                    start, end = self._end_of(source), steps[index][0]
                    yield Arrow(kind, steps[source][1], made.number, source, index, start, end)
        for step, at, kind, who, subject, _ in self.trace.events:
            if kind == "cancel":
                later = [index for index in self.lanes[subject].steps if index > step][:1]
                end = steps[later[0]][0] if later else at
                yield Arrow("cancel", who, subject, step, later[0] if later else -1, at, end)

    def _cause(self, step: Step) -> int:
        """Return the step of a task that made this one happen, -1 if a timer did."""
        index = step[2]
        while index >= 0:
            _, who, woken_by, ended, *_ = self.trace.steps[index]
            if who:
                return index
            if ended == "timer":
                return -1
            index = woken_by
        return -1


_JOINS = {"task", "gather", "wait", "wait_for", "as_completed", "group", "shield"}


def _lanes(trace: Trace) -> dict[int, Lane]:
    """Return the lanes by number, each parent before its children, these in order of creation."""
    children: dict[int, list[TaskMade]] = {}
    known = {made.number for made in trace.tasks}
    for made in trace.tasks:
        children.setdefault(made.parent if made.parent in known else 0, []).append(made)
    lanes: dict[int, Lane] = {}
    todo = [(made, 0) for made in reversed(children.get(0, ()))]
    while todo:
        made, depth = todo.pop()
        lanes[made.number] = Lane(made, depth)
        todo += [(child, depth + 1) for child in reversed(children.get(made.number, ()))]
    for _, at, kind, who, subject, detail in trace.events:
        if kind == "cancel":
            lanes[subject].cancels.append((at, who, detail or ""))
        elif kind == "deliver":
            lanes[subject].deliveries.append(at)
    return lanes


def _blocked_in(trace: Trace) -> dict[int, int]:
    blocked: dict[int, int] = {}
    for step, _, kind, _, subject, _ in trace.events:
        if kind == "block":
            blocked[step] = blocked.get(step, 0) + trace.blocked[subject].duration
    return blocked


def _holdings(trace: Trace, end: int) -> tuple[list[Holding], dict[int, list[tuple[int, int]]]]:
    """Return who had what when, and how many waited for it: (since, how many), by thing."""
    open_: dict[int, list[tuple[int, int]]] = {}  # by thing: (task, since)
    queues: dict[int, list[tuple[int, int]]] = {}
    holdings: list[Holding] = []
    for _, at, kind, who, thing, waiting in trace.events:
        if kind == "acquire":
            open_.setdefault(thing, []).append((who, at))
        elif kind == "release":
            holders = open_.get(thing, [])
            mine = next((holder for holder in holders if holder[0] == who), None)
            if mine is None and holders:  # released by somebody who did not acquire it
                mine = holders[0]
            if mine is not None:
                holders.remove(mine)
                holdings.append(Holding(thing, mine[0], mine[1], at))
        else:
            continue
        queues.setdefault(thing, []).append((at, waiting))
    holdings += [
        Holding(thing, who, since, end) for thing, left in open_.items() for who, since in left
    ]
    return sorted(holdings, key=lambda holding: (holding.start, holding.thing)), queues
