"""Arrows from task to task, behind the bars of those between."""

from __future__ import annotations

from vtloop.views.chart.routes import Route
from vtloop.views.chart.sheet import Sheet
from vtloop.views.style import ARROWS

_LENGTH = 0.55  # lines of text, of a head
HALF_HEAD = 0.27  # lines of text, across

_DOES = {
    "spawn": "{one} creates {other}",
    "wake": "{one} wakes {other}",
    "join": "{one} ends, for which {other} waits",
    "cancel": "{one} cancels {other}",
}


def paint_arrows(sheet: Sheet) -> None:
    """Draw the arrows."""
    for route in sheet.routes:
        _arrow(sheet, route)


def _arrow(sheet: Sheet, route: Route) -> None:
    arrow, down = route.arrow, route.down
    source, target = sheet.rows[route.source], sheet.rows[route.target]
    start = source.bar + source.bar_height if down else source.bar
    tip = target.bar if down else target.bar + target.bar_height
    colour = sheet.canvas.theme.arrows[arrow.kind]
    say = sheet.canvas.say
    one, other = (sheet.timeline.lanes[task].label for task in (arrow.source, arrow.target))
    does = say(_DOES[arrow.kind], one=one, other=other)
    tooltip = f"{does}\n{say.period(arrow.start, arrow.end)}"
    headless = arrow.kind == "cancel" and down  # the mark of the request is its head
    half = HALF_HEAD * sheet.across.font / sheet.across.points
    back = tip - _LENGTH if down else tip + _LENGTH
    sheet.canvas.seen.setdefault(("arrow", arrow.kind))
    sheet.canvas.line(
        [route.start, route.end],
        [start, target.marks - 0.3 if headless else back],
        colour,
        f"arrow-{route.number}",
        tooltip,
        pattern=ARROWS[arrow.kind][1],
        thick=1.2,
    )
    if not headless:
        corners = [(route.end, tip), (route.end - half, back), (route.end + half, back)]
        sheet.canvas.head(corners, colour, f"arrow-{route.number}-head", tooltip)
