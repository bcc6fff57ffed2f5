"""A chart up to a moment, in the layout of the whole: what comes later is left out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text

from vtloop.views.chart.canvas import BACK, Canvas
from vtloop.views.chart.slim import Halo
from vtloop.views.chart.svg import Rim
from vtloop.views.chart.words import width

_ROOM = 0.6  # lines of text, beside a text in a box


def leave_out_later(canvas: Canvas, cut: float, height: float, tooltip: str) -> None:
    """Leave out of a chart what is drawn right of a place, and draw a line there."""
    boxes = [artist for artist in canvas.placed if isinstance(artist, Rectangle | Polygon)]
    whole = {box: _extent(box) for box in boxes}
    for artist in canvas.placed:
        name = str(artist.get_gid() or "")
        if isinstance(artist, Text):
            kept = _text(canvas, artist, cut, whole.values())
        elif isinstance(artist, Polygon) and name.endswith("-head"):
            kept = float(np.mean(artist.get_xy()[:, 0])) <= cut
        else:
            kept = _shape(artist, cut)
        if not kept:
            artist.remove()
    ends = [cut, cut]
    canvas.line(ends, [0, height], canvas.theme.muted, "until", tooltip, layer=BACK, thick=0.9)


Extent = tuple[float, float, float, float]  # left, top, right, bottom


def _extent(box: Rectangle | Polygon) -> Extent:
    if isinstance(box, Rectangle):
        x, y = box.get_xy()
        return x, y, x + box.get_width(), y + box.get_height()
    corners = np.asarray(box.get_xy())
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _shape(artist: Artist, cut: float) -> bool:
    """Cut off what is right of a place; return whether anything is left."""
    if isinstance(artist, Rectangle):
        left = artist.get_x()
        artist.set_width(min(artist.get_width(), max(0.0, cut - left)))
        return bool(left <= cut)
    if isinstance(artist, Polygon):
        corners = np.asarray(artist.get_xy())
        kept = bool(corners[:, 0].min() <= cut)
        artist.set_xy(np.column_stack((np.minimum(corners[:, 0], cut), corners[:, 1])))
        return kept
    if isinstance(artist, Line2D):
        return _line(artist, cut)
    if isinstance(artist, PathCollection):
        artist.set_paths([_path(path, cut) for path in artist.get_paths()])
    return True


def _line(line: Line2D, cut: float) -> bool:
    xs, ys = (np.asarray(values, dtype=float) for values in line.get_data())
    later = np.flatnonzero(xs > cut)
    if len(later) and later[0] == 0:
        return False
    if len(later):
        end = later[0]
        part = (cut - xs[end - 1]) / (xs[end] - xs[end - 1])
        y = ys[end - 1] + part * (ys[end] - ys[end - 1])
        line.set_data([*xs[:end], cut], [*ys[:end], y])
    return True


def _path(path: Path, cut: float) -> Path:
    corners = np.asarray(path.vertices)
    return Path(np.column_stack((np.minimum(corners[:, 0], cut), corners[:, 1])), path.codes)


def _text(canvas: Canvas, text: Text, cut: float, boxes: Iterable[Extent]) -> bool:
    """Return whether a text stays: it is moved to the middle of what is left of its box."""
    x, y = text.get_position()
    if text.get_horizontalalignment() != "center":
        text.set_path_effects([Rim(Halo(canvas.theme.paper, 2))])  # it may cross the line
        return x <= cut
    points = width(text.get_text(), float(text.get_fontsize())) + _ROOM * canvas.font
    wide = points / canvas.points
    if x + wide / 2 <= cut:
        return True
    around = [box for box in boxes if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
    if not around:
        return False
    left = max(box[0] for box in around)
    text.set_position(((left + cut) / 2, y))
    return cut - left >= wide
