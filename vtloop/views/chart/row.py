"""One row of a chart: where its parts are down the chart, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vtloop.timeline.spans import Holding, Lane, Use, Visit
from vtloop.views.chart.brackets import LEVEL, Placed
from vtloop.views.chart.notes import Note
from vtloop.views.style import shown_as

BAR = 1.55  # lines of text
LINE_OF_NOTES = 1.1  # lines of text, from one line of notes to the next
_MARKS, _NO_MARKS = 0.85, 0.15  # lines of text, from a bar up to the brackets above it


class Across(NamedTuple):
    """How places across a chart become points."""

    origin: float
    points: float  # for one unit of x
    room: float  # points, of the whole chart
    font: float  # points

    def to_points(self, x: float) -> float:
        """Return how many points from the left edge a place is."""
        return (x - self.origin) * self.points

    def to_place(self, points: float) -> float:
        """Return the place that is so many points from the left edge."""
        return self.origin + points / self.points


class Row(NamedTuple):
    """One row of a chart; `top` and heights in lines of text."""

    kind: str  # 'lane', 'group', 'callbacks', 'primitive', 'section'
    label: str
    below: str  # a second, smaller line of the label
    top: float
    bar: float  # the top of the bar
    height: float
    bar_height: float = BAR
    depth: int = 0
    host: str = ""  # of which it is the first row
    lanes: tuple[Lane, ...] = ()
    primitive: int = -1  # the index of the primitive, or the place of the section among them
    holdings: tuple[tuple[int, int, Holding | Visit], ...] = ()  # (slot, index, holding)
    uses: tuple[Use, ...] = ()
    notes: tuple[Note, ...] = ()
    error: Note | None = None  # the exception that ended the task
    brackets: tuple[Placed, ...] = ()
    queue: float = 0.0  # the top of the strip that tells how many wait

    @property
    def name(self) -> str:
        """What ids of its shapes begin with."""
        return f"{shown_as(self.kind)}-{self.lanes[0].number if self.lanes else self.primitive}"

    @property
    def middle(self) -> float:
        """Where the middle of the bar is."""
        return self.bar + self.bar_height / 2

    @property
    def marks(self) -> float:
        """Where the middle of the marks above the bar is."""
        return self.bar - 0.45

    def level(self, number: int) -> float:
        """Return where the brackets of a level above the bar are."""
        marks = any(lane.cancels or lane.deliveries for lane in self.lanes)
        return self.bar - (_MARKS if marks else _NO_MARKS) - (number + 0.5) * LEVEL


def space_above(lane: Lane, brackets: Iterable[Placed]) -> float:
    """Return how much space the marks and brackets of a task take above its bar."""
    marks = bool(lane.cancels or lane.deliveries)
    levels = max((one.level + 1 for one in brackets), default=0)
    if not levels:
        return 1.0 if marks else 0.4
    return (_MARKS if marks else _NO_MARKS) + levels * LEVEL + 0.15


def space_below(notes: Iterable[Note]) -> float:
    """Return how much space the notes of a row take below its bar."""
    lines = max((note.line + 1 for note in notes if note.text), default=0)
    return lines * LINE_OF_NOTES + 0.35 if lines else 0.4
