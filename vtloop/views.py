"""The views of a run, by format, and how each is written to a file.

What a view needs is imported when it is asked for: matplotlib is large, and optional.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from vtloop.errors import SimulationError
from vtloop.timeline import Timeline


def _chart(timeline: Timeline, path: Path, **options: Any) -> None:
    try:
        chart = import_module("vtloop.chart")
    except ImportError as error:
        raise SimulationError(
            "A chart was asked for, while matplotlib is not installed; install it with: "
            "pip install 'vtloop[chart]'"
        ) from error
    chart.save(timeline, path, **options)


def _page(timeline: Timeline, path: Path) -> None:
    path.write_text(import_module("vtloop.page").page(timeline), "utf-8")


def _perfetto(timeline: Timeline, path: Path) -> None:
    import_module("vtloop.perfetto").save(timeline, path)


def _marbles(timeline: Timeline, path: Path) -> None:
    path.write_text(import_module("vtloop.marbles").marbles(timeline) + "\n", "utf-8")


def _gantt(timeline: Timeline, path: Path) -> None:
    path.write_text(import_module("vtloop.mermaid").gantt(timeline), "utf-8")


def _sequence(timeline: Timeline, path: Path) -> None:
    path.write_text(import_module("vtloop.mermaid").sequence(timeline), "utf-8")


def _trace(timeline: Timeline, path: Path) -> None:
    timeline.trace.save(path)


FORMATS: dict[str, tuple[str, Callable[..., None]]] = {
    "svg": (".svg", _chart),
    "png": (".png", _chart),
    "pdf": (".pdf", _chart),
    "html": (".html", _page),
    "perfetto": (".json", _perfetto),
    "marbles": (".txt", _marbles),
    "gantt": (".mmd", _gantt),
    "sequence": (".mmd", _sequence),
    "trace": (".jsonl", _trace),
}
"""What can be written: the usual suffix of a file, and what writes it."""


def write(
    timeline: Timeline,
    path: str | os.PathLike[str],
    format: str | None = None,
    **options: Any,
) -> None:
    """Write a view of a run to a file, in the format that its suffix says if none is given.

    `options` are those of `chart.figure`. Raises SimulationError for an unknown format or suffix,
    and for a directory that is not there.
    """
    path = Path(path)
    FORMATS[format_for(path, format)][1](timeline, path, **options)


def format_for(path: Path, format: str | None = None) -> str:
    """Return the format in which a file is to be written, if that can be done.

    Raises SimulationError for an unknown format or suffix, and for a directory that is not there.
    """
    if format is None:
        named = (name for name, (suffix, _) in FORMATS.items() if suffix == path.suffix)
        format = next(named, path.suffix)
    if format not in FORMATS:
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r} in the format {format!r}, while "
            f"there is none of that name; the formats are {', '.join(FORMATS)}"
        )
    if not path.parent.is_dir():
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r}, while there is no directory "
            f"{os.fspath(path.parent)!r}; make it first"
        )
    return format


def picture(timeline: Timeline) -> str | None:
    """Return the chart of a run as an SVG element, for a page; None without matplotlib."""
    try:
        chart = import_module("vtloop.chart")
    except ImportError:
        return None
    return str(chart.figure(timeline)._repr_svg_())
