"""Charts as files: the same bytes for the same chart, and in SVG a tooltip for each shape.

In SVG text can be selected, searched and translated, and a browser has the font for every sign. On
request it is outlines of letters, which look the same everywhere.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from vtloop.values.columns import plain
from vtloop.views.chart.fonts import fitted
from vtloop.views.chart.slim import Halo, slim

FORMATS = ("svg", "png", "pdf")

# What would differ from one process or day to the next.
_SETTINGS: Any = {
    "svg.hashsalt": "vtloop",
    "hatch.linewidth": 0.6,
    "path.simplify": True,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "vtloop"},
    "png": {"Software": "vtloop"},
    "pdf": {"CreationDate": None, "Creator": "vtloop", "Producer": "vtloop"},
}


class Rim(withStroke):
    """A light rim around a text, so that it can be read on a line."""

    def __init__(self, halo: Halo) -> None:
        super().__init__(linewidth=halo.thick, foreground=halo.colour)
        self.halo = halo


class Chart(Figure):
    """A figure that a notebook shows, in the bytes of a file."""

    about = ("", "")
    """What a screen reader reads of it: a title, and the schedule in words."""

    def draw(self, renderer: Any) -> None:
        """Draw it, with letters of other fonts where the first lacks them."""
        as_text = rcParams["svg.fonttype"] == "none" and isinstance(self.canvas, FigureCanvasSVG)
        with ExitStack() as stack:
            if not as_text:
                stack.enter_context(fitted(_texts(self)))
            super().draw(renderer)

    def _repr_svg_(self) -> str:
        """Return it as an SVG element, without what stands before it in a file."""
        text = to_bytes(self, "svg").decode()
        return text[text.index("<svg") :]


def save_figure(
    figure: Figure,
    path: str | os.PathLike[str],
    dpi: float | None = None,
    *,
    outlines: bool = False,
) -> None:
    """Write a figure to a file, in the format that its suffix says."""
    suffix = os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"A chart was to be saved as {os.fspath(path)!r}, while charts are "
            f"{', '.join(FORMATS)}; let the name end in one of these"
        )
    with open(path, "wb") as file:
        file.write(to_bytes(figure, suffix, dpi, outlines=outlines))


def to_bytes(
    figure: Figure, format: str, dpi: float | None = None, *, outlines: bool = False
) -> bytes:
    """Return a figure in a format, 'svg', 'png' or 'pdf'; in SVG with texts, or their outlines."""
    as_text = format == "svg" and not outlines
    output = io.BytesIO()
    halos: dict[str, Halo] = {}
    with ExitStack() as stack:
        stack.enter_context(rc_context(_SETTINGS))
        rcParams["svg.fonttype"] = "none" if as_text else "path"
        if as_text:
            halos = stack.enter_context(_without_rims(figure))
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # a browser has it
        figure.savefig(
            output,
            format=format,
            dpi=dpi or "figure",
            facecolor=figure.get_facecolor(),
            metadata=_METADATA[format],
        )
    if format != "svg":
        return output.getvalue()
    title, description = figure.about if isinstance(figure, Chart) else ("", "")
    tips = {name: "\n".join(map(plain, tip.split("\n"))) for name, tip in tooltips(figure).items()}
    svg = output.getvalue().decode()
    return slim(svg, title, description, tips, halos).encode()


def tooltips(figure: Figure) -> dict[str, str]:
    """Return the tooltips of a figure's shapes, by id."""
    return {
        str(artist.get_gid()): str(artist.get_label()).removeprefix("_")
        for artist in figure.findobj()
        if artist.get_gid() and str(artist.get_label()).startswith("_")
    }


def _texts(figure: Figure) -> list[Text]:
    return [artist for artist in figure.findobj(Text) if isinstance(artist, Text)]


@contextmanager
def _without_rims(figure: Figure) -> Iterator[dict[str, Halo]]:
    """Let texts be without their rims, for which matplotlib draws outlines; yield these by id."""
    rims = {
        artist: rim
        for artist in _texts(figure)
        for rim in artist.get_path_effects()
        if isinstance(rim, Rim)
    }
    names = {artist: artist.get_gid() for artist in rims}
    for place, artist in enumerate(rims):
        artist.set_path_effects([])
        artist.set_gid(names[artist] or f"text-{place}")
    try:
        yield {str(artist.get_gid()): rim.halo for artist, rim in rims.items()}
    finally:
        for artist, rim in rims.items():
            artist.set_path_effects([rim])
            artist.set_gid(names[artist])
