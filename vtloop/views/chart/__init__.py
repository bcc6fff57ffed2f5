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

- `fonts`, `paths`, `slim`, `svg`: which fonts have what is to be written, and files
- `scale`, `words`, `facts`, `lens`: what stands where across, and what it says
- `canvas`: on what is drawn
- `routes`, `stubs`, `notes`, `brackets`, `row`, `strips`, `rows`: what stands where down
- `sheet`, `description`: what all who draw share, and the schedule in words
- `marks`, `shares`, `bars`, `levels`, `primitives`, `arrows`, `paint`: what is drawn in rows
- `axis`, `frame`, `legend`: what is drawn around them
- `moments`, `reveal`: up to when it is drawn, and what is left out then
- `layout`, `within`: where everything stands, in figures, and in axes of the user's own
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

from vtloop.timeline.difference import first_difference
from vtloop.values.clock import Seconds, to_nanoseconds
from vtloop.values.options import check
from vtloop.views.chart.description import described
from vtloop.views.chart.fonts import fit
from vtloop.views.chart.layout import default_title, stacked
from vtloop.views.chart.moments import Moment, moments_of
from vtloop.views.chart.scale import axis_for
from vtloop.views.chart.svg import Chart, save_figure
from vtloop.views.chart.within import draw_within
from vtloop.views.options import LOOKS, OF_CHARTS
from vtloop.views.style import THEMES, size_of
from vtloop.views.words import Words, words_of

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
    until: Seconds | None = None,
    font: float | None = None,
    prefix: str = "",
) -> Axes:
    """Draw the schedule of a run on axes, and return them.

    Without `ax`, they are those of a new figure of README size; with it, all that is drawn stays
    where `ax` is, so that its neighbours are clear of it. `font` is the size of text in points, and
    `prefix` begins the id of every shape, so that ids differ in a figure of several charts. The
    other options are those of `figure`. TypeError or ValueError for options that are none of this.
    """
    looks = {"axis": axis, "theme": theme, "title": title, "legend": legend}
    check(OF_CHARTS, timeline=timeline, ax=ax, words=words, until=until, font=font, **looks)
    moment, say = _moment(until), words_of(words)
    if ax is None:
        return _figure(timeline, moment, say, **looks).axes[0]
    scale = axis_for(axis, timeline)
    draw_within(ax, timeline, scale, THEMES[theme], title, legend, say, font, prefix, moment)
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
    until: Seconds | None = None,
) -> Figure:
    """Return a figure with the chart of a run, as high as its rows need.

    - `axis` is what stands across: 'time'; 'steps', with a column for each; or 'both'. Without it,
      it is time if any passes.
    - `theme` is 'light' or 'dark'; `size` is 'readme', 'page' or 'slide', or a width and a greatest
      height in inches.
    - `title` is a text; without it, it says who ran, and how long. `legend` is True, False, or
      'compact', without what the chart says itself.
    - `words` is the language, 'en' or 'ru', or a mapping of phrases as `vtloop.words.phrases`
      returns.
    - `until`, in seconds, leaves out what comes later; all else stays where it is in the whole, so
      that such pictures lie on one another.

    TypeError or ValueError for options that are none of this.
    """
    looks = {"axis": axis, "theme": theme, "title": title, "legend": legend, "size": size}
    check(OF_CHARTS, timeline=timeline, words=words, until=until, **looks)
    return _figure(timeline, _moment(until), words_of(words), **looks)


def _figure(
    timeline: Timeline,
    until: Moment | None,
    say: Words,
    *,
    axis: Any = None,
    theme: Any = "light",
    title: Any = None,
    legend: Any = True,
    size: Any = "readme",
) -> Chart:
    looks = axis, THEMES[theme], [title], legend, size_of(size)
    made = stacked([timeline], *looks, say, until=until)
    name = default_title(timeline, say, until) if title is None else title
    made.about = name, described(timeline, say, until.at if until else None)
    return made


def _moment(until: Seconds | None) -> Moment | None:
    return None if until is None else Moment(to_nanoseconds(until))


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
    looks = axis, THEMES[theme], names, True, size_of(size)
    made = stacked([one, other], *looks, say, first_difference(one, other))
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


def series(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    at: Sequence[Seconds] | int | None = None,
    words: str | Mapping[str, Any] = "en",
    outlines: bool = False,
    **looks: Any,
) -> list[Path]:
    """Write pictures that show a run step by step, all in one layout; return their paths.

    The name in `path` has '{}' where their numbers go, as in 'slides-{}.png'. `at` is a list of
    times in seconds, one for each picture; or how many there are to be; or None, for one at each
    moment at which something happens: by time at each instant, by steps after each step. The other
    options are those of `figure` and `save`. ValueError for a name without '{}', and
    SimulationError where there are too many moments.
    """
    check(OF_CHARTS, timeline=timeline, path=path, at=at, words=words, outlines=outlines)
    check(LOOKS, **looks)
    path = Path(path)
    moments = moments_of(timeline, axis_for(looks.get("axis"), timeline), at)
    say = words_of(words)
    digits = len(str(len(moments)))
    paths: list[Path] = []
    for number, moment in enumerate(moments, 1):
        paths.append(path.with_name(path.name.replace("{}", f"{number:0{digits}}")))
        save_figure(_figure(timeline, moment, say, **looks), paths[-1], outlines=outlines)
    return paths
