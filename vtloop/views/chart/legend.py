"""What the legend explains: what occurs in the chart, line after line, each as wide as its words.

The lines are about equally long, so that none has a single word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from vtloop.views.chart.canvas import BAR, SMALL, Canvas
from vtloop.views.chart.notes import MARGIN
from vtloop.views.chart.words import width
from vtloop.views.style import ARROWS, MARKS, STATES, Look, plain

LINE = 1.55  # from one line to the next, in sizes of its text
_HANDLE, _GAP, _BETWEEN = 1.7, 0.5, 1.5  # how wide, in sizes of its text
_SYMBOL = 0.9  # how wide a mark is


class _Entry(NamedTuple):
    words: str
    look: Look | None  # of a box, with the pattern
    style: Any  # of a line or a mark, as a Line2D takes it

    @property
    def handle(self) -> float:
        """How wide what stands before the words is, in sizes of the text."""
        return _SYMBOL if self.look is None and "marker" in self.style else _HANDLE

    def wide(self, size: float) -> float:
        """Return how wide it is, in points."""
        return width(self.words, size) * MARGIN + (self.handle + _GAP) * size


def paint_legend(canvas: Canvas, left: float, room: float, below: float, compact: bool) -> int:
    """Explain what occurs in the chart; return how many lines that takes.

    The legend begins `left` points left of the axes, `below` points under them, and is `room`
    points wide at most. A compact one leaves out what the chart says in words.
    """
    told = canvas.told if compact else ()
    entries = [entry for what, entry in _entries(canvas) if what not in told]
    size = canvas.font * SMALL
    lines = _lines([entry.wide(size) for entry in entries], room, _BETWEEN * size)
    place = 0
    for line, count in enumerate(lines):
        x, y = -left, -below - (line + 0.5) * LINE * size
        for entry in entries[place : place + count]:
            _paint(canvas, entry, place, x, y, size)
            x += entry.wide(size) + _BETWEEN * size
            place += 1
    return len(lines)


def _lines(widths: list[float], room: float, gap: float) -> list[int]:
    """Return how many entries stand in each line: few lines, and none much longer than another."""
    best = least = _filled(widths, room, gap)
    for narrower in range(1, 20):  # twentieths, as long as that takes no more lines
        tighter = _filled(widths, room * (1 - narrower / 20), gap)
        if len(tighter) > len(least):
            break
        best = tighter
    return best


def _filled(widths: list[float], room: float, gap: float) -> list[int]:
    lines: list[int] = []
    free = -1.0
    for wide in widths:
        if free < wide:
            lines.append(0)
            free = room
        lines[-1] += 1
        free -= wide + gap
    return lines


def _paint(canvas: Canvas, entry: _Entry, place: int, x: float, y: float, size: float) -> None:
    wide = entry.handle * size
    handle: Artist
    if entry.look is not None:
        pattern = entry.style
        handle = Rectangle(
            (x, y - 0.45 * size),
            wide,
            0.9 * size,
            facecolor=entry.look.face,
            edgecolor=entry.look.edge,
            hatch=pattern or None,
            linewidth=0.7,
        )
    elif "marker" in entry.style:
        handle = Line2D([x + wide / 2], [y], linestyle="none", **entry.style)
    else:
        handle = Line2D([x, x + wide], [y, y], linewidth=1.4, **entry.style)
    handle.set_clip_on(False)
    canvas.add(handle, f"legend-{place}", entry.words, BAR, canvas.in_points)
    canvas.words(
        x + wide + _GAP * size,
        y,
        entry.words,
        size=SMALL,
        align="left",
        transform=canvas.in_points,
        name=f"legend-{place}-words",
    )


def _entries(canvas: Canvas) -> Iterator[tuple[tuple[str, str], _Entry]]:
    theme, seen, say = canvas.theme, canvas.seen, canvas.say
    for state, (words, pattern) in STATES.items():
        if ("state", state) in seen:
            yield ("state", state), _Entry(say(words), theme.states[state], pattern)
    for what, words, look in (
        (("callback", "callback"), "timer or callback", plain(theme.muted)),
        (("band", "blocked"), "the loop is blocked", plain(theme.blocked)),
        (("band", "instant"), "one instant, drawn apart", Look(theme.shade, theme.grid, theme.ink)),
        (("held", "held"), "holds it", theme.holdings[0]),
        (("held", "section"), "in the section", theme.sections[0]),
        (("queue", "queue"), "how many wait for it", theme.queue),
        (("level", "level"), "items, or who has come", theme.level),
        (("level", "event"), "is set", theme.level),
    ):
        if what in seen:
            yield what, _Entry(say(words), look, "")
    for what, words, style in (
        (("timeout", "kept"), "timeout that was kept", {"color": theme.muted}),
        (("timeout", "fired"), "timeout that has passed", {"color": theme.alarm}),
    ):
        if what in seen:
            yield what, _Entry(say(words), None, style)
    for mark, (words, _) in MARKS.items():
        if ("mark", mark) in seen:
            yield ("mark", mark), _Entry(say(words), None, canvas.mark_style(mark))
    for arrow, (words, line) in ARROWS.items():
        if ("arrow", arrow) in seen:
            style = {"color": theme.arrows[arrow], "linestyle": line}
            yield ("arrow", arrow), _Entry(say(words), None, style)
