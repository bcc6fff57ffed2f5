"""The marks in the row of a task: starts and ends, timeouts, cancellations, and what it prints.

Marks of a task's start and end stand outside of its bar, so that a life of no length shows both.
"""

from __future__ import annotations

from vtloop.timeline.spans import Bracket, Lane
from vtloop.views.chart.brackets import Placed
from vtloop.views.chart.canvas import BAND, MARK, SMALL
from vtloop.views.chart.notes import BESIDE, FROM_FLAG, MARGIN, Note
from vtloop.views.chart.routes import request_x
from vtloop.views.chart.row import LINE_OF_NOTES, Row
from vtloop.views.chart.sheet import Sheet
from vtloop.views.chart.words import width
from vtloop.views.style import MARKS

_MOST_FLAGS = 150  # of a row, up to which also those are drawn for whose text there is no room
_BESIDE_ARROW = 0.2  # lines of text, of a flag from an arrow: within what this keeps clear

_ENDS = {
    "returned": "{who} returned at {time}",
    "raised": "{who} raised at {time}",
    "cancelled": "{who} cancelled at {time}",
    "crashed": "{who} crashed with its host at {time}",
}


def paint_marks(sheet: Sheet, lane: Lane, row: Row, end: float) -> None:
    """Mark what happens to a task, whose bar ends at `end`."""
    canvas, name, step = sheet.canvas, f"task-{lane.number}", 0.42 * sheet.across.font
    say = canvas.say
    if lane.steps:
        at = say.seconds(sheet.timeline.trace.step(lane.steps[0]).at)
        tip = say("{who} starts at {time}", who=lane.label, time=at)
        canvas.mark(sheet.birth(lane), row.middle, "start", f"{name}-start", tip, -step)
    if lane.ended is not None:
        tip = say(_ENDS[lane.outcome], who=lane.label, time=say.seconds(lane.ended))
        tip += f"\n{lane.error}" if lane.error else ""
        canvas.mark(end, row.middle, lane.outcome, f"{name}-end", tip, step)
        if row.error:
            paint_note(sheet, row, row.error, f"{name}-error", tip, canvas.theme.alarm)
    for placed in row.brackets:
        _bracket(sheet, lane, row, placed)
    _cancellations(sheet, lane, row)


def _cancellations(sheet: Sheet, lane: Lane, row: Row) -> None:
    say, events = sheet.canvas.say, sheet.told["task", lane.number]
    if len(events) > _MOST_FLAGS:
        _many_cancellations(sheet, lane, row, events)
        return
    for index in events:
        event = sheet.timeline.trace.events[index]
        step, at, kind, *_ = event
        if kind == "cancel":
            x = request_x(sheet.timeline, sheet.scale, event)
            by, message = say.requested(sheet.timeline, event)
            tip = say.cancellation(by, lane.label, at, message)
            sheet.canvas.mark(x, row.marks, "request", f"cancel-{index}", tip)
        else:
            x, time = sheet.scale.during(step, at), say.seconds(at)
            tip = say("CancelledError is thrown into {who} at {time}", who=lane.label, time=time)
            sheet.canvas.mark(x, row.marks, "delivery", f"cancel-{index}", tip)


def _many_cancellations(sheet: Sheet, lane: Lane, row: Row, events: list[int]) -> None:
    """Mark cancellations as one shape for their requests, and one for their deliveries."""
    places: dict[str, list[float]] = {"request": [], "delivery": []}
    for index in events:
        event = sheet.timeline.trace.events[index]
        step, at, kind, *_ = event
        if kind == "cancel":
            places["request"].append(request_x(sheet.timeline, sheet.scale, event))
        else:
            places["delivery"].append(sheet.scale.during(step, at))
    for kind, xs in places.items():
        tip = f"{lane.label}: {sheet.canvas.say(MARKS[kind][0])}"
        sheet.canvas.mark(xs, row.marks, kind, f"task-{lane.number}-{kind}", tip)


