"""What goes on in a run from when to when, exact to the step.

An instant may have many steps, so what happens in it still has an order: a *position* is an
instant, a step, and an event in that step. A *period* leads from one position to another. Two
periods overlap if one begins after the other has begun and before that has ended, be it by a step.

A task is in progress from its first step to the end of its last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from vtloop.timeline.spans import WAITING, Holding, Lane, Span, Visit
from vtloop.timeline.timeline import Timeline, names_of
from vtloop.values.trace import Primitive
from vtloop.values.waits import WAITS

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

_FIRST = -1  # before all events of a step
_LAST = 1 << 62  # after them, or after all steps


class Position(NamedTuple):
    """A point of a run, comparable with others."""

    at: int  # nanoseconds
    step: int
    event: int  # by its index; `_FIRST` and `_LAST` are the begin and the end of the step

    def precedes(self, other: Position) -> bool:
        """Return whether it comes before another one, be it within a step.

        An eager task's first step is within a step of its creator's, and has a later number: of two
        events, the one that was recorded first came first.
        """
        events = self.event, other.event
        if self.at == other.at and min(events) > _FIRST and max(events) < _LAST:
            return self.event < other.event
        return self < other


class Period(NamedTuple):
    """From one position to another."""

    start: Position
    end: Position
    task: int

    def overlaps(self, other: Period) -> bool:
        """Return whether both go on at once, be it for a step."""
        return self.start < other.end and other.start < self.end


def start_of(timeline: Timeline, lane: Lane) -> Position | None:
    """Return where a task's first step begins; None if it never ran."""
    if not lane.steps:
        return None
    first = lane.steps[0]
    return Position(timeline.trace.step(first).at, first, _FIRST)


def end_of(lane: Lane) -> Position | None:
    """Return where a task ends; None if it was left pending."""
    return None if lane.ended is None else Position(lane.ended, lane.ended_in, _LAST)


def event_at(timeline: Timeline, index: int) -> Position:
    """Return where an event happened."""
    step, at, *_ = timeline.trace.events[index]
    return Position(at, step, index)


def life(timeline: Timeline, lane: Lane) -> Period | None:
    """Return the period for which a task was in progress; None if it never ran."""
    start = start_of(timeline, lane)
    if start is None:
        return None
    return Period(start, end_of(lane) or _end(timeline), lane.number)


Lookup: TypeAlias = Callable[[Timeline, str | int], dict[str, list[Period]]]
"""Finds what is called by a name: when it was in progress, by what it is."""


def find_tasks(timeline: Timeline, name: str | int) -> dict[str, list[Period]]:
    """Find the tasks of a number, label or coroutine."""
    lanes = timeline.named(name)
    lives = (life(timeline, lane) for lane in lanes)
    return {f"tasks {name}": [period for period in lives if period is not None]} if lanes else {}


def find_sections(timeline: Timeline, name: str | int) -> dict[str, list[Period]]:
    """Find the visits of a section."""
    visits = [visit for visit in timeline.visits if visit.section == name]
    return {f"tasks in section({name!r})": _all(timeline, visits)} if visits else {}


def find_any(timeline: Timeline, name: str | int) -> dict[str, list[Period]]:
    """Find tasks, holdings of a primitive, and visits of a section."""
    found = find_tasks(timeline, name) | find_sections(timeline, name)
    for number in primitives_called(timeline, name):
        held = [one for one in timeline.holdings if one.primitive == number]
        if held:
            found[f"holders of {timeline.trace.primitives[number]}"] = _all(timeline, held)
    return found


