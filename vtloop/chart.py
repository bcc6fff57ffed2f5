"""Charts of a run: its tasks down, time across, and what each does, waits for and holds.

    >>> import asyncio, vtloop
    >>> from vtloop import chart
    >>> run = vtloop.simulate(lambda: asyncio.sleep(1))
    >>> chart.save(run.timeline, "nap.svg")  # doctest: +SKIP

- `draw` draws on axes, which are yours: by time, x is in seconds. pyplot is not used.
- A text stands only where it fits into the axes as large as they are when it is drawn.
- The label of a shape is its tooltip, its gid is its id in SVG; see `chart_canvas`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from vtloop import chart_frame as frame
from vtloop.actors import shown
from vtloop.chart_canvas import MARK, Canvas
from vtloop.chart_difference import Difference, first_difference
from vtloop.chart_paint import Painter
from vtloop.chart_rows import Across, Row, hidden_steps, rows_of
from vtloop.chart_scale import AXES, Scale
from vtloop.chart_style import SIZES, THEMES, Size, Theme
from vtloop.chart_svg import save_figure
from vtloop.chart_words import counted, drawable
from vtloop.clock import format_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vtloop.timeline import Timeline

_LEFT, _RIGHT = 1.2, 1.4  # lines of text, within the axes, for the marks of start and end


def draw(
    timeline: Timeline,
    *,
    ax: Axes | None = None,
    axis: str = "time",
    theme: str = "light",
    title: str | None = None,
    legend: bool = True,
    font: float | None = None,
    prefix: str = "",
) -> Axes:
    """Draw the schedule of a run on axes, and return them.

    Without `ax`, they are those of a new figure of README size. `axis` is what stands across:
    'time'; 'steps', with a column for each; or 'both'. `font` is the size of text in points, and
    `prefix` begins the id of every shape, so that ids differ in a figure of several charts.
    """
    if ax is None:
        made = figure(timeline, axis=axis, theme=theme, title=title, legend=legend)
        return made.axes[0]
    box = ax.get_window_extent()
    room = box.width * 72 / ax.figure.dpi
    layout = _Layout(timeline, axis, room, font or SIZES["readme"].font)
    lines = box.height * 72 / ax.figure.dpi / layout.height
    if lines < layout.across.font and font is None:
        layout = _Layout(timeline, axis, room, max(4.0, lines))
    layout.paint(ax, _theme(theme), title, legend, prefix)
    return ax


def figure(
    timeline: Timeline,
    *,
    axis: str = "time",
    theme: str = "light",
    title: str | None = None,
    legend: bool = True,
    size: str | tuple[float, float] = "readme",
) -> Figure:
    """Return a figure with the chart of a run, as high as its rows need.

    `size` is 'readme', 'page' or 'slide', or a width and a greatest height in inches.
    """
    return _figure([timeline], axis, theme, [title], legend, size)


def compare(
    one: Timeline,
    other: Timeline,
    *,
    axis: str = "time",
    theme: str = "light",
    titles: tuple[str, str] | None = None,
    size: str | tuple[float, float] = "readme",
) -> Figure:
    """Return a figure with the charts of two runs, one over the other, and where they first differ.

    By time, both have the same axis. The caption says what differs.
    """
    names = titles or (default_title(one), default_title(other))
    found = first_difference(one, other)
    return _figure([one, other], axis, theme, list(names), True, size, found)


def save(timeline: Timeline, path: str | os.PathLike[str], **options: Any) -> None:
    """Write the chart of a run to an SVG, PNG or PDF file, by its suffix; options as for `figure`.

    Equal runs give equal bytes.
    """
    save_figure(figure(timeline, **options), path)


class _Layout:
    """Where everything stands, before there are axes to draw on."""

    def __init__(
        self,
        timeline: Timeline,
        axis: str,
        room: float,
        font: float,
        until: float | None = None,
    ) -> None:
        if axis not in AXES:
            raise ValueError(
                f"A chart was asked for by {axis!r}, while charts are by {', '.join(AXES)}; "
                f"pass one of these as axis="
            )
        self.timeline = timeline
        self.scale = Scale(timeline, axis, hidden_steps(timeline))
        end = max(self.scale.end, until or 0)
        points = max(1.0, room - (_LEFT + _RIGHT) * font) / end
        self.across = Across(-_LEFT * font / points, points, room, font)
        top = frame.RULER if axis == "both" else 0.0
        self.rows: list[Row] = rows_of(timeline, self.scale, self.across, top)
        last = self.rows[-1] if self.rows else None
        self.labels = frame.labels_width(self.rows, font)
        """How wide the column of the labels is, in points."""
        self.height = last.top + last.height if last else top + 1.0

    def paint(
        self,
        ax: Axes,
        theme: Theme,
        title: str | None,
        legend: bool,
        prefix: str,
        seen: dict[tuple[str, str], None] | None = None,
        notes: Sequence[str] = (),
    ) -> tuple[float, Canvas]:
        """Draw on axes; return how many points the legend and caption take below them."""
        across, font = self.across, self.across.font
        canvas = Canvas(ax, theme, font, prefix)
        canvas.seen.update(seen or {})  # by charts that share the legend
        ax.set_facecolor(theme.paper)
        ax.set_xlim(across.origin, across.origin + across.room / across.points)
        ax.set_ylim(self.height, 0)
        frame.paint_axis(canvas, self.timeline, self.scale, across)
        if self.scale.axis == "both":
            frame.paint_ruler(canvas, self.timeline, self.scale, across)
        frame.paint_labels(canvas, self.rows, self.labels)
        caption = list(notes)
        if self.rows:
            painter = Painter(self.timeline, canvas, self.scale, across, self.rows)
            painter.paint()
            caption += painter.caption
        frame.paint_title(canvas, default_title(self.timeline) if title is None else title)
        left = self.labels
        below = font * (4.6 if self.timeline.trace.header.get("wall_clock") else 3.6)
        if legend:
            lines = frame.paint_legend(canvas, left, left + across.room, below)
            below += lines * 1.45 * 0.86 * font
        if caption:
            below += 0.5 * font
            lines = frame.paint_caption(canvas, caption, left, left + across.room, below)
            below += lines * 1.3 * 0.86 * font
        return below, canvas

    def mark_difference(self, canvas: Canvas, difference: Difference, run: int) -> None:
        """Mark where this run first does what the other does not."""
        step, at = difference.steps[run], difference.ats[run]
        x = self.scale.at(at) if step < 0 else self.scale.centre(step)
        colour, top = canvas.theme.difference, frame.RULER if self.scale.axis == "both" else 0.0
        canvas.line(
            [x, x],
            [top, self.height],
            colour,
            "difference",
            difference.words,
            layer=MARK,
            pattern=(0, (3, 2)),
            thick=1.6,
        )


def default_title(timeline: Timeline) -> str:
    """Return the title of a chart that is given none."""
    lanes = shown(timeline)
    if not lanes:
        return "no tasks"
    name = drawable(lanes[0].coroutine, 40)
    return f"{name}: {counted(len(lanes), 'task')}, {format_seconds(timeline.end)}"


def _comparison(difference: Difference | None) -> list[str]:
    if difference is None:
        return ["The two runs do the same."]
    return [f"The dashed line is the first difference: {difference.words}."]


def _theme(name: str) -> Theme:
    if name not in THEMES:
        raise ValueError(
            f"The theme {name!r} was asked for, while there are {', '.join(THEMES)}; pass one of "
            f"these as theme="
        )
    return THEMES[name]


def _size(size: str | tuple[float, float]) -> Size:
    if not isinstance(size, str):
        return Size(size[0], size[1], SIZES["readme"].font, SIZES["readme"].dpi)
    if size not in SIZES:
        raise ValueError(
            f"A chart of size {size!r} was asked for, while sizes are {', '.join(SIZES)}; pass one "
            f"of these, or a width and a height in inches"
        )
    return SIZES[size]


def _figure(
    timelines: list[Timeline],
    axis: str,
    theme: str,
    titles: list[str | None],
    legend: bool,
    size: str | tuple[float, float],
    difference: Difference | None = None,
) -> Figure:
    colours, chosen = _theme(theme), _size(size)
    font = chosen.font
    made = _stacked(timelines, axis, colours, titles, legend, chosen, font, difference)
    while made.get_figheight() > chosen.tallest and font > 4.5:
        font = max(4.5, font * max(0.75, chosen.tallest / made.get_figheight()))
        made = _stacked(timelines, axis, colours, titles, legend, chosen, font, difference)
    return made


def _stacked(
    timelines: list[Timeline],
    axis: str,
    theme: Theme,
    titles: list[str | None],
    legend: bool,
    size: Size,
    font: float,
    difference: Difference | None,
) -> Figure:
    """Return a figure with one chart below the other, over one axis."""
    wide, edge = size.width * 72, 1.0 * font
    until = max(timeline.end for timeline in timelines) / 1e9 if axis == "time" else None
    rough = [_Layout(timeline, axis, wide, font, until) for timeline in timelines]
    labels = max(layout.labels for layout in rough)
    room = wide - labels - 2 * edge
    layouts = [_Layout(timeline, axis, room, font, until) for timeline in timelines]
    made = Figure(figsize=(size.width, 1), dpi=size.dpi, facecolor=theme.paper)
    heights: list[tuple[float, float, float]] = []
    seen: dict[tuple[str, str], None] = {}
    for place, (layout, title) in enumerate(zip(layouts, titles, strict=True)):
        ax = made.add_axes((0, 0, 1, 1))
        layout.labels = labels
        last = place == len(layouts) - 1
        prefix = "" if len(layouts) == 1 else f"run-{place + 1}-"
        notes = _comparison(difference) if last and len(layouts) > 1 else []
        below, canvas = layout.paint(ax, theme, title, legend and last, prefix, seen, notes)
        seen = canvas.seen
        if difference is not None:
            layout.mark_difference(canvas, difference, place)
        heights.append((2.6 * font, layout.height * font, below + 0.3 * font))
    tall = sum(map(sum, heights)) + 0.2 * font
    made.set_size_inches(size.width, tall / 72)
    top = tall
    for ax, (above, height, below) in zip(made.axes, heights, strict=True):
        top -= above + height
        ax.set_position(((edge + labels) / wide, top / tall, room / wide, height / tall))
        top -= below
    return made
