"""Where everything stands in a picture of a history.

Each beginning, each end and each moment at which an operation happens has a place of its own
across, in their order. What is between two places grows with time, but those of one instant stand
apart too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from vtloop.histories.operations import Operation

_GAP = 1.9  # sizes of the font, between two places, if there is room
_WIDE_GAP = 5.0  # where no time passes


class Bar(NamedTuple):
    """An operation in a picture."""

    operation: Operation
    row: int
    left: float
    right: float
    moment: float | None
    """Where it happens; None if it does not."""
    room: float
    """How much is free to the right of its left end, for its words."""


class Instant(NamedTuple):
    """A time at which something begins, ends or happens, and how wide it is drawn."""

    at: int  # nanoseconds
    left: float
    right: float


class Places(NamedTuple):
    """Where everything stands."""

    rows: list[str]
    """The client of each row: '' where it is that of the row above."""
    bars: list[Bar]
    instants: list[Instant]


def placed(
    operations: Sequence[Operation],
    order: Sequence[Operation],
    room: float,
    font: float,
    beyond: float = 0.0,
) -> Places:
    """Return where operations stand, and where those of an order happen, in a room of points.

    Behind all that happens some points are left for words.
    """
    shown = {one.first for one in operations}
    moments = _moments([one for one in order if one.first in shown])
    at = _across(operations, moments, room - beyond, font)
    rows, row_of = _rows(operations)
    bars = []
    for one in operations:
        moment = at.get((moments[one.first], one.first)) if one.first in moments else None
        later = (
            at[other.first, 0]
            for other in operations
            if row_of[other.first] == row_of[one.first] and other.first > one.first
        )
        left = at[one.first, 0]
        right = room if one.last is None else at[one.last, 0]
        bars.append(
            Bar(one, row_of[one.first], left, right, moment, min(later, default=room) - left)
        )
    return Places(rows, bars, _instants(operations, at, font))


def _moments(order: Sequence[Operation]) -> dict[int, int]:
    """Return by whose beginning each operation happens: that of the last to begin up to it."""
    moments: dict[int, int] = {}
    begun = 0
    for one in order:
        begun = max(begun, one.first)
        moments[one.first] = begun
    return moments


def _across(
    operations: Sequence[Operation], moments: dict[int, int], room: float, font: float
) -> dict[tuple[int, int], float]:
    """Return the place of each event, `(number, 0)`, and of each moment, `(number, whose)`."""
    times = _times(operations)
    rank = {first: place for place, first in enumerate(moments)}
    keys = [(number, 0) for number in times]
    keys += [(begun, first) for first, begun in moments.items()]
    keys.sort(key=lambda key: (key[0], rank[key[1]] + 1 if key[1] else 0))
    lasts = max(times.values()) - min(times.values())
    gap = min((_GAP if lasts else _WIDE_GAP) * font, room / (len(keys) + 1))
    free = max(0.0, room - gap * (len(keys) + 1))
    found = {keys[0]: gap / 2}
    for before, key in pairwise(keys):
        passed = times[key[0]] - times[before[0]]
        found[key] = found[before] + gap + (free * passed / lasts if lasts else 0.0)
    return found


def _times(operations: Sequence[Operation]) -> dict[int, int]:
    """Return when each event was, in nanoseconds, by its number."""
    times: dict[int, int] = {}
    for one in operations:
        times[one.first] = one.began
        if one.last is not None:
            times[one.last] = one.began if one.ended is None else one.ended
    return times


def _rows(operations: Sequence[Operation]) -> tuple[list[str], dict[int, int]]:
    """Return the clients of the rows, and in which row each operation is.

    What a client does at once is in several rows.
    """
    rows: list[str] = []
    row_of: dict[int, int] = {}
    for client in dict.fromkeys(one.client for one in operations):
        ends: list[float] = []
        for one in operations:
            if one.client != client:
                continue
            end = float("inf") if one.last is None else one.last
            place = next((row for row, busy in enumerate(ends) if busy < one.first), len(ends))
            ends[place : place + 1] = [end]
            row_of[one.first] = len(rows) + place
        rows += [client, *[""] * (len(ends) - 1)]
    return rows, row_of


def _instants(
    operations: Sequence[Operation], at: dict[tuple[int, int], float], font: float
) -> list[Instant]:
    times = _times(operations)
    edges: dict[int, list[float]] = {}
    for (number, _), x in at.items():
        edges.setdefault(times[number], []).append(x)
    margin = 0.45 * font
    return [Instant(time, min(xs) - margin, max(xs) + margin) for time, xs in sorted(edges.items())]
