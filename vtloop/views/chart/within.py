"""A chart in axes that are somebody else's: all of it stays in the place that these have.

The axes shrink to where the bars are, by as many points as the names, title and legend take; so
that holds also once the figure is laid out anew, or is of another size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from matplotlib.transforms import Bbox

from vtloop.views.chart.layout import ABOVE, Layout, layouts_of
from vtloop.views.chart.moments import Moment
from vtloop.views.chart.svg import Chart
from vtloop.views.style import SIZES, Theme
from vtloop.views.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vtloop.timeline.timeline import Timeline

_SMALLEST = 4.0  # points, of a font
_MOST_LABELS = 0.45  # of the width of the axes
_LEAST = 0.1  # of the axes, that is left for bars in any case


def draw_within(
    ax: Axes,
    timeline: Timeline,
    axis: str,
    theme: Theme,
    title: str | None,
    legend: bool | str,
    say: Words,
    font: float | None,
    prefix: str,
    until: Moment | None,
) -> None:
    """Draw a chart within axes, in a font of some points, or one with which it has room."""
    wide, tall = _size_of(ax)
    size = font or SIZES["readme"].font
    while True:
        layout, below = _tried(timeline, axis, theme, title, legend, say, size, wide, tall)
        high = tall - ABOVE * size - below
        fits = high >= layout.height * size and layout.labels <= _MOST_LABELS * wide
        if font is not None or size <= _SMALLEST or fits:
            break
        size = max(_SMALLEST, size * 0.92)
    layout.until = until
    layout.paint(ax, theme, title, legend, prefix)
    inside = _Inside(ax, layout.labels, ABOVE * size, below)
    ax.set_axes_locator(inside)
    ax.apply_aspect(inside(ax, None))


def _size_of(ax: Axes) -> tuple[float, float]:
    """Return how wide and how high the place of axes is, in points."""
    figure = ax.figure
    engine = figure.get_layout_engine()
    if engine is not None:  # or else it would move the axes only afterwards
        engine.execute(cast("Figure", ax.get_figure(root=True)))
    place = ax.get_position(original=True).transformed(figure.transSubfigure)
    return place.width * 72 / figure.dpi, place.height * 72 / figure.dpi


def _tried(
    timeline: Timeline,
    axis: str,
    theme: Theme,
    title: str | None,
    legend: bool | str,
    say: Words,
    font: float,
    wide: float,
    tall: float,
) -> tuple[Layout, float]:
    """Return a layout for axes of a size in points, and what legend and caption take of that."""
    (rough,) = layouts_of([timeline], axis, wide, font, say)
    room = max(_LEAST * wide, wide - rough.labels)
    (layout,) = layouts_of([timeline], axis, room, font, say)
    trial = Chart(figsize=(room / 72, tall / 72)).add_axes((0, 0, 1, 1))
    below, _ = layout.paint(trial, theme, title, legend, "")
    return layout, below


class _Inside:
    """Says where axes are, within the place that a layout gives them; distances in points."""

    def __init__(self, ax: Axes, left: float, above: float, below: float) -> None:
        self.get_subplotspec = ax.get_subplotspec  # for a tight layout, which asks for it
        self._left = left
        self._above = above
        self._below = below

    def __call__(self, ax: Any, renderer: Any) -> Bbox:
        whole = ax.get_position(original=True)
        figure = ax.figure
        wide, tall = figure.bbox.width * 72 / figure.dpi, figure.bbox.height * 72 / figure.dpi
        top = whole.y1 - self._above / tall
        return Bbox.from_extents(
            min(whole.x0 + self._left / wide, whole.x1 - whole.width * _LEAST),
            min(whole.y0 + self._below / tall, top - whole.height * _LEAST),
            whole.x1,
            top,
        )
