"""What stands where down a chart: a row for each task, group of tasks, and primitive.

- Heights are in lines of text. A row is as high as its marks, its bar, and its prints.
- Rows are in the order of the tree of tasks. With more than `MOST_LANES` tasks, those of one
  coroutine, with parents of one coroutine, share a row, with a thin line for each.
- The loop's own tasks, which shut it down, are left out.
- What is printed stands below the bar; where many tasks print, all rows have room for a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from vtloop.timeline.participants import shown, told_apart
from vtloop.timeline.spans import Holding, Lane, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.notes import Flag, Note, Notes
from vtloop.views.chart.routes import Route, passed, routes_of
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.words import drawable, own_name
from vtloop.views.style import MOST_LANES, shown_as
from vtloop.views.words import Words

_MOST_ROWS = 60
_LINE = 1.45  # lines of text, of one line of prints below a bar
_FEW_PRINT = 3  # where one task of so many prints, all rows have room for that
BAR, STRIP = 1.55, 1.25  # lines of text
_NAME = 32  # columns of a name
_THIN = 0.35  # lines of text, of a task in a group
_HIGHEST = 26.0  # lines of text, of all groups together
_HIGHEST_STRIP = 8.0  # lines of text, of one primitive
INDENT = 1.1  # lines of text


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

    @property
    def marks(self) -> float:
        """Where the middle of the marks above the bar is."""
        return self.bar - 0.45


class Across(NamedTuple):
    """How places across a chart become points."""

    origin: float
    points: float  # for one unit of x
    room: float  # points, of the whole chart
    font: float  # points

    def to_points(self, x: float) -> float:
        """Return how many points from the left edge a place is."""
        return (x - self.origin) * self.points


class Plan(NamedTuple):
    """The rows of a chart, the ways of its arrows, and what is not drawn, in sentences."""

    rows: list[Row]
    routes: list[Route]
    left_out: list[str]
    beyond: float  # how many points more there would have to be on the right


def plan_of(timeline: Timeline, scale: Scale, across: Across, top: float, say: Words) -> Plan:
    """Return the rows from the top of the chart down, and which way the arrows between them go."""
    groups = _groups(shown(timeline))
    places = [{lane.number: place for lane in group} for place, group in enumerate(groups)]
    alone = {number: at for tasks in places if len(tasks) == 1 for number, at in tasks.items()}
    shared = {number: at for tasks in places if len(tasks) > 1 for number, at in tasks.items()}
    routes, left_out = routes_of(timeline, scale, shared, alone, say)
    taken = passed(routes, len(groups))
    prints = _prints(timeline, scale, across)
    names = told_apart((groups[at][0] for at in alone.values()), lambda lane: _NAME)
    thin = min(_THIN, _HIGHEST / max(1, len(shared)))
    printing = sum(number in prints for number in alone)
    spare = _LINE if printing * _FEW_PRINT >= len(alone) else 0.0
    rows: list[Row] = []
    placed: list[Notes] = []
    for place, group in enumerate(groups):
        if len(group) > 1:
            row = _group_row(group, thin, top, say)
        else:
            lane = group[0]
            notes = _notes(prints.get(lane.number, []), across, taken[place], say)
            placed.append(notes)
            row = _lane_row(lane, names[lane.number], tuple(notes.notes), spare, top)
        rows.append(row)
        top += row.height
    if 0 in prints or (scale.axis != "time" and _has_callbacks(timeline, scale)):
        placed.append(_notes(prints.get(0, []), across, (), say))
        rows.append(_callbacks_row(tuple(placed[-1].notes), top, say))
        top += rows[-1].height
    rows += _strip_rows(timeline, top, say)
    if unwritten := sum(notes.lost for notes in placed):
        left_out.append(say("No room to write {count} printed lines.", count=unwritten))
    return Plan(rows, routes, left_out, max((notes.beyond for notes in placed), default=0.0))


def _callbacks_row(notes: tuple[Note, ...], top: float, say: Words) -> Row:
    below = _below(notes)
    return Row(
        "callbacks",
        say("event loop"),
        say("timers and callbacks"),
        0,
        (),
        -1,
        (),
        notes,
        top,
        top + 0.4,
        BAR,
        0.4 + BAR + below,
    )


def _below(notes: tuple[Note, ...]) -> float:
    """Return how much space the notes of a row take below its bar."""
    lines = max((note.line + 1 for note in notes if note.text), default=0)
    return lines * 1.1 + 0.35 if lines else 0.4


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


def _lane_row(lane: Lane, name: str, notes: tuple[Note, ...], spare: float, top: float) -> Row:
    above = 1.0 if lane.cancels or lane.deliveries else 0.4
    below = max(_below(notes), spare)
    label = lane.coroutine if own_name(lane) else ""
    return Row(
        "lane",
        drawable(name),
        label,
        lane.depth,
        (lane,),
        -1,
        (),
        notes,
        top,
        top + above,
        BAR,
        above + BAR + below,
    )


def _prints(timeline: Timeline, scale: Scale, across: Across) -> dict[int, list[Flag]]:
    """Return what each task printed, and 0 for callbacks, from left to right."""
    blocks: dict[int, dict[float, list[tuple[int, str]]]] = {}
    for step, at, kind, who, index, _ in timeline.trace.events:
        if kind == "print":
            x = scale.during(step, at)
            text = timeline.trace.printed[index].text
            blocks.setdefault(max(who, 0), {}).setdefault(x, []).append((index, text))
    return {
        who: [Flag(x, across.to_points(x), tuple(lines)) for x, lines in sorted(flags.items())]
        for who, flags in blocks.items()
    }


def _notes(
    flags: list[Flag], across: Across, taken: Sequence[tuple[float, float]], say: Words
) -> Notes:
    """Return the printed lines of a row as they stand."""
    points = [(across.to_points(left), across.to_points(right)) for left, right in taken]
    notes = Notes(across.room, across.font, points, say)
    for flag in reversed(flags):
        notes.place(flag)
    return notes


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
