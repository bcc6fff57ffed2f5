"""Which instants a chart by time opens up: those in which more happens than one place can show.

That is so if somebody is asked to stop and stops, or does two things that have a mark; or if arrows
of two kinds would lie on one another. An instant of many steps stays closed: it would take the
whole chart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from vtloop.timeline.participants import shown
from vtloop.timeline.spans import Arrow
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS
from vtloop.views.chart.facts import arrows_between
from vtloop.views.chart.scale import CLOSED, Lens, Scale
from vtloop.views.style import MOST_LANES

_COLUMN = 0.85  # lines of text, which has room for a mark
_SLIMMEST = 0.4  # lines of text
_SHARE = 0.45  # of a chart, of all that is opened up
_MOST_COLUMNS = 40  # of one instant
_MOST_ARROWS = 60  # of one instant, that are looked at in pairs


class Crowd(NamedTuple):
    """An instant in which much happens."""

    at: int  # nanoseconds
    takes: dict[int, int]  # how many columns a step takes, by its index


def crowds(timeline: Timeline) -> list[Crowd]:
    """Return the crowded instants of a run, as far as each task has a row to itself."""
    lanes = shown(timeline)
    if len(lanes) > MOST_LANES:
        return []
    place = {lane.number: count for count, lane in enumerate(lanes)}
    marks: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    told: set[int] = set()  # steps of callbacks in which something is told
    for step, at, kind, who, subject, _ in timeline.trace.events:
        if kind in ("cancel", "deliver") and step >= 0 and subject in place:
            marks[at][subject].add(step)
        if kind in ("cancel", "print") and not who:
            told.add(step)
    for lane in lanes:
        if lane.ended is not None:
            marks[lane.ended][lane.number].add(lane.ended_in)
    arrows: dict[int, list[Arrow]] = defaultdict(list)
    for _, arrow in arrows_between(timeline, place):
        if arrow.kind != "message" or arrow.end == arrow.start:
            arrows[arrow.start].append(arrow)
    last = {lane.ended_in for lane in lanes if lane.ended is not None}
    found = []
    for at in sorted({*marks, *arrows}):
        two = any(len(steps) > 1 for steps in marks[at].values())
        if not two and not _tangled(arrows[at], place):
            continue
        takes = {
            index: 1 + (index in last)
            for index in timeline.instants.get(at, ())
            if timeline.trace.steps[index][1] in place or index in told
        }
        if 1 < sum(takes.values()) <= _MOST_COLUMNS:
            found.append(Crowd(at, takes))
    return found


def _tangled(arrows: list[Arrow], place: dict[int, int]) -> bool:
    """Return whether arrows that mean different things would lie on one another."""
    if len(arrows) > _MOST_ARROWS:
        return True
    for one, other in combinations(arrows, 2):
        if one.kind == other.kind and (
            one.kind == "spawn" or one.source == other.source or one.target == other.target
        ):
            continue
        ends = [sorted((place[arrow.source], place[arrow.target])) for arrow in (one, other)]
        if max(low for low, _ in ends) < min(high for _, high in ends):
            return True
    return False


def scales_of(
    timelines: Sequence[Timeline],
    axis: str,
    crowded: Sequence[Sequence[Crowd]],
    room: float,
    font: float,
) -> list[Scale]:
    """Return the scales of charts that stand over one another, as wide as `room` points.

    What one of them opens up by time, all do, so that a time is at one place in all. `crowded` are
    the crowded instants of each.
    """
    if axis != "time":
        return [Scale(timeline, axis) for timeline in timelines]
    columns: dict[int, int] = {}
    for crowd in (crowd for crowds in crowded for crowd in crowds):
        columns[crowd.at] = max(columns.get(crowd.at, 0), sum(crowd.takes.values()))
    most = _SHARE * room / (_SLIMMEST * font)
    while sum(columns.values()) > most:
        del columns[max(columns, key=lambda at: (columns[at], at))]
    whole = sum(columns.values())
    if not whole:
        return [Scale(timeline, axis, CLOSED) for timeline in timelines]
    wide = min(_COLUMN * font, _SHARE * room / whole)
    length = max(one.end for one in timelines) - min(one.start for one in timelines)
    column = wide * max(length, 1) / NANOSECONDS / (room - wide * whole)
    return [
        Scale(timeline, axis, Lens(columns, _takes(crowds, columns), column))
        for timeline, crowds in zip(timelines, crowded, strict=True)
    ]


def _takes(crowds: Sequence[Crowd], columns: dict[int, int]) -> dict[int, int]:
    return {
        step: takes
        for crowd in crowds
        if crowd.at in columns
        for step, takes in crowd.takes.items()
    }
