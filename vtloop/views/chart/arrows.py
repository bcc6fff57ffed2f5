"""Arrows from task to task, behind the bars of those between; and what hinders messages."""

from __future__ import annotations

from math import hypot

from vtloop.views.chart.routes import Route
from vtloop.views.chart.sheet import Sheet
from vtloop.views.chart.stubs import Stub
from vtloop.views.message_words import one_by_one, summary
from vtloop.views.style import ARROWS, HELD

_LENGTH = 0.55  # lines of text, of a head
HALF_HEAD = 0.27  # lines of text, across
_DROP = 0.5  # lines of text, from a bar to where a message is lost or held
_SLOPE = 0.4  # lines of text, across, on the way to where it is lost

_DOES = {
    "spawn": "{one} creates {other}",
    "wake": "{one} wakes {other}",
    "join": "{one} ends, for which {other} waits",
    "cancel": "{one} cancels {other}",
    "message": "{one} sends {what} to {other}",
}


def paint_arrows(sheet: Sheet) -> None:
    """Draw the arrows, and where messages are lost or held."""
    for route in sheet.routes:
        _arrow(sheet, route)
    for stub in sheet.stubs:
        _stub(sheet, stub)


def _arrow(sheet: Sheet, route: Route) -> None:
    arrow, down = route.arrow, route.down
    source, target = sheet.rows[route.source], sheet.rows[route.target]
    start = source.bar + source.bar_height if down else source.bar
    if sheet.timeline.released(arrow) is not None:
        start += _DROP if down else -_DROP
    tip = target.bar if down else target.bar + target.bar_height
    colour = sheet.canvas.theme.arrows[arrow.kind]
    headless = arrow.kind == "cancel" and down  # the mark of the request is its head
    (left, y), corners = _head(sheet, route, start, tip)
    sheet.canvas.seen.setdefault(("arrow", arrow.kind))
    tooltip = _tooltip(sheet, route)
    sheet.canvas.line(
        [route.start, route.end if headless else left],
        [start, target.marks - 0.3 if headless else y],
        colour,
        f"arrow-{route.number}",
        tooltip,
        pattern=ARROWS[arrow.kind][1],
        thick=1.2,
    )
    if not headless:
        sheet.canvas.head(corners, colour, f"arrow-{route.number}-head", tooltip)


Corner = tuple[float, float]


def _head(sheet: Sheet, route: Route, start: float, tip: float) -> tuple[Corner, list[Corner]]:
    """Return where the head of an arrow begins, and its corners; it points as a message slopes."""
    wide = sheet.across.font / sheet.across.points  # one line of text, across
    x, y = (route.end - route.start) / wide, tip - start
    if not route.slopes:
        x, y = 0.0, 1.0 if route.down else -1.0
    length = hypot(x, y)
    x, y = x / length, y / length
    back = route.end - x * _LENGTH * wide, tip - y * _LENGTH
    sides = [(back[0] - y * half * wide, back[1] + x * half) for half in (HALF_HEAD, -HALF_HEAD)]
    return back, [(route.end, tip), *sides]


def _tooltip(sheet: Sheet, route: Route) -> str:
    arrow, say = route.arrow, sheet.canvas.say
    messages = [sheet.timeline.messages[index] for index in arrow.messages]
    words = {
        "one": sheet.timeline.lanes[arrow.source].label,
        "other": sheet.timeline.lanes[arrow.target].label,
        "what": summary(say, messages) if messages else "",
    }
    lines = (
        say(_DOES[arrow.kind], **words),
        say.period(arrow.start, arrow.end),
        one_by_one(say, messages),
    )
    return "\n".join(filter(None, lines))


def _stub(sheet: Sheet, stub: Stub) -> None:
    canvas, message, row = sheet.canvas, stub.message, sheet.rows[stub.row]
    tip = one_by_one(canvas.say, [message])
    edge = row.bar + row.bar_height if stub.down else row.bar
    y = edge + (_DROP if stub.down else -_DROP)
    colour, name = canvas.theme.arrows["message"], f"message-{message.number}"
    canvas.seen.setdefault(("arrow", "message"))
    slope = _SLOPE * sheet.across.font / sheet.across.points
    if message.refused_at is not None:
        x = stub.left - slope
        canvas.line([x, stub.left], [y, edge], colour, name, tip, thick=1.2)
        canvas.mark(x, y, "refused", f"{name}-refused", tip)
    elif message.lost is None:
        xs, ys = [stub.left, stub.left, stub.right], [edge, y, y]
        canvas.line(xs, ys, colour, name, tip, pattern=HELD)
        canvas.mark(stub.left, y, "held", f"{name}-held", tip)
    else:
        x = stub.left + slope
        canvas.line([stub.left, x], [edge, y], colour, name, tip, thick=1.2)
        canvas.mark(x, y, "lost", f"{name}-lost", tip)
