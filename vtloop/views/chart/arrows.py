"""Arrows from task to task.

They stand upright: each leaves the task in whose step it happened, behind the bars of others, and
arrives where the bar of its target changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from vtloop.timeline.spans import Arrow
from vtloop.views.chart.facts import words_of_arrows
from vtloop.views.chart.sheet import Sheet
from vtloop.views.style import ARROWS

MOST_ARROWS = 80
_INTEREST = ("cancel", "join", "wake", "spawn")
_ASIDE = {"cancel": -0.36, "join": 0.36}  # lines of text; a request to cancel is marked there

_DOES = {
    "spawn": "{one} creates {other}",
    "wake": "{one} wakes {other}",
    "join": "{one} ends, for which {other} waits",
    "cancel": "{one} cancels {other}",
}


def paint_arrows(sheet: Sheet) -> None:
    """Draw arrows, those of most interest if there are too many."""
    found = list(_drawable_arrows(sheet))
    alone = [
        (index, arrow)
        for index, arrow in found
        if sheet.row_of[arrow.source].kind == sheet.row_of[arrow.target].kind == "lane"
    ]
    alone.sort(key=lambda pair: _INTEREST.index(pair[1].kind))
    drawn = alone[:MOST_ARROWS]
    for index, arrow in drawn:
        _arrow(sheet, index, arrow)
    if len(drawn) < len(found):
        words = words_of_arrows(sheet.canvas.say, len(drawn), len(found), len(alone))
        sheet.caption.append(words)


def _drawable_arrows(sheet: Sheet) -> Iterator[tuple[int, Arrow]]:
    """Yield the arrows between tasks, without the wake-ups that deliver a cancellation."""
    cancelled = {step for step, _, kind, *_ in sheet.timeline.trace.events if kind == "deliver"}
    for index, arrow in enumerate(sheet.timeline.arrows):
        if arrow.source not in sheet.row_of or arrow.target not in sheet.row_of:
            continue
        if arrow.source == arrow.target:
            continue
        if arrow.kind != "wake" or arrow.target_step not in cancelled:
            yield index, arrow


def _arrow(sheet: Sheet, index: int, arrow: Arrow) -> None:
    source, target = sheet.row_of[arrow.source], sheet.row_of[arrow.target]
    down = target.top > source.top
    start = source.bar + source.bar_height if down else source.bar
    tip = target.bar if down else target.bar + target.bar_height
    x = sheet.scale.during(arrow.source_step, arrow.start)
    end = _target_x(sheet, arrow, x)
    if sheet.scale.axis == "time":  # those of one instant, side by side
        aside = _ASIDE.get(arrow.kind, 0) * sheet.across.font / sheet.across.points
        x, end = x + aside, end + aside
    colour = sheet.canvas.theme.arrows[arrow.kind]
    say = sheet.canvas.say
    one, other = (sheet.timeline.lanes[task].label for task in (arrow.source, arrow.target))
    tooltip = (
        f"{say(_DOES[arrow.kind], one=one, other=other)}\n{say.period(arrow.start, arrow.end)}"
    )
    length, half = 0.55, 0.27 * sheet.across.font / sheet.across.points
    back = tip - length if down else tip + length
    sheet.canvas.seen.setdefault(("arrow", arrow.kind))
    sheet.canvas.line(
        [x, end],
        [start, back],
        colour,
        f"arrow-{index}",
        tooltip,
        pattern=ARROWS[arrow.kind][1],
        thick=1.2,
    )
    corners = [(end, tip), (end - half, back), (end + half, back)]
    sheet.canvas.head(corners, colour, f"arrow-{index}-head", tooltip)


def _target_x(sheet: Sheet, arrow: Arrow, x: float) -> float:
    """Return where an arrow arrives: where its target is made ready."""
    if arrow.kind in ("spawn", "cancel") or arrow.target_step < 0:
        return x
    woken_by = sheet.timeline.trace.step(arrow.target_step).woken_by
    if woken_by < 0 or woken_by == arrow.source_step:
        return x
    return max(x, sheet.scale.centre(woken_by))
