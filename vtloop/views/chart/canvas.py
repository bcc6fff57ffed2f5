"""Shapes on axes, each with an id and a tooltip.

An artist's `gid` becomes its id in SVG. Its tooltip is its label, behind an underscore, which keeps
it out of the legends that matplotlib makes.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from vtloop.views.chart.slim import Halo
from vtloop.views.chart.svg import Rim
from vtloop.views.style import FONT, STATES, Look, Theme
from vtloop.views.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Affine2DBase
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # left, top, right, bottom

_CORNERS = [0, 1, 2, 1, 2, 3, 0, 3, 0, 1]  # of a box, as places in it
_FINE = 0.2  # points: a gap that cannot be seen
_RECTANGLE = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]

BACK, BAND, ARROW, BAR, TICK, WORDS, MARK = range(7)  # what lies on what
TOOTH = 0.6  # lines of text, how deep a torn end is
_TEETH = 4
SMALL = 0.86  # the size of text in a bar, in sizes of the font


class Canvas:
    """Axes to draw on: x as the scale has it, y in lines of text, from the top down."""

    def __init__(
        self, ax: Axes, theme: Theme, font: float, points: float, prefix: str, say: Words
    ) -> None:
        self.ax = ax
        self.data = ax.transLimits + ax.transAxes
        """From places to pixels: what users draw by time is in seconds, which a lens moves on."""
        corner = ScaledTranslation(0, 0, cast("Affine2DBase", ax.transAxes))
        self.in_points: Transform = Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans + corner
        """From points to the right of the lower left corner of the axes, and up, to pixels."""
        self.points = points  # for one unit of x
        self.theme = theme
        self.font = font  # points
        self.prefix = prefix
        self.say = say  # what stands in the chart, in its language
        self.cut = inf
        """Up to which place the chart is drawn."""
        self.placed: list[Artist] = []
        """What stands at some place across the chart."""
        self.seen: dict[tuple[str, str], None] = {}
        """What the legend has to explain: ('state', 'ready'), in order of appearance."""
        self.told: set[tuple[str, str]] = set()
        """What the chart itself says in words."""

    def add(
        self,
        artist: Artist,
        name: str,
        tooltip: str,
        layer: int,
        transform: Transform | None = None,
    ) -> None:
        """Add an artist under an id, which is unique in the chart, with a tooltip."""
        artist.set_gid(self.prefix + name)
        artist.set_label("_" + tooltip)
        artist.set_zorder(1 + layer / 10)
        artist.set_transform(transform or self.data)
        self.ax.add_artist(artist)
        if transform is None:
            self.placed.append(artist)

    def box(self, box: Box, look: Look, pattern: str, name: str, tooltip: str, layer: int) -> None:
        """Add a rectangle."""
        left, top, right, bottom = box
        patch = Rectangle(
            (left, top),
            right - left,
            bottom - top,
            facecolor=look.face,
            edgecolor=look.edge,
            linewidth=0.7 if right > left else 1.6,
            hatch=pattern or None,
        )
        self.add(patch, name, tooltip, layer)

    def boxes(
        self,
        boxes: list[Box],
        look: Look,
        name: str,
        tooltip: str,
        layer: int,
        pattern: str = "",
    ) -> None:
        """Add many rectangles as one shape, without edges, nor gaps too fine to be seen."""
        corners = _joined(boxes, _FINE / self.points)[:, _CORNERS].reshape(-1, 2)
        path = Path(corners, np.tile(_RECTANGLE, len(corners) // len(_RECTANGLE)))
        shape = PathCollection([path], facecolors=[look.face], edgecolors="none", linewidths=0)
        if pattern:
            shape.set_hatch(pattern)
            shape.set_edgecolor(look.edge)  # of the pattern
        self.add(shape, name, tooltip, layer)

    def torn(self, box: Box, state: str, name: str, tooltip: str) -> None:
        """Add a box in the look of a state whose right end is torn off."""
        self.seen.setdefault(("state", state))
        left, top, right, bottom = box
        tooth = min(TOOTH * self.font / self.points, (right - left) / 2)
        ys = [top + (bottom - top) * part / _TEETH for part in range(_TEETH + 1)]
        edge = [(right - tooth * (part % 2), y) for part, y in enumerate(ys)]
        look = self.theme.states[state]
        patch = Polygon(
            [(left, top), *edge, (left, bottom)],
            closed=True,
            facecolor=look.face,
            edgecolor=look.edge,
            linewidth=0.7,
            hatch=STATES[state][1] or None,
        )
        self.add(patch, name, tooltip, BAR)

    def area(
        self,
        edges: NDArray[np.float64],
        tops: NDArray[np.float64],
        bottoms: NDArray[np.float64],
        state: str,
        name: str,
        tooltip: str,
    ) -> None:
        """Add an area in the look of a state, of pieces between edges, each with top and bottom."""
        self.seen.setdefault(("state", state))
        xs = np.repeat(edges, 2)[1:-1]
        ys = np.concatenate((np.repeat(tops, 2), np.repeat(bottoms, 2)[::-1]))
        points = np.column_stack((np.concatenate((xs, xs[::-1])), ys.round(4)))
        level = np.diff(points[:, 1]) == 0
        turns = np.concatenate(([True], ~(level[:-1] & level[1:]), [True]))
        look = self.theme.states[state]
        patch = Polygon(points[turns], closed=True, facecolor=look.face, linewidth=0)
        patch.set_edgecolor(look.edge)  # of the pattern
        patch.set_hatch(STATES[state][1])
        self.add(patch, name, tooltip, BAR)

    def state(self, box: Box, state: str, name: str, tooltip: str) -> None:
        """Add a rectangle in the look of a state; one without width is a tick."""
        self.seen.setdefault(("state", state))
        layer = BAR if box[2] > box[0] else TICK
        self.box(box, self.theme.states[state], STATES[state][1], name, tooltip, layer)

    def words(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SMALL,
        colour: str = "",
        align: Literal["left", "center", "right"] = "center",
        behind: str = "",
        halo: bool = False,
        offset: float = 0,
        transform: Transform | None = None,
        weight: str = "normal",
        name: str = "",
    ) -> None:
        """Add a text, `offset` points to the right of a place; `behind` is what it stands on."""
        artist = Text(
            x,
            y,
            text,
            fontsize=size * self.font,
            color=colour or self.theme.ink,
            fontfamily=FONT,
            fontweight=weight,
            horizontalalignment=align,
            verticalalignment="center_baseline",
            parse_math=False,
        )
        if behind:
            artist.set_bbox(
                {"boxstyle": "square,pad=0.15", "facecolor": behind, "edgecolor": "none"}
            )
        if halo:
            artist.set_path_effects([Rim(Halo(self.theme.paper, 2))])
        artist.set_zorder(1 + WORDS / 10)
        if name:
            artist.set_gid(self.prefix + name)
        self.ax.add_artist(artist)
        artist.set_transform(self._moved(transform or self.data, offset, 0))
        if transform is None:
            self.placed.append(artist)
        artist.set_clip_on(False)

    def mark(
        self,
        x: float | list[float],
        y: float,
        kind: str,
        name: str,
        tooltip: str,
        offset: float = 0,
    ) -> None:
        """Add a mark, `offset` points to the right of a place; or one at each of several places."""
        self.seen.setdefault(("mark", kind))
        xs = x if isinstance(x, list) else [x]
        line = Line2D(xs, [y] * len(xs), linestyle="none", **self.mark_style(kind))
        self.add(line, name, tooltip, MARK)
        line.set_transform(self._moved(self.data, offset, 0))
        line.set_clip_on(False)

    def mark_style(self, kind: str) -> dict[str, Any]:
        """Return how a mark looks, as a Line2D takes it."""
        theme, size = self.theme, self.font * 0.68
        marker, edge, face, scale = {
            "start": (">", theme.ink, theme.paper, 0.95),
            "returned": ("o", theme.ink, theme.ink, 0.9),
            "raised": ("X", theme.alarm, theme.alarm, 1.2),
            "cancelled": ("D", theme.alarm, theme.alarm, 0.9),
            "crashed": ("*", theme.alarm, theme.alarm, 1.6),
            "request": ("v", theme.alarm, theme.paper, 0.95),
            "delivery": ("v", theme.alarm, theme.alarm, 0.95),
            "print": ("|", theme.muted, theme.muted, 1.4),
            "lost": ("x", theme.alarm, theme.alarm, 0.95),
            "held": ("s", theme.arrows["message"], theme.paper, 0.75),
            "refused": (r"$\ominus$", theme.alarm, theme.alarm, 1.3),
        }[kind]
        return {
            "marker": marker,
            "markersize": size * scale,
            "markeredgecolor": edge,
            "markerfacecolor": face,
            "markeredgewidth": 1.0,
        }

    def line(
        self,
        xs: list[float],
        ys: list[float],
        colour: str,
        name: str,
        tooltip: str,
        *,
        layer: int = ARROW,
        pattern: Any = "-",
        thick: float = 1.0,
    ) -> None:
        """Add a line."""
        line = Line2D(xs, ys, color=colour, linewidth=thick, linestyle=pattern)
        self.add(line, name, tooltip, layer)

    def head(self, corners: list[tuple[float, float]], colour: str, name: str, tip: str) -> None:
        """Add the head of an arrow."""
        patch = Polygon(corners, closed=True, facecolor=colour, edgecolor="none")
        self.add(patch, name, tip, TICK)

    def funnel(
        self, x: float, top: float, left: float, right: float, foot: float, name: str, tip: str
    ) -> None:
        """Add the area between a point and what it opens up into, below."""
        corners = [(x, top), (left, foot), (right, foot)]
        patch = Polygon(corners, closed=True, facecolor=self.theme.shade, edgecolor="none")
        self.add(patch, name, tip, BACK)

    def _moved(self, transform: Transform, right: float, up: float) -> Transform:
        if not right and not up:
            return transform
        figure = self.ax.figure
        return transform + ScaledTranslation(right / 72, up / 72, figure.dpi_scale_trans)


def _joined(boxes: list[Box], gap: float) -> NDArray[np.float64]:
    """Return boxes with those of one height joined where nothing wider than a gap is between."""
    left, top, right, bottom = table = np.asarray(boxes, dtype=float).T
    order = np.lexsort((left, bottom, top))
    left, top, right, bottom = table[:, order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (top[1:] != top[:-1]) | (bottom[1:] != bottom[:-1]) | (left[1:] - right[:-1] > gap)
    first = np.flatnonzero(starts)
    return np.stack(
        (left[first], top[first], np.maximum.reduceat(right, first), bottom[first]), axis=1
    )
