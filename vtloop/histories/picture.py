"""The chart of a history: its clients down, time across, and what shows the verdict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.lines import Line2D

from vtloop.histories.contradiction import Contradiction
from vtloop.histories.operations import Operation
from vtloop.histories.places import Bar, Places, placed
from vtloop.values.clock import NANOSECONDS, format_seconds
from vtloop.views.chart.canvas import ARROW, BACK, BAR, SMALL, TICK, Canvas
from vtloop.views.chart.frame import paint_caption, paint_title
from vtloop.views.chart.svg import Chart, save_figure
from vtloop.views.chart.words import drawable, shortened, width
from vtloop.views.style import FONT, SIZES, THEMES, Look, Theme, plain
from vtloop.views.words import words_of

_MOST = 60  # operations
_LONGEST = 200  # columns of words
_ROW = 2.6  # lines of text
_WORDS, _TOP, _BOTTOM = 0.7, 1.35, 2.25  # of a row: what is asked for; its bar
_ABOVE = 2.6  # lines of text, of the title
_BELOW = 3.6  # of the axis
_MOST_BEYOND = 0.15  # of the picture, for the words of what begins last
_SEEN = 1000  # how many times can be told apart across


class Findings(NamedTuple):
    """What there is to draw."""

    operations: Sequence[Operation]
    words: str
    order: Sequence[Operation]
    """The order that was found, or the furthest that any comes."""
    contradiction: Contradiction | None = None
    beside: Sequence[Operation] = ()
    """All operations that the contradiction could be about."""


def drawn(
    found: Findings, path: str | os.PathLike[str] | None, theme: str, title: str | None
) -> Chart:
    """Return the figure of what was found, and write it to a file if there is a path."""
    if theme not in THEMES:
        raise ValueError(f"theme={theme!r} was given; pass one of 'light' and 'dark'")
    size, colours = SIZES["readme"], THEMES[theme]
    operations, caption = _told(found)
    font, wide = size.font, size.width * 72
    labels = max((width(one.client, font) for one in operations), default=0.0) + font
    room = wide - labels - 2 * font
    last = max(operations, key=lambda one: one.first, default=None)
    beyond = min(_MOST_BEYOND * room, width(_words(last), font * SMALL)) if last else 0.0
    places = Places([], [], [])
    if operations:
        places = placed(operations, found.order, room, font, beyond)
    high = max(1.0, len(places.rows) * _ROW)
    figure = Chart(figsize=(size.width, 1), dpi=size.dpi, facecolor=colours.paper)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_facecolor(colours.paper)
    ax.set_xlim(0, room)
    ax.set_ylim(high, 0)
    canvas = Canvas(ax, colours, font, 1.0, "", words_of("en"))
    _paint_axis(canvas, places, high)
    for row, client in enumerate(places.rows):
        middle = row * _ROW + (_TOP + _BOTTOM) / 2
        canvas.words(0, middle, client, size=1, align="left", offset=-labels, name=f"client-{row}")
    _paint_order(canvas, places, found)
    for place, bar in enumerate(places.bars):
        _paint(canvas, bar, f"operation-{place}", found.contradiction)
    head, *lines = found.words.splitlines()
    paint_title(canvas, title or head.removesuffix(":"), labels, room)
    below = _BELOW * font
    below += paint_caption(canvas, caption, labels, labels + room, below) * 1.2 * font + 0.8 * font
    tall = _ABOVE * font + high * font + below
    figure.set_size_inches(size.width, tall / 72)
    ax.set_position(((labels + font) / wide, below / tall, room / wide, high * font / tall))
    figure.about = title or head, "\n".join([head, *lines])
    if path is not None:
        save_figure(figure, path)
    return figure


def _told(found: Findings) -> tuple[list[Operation], list[str]]:
    """Return which operations are drawn, and what is said below them."""
    wrong = found.contradiction
    shown = list(found.operations)
    caption = []
    if wrong is None and found.order:
        caption.append("The numbers are an order in which it could have happened.")
    if wrong is not None:
        shown = _around(wrong, found.beside)
        if wrong.order:
            caption.append("The numbers are the furthest that any order comes.")
        caption += [f"{one.client}: {one.call} {reason}." for one, reason in wrong.refusals]
    if any(one.last is None for one in shown[:_MOST]):
        caption.append("Hatched: nobody knows its result, so it may happen at any later time.")
    if more := len(found.operations) - len(shown[:_MOST]):
        caption.append(f"Left out: {more:,} more.")
    return shown[:_MOST], caption


def _around(wrong: Contradiction, beside: Sequence[Operation]) -> list[Operation]:
    """Return the operations of a contradiction, and those beside them unless they are too many."""
    begin, end = wrong.operations[0].first, wrong.misfit.last or 0
    near = [one for one in beside if one.first < end and (one.last or end) > begin]
    return near if len(near) <= _MOST // 2 else list(wrong.operations)


def _paint_axis(canvas: Canvas, places: Places, high: float) -> None:
    """Shade each instant, and write its time below it, as far as the times have room."""
    ax, theme, font = canvas.ax, canvas.theme, canvas.font
    ax.set_yticks([])
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(theme.muted)
    ax.tick_params(axis="x", colors=theme.muted, labelsize=font * 0.9, length=3, pad=2)
    free, ticks, labels = 0.0, [], []
    digits = _digits(places)
    for place, instant in enumerate(places.instants):
        text = f"{instant.at / NANOSECONDS:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if digits else text
        box = instant.left, 0.0, instant.right, high
        canvas.box(
            box,
            plain(theme.shade),
            "",
            f"instant-{place}",
            f"at {format_seconds(instant.at)}",
            BACK,
        )
        middle = (instant.left + instant.right) / 2
        half = width(text, font * 0.9) / 2
        fits = middle - half >= free
        ticks.append(middle)
        labels.append(text if fits else "")
        if fits:
            free = middle + half + 0.5 * font
    ax.set_xticks(ticks)
    ax.set_xticklabels(labels, fontfamily=FONT)
    label = ax.set_xlabel("time in seconds; what happens at one instant is drawn apart")
    label.set(fontsize=font * 0.9, color=theme.muted, fontfamily=FONT)
    label.set(horizontalalignment="left", x=0.0)


def _paint_order(canvas: Canvas, places: Places, found: Findings) -> None:
    """Draw the moments at which operations happen, and the way from each to the next."""
    bars = {bar.operation.first: bar for bar in places.bars}
    happen = [bars[one.first] for one in found.order if one.first in bars]
    points = [(bar.moment, _middle(bar)) for bar in happen if bar.moment is not None]
    if not points:
        return
    xs, ys = [x for x, _ in points], [y for _, y in points]
    canvas.line(xs, ys, canvas.theme.muted, "order", "in this order", layer=ARROW, thick=0.8)
    for number, (x, y) in enumerate(points, 1):
        mark = Line2D([x], [y], linestyle="none", marker="o", markersize=canvas.font * 1.15)
        mark.set(markeredgecolor=canvas.theme.ink, markerfacecolor=canvas.theme.paper)
        mark.set_markeredgewidth(0.8)
        canvas.add(mark, f"moment-{number}", f"happens as number {number}", TICK)
        canvas.words(x, y, str(number), size=0.72, name=f"moment-{number}-words")


def _paint(canvas: Canvas, bar: Bar, name: str, wrong: Contradiction | None) -> None:
    """Draw an operation: what was asked for, a bar for its time, and what came back."""
    theme, one = canvas.theme, bar.operation
    top = bar.row * _ROW
    box = bar.left, top + _TOP, bar.right, top + _BOTTOM
    tip = f"{one.client}: {one}\n{one.period}"
    is_misfit = wrong is not None and one.first == wrong.misfit.first
    if one.last is None:
        canvas.torn(box, "left", name, tip)
    else:
        canvas.box(box, _look(theme, one, wrong), "", name, tip, BAR)
    if is_misfit:
        canvas.mark(bar.right, _middle(bar), "raised", f"{name}-misfit", "fits nowhere")
    words = shortened(_words(one), bar.room - 0.4 * canvas.font, canvas.font * SMALL)
    colour = theme.alarm if is_misfit else theme.ink
    if wrong is not None and one not in wrong.operations:
        colour = theme.muted
    canvas.words(
        bar.left, top + _WORDS, words, colour=colour, align="left", halo=True, name=f"{name}-words"
    )


def _look(theme: Theme, operation: Operation, wrong: Contradiction | None) -> Look:
    if wrong is not None and operation.first == wrong.misfit.first:
        return Look(theme.blocked, theme.alarm, theme.ink)
    if wrong is not None and operation not in wrong.operations:
        return theme.states["sleep"]
    return theme.level


def _words(operation: Operation) -> str:
    """Return what is written over an operation: what came back too, if that says something."""
    is_told = operation.last is not None and operation.result is not None
    return drawable(str(operation) if is_told else operation.call, _LONGEST)


def _digits(places: Places) -> int:
    """Return how many decimals of a second can be seen."""
    times = [instant.at for instant in places.instants]
    seen = (max(times, default=0) - min(times, default=0)) / NANOSECONDS / _SEEN
    return next((digits for digits in range(9) if 10.0**-digits <= seen), 9)


def _middle(bar: Bar) -> float:
    return bar.row * _ROW + (_TOP + _BOTTOM) / 2
