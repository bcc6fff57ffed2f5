"""Rows of more spans than can be seen: which share of tasks, or of time, is in which state.

A step that takes no time has no share. So a row tells the same however many steps there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vtloop.timeline.spans import Lane
from vtloop.views.chart.row import Row
from vtloop.views.chart.sheet import Sheet
from vtloop.views.style import STATES, shown_as

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 2.5  # points, of one piece of a row
_FEWEST = 200  # spans of a task, up to which all are drawn in any case
TELLS = "Rows of too many spans tell which share of tasks, or of time, is in which state."


def are_too_many(sheet: Sheet, lanes: Sequence[Lane]) -> bool:
    """Return whether tasks have more spans than can be seen in their row."""
    spans = sum(len(lane.spans) for lane in lanes) / len(lanes)
    return spans > max(_FEWEST, sheet.across.room / _PIECE)


def paint_shares(sheet: Sheet, row: Row, name: str) -> float:
    """Paint shares of states, on top of one another; return where the last of them ends."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for lane in row.lanes:
        for _, state, left, right in sheet.segments(lane):
            if right > left:
                found[state].append((left, right))
    start, end = sheet.scale.start, sheet.scale.end
    pieces = max(1, int((end - start) * sheet.across.points / _PIECE))
    edges = np.linspace(start, end, pieces + 1)
    bottom = np.full(pieces, row.bar + row.bar_height)
    one = row.bar_height / len(row.lanes) / (edges[1] - edges[0])  # of a task, for all of a piece
    canvas = sheet.canvas
    for state in (state for state in STATES if state in found):
        top = bottom - np.diff(_covered(found[state], edges)) * one
        spans = canvas.say("{count} spans", count=len(found[state]))
        tip = f"{row.label}: {canvas.say(STATES[state][0])}, {spans}"
        canvas.area(edges, top, bottom, state, f"{name}-{shown_as(state)}", tip)
        bottom = top
    if canvas.say(TELLS) not in sheet.caption:
        sheet.caption.append(canvas.say(TELLS))
    return max((right for spans in found.values() for _, right in spans), default=start)


def _covered(spans: list[tuple[float, float]], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of some spans, which may overlap, lies to the left of each edge."""
    covered = np.zeros(len(edges))
    for places, sign in zip(np.asarray(spans).T, (1, -1), strict=True):
        ordered = np.sort(places)
        before = np.concatenate(([0.0], np.cumsum(ordered)))
        count = np.searchsorted(ordered, edges)
        covered += sign * (edges * count - before[count])
    return covered