def _bracket(sheet: Sheet, lane: Lane, row: Row, placed: Placed) -> None:
    """Draw a timeout from entry to exit, with the deadline that it had; open if left early."""
    canvas, bracket, place = sheet.canvas, placed.bracket, sheet.across.to_place
    name, y, foot = f"timeout-{placed.number}", row.level(placed.level), 0.3
    fired = bracket.fired and place(placed.right) <= canvas.cut
    look = "fired" if bracket.fired else "kept"  # in the legend, which is that of the whole
    colour, thick = (canvas.theme.alarm, 1.6) if fired else (canvas.theme.muted, 1.0)
    canvas.seen.setdefault(("timeout", look))
    tip = _words_of_timeout(sheet, lane, bracket)
    left, right, text_at = placed.left, placed.right, placed.text_at
    words = width(placed.text, canvas.font * SMALL) * MARGIN
    parts = [(left, right)]
    if placed.text and text_at < right:
        gap = 0.3 * canvas.font
        parts = [(left, text_at - gap), (text_at + words + gap, right)]
    for count, (start, end) in enumerate(parts):
        xs, ys = [place(start), place(end)], [y, y]
        if start == left:
            xs, ys = [place(left), *xs], [y + foot, *ys]
        if end == right and fired:
            xs, ys = [*xs, place(right)], [*ys, y + foot]
        part = f"{name}-{count}"
        canvas.line(xs, ys, colour, part, tip, layer=MARK, thick=thick)
    if placed.due is not None:
        xs, ys = [place(placed.due)] * 2, [y - foot, y + foot]
        canvas.line(xs, ys, colour, f"{name}-due", tip, layer=MARK, thick=thick)
    if placed.text:
        canvas.words(place(text_at), y, placed.text, colour=colour, align="left", name=name)


def _words_of_timeout(sheet: Sheet, lane: Lane, bracket: Bracket) -> str:
    say = sheet.canvas.say
    lines = (
        f"{lane.label}: {next(say.timeout(bracket.lengths, bracket.kind))}",
        say.period(bracket.start, bracket.end),
        say.deadline(bracket),
    )
    return "\n".join(filter(None, lines))


def paint_prints(sheet: Sheet, who: str, row: Row) -> None:
    """Write what is printed below a bar."""
    say = sheet.canvas.say
    for note in (note for note in row.notes if note.text or len(row.notes) <= _MOST_FLAGS):
        printed = sheet.timeline.trace.printed[note.number]
        time = say.seconds(printed.at)
        tip = f"{say('{who} prints at {time}:', who=who, time=time)}\n{printed.text}"
        sheet.canvas.seen.setdefault(("mark", "print"))
        paint_note(sheet, row, note, f"print-{note.number}", tip)


def _beside_arrow(sheet: Sheet, row: Row, note: Note) -> float:
    """Return how far a flag moves, towards its text, as an arrow would hide it; in places."""
    aside = _BESIDE_ARROW * sheet.across.font / sheet.across.points
    place = sheet.rows.index(row)
    for route in sheet.routes:
        if place in route.rows and abs(route.start - note.x) < aside and route.start == route.end:
            return -aside if note.leftward else aside
    return 0.0


def paint_note(sheet: Sheet, row: Row, note: Note, name: str, tip: str, colour: str = "") -> None:
    """Write a note below a bar, with a flag from where it belongs; or beside its end."""
    canvas, bottom = sheet.canvas, row.bar + row.bar_height
    if note.line == BESIDE:
        canvas.words(
            note.x,
            row.middle,
            note.text,
            align="left",
            colour=colour,
            halo=True,
            offset=note.aside * sheet.across.font,
            name=f"{name}-text",
        )
        return
    y = bottom + 0.65 + note.line * LINE_OF_NOTES
    foot = bottom + 0.1
    if note.text:
        foot = y if note.aside > FROM_FLAG else y + 0.4
    flag = colour or canvas.theme.muted
    x = note.x + _beside_arrow(sheet, row, note)
    canvas.line([x, x], [bottom, foot], flag, name, tip, layer=BAND, thick=0.9)
    if note.text:
        aside = -note.aside if note.leftward else note.aside
        if note.aside > FROM_FLAG:
            near = aside * (1 - 0.15 / note.aside) * sheet.across.font / sheet.across.points
            lead = [x, note.x + near]
            canvas.line(lead, [y, y], flag, f"{name}-lead", tip, layer=BAND, thick=0.9)
        canvas.words(
            note.x,
            y,
            note.text,
            align="right" if note.leftward else "left",
            colour=colour,
            halo=True,
            offset=aside * sheet.across.font,
            name=f"{name}-text",
        )
