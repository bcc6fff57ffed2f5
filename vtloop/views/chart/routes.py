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
_INTEREST = ("cancel", "join", "message", "wake", "spawn")


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

    @property
    def slopes(self) -> bool:
        """Whether it leads from one instant to a later one."""
        return self.arrow.kind == "message" and self.end > self.start

    def passes(self, row: int) -> tuple[float, float]:
        """Return from where to where across it passes below the bar of a row."""
        if not self.slopes:
            return min(self.start, self.end), max(self.start, self.end)
        part = (self.end - self.start) / len(self.rows)
        before = row - self.source if self.down else self.source - 1 - row
        return self.start + part * before, self.start + part * (before + 1)


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

    def route(index: int, arrow: Arrow) -> Route:
        start = _start(timeline, scale, arrow)
        asked = requests[arrow.target, arrow.start, arrow.source_step]
        if arrow.kind == "cancel" and asked:
            end = asked.popleft()
        else:
            end = _end(timeline, scale, arrow, start)
        return Route(index, arrow, start, end, alone[arrow.source], alone[arrow.target])

    # Kind by kind, all of one are drawn or none, or they would mislead.
    routes: list[Route] = []
    drawn = 0
    for kind, same in groupby(free, key=lambda pair: pair[1].kind):
        pairs = list(same)
        if kind != "message" and len(routes) + len(pairs) > MOST_ARROWS:
            break
        of_kind = [route(*pair) for pair in pairs]
        if kind == "message":
            of_kind = _put_together(of_kind)
            if len(routes) + len(of_kind) > MOST_ARROWS:
                break
        routes += of_kind
        drawn += len(pairs)
    messages = any(arrow.kind == "message" for _, arrow in free)
    if drawn == len(found):
        return routes, []
    return routes, [words_of_arrows(say, drawn, len(found), len(free), messages)]


def _put_together(routes: Sequence[Route]) -> list[Route]:
    """Return the ways of messages, with one for all that would lie on one another."""
    found: dict[tuple[float, float, int, int], Route] = {}
    for route in routes:
        way = route.start, route.end, route.source, route.target
        first = found.setdefault(way, route)
        if first is not route:
            carried = first.arrow.messages + route.arrow.messages
            found[way] = first._replace(arrow=first.arrow._replace(messages=carried))
    return list(found.values())


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


def _start(timeline: Timeline, scale: Scale, arrow: Arrow) -> float:
    """Return where an arrow leaves: that of a message which was held, where it is let go."""
    if released := timeline.released(arrow):
        return scale.at(released)
    return scale.during(arrow.source_step, arrow.start)


def _end(timeline: Timeline, scale: Scale, arrow: Arrow, start: float) -> float:
    """Return where an arrow arrives: where its target is made ready."""
    if arrow.kind in ("spawn", "cancel"):
        return start
    following = timeline.trace.step(arrow.target_step) if arrow.target_step >= 0 else None
    if arrow.kind == "message" and (following is None or following.at != arrow.end):
        return max(start, scale.at(arrow.end))  # nobody has waited for it
    if following is None:
        return start
    woken_by = following.woken_by
    if woken_by < 0 and arrow.kind == "message":
        return max(start, scale.left[arrow.target_step])
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
        for row in route.rows:
            below[row].append(route.passes(row))
            above[row + 1].append(route.passes(row))
        for row in route.rows[1:]:
            beside[row].append(route.passes(row))
    return below, above, beside
