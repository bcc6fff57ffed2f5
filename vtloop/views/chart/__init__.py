"""Charts of a run: its tasks down, time across, and what each does, waits for and holds.

    >>> import asyncio, vtloop
    >>> from vtloop import chart
    >>> run = vtloop.simulate(lambda: asyncio.sleep(1))
    >>> chart.save(run.timeline, "nap.svg")  # doctest: +SKIP

- `draw` draws on axes, which are yours: by time, x is in seconds, also where a lens opens up what
  happens at one instant. Names, title and legend take a part of the axes. pyplot is not used.
- A text stands only where it fits into the axes as large as they are when it is drawn.
- The label of a shape is its tooltip, its gid is its id in SVG; see `canvas`.

A map of the package, from the bottom up:

- `fonts`, `slim`, `svg`: which fonts have what is to be written, and files
- `scale`, `words`, `facts`, `lens`: what stands where across, and what it says
- `canvas`: on what is drawn
- `routes`, `notes`, `brackets`, `row`, `strips`, `rows`: what stands where down
- `sheet`, `description`: what all who draw share, and the schedule in words
- `marks`, `shares`, `bars`, `levels`, `primitives`, `arrows`, `paint`: what is drawn in rows
- `axis`, `frame`, `legend`: what is drawn around them
- `layout`, `within`: where everything stands, in figures, and in axes of the user's own
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

from vtloop.timeline.difference import first_difference
from vtloop.values.options import check
from vtloop.views.chart.description import described
from vtloop.views.chart.fonts import fit
from vtloop.views.chart.layout import default_title, stacked
from vtloop.views.chart.scale import axis_for
from vtloop.views.chart.svg import Chart, save_figure
from vtloop.views.chart.within import draw_within
from vtloop.views.options import OF_CHARTS
from vtloop.views.style import THEMES, size_of
from vtloop.views.words import words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vtloop.timeline.timeline import Timeline


def draw(
    timeline: Timeline,
    *,
    ax: Axes | None = None,
    axis: str | None = None,
    theme: str = "light",
    title: str | None = None,
    legend: bool | str = True,
    words: str | Mapping[str, Any] = "en",
    font: float | None = None,
    prefix: str = "",
) -> Axes:
    """Draw the schedule of a run on axes, and return them.

    Without `ax`, they are those of a new figure of README size; with it, all that is drawn stays
    where `ax` is, so that its neighbours are clear of it. `axis` is what stands across:
    'time'; 'steps', with a column for each; or 'both'. Without it, it is time if any passes.
    `font` is the size of text in points, and `prefix` begins the id of every shape, so that ids
    differ in a figure of several charts. TypeError or ValueError for options that are none of this.
    """
    check(
        OF_CHARTS,
        timeline=timeline,
        ax=ax,
        axis=axis,
        theme=theme,
        title=title,
        legend=legend,
        words=words,
        font=font,
    )
    if ax is None:
        made = figure(timeline, axis=axis, theme=theme, title=title, legend=legend, words=words)
        return made.axes[0]
    scale = axis_for(axis, timeline)
    draw_within(ax, timeline, scale, THEMES[theme], title, legend, words_of(words), font, prefix)
    if not isinstance(ax.figure, Chart):  # which sees to it when it is drawn
        deque(fit(ax.findobj(Text)), 0)
    return ax


def figure(
    timeline: Timeline,
    *,
    axis: str | None = None,
    theme: str = "light",
    title: str | None = None,
    legend: bool | str = True,
    words: str | Mapping[str, Any] = "en",
    size: str | tuple[float, float] = "readme",
) -> Figure:
    """Return a figure with the chart of a run, as high as its rows need.

    `size` is 'readme', 'page' or 'slide', or a width and a greatest height in inches. TypeError or
    ValueError for options that are none of this.
    """
    check(
        OF_CHARTS,
        timeline=timeline,
        axis=axis,
        theme=theme,
        title=title,
        legend=legend,
        words=words,
        size=size,
    )
    say = words_of(words)
    made = stacked([timeline], axis, THEMES[theme], [title], legend, size_of(size), say)
    made.about = title or default_title(timeline, say), described(timeline, say)
    return made


def compare(
    one: Timeline,
    other: Timeline,
    *,
    axis: str | None = None,
    theme: str = "light",
    titles: tuple[str, str] | None = None,
    words: str | Mapping[str, Any] = "en",
    size: str | tuple[float, float] = "readme",
) -> Figure:
    """Return a figure with the charts of two runs, one over the other, and where they first differ.

    By time, both have the same axis. The caption says what differs.
    """
    for timeline in (one, other):
        check(OF_CHARTS, timeline=timeline)
    check(OF_CHARTS, axis=axis, theme=theme, titles=titles, words=words, size=size)
    say = words_of(words)
    names = list(titles or (default_title(one, say), default_title(other, say)))
    found = first_difference(one, other)
    made = stacked([one, other], axis, THEMES[theme], names, True, size_of(size), say, found)
    told = (f"{name}\n{described(run, say)}" for name, run in zip(names, (one, other), strict=True))
    made.about = " / ".join(names), "\n\n".join(told)
    return made


def save(
    timeline: Timeline, path: str | os.PathLike[str], *, outlines: bool = False, **options: Any
) -> None:
    """Write the chart of a run to an SVG, PNG or PDF file, by its suffix; options as for `figure`.

    In SVG text is text, which can be searched and selected; with `outlines` it is the outlines of
    its letters, which look the same where the font is missing. Equal runs give equal bytes.
    """
    check(OF_CHARTS, outlines=outlines)
    save_figure(figure(timeline, **options), path, outlines=outlines)
