"""The rows of primitives and sections, below those of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import inf

from vtloop.timeline.spans import Holding, Use, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.notes import Flag, Notes
from vtloop.views.chart.row import BAR, Across, Row, space_below
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.words import drawable
from vtloop.views.words import USES, Words

MOST_ROWS = 60
MOST_USES = 120  # of one primitive, up to which it is told who did what
STRIP = 1.25  # lines of text
WAITING = 0.9  # lines of text, of the strip that tells how many wait
_HIGHEST = 8.0  # lines of text, of one primitive
_LINES = 3  # of who did what with a primitive
_NAME = 32  # columns of a name

Slot = tuple[int, int, Holding | Visit]
"""Which of the lines of a row a holding stands in, its index, and itself."""


def strip_rows(
    timeline: Timeline, scale: Scale, across: Across, top: float, say: Words
) -> list[Row]:
    """Return the rows of primitives, and below them those of sections."""
    held: dict[int, list[tuple[int, Holding | Visit]]] = {}
    for index, holding in enumerate(timeline.holdings):
        held.setdefault(holding.primitive, []).append((index, holding))
    used: dict[int, list[Use]] = {}
    for use in timeline.uses:
        used.setdefault(use.primitive, []).append(use)
    visited: dict[str, list[tuple[int, Holding | Visit]]] = {}
    for index, visit in enumerate(timeline.visits):
        visited.setdefault(visit.section, []).append((index, visit))
    rows: list[Row] = []
    top += 0.5
    for primitive in sorted({*held, *used})[:MOST_ROWS]:
        words = timeline.trace.primitives[primitive]
        label = drawable(words.name, _NAME) or say.primitive(words)
        below = say.numbered(words) if words.shared else words.kind
        row = Row("primitive", label, below if words.name else "", top, top, 0, primitive=primitive)
        if primitive in used:
            waits = primitive in timeline.queues
            row = _of_uses(row, timeline, used[primitive], scale, across, waits, say)
            if primitive in held:  # a condition, which has a lock and is notified
                row = row._replace(holdings=_slots(held[primitive]))
        else:
            row = _of_holdings(row, held[primitive])
        rows.append(row)
        top += row.height
    for place, (section, visits) in enumerate(list(visited.items())[:MOST_ROWS]):
        row = Row("section", drawable(section, _NAME), say("section"), top, top, 0, primitive=place)
        rows.append(_of_holdings(row, visits))
        top += rows[-1].height
    return rows


def _slots(holdings: list[tuple[int, Holding | Visit]]) -> tuple[Slot, ...]:
    """Return holdings, each with the first slot that is free."""
    slots: list[float] = []  # the event from which on each is free again
    placed: list[Slot] = []
    for index, holding in holdings:
        slot = next((at for at, free in enumerate(slots) if free <= holding.first), len(slots))
        slots[slot : slot + 1] = [holding.last if holding.last >= 0 else inf]
        placed.append((slot, index, holding))
    return tuple(placed)


def _of_holdings(row: Row, holdings: list[tuple[int, Holding | Visit]]) -> Row:
    placed = _slots(holdings)
    slots = 1 + max(slot for slot, *_ in placed)
    height = min(STRIP, _HIGHEST / slots) * slots
    bar = row.top + 0.35
    return row._replace(
        holdings=placed,
        bar=bar,
        bar_height=height,
        height=max(height, BAR) + 1.7,
        queue=bar + height + 0.1,
    )


def _of_uses(
    row: Row,
    timeline: Timeline,
    uses: list[Use],
    scale: Scale,
    across: Across,
    waits: bool,
    say: Words,
) -> Row:
    """Return the row of what is put and got, or set and cleared: who waits, and who does that."""
    notes = Notes(across.room, across.font, (), say, _LINES, ", ", rightward=True)
    if len(uses) <= MOST_USES:
        flags = _flags(timeline, uses, scale, across, say)
        for flag in reversed(list(flags)):
            notes.place(flag)
    queue = row.top + 0.35
    bar = queue + (WAITING + 0.1 if waits else 0)
    height = bar - row.top + STRIP + space_below(notes.notes)
    return row._replace(
        uses=tuple(uses),
        notes=tuple(notes.notes),
        bar=bar,
        bar_height=STRIP,
        height=max(height, BAR + 0.6),
        queue=queue,
    )


def _flags(
    timeline: Timeline, uses: list[Use], scale: Scale, across: Across, say: Words
) -> Iterable[Flag]:
    """Yield what is told at each place where somebody did something, from left to right."""
    told = [
        (scale.during(use.step, use.at), use.kind, use.task, index)
        for index, use in enumerate(uses)
        if use.kind in USES
    ]
    for x, here in groupby(sorted(told, key=lambda one: one[0]), key=lambda one: one[0]):
        texts = []
        for (kind, task), same in groupby(here, key=lambda one: one[1:3]):
            indexes = [index for *_, index in same]
            lane = timeline.lanes.get(task)
            who = drawable(lane.label, _NAME) if lane else say("a callback")
            text = say(USES[kind], who=who)
            texts.append((indexes[0], f"{text} ×{len(indexes)}" if len(indexes) > 1 else text))
        yield Flag(x, across.to_points(x), tuple(texts))
