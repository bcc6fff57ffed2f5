"""The views of a run, by format, and how each is written to a file.

What a view needs is imported when it is asked for: matplotlib is large, and optional.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vtloop.allowed import OF_CHARTS, OF_PAGES, Option, check
from vtloop.errors import SimulationError
from vtloop.files import check_file
from vtloop.timeline import Timeline


def _chart(format: str, timeline: Timeline, path: Path, **options: Any) -> None:
    try:
        chart = import_module("vtloop.chart")
    except ImportError as error:
        raise _no_matplotlib() from error
    path.write_bytes(chart.svg.to_bytes(chart.figure(timeline, **options), format))


def _no_matplotlib() -> SimulationError:
    return SimulationError(
        "A chart was asked for, while matplotlib is not installed; install it with: "
        "pip install 'vtloop[chart]'"
    )


def check_drawable() -> None:
    """Raise SimulationError unless there is what draws charts."""
    if find_spec("matplotlib") is None:
        raise _no_matplotlib()


def _page(timeline: Timeline, path: Path, **options: Any) -> None:
    path.write_text(import_module("vtloop.page").page(timeline, **options), "utf-8")


def _perfetto(timeline: Timeline, path: Path) -> None:
    import_module("vtloop.perfetto").save(timeline, path)


def _marbles(timeline: Timeline, path: Path) -> None:
    path.write_text(import_module("vtloop.marbles").marbles(timeline) + "\n", "utf-8")


def _gantt(timeline: Timeline, path: Path, **options: Any) -> None:
    path.write_text(import_module("vtloop.mermaid").gantt(timeline, **options), "utf-8")


def _sequence(timeline: Timeline, path: Path, **options: Any) -> None:
    path.write_text(import_module("vtloop.mermaid").sequence(timeline, **options), "utf-8")


def _trace(timeline: Timeline, path: Path) -> None:
    timeline.trace.save(path)


FORMATS: dict[str, tuple[str, Callable[..., None]]] = {
    **{name: (f".{name}", partial(_chart, name)) for name in ("svg", "png", "pdf")},
    "html": (".html", _page),
    "perfetto": (".json", _perfetto),
    "marbles": (".txt", _marbles),
    "gantt": (".mmd", _gantt),
    "sequence": (".mmd", _sequence),
    "trace": (".jsonl", _trace),
}
"""What can be written: the usual suffix of a file, and what writes it."""

_CHARTS = dict.fromkeys(("svg", "png", "pdf"), OF_CHARTS)
_OPTIONS: Mapping[str, Mapping[str, Option]] = {
    **_CHARTS,
    **dict.fromkeys(("html", "gantt", "sequence"), OF_PAGES),
}
"""The options that a format takes; the others take none."""


def write(
    timeline: Timeline,
    path: str | os.PathLike[str],
    format: str | None = None,
    **options: Any,
) -> None:
    """Write a view of a run to a file, in the format that its suffix says if none is given.

    `options` are those of `chart.figure` for a chart, and `title` for a page and Mermaid. Raises as
    `format_for` does.
    """
    path = Path(path)
    FORMATS[format_for(path, format, **options)][1](timeline, path, **options)


def format_for(path: Path, format: str | None = None, **options: Any) -> str:
    """Return the format in which a file is to be written, if that can be done.

    Raises SimulationError for an unknown format or suffix, for a file that cannot be written, and
    without matplotlib for a chart; TypeError or ValueError for options that the format does not
    take, or not so.
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
    _check_options(path, format, options)
    if format in _CHARTS:
        check_drawable()
    check_file(path)
    return format


def _check_options(path: Path, format: str, options: Mapping[str, Any]) -> None:
    taken = _OPTIONS.get(format, {})
    for name in options:
        if name not in taken:
            able = [other for other, known in _OPTIONS.items() if name in known]
            what_to_do = f"or ask for {', '.join(able)}" if able else "as no format takes it"
            raise TypeError(
                f"A view was to be written to {os.fspath(path)!r} with {name}=, which the format "
                f"{format} does not take; leave it out, {what_to_do}"
            )
    check(taken, **options)


def picture(timeline: Timeline) -> str | None:
    """Return the chart of a run as an SVG element, for a page; None without matplotlib."""
    try:
        chart = import_module("vtloop.chart")
    except ImportError:
        return None
    return str(chart.figure(timeline)._repr_svg_())
