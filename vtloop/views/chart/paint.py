"""The rows of a chart, painted one after the other, and what stands across all of them."""

from __future__ import annotations

from vtloop.views.chart.arrows import paint_arrows
from vtloop.views.chart.bars import paint_group, paint_lane
from vtloop.views.chart.canvas import BACK, BAR, Box
from vtloop.views.chart.marks import paint_prints
from vtloop.views.chart.primitives import paint_primitive, paint_section, waits_for_primitives
from vtloop.views.chart.row import Row
from vtloop.views.chart.sheet import Sheet
from vtloop.views.style import Look

_CALLBACKS = {"callback": "callback {name}", "timer": "timer {name}"}


def paint_rows(sheet: Sheet) -> None:
    """Paint everything that stands in rows."""
    _bands(sheet)
    waits = waits_for_primitives(sheet)
    for row in sheet.rows:
        if row.kind == "lane":
            paint_lane(sheet, row)
        elif row.kind == "group":
            paint_group(sheet, row)
        elif row.kind == "primitive":
            paint_primitive(sheet, row, waits.get(row.primitive, []))
        elif row.kind == "section":
            paint_section(sheet, row)
        else:
            _callbacks(sheet, row)
    paint_arrows(sheet)


def _callbacks(sheet: Sheet, row: Row) -> None:
    top, bottom = row.bar + 0.2, row.bar + row.bar_height - 0.2
    shapes: list[Box] = []
    say = sheet.canvas.say
    look = Look(sheet.canvas.theme.muted, sheet.canvas.theme.muted, sheet.canvas.theme.paper)
    for index, (at, who, _, ended, subject, _) in enumerate(sheet.timeline.trace.steps):
        left, right = sheet.scale.left[index], sheet.scale.right[index]
        if who or right <= left:
            continue
        sheet.canvas.seen.setdefault(("callback", "callback"))
        if sheet.dense:
            shapes.append((left, top, right, bottom))
        else:
            what = say(_CALLBACKS[ended], name=str(subject))
            tip = f"{what}\n{say('at {time}, step {step}', time=say.seconds(at), step=str(index))}"
            box = left, top, right, bottom
            sheet.canvas.box(box, look, "", f"step-{index}", tip, BAR)
    if shapes:
        tip = say("{count} callbacks", count=len(shapes))
        sheet.canvas.boxes(shapes, look, "callbacks", tip, BAR)
    paint_prints(sheet, say("a callback"), row)


def _bands(sheet: Sheet) -> None:
    theme, bottom = sheet.canvas.theme, sheet.rows[-1].top + sheet.rows[-1].height
    look, say = Look(theme.blocked, theme.blocked, theme.ink), sheet.canvas.say
    for step, _, kind, _, subject, _ in sheet.timeline.trace.events:
        if kind == "block":
            block = sheet.timeline.trace.blocked[subject]
            left, right = sheet.scale.left[step], sheet.scale.at(block.at + block.duration)
            if sheet.scale.axis == "time":
                left = sheet.scale.at(block.at)
            tip = say("{who} blocks the loop: {call}", who=block.who, call=block.how)
            tip += f"\n{say.period(block.at, block.at + block.duration)}\n{block.place}"
            sheet.canvas.seen.setdefault(("band", "blocked"))
            box = left, sheet.rows[0].top, right, bottom
            sheet.canvas.box(box, look, "", f"blocked-{subject}", tip, BACK)
