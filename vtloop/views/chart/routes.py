"""Which way arrows take from row to row, so that what is written beside bars can keep clear of it.

An arrow leaves the task in whose step it happened, behind the bars of others, and arrives where the
bar of its target changes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from vtloop.timeline.spans import Arrow
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import PlainEvent
from vtloop.views.chart.facts import arrows_between, words_of_arrows
from vtloop.views.chart.scale import Scale
from vtloop.views.words import Words

MOST_ARROWS = 80
_INTEREST = ("cancel", "join", "wake", "spawn")


class Route(NamedTuple):
    """The way of one arrow across and down a chart."""

    number: int  # of the arrow, its index among those of the timeline
    arrow: Arrow
    start: float  # where it leaves, across the chart
    end: float  # where it arrives
    source: int  # the row, by its place
    target: int

    @property
    def down(self) -> bool:
        """Return whether it leads down the chart."""
        return self.target > self.source

    @property
    def rows(self) -> range:
        """Return the rows below whose bars it passes: not the last that it touches."""
        return range(*sorted((self.source, self.target)))


def routes_of(
    timeline: Timeline,
    scale: Scale,
    shared: Mapping[int, int],
    alone: Mapping[int, int],
    say: Words,
) -> tuple[list[Route], list[str]]:
    """Return the ways of the arrows that are drawn, and which are not, in sentences.

    `shared` and `alone` are the places of the rows of tasks, by their numbers: of those that share
    a row, and of those that have one to themselves. Only between these arrows are drawn, those of
    most interest if there are too many.
    """
    found = list(arrows_between(timeline, {*shared, *alone}))
    free = [pair for pair in found if pair[1].source in alone and pair[1].target in alone]
    free.sort(key=lambda pair: _INTEREST.index(pair[1].kind))
    requests = _requests(timeline, scale)
    routes = []
    for index, arrow in _drawn(free):
        start = scale.during(arrow.source_step, arrow.start)
        asked = requests[arrow.target, arrow.start, arrow.source_step]
        if arrow.kind == "cancel" and asked:
            end = asked.popleft()
        else:
            end = _end(timeline, scale, arrow, start)
        routes.append(Route(index, arrow, start, end, alone[arrow.source], alone[arrow.target]))
    if len(routes) == len(found):
        return routes, []
    return routes, [words_of_arrows(say, len(routes), len(found), len(free))]


def _drawn(arrows: list[tuple[int, Arrow]]) -> list[tuple[int, Arrow]]:
    """Return the arrows that are drawn: kind by kind, all of one or none, or they would mislead."""
    drawn: list[tuple[int, Arrow]] = []
    for _, same in groupby(arrows, key=lambda pair: pair[1].kind):
        of_kind = list(same)
        if len(drawn) + len(of_kind) > MOST_ARROWS:
            break
        drawn += of_kind
    return drawn


def request_x(timeline: Timeline, scale: Scale, event: PlainEvent) -> float:
    """Return where a task is asked to stop."""
    step, at, _, who, _, _ = event
    if step >= 0 and timeline.trace.step(step).who != who:
        return scale.after(step, at)  # the loop did, between two steps
    return scale.during(step, at)


def _requests(timeline: Timeline, scale: Scale) -> dict[tuple[int, int, int], deque[float]]:
    """Return where tasks are asked to stop: by the task, the instant, and the step behind it."""
    requests: dict[tuple[int, int, int], deque[float]] = defaultdict(deque)
    for event in timeline.trace.events:
        step, at, kind, who, subject, _ = event
        if kind == "cancel":
            source, _ = timeline.requested(step, who)
            requests[subject, at, source].append(request_x(timeline, scale, event))
    return requests


def _end(timeline: Timeline, scale: Scale, arrow: Arrow, start: float) -> float:
    """Return where an arrow arrives: where its target is made ready."""
    if arrow.kind in ("spawn", "cancel") or arrow.target_step < 0:
        return start
    woken_by = timeline.trace.step(arrow.target_step).woken_by
    if woken_by < 0 or woken_by == arrow.source_step:
        return start
    return max(start, scale.centre(woken_by))


Taken = list[list[tuple[float, float]]]


def passed(routes: Sequence[Route], rows: int) -> tuple[Taken, Taken, Taken]:
    """Return what arrows take of the space below, above and beside the bar of each row, as places.

    Beside a bar are those that pass the row as a whole.
    """
    below: Taken = [[] for _ in range(rows)]
    above: Taken = [[] for _ in range(rows)]
    beside: Taken = [[] for _ in range(rows)]
    for route in routes:
        taken = min(route.start, route.end), max(route.start, route.end)
        for row in route.rows:
            below[row].append(taken)
            above[row + 1].append(taken)
        for row in route.rows[1:]:
            beside[row].append(taken)
    return below, above, beside
