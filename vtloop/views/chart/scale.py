"""Where a step and a time are across a chart: by time, by step, or by both.

- By time, x is seconds of virtual time, and all steps of an instant are at one place, unless a lens
  opens that instant up: then its steps stand in columns, and all that follows is moved on.
- By step, every step is one column wide, and the steps of an instant stand together; between two
  instants there is a gap, of one width for all.
- By both, the gaps are as wide as the time that passes in them, and the columns open up between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

from vtloop.private.events import NAME_OF_END_OF_MAIN
from vtloop.timeline.participants import shown
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS

AXES = ("time", "steps", "both")
_GAP = 0.7  # columns between two instants, where time has a place but no length
_TIME = 1.0  # how wide time is as a whole, by both, in widths of all columns
_NARROWEST = 0.25  # columns
_SLIVER = 1e-6  # of a chart's length: too short to be seen


def axis_for(axis: str | None, *timelines: Timeline) -> str:
    """Return what stands across a chart: what is asked for, or time, or steps if none passes."""
    if axis is not None:
        return axis
    return "time" if any(one.start < one.end for one in timelines) else "steps"


class Instant(NamedTuple):
    """A point of time with the steps that share it, from `left` to `right`."""

    at: int  # nanoseconds
    left: float
    right: float


class Lens(NamedTuple):
    """The instants that a chart by time opens up, as too much happens there for one place."""

    columns: Mapping[int, int]  # into how many each opens, by its nanoseconds
    takes: Mapping[int, int]  # how many of them a step takes, by its index; the others none
    column: float  # how wide one is, in seconds of the axis


CLOSED = Lens({}, {}, 0.0)


class Scale:
    """The places of steps and times across a chart."""

    def __init__(self, timeline: Timeline, axis: str, lens: Lens = CLOSED) -> None:
        steps = timeline.trace.steps
        self.axis = axis
        self.column = lens.column if axis == "time" else 1.0
        """How wide a step is that has a column."""
        self.hidden = _hidden_steps(timeline)
        """The steps that have no column: those of the loop's own tasks, and what they cause."""
        self._begins = timeline.start
        self._starts = [at for at, *_ in steps]
        self._opened = sorted(lens.columns)
        widths = [lens.columns[at] * lens.column for at in self._opened]
        self._moved = [0.0, *accumulate(widths)]
        self.instants: list[Instant] = []
        """With columns, in order."""
        self._ats: list[int] = []
        self._edges: list[tuple[float, float]] = []
        if axis == "time":
            self.left = [self.at(at) for at in self._starts]
            """Of each step, by its index."""
            self.right = list(self.left)
            self._open_with(timeline, lens)
            self.start = self.at(timeline.start)
            last = max(timeline.end, timeline.start + 1)
            self.end = self.at(last) + lens.columns.get(last, 0) * lens.column
        else:
            self.left, self.right = [0.0] * len(steps), [0.0] * len(steps)
            self.start = 0.0
            self._open_up(timeline, self.hidden)
        for index, duration in timeline.blocked_in.items():
            self.right[index] = max(self.right[index], self.at(self._starts[index] + duration))

    def at(self, time: int) -> float:
        """Return the place of a time, in nanoseconds."""
        if self.axis == "time":
            return time / NANOSECONDS + self._moved[bisect_left(self._opened, time)]
        index = max(0, bisect_right(self._ats, time) - 1)
        left, right = self._edges[index]
        if time <= self._ats[index] or index + 1 == len(self._ats):
            return left if time <= self._ats[index] else right
        passed = (time - self._ats[index]) / (self._ats[index + 1] - self._ats[index])
        return right + (self._edges[index + 1][0] - right) * passed

    def upto(self, time: int) -> float:
        """Return up to where all stands that happens up to a time, in nanoseconds."""
        there = (instant.right for instant in self.instants if instant.at == time)
        return next(there, self.at(max(time, self._begins)))

    def centre(self, step: int) -> float:
        """Return the middle of a step that takes no time; the start of the chart for -1."""
        if step < 0:
            return self.start
        return self.left[step] + min(self.column, self.right[step] - self.left[step]) / 2

    def during(self, step: int, time: int) -> float:
        """Return the place of what happens at a time, in nanoseconds, in the course of a step."""
        if step < 0 or time > self._starts[step]:
            return self.at(time)
        return self.centre(step)

    def after(self, step: int, time: int) -> float:
        """Return the place of what happens at a time, in nanoseconds, once a step has ended."""
        return self.at(time) if time > self._starts[step] else self.right[step]

    def knots(self) -> tuple[list[float], list[float]]:
        """Return seconds, and how far a chart by time has moved on there; between them it is even.

        At an instant that opens up, a time in seconds is in the middle of the columns.
        """
        sliver = (self.end - self.start) * _SLIVER
        sliver = min([sliver, *((b - a) / NANOSECONDS / 3 for a, b in pairwise(self._opened))])
        seconds, moved = [], []
        for at, (before, after) in zip(self._opened, pairwise(self._moved), strict=True):
            for aside, by in ((-1, before), (0, (before + after) / 2), (1, after)):
                seconds.append(at / NANOSECONDS + aside * sliver)
                moved.append(by)
        return seconds, moved

    def _open_with(self, timeline: Timeline, lens: Lens) -> None:
        for at in self._opened:
            x = self.at(at)
            self.instants.append(Instant(at, x, x + lens.columns[at] * lens.column))
            for index in timeline.instants.get(at, ()):
                takes = lens.takes.get(index, 0)
                self.left[index] = x
                self.right[index] = x + min(1, takes) * lens.column
                x += takes * lens.column

    def _open_up(self, timeline: Timeline, hidden: set[int]) -> None:
        steps, blocked = timeline.trace.steps, timeline.blocked_in
        ends = {self._starts[index] + duration for index, duration in blocked.items()}
        self._ats = sorted({timeline.start, timeline.end, *timeline.instants, *ends})
        columns = max(1, len(steps) - len(hidden))
        passing = _gaps(self._ats, columns if self.axis == "both" else 0)
        x = 0.0
        for at, gap in zip(self._ats, passing, strict=True):
            left = x
            for index in timeline.instants.get(at, ()):
                self.left[index] = x
                x += index not in hidden
                self.right[index] = x
            self._edges.append((left, x))
            if x > left:
                self.instants.append(Instant(at, left, x))
            x += gap
        self.end = max(x, 1.0)


def _hidden_steps(timeline: Timeline) -> set[int]:
    visible = {0, *(lane.number for lane in shown(timeline))}
    hidden: set[int] = set()
    for index, (_, who, woken_by, ended, subject, _) in enumerate(timeline.trace.steps):
        own = ended == "callback" and (subject == NAME_OF_END_OF_MAIN or woken_by in hidden)
        if who not in visible or own:
            hidden.add(index)
    return hidden


def _gaps(ats: list[int], columns: int) -> Iterable[float]:
    """Return how much space follows each instant."""
    whole = ats[-1] - ats[0]
    for at, after in pairwise(ats):
        share = (after - at) / whole * columns * _TIME
        yield max(share, _NARROWEST) if columns else _GAP
    yield 0.0
