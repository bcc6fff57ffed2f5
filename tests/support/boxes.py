"""What overlaps in a picture: texts as boxes, beside lines, marks and the edges of shapes.

Texts are measured in the font that comes with matplotlib, and `MARGIN` wider, as another font may
be. What lies behind a bar is not seen there, and so it may pass behind the words in that bar. The
grid and the shades behind everything are no lines, as words stand on them with a halo.
"""

from itertools import combinations, pairwise

from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

MARGIN = 1.05
PIXEL = 1.0  # by which renderers may disagree
_BACK = 1.05  # the layers up to which shapes are shades behind everything


def overlaps(figure):
    """Return what overlaps in a figure, in sentences."""
    figure.draw_without_rendering()
    drawn = [artist for artist in figure.findobj(_is_seen) if artist.axes is not None]
    texts = [
        artist
        for artist in figure.findobj(Text)
        if artist.get_visible() and artist.get_text().strip()
    ]
    bars, lines, marks = [], [], []
    for artist in drawn:
        if isinstance(artist, Rectangle) or "-span-" in artist.get_gid():  # one may be torn
            box = artist.get_window_extent()
            if artist.get_zorder() > _BACK:
                bars.append((artist.get_zorder(), box.extents, artist))
        elif isinstance(artist, Line2D) and artist.get_marker() in ("", "None", None):
            points = artist.get_transform().transform(artist.get_xydata())
            lines += [(artist.get_zorder(), one, other, artist) for one, other in pairwise(points)]
        else:
            marks.append((artist.get_window_extent().extents, artist))
    boxes = [(_box_of(text), text) for text in texts]
    return [
        *_of_texts(boxes),
        *_cut_off(texts, figure),
        *_with_shapes(boxes, bars, lines, marks),
    ]


def _is_seen(artist):
    if not artist.get_visible() or not artist.get_gid():
        return False
    if isinstance(artist, Polygon) and not isinstance(artist, Rectangle):
        return artist.get_zorder() > _BACK
    return isinstance(artist, (Rectangle, Line2D))


def _box_of(text):
    """Return the box of a text, as wide as it may be in another font."""
    box = text.get_window_extent()
    more = box.width * (MARGIN - 1)
    left, right = {"left": (0, more), "right": (more, 0), "center": (more / 2, more / 2)}[
        text.get_horizontalalignment()
    ]
    return box.x0 - left, box.y0 + PIXEL, box.x1 + right, box.y1 - PIXEL


def _of_texts(boxes):
    for (one, first), (other, second) in combinations(boxes, 2):
        if _meet(one, other, PIXEL):
            yield f"{first.get_text()!r} and {second.get_text()!r} overlap"


def _cut_off(texts, figure):
    whole = figure.bbox
    for text in texts:
        box = text.get_window_extent()
        if (
            box.x0 < whole.x0 - PIXEL
            or box.x1 > whole.x1 + PIXEL
            or box.y0 < whole.y0 - PIXEL
            or box.y1 > whole.y1 + PIXEL
        ):
            yield f"{text.get_text()!r} is cut off"


def _with_shapes(boxes, bars, lines, marks):
    for box, text in boxes:
        behind = 0.0  # up to which layer things are hidden by the bar on which the text stands
        for layer, bar, shape in bars:
            if not _meet(box, bar, PIXEL):
                continue
            if _within(box, bar):
                behind = max(behind, layer)
            else:
                yield f"{text.get_text()!r} crosses the edge of {shape.get_gid()}"
        for layer, one, other, line in lines:
            if layer >= behind and _crosses(one, other, box):
                yield f"{text.get_text()!r} is crossed by {line.get_gid()}"
        for extents, mark in marks:
            if _meet(box, extents, PIXEL) and not _is_head_behind(mark, behind):
                yield f"{text.get_text()!r} is under {mark.get_gid()}"


def _is_head_behind(mark, behind):
    return mark.get_zorder() < behind


def _meet(one, other, by):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > by
        and min(one[3], other[3]) - max(one[1], other[1]) > by
    )


def _within(box, outer):
    return (
        box[0] >= outer[0] - PIXEL
        and box[1] >= outer[1] - PIXEL
        and box[2] <= outer[2] + PIXEL
        and box[3] <= outer[3] + PIXEL
    )


def _crosses(one, other, box):
    """Return whether a line from one point to another has a part in a box (Liang and Barsky)."""
    (x0, y0), (x1, y1) = one, other
    begin, end = 0.0, 1.0
    for start, change, low, high in ((x0, x1 - x0, box[0], box[2]), (y0, y1 - y0, box[1], box[3])):
        if abs(change) < 1e-9:
            if not low < start < high:
                return False
            continue
        near, far = sorted(((low - start) / change, (high - start) / change))
        begin, end = max(begin, near), min(end, far)
    return end - begin > 1e-6
