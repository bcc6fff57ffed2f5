"""What stands around the rows of a chart: labels, axis, title, legend and caption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from vtloop.chart_canvas import BACK, BAND, TICK, Canvas
from vtloop.chart_rows import INDENT, Across, Row
from vtloop.chart_scale import Scale
from vtloop.chart_style import ARROWS, FONT, MARKS, STATES
from vtloop.chart_words import counted, width
from vtloop.clock import NANOSECONDS, format_seconds
from vtloop.timeline import Timeline

RULER = 3.6  # lines of text, above the rows of a chart by both
_LEGEND = 0.86  # the size of its text, in sizes of the font
_UNITS = (
    (86_400 * NANOSECONDS, "days"),
    (3_600 * NANOSECONDS, "hours"),
    (60 * NANOSECONDS, "minutes"),
    (NANOSECONDS, "seconds"),
    (1_000_000, "milliseconds"),
    (1_000, "microseconds"),
    (1, "nanoseconds"),
)
_MANY_INSTANTS = 120  # from which on they are one shape, and not all have a tick
_FEW = 3  # of a unit; a chart that lasts less is told in the next smaller one


def unit_of(timeline: Timeline) -> tuple[int, str]:
    """Return the unit in which the axis counts: its nanoseconds, and its name."""
    end = timeline.end
    if NANOSECONDS // 2 <= end <= 600 * NANOSECONDS or not end:
        return NANOSECONDS, "seconds"
    return next(((size, name) for size, name in _UNITS if end >= _FEW * size), _UNITS[-1])


def in_unit(nanoseconds: int, unit: int) -> str:
    """Return a time in some unit, to four decimals at most."""
    return f"{nanoseconds / unit:.4f}".rstrip("0").rstrip(".")


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
        name = f"label-{row.kind}-{row.lanes[0].number if row.lanes else row.thing}"
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


# The axis


def paint_axis(canvas: Canvas, timeline: Timeline, scale: Scale, across: Across) -> None:
    """Draw ticks, their labels and their grid."""
    ax, theme, font = canvas.ax, canvas.theme, canvas.font
    unit, name = unit_of(timeline)
    ax.set_yticks([])
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(theme.muted)
    ax.tick_params(axis="x", colors=theme.muted, labelsize=font * 0.9, length=3, pad=2)
    words = f"virtual time in {name}"
    if scale.axis == "time":
        ticks = nice_ticks(timeline.end, unit, across)
        ax.set_xticks([tick / NANOSECONDS for tick in ticks])
        ax.set_xticklabels(_tick_labels(ticks, unit, timeline, across))
        ax.grid(axis="x", color=theme.grid, linewidth=0.8)
        ax.set_axisbelow(True)
    else:
        words = f"steps, at their instants of {words}"
        _columns(canvas, scale, across, unit)
    for label in ax.get_xticklabels():
        label.set_fontfamily(FONT)
    ax.set_xlabel(words, fontsize=font * 0.9, color=theme.muted, fontfamily=FONT, loc="left")


def nice_ticks(end: int, unit: int, across: Across) -> list[int]:
    """Return round times from 0 to the end, in nanoseconds, as many as there is room for."""
    wanted = max(2, int(across.room / (across.font * 6)))
    for step in _nice_steps(unit):
        if end / step <= wanted:
            return list(range(0, end + 1, step))
    return [0]


def _nice_steps(unit: int) -> Iterator[int]:
    step = max(1, unit // 1000)
    while True:
        for factor in (1, 2, 5):
            yield step * factor
        step *= 10


def _tick_labels(ticks: list[int], unit: int, timeline: Timeline, across: Across) -> list[str]:
    labels = [in_unit(tick, unit) for tick in ticks]
    start = timeline.trace.header.get("wall_clock")
    if not start:
        return labels
    from datetime import datetime, timedelta

    began = datetime.fromisoformat(start)
    clocks = [began + timedelta(microseconds=tick // 1_000) for tick in ticks]
    written = [f"{clock:%H:%M:%S}" for clock in clocks]
    if len(ticks) > 1:
        room = (ticks[1] - ticks[0]) / NANOSECONDS * across.points
        needed = width(written[0], across.font) * 0.9 + 0.5 * across.font
        every = max(1, -int(-needed // room))
        written = ["" if place % every else clock for place, clock in enumerate(written)]
    return [f"{label}\n{clock}" for label, clock in zip(labels, written, strict=True)]


def _columns(canvas: Canvas, scale: Scale, across: Across, unit: int) -> None:
    """Shade each instant, and write its time below it, as far as the times have room."""
    ax, theme, font = canvas.ax, canvas.theme, canvas.font
    bottom, _ = ax.get_ylim()
    top = RULER if scale.axis == "both" else 0.0
    ticks, labels, free = [], [], float("-inf")
    shade, boxes = _plain(theme.shade), []
    many = len(scale.instants) > _MANY_INSTANTS
    for place, instant in enumerate(scale.instants):
        tip = f"at {format_seconds(instant.at)}"
        box = instant.left, top, instant.right, bottom
        boxes.append(box)
        if not many:
            canvas.box(box, shade, "", f"instant-{place}", tip, BACK)
        middle = (instant.left + instant.right) / 2
        text = in_unit(instant.at, unit)
        half = width(text, font * 0.9) / 2
        fits = across.to_points(middle) - half > free
        if fits or not many:
            ticks.append(middle)
            labels.append(text if fits else "")
        if fits:
            free = across.to_points(middle) + half + 0.35 * font
    if many:
        tip = counted(len(boxes), "instant")
        canvas.boxes(boxes, shade, "instants", tip, BACK)
    ax.set_xticks(ticks)
    ax.set_xticklabels(labels)


def _plain(colour: str) -> Any:
    from vtloop.chart_style import Look

    return Look(colour, colour, colour)


def paint_ruler(canvas: Canvas, timeline: Timeline, scale: Scale, across: Across) -> None:
    """Draw an axis of time above the rows, from which each instant opens up into its columns."""
    theme, unit = canvas.theme, unit_of(timeline)[0]
    end = max(timeline.end, 1)
    line, foot = 1.45, RULER

    def place(at: int) -> float:
        return float(at / end * scale.end)

    canvas.line([0, scale.end], [line, line], theme.muted, "ruler", "virtual time", layer=TICK)
    every = 1 + len(scale.instants) // _MANY_INSTANTS  # or nothing but funnels would be seen
    for index, instant in enumerate(scale.instants):
        if index % every:
            continue
        xs = [instant.left, place(instant.at), instant.right]
        tip = f"at {format_seconds(instant.at)}"
        canvas.line(
            xs,
            [foot, line, foot],
            theme.muted,
            f"instant-{index}-opens",
            tip,
            layer=BAND,
            thick=0.7,
        )
        canvas.funnel(xs[1], line, xs[0], xs[2], foot, f"instant-{index}-funnel", tip)
    for tick in nice_ticks(end, unit, across):
        x = place(tick)
        tip = format_seconds(tick)
        canvas.line([x, x], [line - 0.25, line], theme.muted, f"ruler-{tick}", tip, layer=TICK)
        canvas.words(x, 0.65, in_unit(tick, unit), size=0.9, colour=theme.muted)


# Title, legend and caption


def paint_title(canvas: Canvas, title: str) -> None:
    """Write the title above the labels' left edge."""
    canvas.ax.set_title(
        title,
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
    theme, seen = canvas.theme, canvas.seen
    for state, (words, pattern) in STATES.items():
        if ("state", state) in seen:
            yield _patch(theme.states[state], pattern), words
    if ("callback", "callback") in seen:
        yield _patch(_plain(theme.muted)), "timer or callback"
    if ("band", "blocked") in seen:
        yield _patch(_plain(theme.blocked)), "the loop is blocked"
    if ("held", "held") in seen:
        yield _patch(theme.holdings[0]), "holds it"
    if ("queue", "queue") in seen:
        yield _patch(theme.queue), "how many wait for it"
    for mark, (words, _) in MARKS.items():
        if ("mark", mark) not in seen:
            continue
        style = canvas.mark_style(mark)
        yield Line2D([], [], linestyle="none", **style), words
    for arrow, (words, line) in ARROWS.items():
        if ("arrow", arrow) in seen:
            colour = theme.arrows[arrow]
            yield Line2D([], [], color=colour, linestyle=line, linewidth=1.4), words


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
