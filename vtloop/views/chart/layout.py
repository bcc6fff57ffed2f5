"""Where everything in a figure stands: the layout of one chart, and of several over one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vtloop.timeline.difference import Difference
from vtloop.views import titles
from vtloop.views.chart import frame
from vtloop.views.chart.axis import RULER, paint_axis, paint_ruler
from vtloop.views.chart.canvas import MARK, SMALL, Canvas
from vtloop.views.chart.legend import LINE, paint_legend
from vtloop.views.chart.lens import crowds, scales_of
from vtloop.views.chart.moments import Moment
from vtloop.views.chart.paint import paint_rows
from vtloop.views.chart.reveal import leave_out_later
from vtloop.views.chart.row import Across
from vtloop.views.chart.rows import plan_of
from vtloop.views.chart.scale import Scale, axis_for
from vtloop.views.chart.sheet import Sheet
from vtloop.views.chart.svg import Chart
from vtloop.views.chart.words import drawable
from vtloop.views.style import SIZES, Size, Theme
from vtloop.views.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vtloop.timeline.timeline import Timeline

_LEFT, _RIGHT = 1.2, 1.4  # lines of text, within the axes, for the marks of start and end
_MOST_BEYOND = 0.25  # of a chart, for what is printed at the end
_SMALLEST = 4.5  # points, of a font
ABOVE = 2.6  # lines of text, of the title


class Layout:
    """Where everything stands, before there are axes to draw on."""

    def __init__(
        self,
        timeline: Timeline,
        scale: Scale,
        room: float,
        font: float,
        say: Words,
        period: tuple[float, float] | None = None,
        beyond: float = 0.0,
    ) -> None:
        self.say = say
        self.until: Moment | None = None
        """Up to when it is drawn, without anything else being different."""
        self.timeline = timeline
        self.scale = scale
        start, end = period or (scale.start, scale.end)
        points = max(1.0, room - (_LEFT + _RIGHT) * font - beyond) / (end - start)
        self.across = Across(start - _LEFT * font / points, points, room, font)
        top = RULER if scale.axis == "both" else 0.0
        self.plan = plan_of(timeline, self.scale, self.across, top, say)
        last = self.plan.rows[-1] if self.plan.rows else None
        self.labels = frame.labels_width(self.plan.rows, font)
        """How wide the column of the labels is, in points."""
        self.height = last.top + last.height if last else top + 1.0

    def paint(
        self,
        ax: Axes,
        theme: Theme,
        title: str | None,
        legend: bool | str,
        prefix: str,
        seen: dict[tuple[str, str], None] | None = None,
        notes: Sequence[str] = (),
    ) -> tuple[float, Canvas]:
        """Draw on axes; return how many points the legend and caption take below them."""
        across, font = self.across, self.across.font
        canvas = Canvas(ax, theme, font, across.points, prefix, self.say)
        canvas.seen.update(seen or {})  # by charts that share the legend
        cut = self.until.place(self.scale) if self.until else self.scale.end
        if cut < self.scale.end:
            canvas.cut = cut
        ax.set_facecolor(theme.paper)
        self._set_limits(ax)
        ax.set_ylim(self.height, 0)
        paint_axis(canvas, self.timeline, self.scale, across)
        if self.scale.axis == "both":
            paint_ruler(canvas, self.timeline, self.scale, across)
        frame.paint_labels(canvas, self.plan.rows, self.labels)
        canvas.placed.clear()  # the axis is that of the whole
        caption = list(notes)
        if self.plan.rows:
            sheet = Sheet(self.timeline, canvas, self.scale, across, self.plan)
            paint_rows(sheet)
            if self.until and canvas.cut < self.scale.end:
                leave_out_later(canvas, cut, self.height, self.until.told(self.say))
            caption += sheet.caption
        left = self.labels
        if title is None:
            title = default_title(self.timeline, self.say, self.until)
        frame.paint_title(canvas, title, left, across.room)
        below = font * (4.6 if self.timeline.trace.wall_clock else 3.6)
        if legend:
            compact = legend == "compact"
            lines = paint_legend(canvas, left, left + across.room, below, compact)
            below += lines * LINE * SMALL * font
        if caption:
            below += 0.5 * font
            lines = frame.paint_caption(canvas, caption, left, left + across.room, below)
            below += lines * 1.3 * SMALL * font
        return below, canvas

    def _set_limits(self, ax: Axes) -> None:
        """Give axes their limits; by time, their x is in seconds also where a lens opens up."""
        left = self.across.origin
        right = left + self.across.room / self.across.points
        seconds, moved = map(np.asarray, self.scale.knots())
        if len(seconds):
            places = seconds + moved

            def to_place(x: Any) -> Any:
                return x + np.interp(x, seconds, moved)

            def to_seconds(place: Any) -> Any:
                return place - np.interp(place, places, moved)

            ax.set_xscale("function", functions=(to_place, to_seconds))
            left, right = float(to_seconds(left)), float(to_seconds(right))
        ax.set_xlim(left, right)

    def mark_difference(self, canvas: Canvas, difference: Difference, run: int) -> None:
        """Mark where this run first does what the other does not."""
        step, at = difference.steps[run], difference.ats[run]
        x = self.scale.at(at) if step < 0 else self.scale.centre(step)
        colour, top = canvas.theme.difference, RULER if self.scale.axis == "both" else 0.0
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


_LONGEST_TITLE = 140  # characters


def default_title(timeline: Timeline, say: Words, until: Moment | None = None) -> str:
    """Return the title of a chart that is given none."""
    title = titles.default_title(timeline, say)
    return drawable(f"{title}, {until.told(say)}" if until else title, _LONGEST_TITLE)


def _comparison(difference: Difference | None, say: Words) -> list[str]:
    if difference is None:
        return [say("The two runs do the same.")]
    return [say("The dashed line is the first difference: {words}.", words=difference.words)]


def stacked(
    timelines: list[Timeline],
    axis: str | None,
    theme: Theme,
    titles: Sequence[str | None],
    legend: bool | str,
    size: Size,
    say: Words,
    difference: Difference | None = None,
    until: Moment | None = None,
) -> Chart:
    """Return a figure with one chart below the other, in a font with which it is not too tall."""
    font = size.font
    across = axis_for(axis, *timelines)
    made = _stacked(timelines, across, theme, titles, legend, size, say, font, difference, until)
    while made.get_figheight() > size.tallest and font > _SMALLEST:
        font = max(_SMALLEST, font * max(0.75, size.tallest / made.get_figheight()))
        made = _stacked(
            timelines, across, theme, titles, legend, size, say, font, difference, until
        )
    return made


def layouts_of(
    timelines: list[Timeline], axis: str, room: float, font: float, say: Words
) -> list[Layout]:
    """Return the layouts of charts that stand over one another, `room` points wide.

    Where what is printed at the end has no room, time ends before the chart does.
    """
    crowded = list(map(crowds, timelines))

    def made(beyond: float) -> list[Layout]:
        inner = room - (_LEFT + _RIGHT) * font - beyond
        scales = scales_of(timelines, axis, crowded, inner, font)
        period = None
        if axis == "time":
            period = min(scale.start for scale in scales), max(scale.end for scale in scales)
        return [
            Layout(timeline, scale, room, font, say, period, beyond)
            for timeline, scale in zip(timelines, scales, strict=True)
        ]

    layouts = made(0.0)
    beyond = max(layout.plan.beyond for layout in layouts)
    return made(min(beyond, _MOST_BEYOND * room)) if beyond > 0 else layouts


def _stacked(
    timelines: list[Timeline],
    axis: str,
    theme: Theme,
    titles: Sequence[str | None],
    legend: bool | str,
    size: Size,
    say: Words,
    font: float,
    difference: Difference | None,
    until: Moment | None,
) -> Chart:
    wide, edge = size.width * 72, 1.0 * font
    rough = layouts_of(timelines, axis, wide, font, say)
    labels = max(layout.labels for layout in rough)
    room = wide - labels - 2 * edge
    layouts = layouts_of(timelines, axis, room, font, say)
    dpi = max(size.dpi, round(SIZES["readme"].dpi * SIZES["readme"].font / font))
    made = Chart(figsize=(size.width, 1), dpi=dpi, facecolor=theme.paper)  # small text stays sharp
    heights: list[tuple[float, float, float]] = []
    seen: dict[tuple[str, str], None] = {}
    for place, (layout, title) in enumerate(zip(layouts, titles, strict=True)):
        ax = made.add_axes((0, 0, 1, 1))
        layout.labels = labels
        layout.until = until
        last = place == len(layouts) - 1
        prefix = "" if len(layouts) == 1 else f"run-{place + 1}-"
        notes = _comparison(difference, say) if last and len(layouts) > 1 else []
        explained = legend if last else False
        below, canvas = layout.paint(ax, theme, title, explained, prefix, seen, notes)
        seen = canvas.seen
        if difference is not None:
            layout.mark_difference(canvas, difference, place)
        heights.append((ABOVE * font, layout.height * font, below + 0.3 * font))
    tall = sum(map(sum, heights)) + 0.2 * font
    made.set_size_inches(size.width, tall / 72)
    top = tall
    for ax, (above, height, below) in zip(made.axes, heights, strict=True):
        top -= above + height
        ax.set_position(((edge + labels) / wide, top / tall, room / wide, height / tall))
        top -= below
    return made
