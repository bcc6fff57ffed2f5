"""How full queues and barriers are, whether events are set, and who changed that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from vtloop.timeline.spans import Use
from vtloop.timeline.uses import NOT_LEVELS
from vtloop.values.trace import Primitive
from vtloop.views.chart.canvas import BAND, BAR
from vtloop.views.chart.marks import paint_note
from vtloop.views.chart.row import Row
from vtloop.views.chart.sheet import Sheet

MANY_PIECES = 60  # from which on what they count is a height, not a number


def paint_uses(sheet: Sheet, row: Row, primitive: Primitive) -> None:
    """Paint how full a primitive is, and write who did what with it."""
    say = sheet.canvas.say
    what = say.primitive(primitive)
    top, bottom = row.bar, row.bar + row.bar_height
    ends = [sheet.scale.start, sheet.scale.end]
    muted = sheet.canvas.theme.muted
    sheet.canvas.line(
        ends, [bottom, bottom], muted, f"{row.name}-line", what, layer=BAND, thick=0.7
    )
    pieces = [piece for piece in _pieces(sheet, row.uses) if piece[2]]
    kinds = {use.kind for use in row.uses}  # its class may be one of the program's
    is_event = not kinds.isdisjoint(("set", "clear"))
    if pieces:
        sheet.canvas.seen.setdefault(("level", "event" if is_event else "level"))
    look = sheet.canvas.theme.level
    if len(pieces) > MANY_PIECES:
        most = max(level for *_, level in pieces)
        heights = [
            (left, bottom - (bottom - top) * level / most, right, bottom)
            for left, right, level in pieces
        ]
        sheet.canvas.boxes(heights, look, f"{row.name}-levels", what, BAR)
    else:
        for place, (left, right, level) in enumerate(pieces):
            words = [say("set")] if is_event else [say("{count} items", count=level), str(level)]
            if "arrive" in kinds:
                words = [str(level)]
            tip = f"{what}: {words[0]}"
            box = left, top, right, bottom
            sheet.canvas.box(box, look, "", f"{row.name}-level-{place}", tip, BAR)
            sheet.write_within(left, right, (top + bottom) / 2, words, look.ink)
    for note in row.notes:
        use = row.uses[note.number]
        tip = f"{what}: {note.text}\n{say.at(use.at)}" if note.text else f"{what}\n{say.at(use.at)}"
        paint_note(sheet, row, note, f"{row.name}-use-{note.number}", tip)


def _pieces(sheet: Sheet, uses: Iterable[Use]) -> Iterator[tuple[float, float, int]]:
    """Yield how full a primitive is, from where to where."""
    levels: dict[float, int] = {}
    for use in uses:
        if use.kind not in NOT_LEVELS:
            levels.setdefault(sheet.scale.start, use.before)
            levels[sheet.scale.during(use.step, use.at)] = use.after
    changes = [*sorted(levels.items()), (sheet.scale.end, 0)]
    for (left, level), (right, _) in pairwise(changes):
        if right > left:
            yield left, right, level
