"""What stands where down a chart: a row for each task, group of tasks, and primitive.

- Heights are in lines of text. A row is as high as its marks, its bar, and its prints.
- Rows are in the order of the tree of tasks. With more than `MOST_LANES` tasks, those of one
  coroutine, with parents of one coroutine, share a row, with a thin line for each.
- The loop's own tasks, which shut it down, are left out.
- What is printed stands below the bar, on a line of its own if it has no room beside the next.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from vtloop.timeline.participants import shown, told_apart
from vtloop.timeline.spans import Holding, Lane, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.words import drawable, own_name, shortened, width
from vtloop.views.style import shown_as
from vtloop.views.words import Words

MOST_LANES = 40
_MOST_ROWS = 60
_MOST_LINES = 8  # of prints below a bar
BAR, STRIP = 1.55, 1.25  # lines of text
_NAME = 32  # columns of a name
_THIN = 0.35  # lines of text, of a task in a group
_HIGHEST = 26.0  # lines of text, of all groups together
_HIGHEST_STRIP = 8.0  # lines of text, of one primitive
INDENT = 1.1  # lines of text


class Note(NamedTuple):
    """A printed line as it stands below a bar."""

    printed: int  # its index among the printed lines of the trace
    x: float  # when, across the chart
    line: int  # below the bar, from 0 on
    text: str  # '' if there is no room
    leftward: bool  # whether it ends there


class Row(NamedTuple):
    """One row of a chart; `top` and heights in lines of text."""

    kind: str  # 'lane', 'group', 'callbacks', 'primitive', 'section'
    label: str
    below: str  # a second, smaller line of the label
    depth: int
    lanes: tuple[Lane, ...]
    primitive: int  # the index of the primitive, or the place of the section among them
    holdings: tuple[tuple[int, int, Holding | Visit], ...]  # (slot, index, holding)
    notes: tuple[Note, ...]
    top: float
    bar: float  # the top of the bar
    bar_height: float
    height: float

    @property
    def name(self) -> str:
        """What ids of its shapes begin with."""
        return f"{shown_as(self.kind)}-{self.lanes[0].number if self.lanes else self.primitive}"

    @property
    def middle(self) -> float:
        """Where the middle of the bar is."""
        return self.bar + self.bar_height / 2


class Across(NamedTuple):
    """How places across a chart become points."""

    origin: float
    points: float  # for one unit of x
    room: float  # points, of the whole chart
    font: float  # points

    def to_points(self, x: float) -> float:
        """Return how many points from the left edge a place is."""
        return (x - self.origin) * self.points


def rows_of(timeline: Timeline, scale: Scale, across: Across, top: float, say: Words) -> list[Row]:
    """Return the rows from the top of the chart down."""
    rows: list[Row] = []
    prints = _prints(timeline)
    groups = _groups(shown(timeline))
    alone = [group[0] for group in groups if len(group) == 1]
    names = told_apart(alone, lambda lane: _NAME)
    thin = min(_THIN, _HIGHEST / max(1, sum(len(group) for group in groups if len(group) > 1)))
    for group in groups:
        if len(group) == 1:
            lane = group[0]
            notes = _notes(prints.get(lane.number, []), timeline, scale, across, say)
            row = _lane_row(lane, names[lane.number], notes, top)
        else:
            row = _group_row(group, thin, top, say)
        rows.append(row)
        top += row.height
    if scale.axis != "time" and _has_callbacks(timeline, scale):
        row = _bare("callbacks", say("event loop"), say("timers and callbacks"), top)
        rows.append(row)
        top += row.height
    for row in _strip_rows(timeline, top, say):
        rows.append(row)
    return rows


def _bare(kind: str, label: str, below: str, top: float) -> Row:
    return Row(kind, label, below, 0, (), -1, (), (), top, top + 0.4, BAR, BAR + 0.8)


def _has_callbacks(timeline: Timeline, scale: Scale) -> bool:
    steps = enumerate(timeline.trace.steps)
    return any(not who and index not in scale.hidden for index, (_, who, *_) in steps)


def _groups(lanes: list[Lane]) -> list[list[Lane]]:
    """Return the lanes that share a row, in order of their first."""
    if len(lanes) <= MOST_LANES:
        return [[lane] for lane in lanes]
    paths: dict[int, tuple[str, ...]] = {}
    groups: dict[tuple[str, ...], list[Lane]] = {}
    for lane in lanes:
        path = (*paths.get(lane.parent, ()), lane.coroutine)
        paths[lane.number] = path
        if path not in groups and len(groups) >= _MOST_ROWS:
            path = ()
        groups.setdefault(path, []).append(lane)
    return list(groups.values())


def _group_row(group: list[Lane], thin: float, top: float, say: Words) -> Row:
    names = Counter(lane.coroutine for lane in group)
    label = next(iter(names)) if len(names) == 1 else say("other tasks")
    height = max(BAR, len(group) * thin)
    depth = group[0].depth
    below = say("{count} tasks", count=len(group))
    return Row(
        "group", label, below, depth, tuple(group), -1, (), (), top, top + 0.4, height, height + 0.8
    )


def _lane_row(lane: Lane, name: str, notes: tuple[Note, ...], top: float) -> Row:
    above = 1.0 if lane.cancels or lane.deliveries else 0.4
    lines = max((note.line + 1 for note in notes if note.text), default=0)
    height = above + BAR + (lines * 1.1 + 0.35 if lines else 0.4)
    below = lane.coroutine if own_name(lane) else ""
    bar = top + above
    return Row(
        "lane", drawable(name), below, lane.depth, (lane,), -1, (), notes, top, bar, BAR, height
    )


def _prints(timeline: Timeline) -> dict[int, list[tuple[int, int, int]]]:
    """Return (step, when, index) of what each task printed."""
    prints: dict[int, list[tuple[int, int, int]]] = {}
    for step, at, kind, who, subject, _ in timeline.trace.events:
        if kind == "print":
            prints.setdefault(who, []).append((step, at, subject))
    return prints


def _notes(
    prints: list[tuple[int, int, int]],
    timeline: Timeline,
    scale: Scale,
    across: Across,
    say: Words,
) -> tuple[Note, ...]:
    """Place printed lines from right to left, so that no flag crosses the text of a later one."""
    size, gap = across.font * 0.86, across.font * 0.4
    blocks: dict[float, list[int]] = {}
    for step, at, index in prints:
        blocks.setdefault(scale.during(step, at), []).append(index)
    free = [across.room] * _MOST_LINES  # up to where there is room, by line
    notes: list[Note] = []
    for x, indexes in sorted(blocks.items(), reverse=True):
        here = across.to_points(x)
        texts = [drawable(timeline.trace.printed[index].text) for index in indexes]
        if len(texts) > _MOST_LINES:
            texts[_MOST_LINES - 1 :] = [say("… {count} more", count=len(texts) - _MOST_LINES + 1)]
        wide = max(width(text, size) for text in texts) + gap
        leftward = here + wide > across.room and here > across.room / 2
        ends = here - wide if leftward else here + wide
        for first in range(_MOST_LINES - len(texts) + 1):
            lines = range(first, first + len(texts))
            limit = min(free[line] for line in lines)
            if (here if leftward else ends) <= limit:
                break
            if first + len(texts) == _MOST_LINES and limit - here > 4 * across.font:
                texts = [shortened(text, limit - here - gap, size) for text in texts]
                break
        else:
            lines, texts = range(0), []
        for line in lines:
            free[line] = (ends if leftward else here) - gap / 2
        texts += [""] * (len(indexes) - len(texts))
        for place, (index, text) in enumerate(zip(indexes, texts, strict=True)):
            notes.append(Note(index, x, lines[place] if text else 0, text, leftward))
    return tuple(notes)


def _strip_rows(timeline: Timeline, top: float, say: Words) -> list[Row]:
    """Return the rows of primitives, and below them those of sections."""
    held: dict[int, list[tuple[int, Holding | Visit]]] = {}
    for index, holding in enumerate(timeline.holdings):
        held.setdefault(holding.primitive, []).append((index, holding))
    visited: dict[str, list[tuple[int, Holding | Visit]]] = {}
    for index, visit in enumerate(timeline.visits):
        visited.setdefault(visit.section, []).append((index, visit))
    rows: list[Row] = []
    top += 0.5
    for primitive, holdings in sorted(held.items())[:_MOST_ROWS]:
        words = timeline.trace.primitives[primitive]
        label = drawable(words.name, _NAME) or say.primitive(words)
        below = say.numbered(words) if words.shared else words.kind
        rows.append(
            _strip_row("primitive", label, below if words.name else "", primitive, holdings, top)
        )
        top += rows[-1].height
    for place, (section, visits) in enumerate(list(visited.items())[:_MOST_ROWS]):
        rows.append(
            _strip_row("section", drawable(section, _NAME), say("section"), place, visits, top)
        )
        top += rows[-1].height
    return rows


def _strip_row(
    kind: str,
    label: str,
    below: str,
    primitive: int,
    holdings: list[tuple[int, Holding | Visit]],
    top: float,
) -> Row:
    slots: list[int] = []  # when each is free again
    placed: list[tuple[int, int, Holding | Visit]] = []
    for index, holding in holdings:
        slot = next((at for at, free in enumerate(slots) if free <= holding.start), len(slots))
        slots[slot : slot + 1] = [holding.end]
        placed.append((slot, index, holding))
    height = min(STRIP, _HIGHEST_STRIP / len(slots)) * len(slots)
    full = max(height, BAR) + 0.7 + 1.0
    return Row(
        kind, label, below, 0, (), primitive, tuple(placed), (), top, top + 0.35, height, full
    )


def seconds(nanoseconds: int) -> float:
    """Return nanoseconds as seconds, as they are across a chart by time."""
    return nanoseconds / NANOSECONDS
