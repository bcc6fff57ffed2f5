"""What stands around the rows of a chart: labels, title and caption."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from vtloop.views.chart.canvas import BACK, SMALL, Canvas
from vtloop.views.chart.notes import MARGIN
from vtloop.views.chart.row import Row
from vtloop.views.chart.words import shortened, width
from vtloop.views.style import FONT

_HOST = 0.95  # lines of text, down to the middle of the name of a host
_INDENT = 1.1  # lines of text, of a task in the row of its parent

# Labels


def labels_width(rows: Iterable[Row], font: float) -> float:
    """Return how wide the labels of rows are, in points."""
    return max((_label_width(row, font) for row in rows), default=0.0) + font


def _label_width(row: Row, font: float) -> float:
    return _indent(row, font) + max(width(row.label, font), width(row.below, font * 0.78))


def _indent(row: Row, font: float) -> float:
    return min(row.depth, 6) * _INDENT * font


def paint_labels(canvas: Canvas, rows: list[Row], column: float) -> None:
    """Write what each row is, in a column of some points, indented as the tree of tasks is."""
    font, theme = canvas.font, canvas.theme
    transform = canvas.ax.get_yaxis_transform()
    for row in rows:
        if row.host:
            _paint_host(canvas, row, column)
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


def _paint_host(canvas: Canvas, row: Row, column: float) -> None:
    """Write the name of a host above its first row, below a line that keeps it apart."""
    y, transform = row.top + _HOST, canvas.ax.get_yaxis_transform()
    tip = canvas.say("host {name}", name=row.host)
    line = Line2D([0, 1], [row.top + 0.15] * 2, color=canvas.theme.muted, linewidth=0.5)
    canvas.add(line, f"host-{row.name}", tip, BACK, transform)
    canvas.words(
        0,
        y,
        row.host,
        size=1,
        weight="bold",
        align="left",
        offset=-column,
        transform=transform,
        name=f"host-{row.name}-words",
    )


# Title and caption


def paint_title(canvas: Canvas, title: str, left: float, room: float) -> None:
    """Write the title above the labels, whose column begins `left` points left of the axes.

    These are `room` points wide. A title for which that is too little is smaller, or cut.
    """
    size, wide = canvas.font * 1.2, left + room
    size *= min(1.0, max(0.75, wide / max(1.0, width(title, size, "bold"))))
    text = canvas.ax.set_title(
        shortened(title, wide, size, "bold"),
        loc="left",
        fontsize=size,
        fontweight="bold",
        pad=canvas.font * 0.6,
        color=canvas.theme.ink,
        fontfamily=FONT,
        parse_math=False,
    )
    moved = ScaledTranslation(-left / 72, 0, canvas.ax.figure.dpi_scale_trans)
    text.set_transform(text.get_transform() + moved)


def paint_caption(
    canvas: Canvas, sentences: list[str], left: float, room: float, below: float
) -> int:
    """Write the caption below the legend; return how many lines it takes."""
    size = canvas.font * SMALL
    lines = _wrapped(" ".join(sentences), room / MARGIN, size)
    for place, line in enumerate(lines):
        canvas.words(
            -left,
            -(below + (place + 0.6) * 1.3 * size),
            line,
            colour=canvas.theme.muted,
            align="left",
            transform=canvas.in_points,
            name=f"caption-{place}",
        )
    return len(lines)


def _wrapped(text: str, room: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
