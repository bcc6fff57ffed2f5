"""What stands around the rows of a chart: labels, title, legend and caption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from vtloop.views.chart.canvas import Canvas
from vtloop.views.chart.rows import INDENT, Row
from vtloop.views.chart.words import width
from vtloop.views.style import ARROWS, FONT, MARKS, STATES, plain

_LEGEND = 0.86  # the size of its text, in sizes of the font

# Labels


def labels_width(rows: Iterable[Row], font: float) -> float:
    """Return how wide the labels of rows are, in points."""
    return max((_label_width(row, font) for row in rows), default=0.0) + font


def _label_width(row: Row, font: float) -> float:
    return _indent(row, font) + max(width(row.label, font), width(row.below, font * 0.78))


def _indent(row: Row, font: float) -> float:
    return min(row.depth, 6) * INDENT * font


def paint_labels(canvas: Canvas, rows: list[Row], column: float) -> None:
    """Write what each row is, in a column of some points, indented as the tree of tasks is."""
    font, theme = canvas.font, canvas.theme
    transform = canvas.ax.get_yaxis_transform()
    for row in rows:
        at = _indent(row, font) - column
        name = f"label-{row.name}"
        if row.depth:
            branch = at - 0.95 * font
            canvas.words(
                0,
                row.middle - 0.12,
                "└",
                colour=theme.muted,
                align="left",
                offset=branch,
                transform=transform,
                name=f"{name}-branch",
            )
        y = row.middle - (0.42 if row.below else 0)
        canvas.words(
            0, y, row.label, size=1, align="left", offset=at, transform=transform, name=name
        )
        if row.below:
            canvas.words(
                0,
                row.middle + 0.58,
                row.below,
                size=0.78,
                colour=theme.muted,
                align="left",
                offset=at,
                transform=transform,
                name=f"{name}-below",
            )


# Title, legend and caption


def paint_title(canvas: Canvas, title: str, left: float, room: float) -> None:
    """Write the title above the labels, whose column begins `left` points left of the axes.

    These are `room` points wide.
    """
    canvas.ax.set_title(
        title,
        x=-left / room,
        loc="left",
        fontsize=canvas.font * 1.2,
        fontweight="bold",
        pad=canvas.font * 0.6,
        color=canvas.theme.ink,
        fontfamily=FONT,
        parse_math=False,
    )


def paint_legend(canvas: Canvas, left: float, room: float, below: float) -> int:
    """Explain what occurs in the chart; return how many lines that takes.

    The legend begins `left` points left of the axes, `below` points under them, and is `room`
    points wide at most.
    """
    entries = list(_entries(canvas))
    if not entries:
        return 0
    columns = _columns_of_legend([words for _, words in entries], room, canvas.font)
    figure = canvas.ax.figure
    moved = ScaledTranslation(-left / 72, -below / 72, figure.dpi_scale_trans)
    legend = canvas.ax.legend(
        [handle for handle, _ in entries],
        [words for _, words in entries],
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=canvas.ax.transAxes + moved,
        ncols=columns,
        frameon=False,
        prop={"family": FONT, "size": canvas.font * _LEGEND},
        labelcolor=canvas.theme.ink,
        borderaxespad=0,
        borderpad=0,
        handlelength=2.4,
        handleheight=1.0,
        handletextpad=0.7,
        columnspacing=1.8,
        labelspacing=0.55,
    )
    legend.set_gid(f"{canvas.prefix}legend")
    return -(-len(entries) // columns)


def _columns_of_legend(words: list[str], room: float, font: float) -> int:
    size = font * _LEGEND
    for columns in range(len(words), 1, -1):
        each, more = divmod(len(words), columns)
        wide, at = 0.0, 0
        for column in range(columns):
            count = each + (column < more)
            wide += max(width(text, size) for text in words[at : at + count]) + 4.9 * size
            at += count
        if wide <= room:
            return columns
    return 1


def _entries(canvas: Canvas) -> Iterator[tuple[Artist, str]]:
    theme, seen, say = canvas.theme, canvas.seen, canvas.say
    for state, (words, pattern) in STATES.items():
        if ("state", state) in seen:
            yield _patch(theme.states[state], pattern), say(words)
    if ("callback", "callback") in seen:
        yield _patch(plain(theme.muted)), say("timer or callback")
    if ("band", "blocked") in seen:
        yield _patch(plain(theme.blocked)), say("the loop is blocked")
    if ("held", "held") in seen:
        yield _patch(theme.holdings[0]), say("holds it")
    if ("held", "section") in seen:
        yield _patch(theme.sections[0]), say("in the section")
    if ("queue", "queue") in seen:
        yield _patch(theme.queue), say("how many wait for it")
    for mark, (words, _) in MARKS.items():
        if ("mark", mark) not in seen:
            continue
        style = canvas.mark_style(mark)
        yield Line2D([], [], linestyle="none", **style), say(words)
    for arrow, (words, line) in ARROWS.items():
        if ("arrow", arrow) in seen:
            colour = theme.arrows[arrow]
            yield Line2D([], [], color=colour, linestyle=line, linewidth=1.4), say(words)


def _patch(look: Any, pattern: str = "") -> Patch:
    return Patch(facecolor=look.face, edgecolor=look.edge, hatch=pattern or None, linewidth=0.7)


def paint_caption(
    canvas: Canvas, sentences: list[str], left: float, room: float, below: float
) -> int:
    """Write the caption below the legend; return how many lines it takes."""
    size = canvas.font * 0.86
    lines = wrap(" ".join(sentences), max(20, int(room / (size * 0.56))))
    for place, line in enumerate(lines):
        y = -(below + (place + 0.6) * 1.3 * size)
        moved = ScaledTranslation(0, y / 72, canvas.ax.figure.dpi_scale_trans)
        canvas.words(
            0,
            0,
            line,
            colour=canvas.theme.muted,
            align="left",
            offset=-left,
            transform=canvas.ax.transAxes + moved,
            name=f"caption-{place}",
        )
    return len(lines)
