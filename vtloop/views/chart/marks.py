"""The marks in the row of a task: starts and ends, deadlines, cancellations, and what it prints.

Marks of a task's start and end stand outside of its bar, so that a life of no length shows both.
"""

from __future__ import annotations

from vtloop.timeline.spans import Lane
from vtloop.views.chart.canvas import BAND, MARK
from vtloop.views.chart.facts import deadlines
from vtloop.views.chart.notes import FROM_FLAG
from vtloop.views.chart.rows import Row
from vtloop.views.chart.sheet import Sheet

_ENDS = {
    "returned": "{who} returned at {time}",
    "raised": "{who} raised at {time}",
    "cancelled": "{who} cancelled at {time}",
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
    for place, due in enumerate(deadlines(sheet.timeline, lane, sheet.told["set", lane.number])):
        left = sheet.scale.at(due)
        tip = say("{who}: deadline at {time}", who=lane.label, time=say.seconds(due))
        ys = [row.bar - 0.25, row.bar + row.bar_height + 0.25]
        canvas.seen.setdefault(("mark", "deadline"))
        alarm = canvas.theme.alarm
        canvas.line([left, left], ys, alarm, f"{name}-deadline-{place}", tip, layer=MARK, thick=1.5)
    _cancellations(sheet, lane, row)


def _cancellations(sheet: Sheet, lane: Lane, row: Row) -> None:
    say = sheet.canvas.say
    for index in sheet.told["task", lane.number]:
        event = step, at, kind, who, _, _ = sheet.timeline.trace.events[index]
        x = sheet.scale.during(step, at)
        if kind == "cancel":
            if step >= 0 and sheet.timeline.trace.step(step).who != who:
                x = sheet.scale.after(step, at)  # the loop did, between two steps
            by, message = say.requested(sheet.timeline, event)
            tip = say.cancellation(by, lane.label, at, message)
            sheet.canvas.mark(x, row.marks, "request", f"cancel-{index}", tip)
        else:
            time = say.seconds(at)
            tip = say("CancelledError is thrown into {who} at {time}", who=lane.label, time=time)
            sheet.canvas.mark(x, row.marks, "delivery", f"cancel-{index}", tip)


def paint_prints(sheet: Sheet, who: str, row: Row) -> None:
    """Write what is printed below a bar, each with a flag from when it was."""
    canvas, say, bottom = sheet.canvas, sheet.canvas.say, row.bar + row.bar_height
    for note in row.notes:
        canvas.seen.setdefault(("mark", "print"))
        printed = sheet.timeline.trace.printed[note.printed]
        time = say.seconds(printed.at)
        tip = f"{say('{who} prints at {time}:', who=who, time=time)}\n{printed.text}"
        y = bottom + 0.65 + note.line * 1.1
        foot = y + 0.4 if note.text else bottom + 0.2
        name, muted = f"print-{note.printed}", canvas.theme.muted
        canvas.line([note.x, note.x], [bottom, foot], muted, name, tip, layer=BAND, thick=0.9)
        if note.text:
            aside = -FROM_FLAG if note.leftward else FROM_FLAG
            canvas.words(
                note.x,
                y,
                note.text,
                align="right" if note.leftward else "left",
                halo=True,
                offset=aside * sheet.across.font,
                name=f"{name}-text",
            )
