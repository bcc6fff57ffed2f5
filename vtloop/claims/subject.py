"""Claims about one task: `task("worker").finishes.at(1)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vtloop.claims.claim import Claim, Evidence, unique
from vtloop.claims.events import Ends, Happening, Starts
from vtloop.claims.words import (
    called,
    claimed,
    compared,
    ended,
    listed,
    places_before,
    suspended,
    who_led_to,
)
from vtloop.timeline.participants import name_of
from vtloop.timeline.periods import Period, Position, cancels, end_of, life, start_of, waits_for
from vtloop.timeline.spans import Lane
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Seconds, format_seconds
from vtloop.values.trace import ENDS

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


_NO_CLAIM = (
    "while a task alone is no claim; say what it does: .starts, .finishes, .raises, .ends, "
    ".takes(…), .waits(…), .overlaps(…) or .is_cancelled(…)"
)


@dataclass(frozen=True)
class Subject:
    """A task that claims are made about, by its label, its coroutine's name or its number.

    Where several tasks have one name, the claims raise LookupError, which says how they are called.
    """

    name: str | int

    if not TYPE_CHECKING:  # which know better what there is

        def __getattr__(self, attribute: str) -> Any:
            raise AttributeError(f"{self}.{attribute} was asked for, {_NO_CLAIM}")

    def __bool__(self) -> bool:
        raise TypeError(f"{self} was used as a truth value, {_NO_CLAIM}")

    def __str__(self) -> str:
        return f"task({vars(self).get('name')!r})"

    @property
    def starts(self) -> Happening:
        """The moment at which it runs for the first time."""
        return Starts(self.name)

    @property
    def finishes(self) -> Happening:
        """The moment at which it returns."""
        return Ends(self.name, "finishes", "returned")

    @property
    def raises(self) -> Happening:
        """The moment at which it ends with an exception that is no CancelledError."""
        return Ends(self.name, "raises", "raised")

    @property
    def ends(self) -> Happening:
        """The moment at which it returns, raises, or ends as cancelled."""
        return Ends(self.name, "ends", *ENDS)

    def takes(self, seconds: Seconds) -> Claim:
        """It returns so many seconds after it has run for the first time."""
        return _TaskTakes(self.name, claimed(seconds))

    def overlaps(self, other: str | int) -> Claim:
        """Both tasks are in progress at once, be it for a step of one instant."""
        return _Overlaps(self.name, other)

    def waits(self, seconds: Seconds, on: str | None = None) -> Claim:
        """It waits for so many seconds in all, or on something.

        That is "Lock 'lock'", the label of a task, or a kind of wait, such as "sleep" or "queue";
        LookupError if nothing is called so. `waits.WAITS` has the kinds.
        """
        return _Waits(self.name, claimed(seconds), on)

    def is_cancelled(self, at: Seconds | None = None, by: str | int | None = None) -> Claim:
        """It ends as cancelled; asked to at an instant, by a task.

        `by` may also be "a callback", such as a timeout's, or "the run", which cancels what is left
        when the main task has ended.
        """
        return _IsCancelled(self.name, None if at is None else claimed(at), by)


def task(name: str | int) -> Subject:
    """Return the task that claims are to be made about, by its label, coroutine or number."""
    return Subject(name)


class _TaskTakes(Claim):
    def __init__(self, name: str | int, expected: int) -> None:
        self._name = name
        self._expected = expected

    def __str__(self) -> str:
        return f"{called(self._name)} takes {format_seconds(self._expected)}"

    def judge(self, timeline: Timeline) -> Evidence:
        lane = timeline[self._name]
        start, end = start_of(timeline, lane), end_of(lane)
        places = places_before(timeline, lane, end)
        window = lane.created, timeline.end if lane.ended is None else lane.ended
        if start is None or end is None or lane.outcome != "returned":
            actual = ended(lane) if start else f"{lane.label} never started"
            return Evidence(False, actual, (lane.number,), window, places)
        taken = end.at - start.at
        actual = (
            f"{lane.label} took {format_seconds(taken)}, from {format_seconds(start.at)} to "
            f"{format_seconds(end.at)}{compared(taken, self._expected, 'more', 'less')}"
        )
        tasks = who_led_to(timeline, lane, end.step)
        return Evidence(taken == self._expected, actual, tasks, window, places)


class _Overlaps(Claim):
    def __init__(self, one: str | int, other: str | int) -> None:
        self._one = one
        self._other = other

    def __str__(self) -> str:
        return f"{called(self._one)} overlaps {called(self._other)}"

    def judge(self, timeline: Timeline) -> Evidence:
        lanes = timeline[self._one], timeline[self._other]
        if lanes[0] is lanes[1]:
            raise LookupError(
                f"An overlap of {lanes[0].label} with itself was claimed; name two tasks"
            )
        return overlap(timeline, *lanes)


def overlap(timeline: Timeline, one: Lane, other: Lane) -> Evidence:
    """Return whether two tasks were in progress at once, and what shows it."""
    tasks = one.number, other.number
    lives = life(timeline, one), life(timeline, other)
    first, second = sorted(period for period in lives if period) if all(lives) else (None, None)
    if first is None or second is None:
        missing = [
            lane.label for lane, period in zip((one, other), lives, strict=True) if not period
        ]
        return Evidence(False, f"{listed(missing)} never started", tasks)
    places = unique(
        place
        for period in (first, second)
        for place in places_before(timeline, timeline.lanes[period.task], period.end)
    )
    window = first.start.at, max(first.end.at, second.end.at)
    if first.overlaps(second):
        actual = both_in_progress(timeline, [first, second])
        return Evidence(True, actual, tasks, window, places)
    actual = in_turn(timeline, first, second)
    return Evidence(False, actual, tasks, window, places)


def both_in_progress(timeline: Timeline, periods: list[Period]) -> str:
    """Return in words from when to when several tasks were in progress."""
    since, until = max(one.start for one in periods), min(one.end for one in periods)
    names = listed([timeline.lanes[period.task].label for period in periods])
    when = f"from {format_seconds(since.at)} to {format_seconds(until.at)}"
    if since.at == until.at:
        when = f"at {format_seconds(since.at)}, for no time but some steps"
    return f"{names} were in progress at once {when}"


def in_turn(timeline: Timeline, first: Period, second: Period) -> str:
    """Return in words that one task ended before another one started."""
    before, after = timeline.lanes[first.task], timeline.lanes[second.task]
    started = f"{after.label} started at {format_seconds(second.start.at)}"
    if first.end.at == second.start.at:
        started += ", a later step of the same instant"
    return f"{before.label} ended at {format_seconds(first.end.at)}, before {started}"


class _Waits(Claim):
    def __init__(self, name: str | int, expected: int, on: str | None) -> None:
        self._name = name
        self._expected = expected
        self._on = on

    def __str__(self) -> str:
        on = "" if self._on is None else f" for {self._on}"
        return f"{called(self._name)} waits {format_seconds(self._expected)}{on}"

    def judge(self, timeline: Timeline) -> Evidence:
        lane = timeline[self._name]
        spans = waits_for(timeline, lane, self._on)
        total = sum(span.end - span.start for span in spans)
        on = "" if self._on is None else f" for {self._on}"
        actual = (
            f"{lane.label} waited {format_seconds(total)}{on}"
            f"{compared(total, self._expected, 'more', 'less')}"
        )
        window = None if not spans else (spans[0].start, spans[-1].end)
        places = unique(suspended(timeline, lane, span) for span in spans)
        ended = [step for step in lane.steps if spans and step > spans[-1].step]
        tasks = who_led_to(timeline, lane, ended[0]) if ended else (lane.number,)
        return Evidence(total == self._expected, actual, tasks, window, places)


class _IsCancelled(Claim):
    def __init__(self, name: str | int, at: int | None, by: str | int | None) -> None:
        self._name = name
        self._at = at
        self._by = by

    def __str__(self) -> str:
        at = "" if self._at is None else f" at {format_seconds(self._at)}"
        by = "" if self._by is None else f" by {called(self._by)}"
        return f"{called(self._name)} is cancelled{at}{by}"

    def judge(self, timeline: Timeline) -> Evidence:
        lane = timeline[self._name]
        by = self._numbers(timeline)
        requests = cancels(timeline, lane)
        fits = any(
            self._at in (None, request.at) and (by is None or request.by in by)
            for request in requests
        )
        asked = [f"by {name_of(timeline, one.by)} at {format_seconds(one.at)}" for one in requests]
        actual = ended(lane)
        if requests:
            actual += f"; it was asked to stop {listed(asked)}"
        elif lane.outcome == "cancelled":
            actual += ", which nobody had asked for"
            fits = by is None and self._at in (None, lane.ended)
        ends = [lane.created, *(one.at for one in requests), lane.ended or 0]
        tasks = unique([lane.number, *(one.by for one in requests if one.by > 0)])
        places = list(places_before(timeline, lane, end_of(lane)))
        for one in requests:
            if one.by > 0:
                asked_in = Position(one.at, one.step, 0)
                places += places_before(timeline, timeline.lanes[one.by], asked_in)
        window = lane.created, max(ends)
        holds = lane.outcome == "cancelled" and fits
        return Evidence(holds, actual, tasks, window, unique(places))

    def _numbers(self, timeline: Timeline) -> set[int] | None:
        """Return the numbers of those by whom it is to be cancelled; None for anybody."""
        if self._by is None:
            return None
        others = {"a callback": 0, "the run": -1}
        if self._by in others:
            return {others[str(self._by)]}
        return {lane.number for lane in timeline.named(self._by) or [timeline[self._by]]}
