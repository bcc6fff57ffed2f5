"""Charts as files: the same bytes for the same chart, and in SVG a tooltip for each shape."""

from __future__ import annotations

import io
import os
import re
from typing import Any
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from vtloop.values.columns import plain

FORMATS = ("svg", "png", "pdf")

# What would differ from one process or day to the next.
_SETTINGS: Any = {
    "svg.hashsalt": "vtloop",
    "svg.fonttype": "path",
    "hatch.linewidth": 0.6,
    "path.simplify": True,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "vtloop"},
    "png": {"Software": "vtloop"},
    "pdf": {"CreationDate": None, "Creator": "vtloop", "Producer": "vtloop"},
}


class Chart(Figure):
    """A figure that a notebook shows, in the bytes of a file."""

    def _repr_svg_(self) -> str:
        """Return it as an SVG element, without what stands before it in a file."""
        text = to_bytes(self, "svg").decode()
        return text[text.index("<svg") :]


def save_figure(figure: Figure, path: str | os.PathLike[str], dpi: float | None = None) -> None:
    """Write a figure to a file, in the format that its suffix says."""
    suffix = os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"A chart was to be saved as {os.fspath(path)!r}, while charts are "
            f"{', '.join(FORMATS)}; let the name end in one of these"
        )
    with open(path, "wb") as file:
        file.write(to_bytes(figure, suffix, dpi))


def to_bytes(figure: Figure, format: str, dpi: float | None = None) -> bytes:
    """Return a figure in a format, 'svg', 'png' or 'pdf'."""
    import matplotlib

    output = io.BytesIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(
            output,
            format=format,
            dpi=dpi or "figure",
            facecolor=figure.get_facecolor(),
            metadata=_METADATA[format],
        )
    if format != "svg":
        return output.getvalue()
    return with_tooltips(output.getvalue().decode(), tooltips(figure)).encode()


def tooltips(figure: Figure) -> dict[str, str]:
    """Return the tooltips of a figure's shapes, by id."""
    return {
        str(artist.get_gid()): str(artist.get_label()).removeprefix("_")
        for artist in figure.findobj()
        if artist.get_gid() and str(artist.get_label()).startswith("_")
    }


def with_tooltips(svg: str, titles: dict[str, str]) -> str:
    """Return an SVG text with a `<title>` in each group that has a tooltip."""

    def titled(match: re.Match[str]) -> str:
        title = titles.get(match[1])
        if title is None:
            return match[0]
        shown = "\n".join(map(plain, title.split("\n")))  # XML has no control characters
        return f"{match[0]}<title>{escape(shown)}</title>"

    return re.sub(r'<g id="([^"]+)">', titled, svg)
