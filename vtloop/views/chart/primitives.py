"""Who holds a primitive, and how many wait for it; and who is in a section."""

from __future__ import annotations

from itertools import pairwise

from vtloop.timeline.spans import READY
from vtloop.views.chart.canvas import BAR, Box
from vtloop.views.chart.levels import MANY_PIECES, paint_uses
from vtloop.views.chart.row import Row
from vtloop.views.chart.sheet import Sheet
from vtloop.views.chart.strips import WAITING
from vtloop.views.chart.words import drawable
from vtloop.views.style import Look

Wait = tuple[float, float]  # from where to where


def waits_for_primitives(sheet: Sheet) -> dict[int, list[Wait]]:
    """Return where tasks wait for each primitive that has a row."""
    waits: dict[int, list[Wait]] = {
        row.primitive: [] for row in sheet.rows if row.kind == "primitive"
    }
    for number in sheet.row_of if waits else ():
        for span, state, left, right in sheet.segments(sheet.timeline.lanes[number]):
            if span.primitive in waits and state != READY and right > left:
                waits[span.primitive].append((left, right))
    return waits


def paint_primitive(sheet: Sheet, row: Row, waits: list[Wait]) -> None:
    """Paint the row of one primitive, for which tasks wait."""
    primitive = sheet.timeline.trace.primitives[row.primitive]
    words = sheet.canvas.say.primitive(primitive)
    if row.holdings:
        sheet.canvas.seen.setdefault(("held", "held"))
        has, together = "{who} holds {what}", "{what} is held {times}"
        _strip(sheet, row, sheet.canvas.theme.holdings, has, words, together)
    if row.notes or not row.holdings:
        paint_uses(sheet, row, primitive)
    _queue(sheet, row, words, waits)


def paint_section(sheet: Sheet, row: Row) -> None:
    """Paint the row of one section."""
    words = sheet.canvas.say("section {name}", name=row.label)
    sheet.canvas.seen.setdefault(("held", "section"))
    has, together = "{who} is in {what}", "{what} is entered {times}"
    _strip(sheet, row, sheet.canvas.theme.sections, has, words, together)


def _strip(
    sheet: Sheet, row: Row, looks: tuple[Look, Look], has: str, what: str, together: str
) -> None:
    """Paint who has what the row is for, piece by piece; of many no piece is named.

    `has` and `together` are the phrases for both.
    """
    say = sheet.canvas.say
    event, scale = sheet.timeline.trace.event, sheet.scale
    slots = 1 + max(slot for slot, _, _ in row.holdings)
    each = row.bar_height / slots
    name = row.name
    many = len(row.holdings) > MANY_PIECES * 4
    boxes: tuple[list[Box], list[Box]] = [], []
    for count, (slot, index, holding) in enumerate(row.holdings):
        left, right = scale.during(event(holding.first).step, holding.start), scale.end
        if holding.last >= 0:
            right = scale.during(event(holding.last).step, holding.end)
        top = row.bar + slot * each
        box = left, top, right, top + each * 0.94
        boxes[count % 2].append(box)
        if many:
            continue
        holder = sheet.timeline.lanes.get(holding.task)
        label = holder.label if holder else say("nobody")
        tip = f"{say(has, who=label, what=what)}\n{say.period(holding.start, holding.end)}"
        look = looks[count % 2]
        sheet.canvas.box(box, look, "", f"{name}-holding-{index}", tip, BAR)
        if each > 1:
            sheet.write_within(left, right, top + each * 0.47, [drawable(label)], look.ink)
    if many:
        tip = say(together, what=what, times=say("{count} times", count=len(row.holdings)))
        sheet.canvas.boxes(boxes[0], looks[0], f"{name}-holdings-even", tip, BAR)
        sheet.canvas.boxes(boxes[1], looks[1], f"{name}-holdings-odd", tip, BAR)


def _queue(sheet: Sheet, row: Row, primitive: str, waits: list[Wait]) -> None:
    say = sheet.canvas.say
    changes = sorted((x, change) for wait in waits for x, change in zip(wait, (1, -1), strict=True))
    most = waiting = 0
    pieces: list[tuple[float, float, int]] = []
    for (left, change), (right, _) in pairwise([*changes, (sheet.scale.end, 0)]):
        waiting += change
        most = max(most, waiting)
        if waiting and right > left:
            pieces.append((left, right, waiting))
    top, look = row.queue, sheet.canvas.theme.queue
    if len(pieces) > MANY_PIECES:
        sheet.canvas.seen.setdefault(("queue", "queue"))
        heights = [
            (left, top, right, top + WAITING * count / most) for left, right, count in pieces
        ]
        tasks = say("{count} tasks", count=most)
        tip = say("up to {tasks} wait for {primitive}", tasks=tasks, primitive=primitive)
        sheet.canvas.boxes(heights, look, f"{row.name}-queue", tip, BAR)
        return
    for place, (left, right, count) in enumerate(pieces):
        sheet.canvas.seen.setdefault(("queue", "queue"))
        tip = say("{count} tasks wait for {primitive}", count=count, primitive=primitive)
        box = left, top, right, top + WAITING
        sheet.canvas.box(box, look, "", f"{row.name}-queue-{place}", tip, BAR)
        texts = [say("{count} waiting", count=count), str(count)]
        middle = top + WAITING / 2
        sheet.write_within(left, right, middle, texts, look.ink, size=0.72, aside=0.4)
