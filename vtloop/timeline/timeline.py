"""A run as a schedule: who did what from when to when, read from its trace alone.

- A *lane* is the life of one task; *spans* fill it from its creation to its end without a gap.
  Times are integer nanoseconds; a span may have no length, as steps take no time unless they block.
- An *arrow* leads from a step of one task to a step of another, which it spawns, wakes, joins or
  cancels. Callbacks are looked through: the arrow of a wake-up starts at the task whose step began
  the chain, and there is none where a timer did.
- A task is *ready* from the instant at which somebody wakes it, or at which its sleep is over, even
  if the loop is blocked then.
- A *holding* is the time for which a task has a lock or a permit of a semaphore; a *visit* is the
  time for which it is in a `vtloop.section`, and a *bracket* that for which it is in a timeout.
- A *message* is what was sent over the network. It leads from the step that has sent it to the one
  that its receiver was woken for.
- A *use* of a primitive takes no time. What asyncio makes for itself, such as the lock of a
  Condition, is no primitive of its own: it is a part of that one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any, cast

from sortedcontainers import SortedDict

from vtloop.timeline.lanes import lanes_of
from vtloop.timeline.messages import arrows_of, hosts_of, messages_of, without_told
from vtloop.timeline.spans import (
    READY,
    RUNNING,
    WAITING,
    Arrow,
    Holding,
    Lane,
    Span,
    Visit,
)
from vtloop.timeline.timeouts import Cause, brackets_of, causes_of
from vtloop.timeline.uses import levels_of, uses_of
from vtloop.values.clock import NEVER, format_seconds
from vtloop.values.text import counted
from vtloop.values.trace import ENDS, Primitive, Stack, Trace, pairs
from vtloop.values.waits import WAITS, Subject

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class Timeline:
    """The schedule of a run."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.lanes = lanes_of(trace)
        """By the number of the task, host by host, parents before their children."""
        self.blocked_in = _blocked_in(trace)
        """For how long a step blocked the loop, in nanoseconds, by its index; in order."""
        self._late: dict[int, int] = {
            step: since for step, _, kind, _, since, _ in trace.events if kind == "late"
        }
        self.instants: SortedDict[int, list[int]] = SortedDict()
        """The indexes of the steps of each instant, in nanoseconds."""
        for index, (at, who, *_) in enumerate(trace.steps):
            self.instants.setdefault(at, []).append(index)
            if who:
                self.lanes[who].steps.append(index)
        last = [self._end_of(len(trace.steps) - 1)] if trace.steps else []
        self.end: int = max([trace.header.get("ended", 0), *last])
        """When the last thing happened, in nanoseconds."""
        first = [*(made.at for made in trace.tasks[:1]), *(at for at, *_ in trace.steps[:1])]
        self.start: int = min([self.end, *first])
        """When the first thing happened, in nanoseconds: later than 0 if loops ran before."""
        self._cut = _cut_in(trace)
        for lane in self.lanes.values():
            lane.spans.update(self._live(lane))
        self.timeouts = brackets_of(trace, self.lanes, self.end)
        """Who was within which timeout when, in the order in which they were entered."""
        self.causes = causes_of(trace)
        """The timeout or TaskGroup that requested a cancellation, by the event of the request."""
        self.messages = messages_of(trace, self.lanes, lambda step: self._cause(step)[0])
        """What was sent over the network, in order."""
        self.hosts = hosts_of(self.messages)
        """The names of hosts, by their IP addresses as these are printed."""
        carried = list(arrows_of(self.messages, self.lanes))
        arrows = [*without_told(self._arrows(), carried), *carried]
        self.arrows = sorted(arrows, key=lambda arrow: (arrow.end, arrow.source_step))
        """In order of the instants to which they lead."""
        held = map(Holding._make, _intervals(trace, "acquire", self.end))
        self.holdings = sorted(held, key=_place_of_holding)
        """Who had which primitive when."""
        self.visits = list(map(Visit._make, _intervals(trace, "enter", self.end)))
        """Who was in which section when, in the order in which they entered."""
        self.queues = _queues(self.lanes.values())
        """How many waited for a primitive: (since, how many), by its index."""
        self.uses = uses_of(trace)
        """What was done with queues, events, conditions and barriers, in order."""
        self.levels = levels_of(self.uses, self.start)
        """How full a primitive was: (since, how many), by its index; see `Use`."""

    def __repr__(self) -> str:
        period = f"{format_seconds(self.start)} to {format_seconds(self.end)}"
        return f"<Timeline of {counted(len(self.lanes), 'task')} from {period}>"

    def _repr_svg_(self) -> str | None:
        """Return what a notebook shows of it: the chart; None without matplotlib."""
        # Views are built on this, so they are looked up only now: the one way up in the house.
        formats = import_module("vtloop.views.formats")
        return cast("str | None", formats.picture(self))

    # Queries

    def __getitem__(self, task: str | int) -> Lane:
        """Return the lane of a task, by its number, label or name; LookupError without one."""
        found = self.named(task)
        if len(found) == 1:
            return found[0]
        raise LookupError(
            f"The task {task!r} was asked for, while {len(found) or 'none'} of that name ran; "
            f"ask for one of these: {names_of(found or self.lanes.values())}"
        )

    def named(self, task: str | int) -> list[Lane]:
        """Return the lanes of all tasks of a number, label or name."""
        if isinstance(task, int):
            return [self.lanes[task]] if task in self.lanes else []
        return [lane for lane in self.lanes.values() if task in (lane.label, lane.coroutine)]

    def stack(self, span: Span) -> Stack:
        """Return where in the users' code a span's task waits, the outermost place first."""
        return self.trace.stacks[span.stack]

    def primitive(self, span: Span) -> Primitive | None:
        """Return the primitive that a span's task waits for."""
        return self.trace.primitives[span.primitive] if span.primitive >= 0 else None

    def thing(self, span: Span) -> Primitive | None:
        """Return the primitive that a span's task waits for, by the name that it has in files."""
        return self.primitive(span)

    def released(self, arrow: Arrow) -> int | None:
        """Return when the messages of an arrow that were held went on, in nanoseconds."""
        return self.messages[arrow.messages[0]].released if arrow.messages else None

    def running(self, instant: int) -> list[str]:
        """Return the labels of the tasks that ran at an instant, in order, once for each step."""
        steps = map(self.trace.step, self.instants.get(instant, ()))
        return [self.lanes[step.who].label for step in steps if step.who]

    def overlap(self, one: str | int, other: str | int) -> int:
        """Return for how many nanoseconds two tasks were both in progress."""
        (start, end), (other_start, other_end) = self._life(self[one]), self._life(self[other])
        return max(0, min(end, other_end) - max(start, other_start))

    def critical_path(self) -> list[int]:
        """Return the steps of which each led to the next, up to the end of the main task.

        A delay on it delays the end; what is not on it could have taken longer.
        """
        main = self.lanes.get(1)
        return list(self.back_from(main.steps[-1] if main and main.steps else -1))[::-1]

    def back_from(self, index: int) -> Iterator[int]:
        """Yield this step, the one that led to it, and so on."""
        while index >= 0:
            yield index
            index = self._led_to(index)

    def _led_to(self, index: int) -> int:
        """Return the step that let another one happen no earlier than it did; -1 if none did.

        That is the one that made it ready, or one that blocked the loop while it was.
        """
        earlier = self.blocked_in.bisect_left(index) - 1
        blocker: int = self.blocked_in.keys()[earlier] if earlier >= 0 else -1
        if blocker >= 0 and self._end_of(blocker) > self.ready_at(index):
            return blocker
        return self.trace.step(index).woken_by

    def ready_at(self, index: int) -> int:
        """Return when a step was made ready, in nanoseconds."""
        if index in self._late:
            return self._late[index]
        at, _, woken_by, ended, _, _ = self.trace.steps[index]
        if ended != "timer" and woken_by >= 0:
            at, *_ = self.trace.steps[woken_by]
        return at

    def requested(self, step: int, who: int) -> tuple[int, int]:
        """Return the step and the task behind an event of a step, 0 if no task is."""
        if who == 0 and step >= 0 and self.trace.step(step).ended == "callback":
            source, _ = self._cause(step)
            if source >= 0:
                return source, self.trace.step(source).who
        return step, max(who, 0)

    def _life(self, lane: Lane) -> tuple[int, int]:
        return lane.created, self.end if lane.ended is None else lane.ended

    # Construction

    def _live(self, lane: Lane) -> Iterator[Span]:
        """Yield the spans of a lane, and note how it ends."""
        since, kind, what, primitive, stack, last = (
            lane.created,
            "turn",
            "its first turn",
            -1,
            0,
            -1,
        )
        deadline, asked = NEVER, None
        for index in lane.steps:
            at, _, _, ended, subject, place = self.trace.steps[index]
            woken = max(since, min(deadline, self.ready_at(index)))
            if kind != "turn":
                cut = index in self._cut and woken < deadline
                yield Span(since, woken, WAITING, kind, what, primitive, stack, last, cut, asked)
                since = woken
            if at > since or kind == "turn":
                yield Span(since, at, READY, kind, what, -1, stack, last)
            since, last = at + self.blocked_in.get(index, 0), index
            yield Span(at, since, RUNNING, ended, "", -1, place, index)
            if ended in ENDS:
                lane.end(since, index, ended, subject or "")
                return
            kind, stack = ended, place
            deadline = subject if kind == "sleep" and subject >= 0 else NEVER
            asked = deadline - since if deadline < NEVER else None
            what, primitive = self._words(ended, subject)
        end = self.end if lane.ended is None else lane.ended
        if kind == "turn":
            yield Span(since, end, READY, kind, what, -1, stack, last)
        else:
            cut = lane.ended is not None  # by a crash
            yield Span(since, end, WAITING, kind, what, primitive, stack, last, cut, asked)

    def _end_of(self, index: int) -> int:
        return self.trace.step(index).at + self.blocked_in.get(index, 0)

    def _words(self, kind: str, subject: Any) -> tuple[str, int]:
        """Return for what a task waits, in words, and the index of the primitive if it is one."""
        what, words, _ = WAITS[kind]
        if what is Subject.PRIMITIVE:
            return words.format(self.trace.primitives[subject]), subject
        if what is Subject.TASKS:
            labels = ", ".join(self.lanes[number].label for number in subject if number)
            return words.format(labels or "futures"), -1
        if what is Subject.DEADLINE:
            return words.format("never" if subject < 0 else format_seconds(subject)), -1
        return words.format(subject), -1

    def _arrows(self) -> Iterator[Arrow]:
        step_at = self.trace.step
        for made in self.trace.tasks:
            lane = self.lanes[made.number]
            first = lane.steps[0] if lane.steps else -1
            if made.parent:
                at = step_at(first).at if first >= 0 else made.at
                yield Arrow("spawn", made.parent, made.number, made.step, first, made.at, at)
            for before, index in pairwise(lane.steps):
                source, start = self._cause(index)
                by = step_at(source) if source >= 0 else None
                if by is not None and by.who != made.number:
                    joins = by.ended in ENDS and step_at(before).ended in _JOINS
                    kind = "join" if joins else "wake"
                    end = step_at(index).at
                    yield Arrow(kind, by.who, made.number, source, index, start, end)
        for event in self.trace.events:
            step, at, kind, who, subject, _ = event
            if kind == "cancel":
                source, who = self.requested(step, who)
                target = self.lanes[subject].steps
                later = bisect_right(target, step)
                while later < len(target) and step_at(target[later]).at < at:
                    later += 1  # an eager step within the one that has cancelled it afterwards
                follows = target[later] if later < len(target) else -1
                end = step_at(follows).at if follows >= 0 else at
                cause = self.causes.get(event, Cause())
                yield Arrow("cancel", who, subject, source, follows, at, end, *cause)

    def _cause(self, index: int) -> tuple[int, int]:
        """Return the step of a task that made this one happen, -1 if a timer did; and when."""
        steps = self.trace.steps
        while True:
            since = self.ready_at(index)
            _, _, index, _, _, _ = steps[index]
            if index < 0:
                return -1, since
            _, who, _, ended, _, _ = steps[index]
            if who:
                return index, since
            if ended == "timer":
                return -1, since


