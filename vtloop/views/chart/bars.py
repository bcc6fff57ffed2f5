"""What a task does, as bars in its row, with words where they fit."""

from __future__ import annotations

from collections import defaultdict

from vtloop.timeline.spans import Span
from vtloop.views.chart.canvas import BAR, SMALL, TICK, TOOTH, Box
from vtloop.views.chart.marks import paint_marks, paint_prints
from vtloop.views.chart.notes import MARGIN
from vtloop.views.chart.row import Row
from vtloop.views.chart.shares import are_too_many, paint_shares
from vtloop.views.chart.sheet import Sheet
from vtloop.views.chart.words import fitting, span_tooltip, span_words
from vtloop.views.style import STATES, shown_as

_ASIDE = 0.5  # lines of text, beside the words in a bar


def paint_lane(sheet: Sheet, row: Row) -> None:
    """Paint the row of one task."""
    lane = row.lanes[0]
    if are_too_many(sheet, row.lanes):
        paint_marks(sheet, lane, row, paint_shares(sheet, row, f"task-{lane.number}"))
        paint_prints(sheet, lane.label, row)
        return
    top, bottom = row.bar, row.bar + row.bar_height
    shapes: dict[str, list[Box]] = defaultdict(list)
    end = sheet.birth(lane)
    for place, (span, state, left, right) in enumerate(sheet.segments(lane)):
        end = max(end, right)
        box = left, top, right, bottom
        if left == right and state != "running":
            continue
        if sheet.dense:
            shapes[state].append(sheet.at_least_a_pixel(box))
        else:
            tooltip = span_tooltip(sheet.canvas.say, sheet.timeline, lane, span)
            cut = span.cut and state not in ("running", "ready")
            paint = sheet.canvas.torn if cut else sheet.canvas.state
            paint(box, state, f"task-{lane.number}-span-{place}", tooltip)
        _span_words(sheet, span, state, box)
    _shapes(sheet, shapes, f"task-{lane.number}", lane.label)
    paint_marks(sheet, lane, row, end)
    paint_prints(sheet, lane.label, row)


def paint_group(sheet: Sheet, row: Row) -> None:
    """Paint the row that some tasks share, with a thin line for each."""
    name = f"group-{row.lanes[0].number}"
    if are_too_many(sheet, row.lanes):
        paint_shares(sheet, row, name)
    else:
        thin = row.bar_height / len(row.lanes)
        shapes: dict[str, list[Box]] = defaultdict(list)
        for place, lane in enumerate(row.lanes):
            top = row.bar + place * thin
            for _, state, left, right in sheet.segments(lane):
                if right > left or state == "running":
                    box = left, top, right, top + thin * 0.92
                    shapes[state].append(sheet.at_least_a_pixel(box))
        _shapes(sheet, shapes, name, row.label)
    raised = sum(lane.outcome == "raised" for lane in row.lanes)
    if raised:
        phrase = "{count} of the tasks of {row} raised."
        sheet.caption.append(sheet.canvas.say(phrase, count=raised, row=row.label))


def _span_words(sheet: Sheet, span: Span, state: str, box: Box) -> None:
    left, top, right, bottom = box
    room = (right - left) * sheet.across.points - _ASIDE * sheet.across.font
    if room <= sheet.across.font:
        return
    size = sheet.across.font * SMALL
    if span.cut and state != "ready" and not sheet.dense:
        right -= TOOTH * sheet.across.font / sheet.across.points
        room -= TOOTH * sheet.across.font
    text = fitting(span_words(sheet.canvas.say, sheet.timeline, span), room / MARGIN, size)
    look = sheet.canvas.theme.states[state]
    if text:
        sheet.canvas.told.add(("state", state))
    if sheet.canvas.cut < right:  # what stands in the part of it that is shown
        right = sheet.canvas.cut
        room = (right - left) * sheet.across.points - _ASIDE * sheet.across.font
        shown = span._replace(cut=False)
        text = fitting(span_words(sheet.canvas.say, sheet.timeline, shown), room, size)
    if text:
        behind = "" if state in ("running", "sleep") else look.face
        middle = (left + right) / 2, (top + bottom) / 2
        sheet.canvas.words(*middle, text, colour=look.ink, behind=behind)


def _shapes(sheet: Sheet, shapes: dict[str, list[Box]], name: str, label: str) -> None:
    for state, boxes in shapes.items():
        sheet.canvas.seen.setdefault(("state", state))
        look = sheet.canvas.theme.states[state]
        words = sheet.canvas.say(STATES[state][0])
        tooltip = f"{label}: {words}, {sheet.canvas.say('{count} spans', count=len(boxes))}"
        layer = TICK if state == "running" else BAR
        pattern = "" if name.startswith("group") else STATES[state][1]
        sheet.canvas.boxes(boxes, look, f"{name}-{shown_as(state)}", tooltip, layer, pattern)