def in_progress(timeline: Timeline, name: str | int, lookup: Lookup) -> tuple[str, list[Period]]:
    """Return what is called so, in words, and when it was in progress, in order of its start.

    Raises LookupError if there is none, or if the name has several meanings.
    """
    found = lookup(timeline, name)
    if len(found) == 1:
        ((words, periods),) = found.items()
        return words, sorted(periods)
    if found:
        raise LookupError(
            f"{name!r} was asked for, while it has several meanings: {', '.join(found)}; say "
            f"task({name!r}) or section({name!r}), or name a primitive in full, with its number"
        )
    held = sorted({holding.primitive for holding in timeline.holdings})
    there = [str(timeline.trace.primitives[primitive]) for primitive in held]
    there += dict.fromkeys(f"section {visit.section!r}" for visit in timeline.visits)
    raise LookupError(
        f"{name!r} was asked for, while nothing of that name was in progress; ask for one of "
        f"these: {', '.join([*there, names_of(timeline.lanes.values())])}"
    )


def primitives_called(timeline: Timeline, name: str | int) -> list[int]:
    """Return the primitives that are called by a name, or that their first users call so."""
    primitives = list(enumerate(timeline.trace.primitives))
    named = [number for number, primitive in primitives if name in _names_of_primitive(primitive)]
    return named or [
        number
        for number, primitive in primitives
        if primitive.argument
        and name in (primitive.argument, f"{primitive.kind} {primitive.argument!r}")
    ]


def _names_of_primitive(primitive: Primitive) -> set[str]:
    return {str(primitive), f"{primitive.kind} #{primitive.number}", primitive.name} - {""}


def _all(timeline: Timeline, intervals: Iterable[Holding | Visit]) -> list[Period]:
    return [
        Period(
            event_at(timeline, one.first),
            event_at(timeline, one.last) if one.last >= 0 else _end(timeline),
            one.task,
        )
        for one in intervals
    ]


def _end(timeline: Timeline) -> Position:
    return Position(timeline.end, _LAST, _LAST)


def most_at_once(periods: Iterable[Period]) -> list[Period]:
    """Return those that go on at once, where these are most; the first of several such places."""
    ordered = sorted(periods)
    ends: list[Position] = []  # of those that go on, as a heap
    most, place = 0, None
    for period in ordered:
        while ends and ends[0] <= period.start:
            heappop(ends)
        heappush(ends, period.end)
        if len(ends) > most:
            most, place = len(ends), period.start
    return [one for one in ordered if place is not None and one.start <= place < one.end]


def waits_for(timeline: Timeline, lane: Lane, on: str | None) -> list[Span]:
    """Return a task's waits that take time: all of them, or those `on` something.

    That is what a view calls it ("Lock 'lock'", "worker#2"), the name of a primitive ("lock"), or
    a kind of wait in `waits.WAITS` ("sleep"). Raises LookupError for what nobody waits for.
    """
    waits = [span for span in lane.spans if span.state == WAITING and span.end > span.start]
    if on is None:
        return waits
    primitives = primitives_called(timeline, on)
    found = [span for span in waits if on in (span.what, span.kind) or span.primitive in primitives]
    if not found and not primitives and on not in WAITS and on not in _known(timeline):
        there = dict.fromkeys(span.what for span in waits)
        raise LookupError(
            f"Waits of {lane.label} on {on!r} were asked for, while nothing of that name is known; "
            f"it waited for: {', '.join(there) or 'nothing'}"
        )
    return found


def _known(timeline: Timeline) -> Iterator[str]:
    for lane in timeline.lanes.values():
        yield from (lane.label, lane.coroutine)
        for span in lane.spans:
            yield span.what


class Cancel(NamedTuple):
    """Somebody asked a task to stop."""

    at: int  # nanoseconds
    by: int  # the task, 0 for a callback, -1 for the run
    step: int


def cancels(timeline: Timeline, lane: Lane) -> list[Cancel]:
    """Return the requests to cancel a task, in order; callbacks are looked through to a task."""
    return [
        Cancel(at, who or timeline.requested(step, who)[1], step)
        for step, at, kind, who, subject, _ in timeline.trace.events
        if kind == "cancel" and subject == lane.number
    ]