_MOST_NAMES = 12  # of tasks, in one message


def names_of(lanes: Iterable[Lane]) -> str:
    """Return what tasks can be asked for by; where there are many, those of a kind together."""
    lanes = list(lanes)
    labels = Counter(lane.label for lane in lanes)
    names = [
        lane.label if labels[lane.label] == 1 else f"{lane.number} ({lane.label!r})"
        for lane in lanes
    ]
    if len(names) > _MOST_NAMES:
        kinds = Counter(
            lane.coroutine if lane.label == f"{lane.coroutine}#{lane.number}" else lane.label
            for lane in lanes
        )
        names = [f"{kind} ({count} tasks)" if count > 1 else kind for kind, count in kinds.items()]
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) or "there is no task"
    return f"{shown} and {more} more" if more > 0 else shown


_JOINS = {
    kind
    for kind, (subject, _, _) in WAITS.items()
    if subject in (Subject.TASKS, Subject.TASKS_UNTOLD)
}


def _blocked_in(trace: Trace) -> SortedDict[int, int]:
    blocked: SortedDict[int, int] = SortedDict()
    for step, _, kind, _, subject, _ in trace.events:
        if kind == "block":
            blocked[step] = blocked.get(step, 0) + trace.blocked[subject].duration
    return blocked


def _cut_in(trace: Trace) -> set[int]:
    """Return the steps with which a wait ends that was cut short.

    A cancellation is delivered in them, or a `wait_for` of Python 3.11, which waits for a task of
    its own, finds that its time is over.
    """
    return {
        step
        for step, _, kind, who, _, _ in trace.events
        if kind == "deliver" or (kind == "expire" and who > 0)
    }


def _place_of_holding(holding: Holding) -> tuple[int, int]:
    return holding.start, holding.primitive


def _intervals(
    trace: Trace, begins: str, end: int
) -> Iterator[tuple[Any, int, int, int, int, int]]:
    """Yield what begins with events of a kind: (subject, task, start, end, first, last)."""
    for first, last in pairs(trace.events, begins):
        _, since, _, who, subject, _ = trace.events[first]
        yield subject, who, since, trace.event(last).at if last >= 0 else end, first, last


def _queues(lanes: Iterable[Lane]) -> dict[int, list[tuple[int, int]]]:
    changes: dict[int, list[tuple[int, int]]] = {}
    for lane in lanes:
        for span in lane.spans:
            if span.state == WAITING and span.primitive >= 0:
                changes.setdefault(span.primitive, []).extend([(span.start, 1), (span.end, -1)])
    queues: dict[int, list[tuple[int, int]]] = {}
    for primitive, moments in changes.items():
        length: dict[int, int] = {}  # the last one at each instant
        waiting = 0
        for at, change in sorted(moments):
            waiting += change
            length[at] = waiting
        queues[primitive] = list(length.items())
    return queues
