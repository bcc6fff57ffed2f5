"""What stands where down a chart: a row for each task, group of tasks, and primitive.

- Heights are in lines of text. A row is as high as its marks, its bar, and its prints.
- Rows are in the order of the tree of tasks. With more than `MOST_LANES` tasks, those of one
  coroutine, with parents of one coroutine, share a row, with a thin line for each.
- The loop's own tasks, which shut it down, are left out.
- What is printed stands below the bar; where many tasks print, all rows have room for a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from vtloop.timeline.participants import shown, told_apart
from vtloop.timeline.spans import Bracket, Lane
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.brackets import Brackets, Placed
from vtloop.views.chart.notes import Flag, Note, Notes
from vtloop.views.chart.routes import Route, passed, routes_of
from vtloop.views.chart.row import BAR, Across, Row, space_above, space_below
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.strips import MOST_ROWS, strip_rows
from vtloop.views.chart.stubs import Stub, stubs_of
from vtloop.views.chart.words import drawable, error_words
from vtloop.views.style import MOST_LANES
from vtloop.views.words import Words

_LINE = 1.45  # lines of text, of one line of prints below a bar
_FEW_PRINT = 3  # where one task of so many prints, all rows have room for that
_SLOPING = 1.9  # lines of text, below a bar that messages leave or pass on their way
_HEADING = 1.5  # lines of text, for the name of a host above its first row
_NAME = 32  # columns of a name
_THIN = 0.35  # lines of text, of a task in a group
_HIGHEST = 26.0  # lines of text, of all groups together

Place = tuple[float, float]
"""From where to where across."""


class Plan(NamedTuple):
    """The rows of a chart, the ways of its arrows, and what is not drawn, in sentences."""

    rows: list[Row]
    routes: list[Route]
    stubs: list[Stub]
    left_out: list[str]
    beyond: float  # how many points more there would have to be on the right


def plan_of(timeline: Timeline, scale: Scale, across: Across, top: float, say: Words) -> Plan:
    """Return the rows from the top of the chart down, and which way the arrows between them go."""
    groups = _groups(shown(timeline))
    places = [{lane.number: place for lane in group} for place, group in enumerate(groups)]
    alone = {number: at for tasks in places if len(tasks) == 1 for number, at in tasks.items()}
    shared = {number: at for tasks in places if len(tasks) > 1 for number, at in tasks.items()}
    routes, left_out = routes_of(timeline, scale, shared, alone, say)
    stubs = stubs_of(timeline, scale, alone)
    taken, above, beside = passed(routes, len(groups))
    sloping = {row for route in routes if route.slopes for row in route.rows}
    for stub in stubs:
        taken[stub.below].append((stub.left, stub.right))
        above[stub.below + 1].append((stub.left, stub.right))
        sloping.add(stub.below)
    timeouts: dict[int, list[tuple[int, Bracket]]] = defaultdict(list)
    for index, bracket in enumerate(timeline.timeouts):
        timeouts[bracket.task].append((index, bracket))
    without = 0  # timeouts
    prints = _prints(timeline, scale, across)
    names = told_apart((groups[at][0] for at in alone.values()), lambda lane: _NAME)
    thin = min(_THIN, _HIGHEST / max(1, len(shared)))
    printing = sum(number in prints for number in alone)
    spare = _LINE if printing * _FEW_PRINT >= len(alone) else 0.0
    host = ""
    rows: list[Row] = []
    placed: list[Notes] = []
    for place, group in enumerate(groups):
        heading = ""
        if group[0].host != host:
            heading = host = group[0].host
        if len(group) > 1:
            row = _group_row(group, thin, top, say)
        else:
            lane = group[0]
            passing = taken[place], beside[place]
            notes, error = _notes_of(lane, prints.get(lane.number, []), scale, across, passing, say)
            placed.append(notes)
            brackets = _brackets(timeline, timeouts[lane.number], scale, across, above[place], say)
            without += brackets.lost
            texts, over = tuple(notes.notes), tuple(brackets.placed)
            room = max(spare, _SLOPING) if place in sloping else spare
            row = _lane_row(lane, names[lane.number], texts, error, over, room, top)
        if heading:
            bar, height = row.bar + _HEADING, row.height + _HEADING
            row = row._replace(host=drawable(heading), bar=bar, height=height)
        rows.append(row)
        top += row.height
    if 0 in prints or (scale.axis != "time" and _has_callbacks(timeline, scale)):
        placed.append(_notes_of_callbacks(prints.get(0, []), across, say))
        rows.append(_callbacks_row(tuple(placed[-1].notes), top, say))
        top += rows[-1].height
    rows += strip_rows(timeline, scale, across, top, say)
    if unwritten := sum(notes.lost for notes in placed):
        left_out.append(say("No room to write {count} printed lines.", count=unwritten))
    if without:
        left_out.append(say("No room to draw {count} timeouts.", count=without))
    return Plan(rows, routes, stubs, left_out, max((notes.beyond for notes in placed), default=0.0))


def _callbacks_row(notes: tuple[Note, ...], top: float, say: Words) -> Row:
    height = 0.4 + BAR + space_below(notes)
    label, below = say("event loop"), say("timers and callbacks")
    return Row("callbacks", label, below, top, top + 0.4, height, notes=notes)


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
        path = (*(paths.get(lane.parent, ()) if lane.depth else (lane.host,)), lane.coroutine)
        paths[lane.number] = path
        if path not in groups and len(groups) >= MOST_ROWS:
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
        "group",
        label,
        below,
        top,
        top + 0.4,
        height + 0.8,
        bar_height=height,
        depth=depth,
        lanes=tuple(group),
    )


def _lane_row(
    lane: Lane,
    name: str,
    notes: tuple[Note, ...],
    error: Note | None,
    brackets: tuple[Placed, ...],
    spare: float,
    top: float,
) -> Row:
    above = space_above(lane, brackets)
    below = space_below((*notes, error) if error else notes)
    return Row(
        "lane",
        drawable(name),
        lane.coroutine if lane.has_own_name else "",
        top,
        top + above,
        above + BAR + max(below, spare),
        depth=lane.depth,
        lanes=(lane,),
        notes=notes,
        error=error,
        brackets=brackets,
    )


def _prints(timeline: Timeline, scale: Scale, across: Across) -> dict[int, list[Flag]]:
    """Return what each task printed, and 0 for callbacks, from left to right."""
    blocks: dict[int, dict[float, list[tuple[int, str]]]] = {}
    for step, at, kind, who, index, _ in timeline.trace.events:
        if kind == "print" and who >= 0:
            x = scale.during(step, at)
            text = timeline.trace.printed[index].text
            blocks.setdefault(who, {}).setdefault(x, []).append((index, text))
    return {
        who: [Flag(x, across.to_points(x), tuple(lines)) for x, lines in sorted(flags.items())]
        for who, flags in blocks.items()
    }


def _notes_of(
    lane: Lane,
    flags: list[Flag],
    scale: Scale,
    across: Across,
    passing: tuple[Sequence[Place], Sequence[Place]],
    say: Words,
) -> tuple[Notes, Note | None]:
    """Return what a task prints, and what it raises, as they stand.

    `passing` is what arrows take of the space below its bar, and beside it.
    """
    below, beside = (_in_points(across, taken) for taken in passing)
    notes, error = Notes(across.room, across.font, below, say), None
    for flag in reversed(flags):
        notes.place(flag)
    if lane.outcome == "raised" and lane.error and lane.steps:
        x = scale.right[lane.steps[-1]]
        error = notes.end(x, across.to_points(x), error_words(lane.error), beside)
    return notes, error


def _notes_of_callbacks(flags: list[Flag], across: Across, say: Words) -> Notes:
    notes = Notes(across.room, across.font, (), say)
    for flag in reversed(flags):
        notes.place(flag)
    return notes


def _in_points(across: Across, taken: Sequence[Place]) -> list[Place]:
    return [(across.to_points(left), across.to_points(right)) for left, right in taken]


def _brackets(
    timeline: Timeline,
    timeouts: list[tuple[int, Bracket]],
    scale: Scale,
    across: Across,
    taken: Sequence[tuple[float, float]],
    say: Words,
) -> Brackets:
    """Return the timeouts of a row as they stand above its bar."""
    brackets = Brackets(across.room, across.font, _in_points(across, taken))
    for index, bracket in sorted(timeouts, key=lambda pair: pair[1].end - pair[1].start):
        left = scale.during(timeline.trace.event(bracket.first).step, bracket.start)
        right = scale.end
        if bracket.last >= 0:
            right = scale.during(timeline.trace.event(bracket.last).step, bracket.end)
        elif bracket.end < timeline.end:
            right = scale.at(bracket.end)
        due, deadline = None, bracket.deadline
        if deadline is not None and bracket.start <= deadline < min(bracket.end, timeline.end):
            due = across.to_points(scale.at(deadline))
        ends = across.to_points(left), across.to_points(right)
        brackets.place(index, bracket, *ends, due, say.timeout(bracket.lengths, bracket.kind))
    return brackets
