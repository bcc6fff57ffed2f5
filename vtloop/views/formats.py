"""The views of a run, by format, and how each is written to a file.

What a view needs is imported when it is asked for: matplotlib is large, and optional.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vtloop.errors import SimulationError
from vtloop.timeline.timeline import Timeline
from vtloop.values.columns import carried
from vtloop.values.files import check_file, opened
from vtloop.values.options import Option, check
from vtloop.views.options import LOOKS, OF_CHARTS, OF_PAGES


def _chart(format: str, timeline: Timeline, outlines: bool = False, **options: Any) -> list[bytes]:
    try:
        chart = import_module("vtloop.views.chart")
    except ImportError as error:
        raise _no_matplotlib() from error
    return [chart.svg.to_bytes(chart.figure(timeline, **options), format, outlines=outlines)]


def _no_matplotlib() -> SimulationError:
    return SimulationError(
        "A chart was asked for, while matplotlib is not installed; install it with: "
        "pip install 'vtloop[chart]'"
    )


def check_drawable() -> None:
    """Raise SimulationError unless there is what draws charts."""
    if find_spec("matplotlib") is None:
        raise _no_matplotlib()


def _page(timeline: Timeline, **options: Any) -> list[bytes]:
    return _encoded(import_module("vtloop.views.html").page(timeline, **options))


def _perfetto(timeline: Timeline, **options: Any) -> list[bytes]:
    return [import_module("vtloop.views.perfetto").encoded(timeline, **options)]


def _marbles(timeline: Timeline, **options: Any) -> list[bytes]:
    return _encoded(import_module("vtloop.views.marbles").marbles(timeline, **options) + "\n")


def _gantt(timeline: Timeline, **options: Any) -> list[bytes]:
    return _encoded(import_module("vtloop.views.mermaid").gantt(timeline, **options))


def _sequence(timeline: Timeline, **options: Any) -> list[bytes]:
    return _encoded(import_module("vtloop.views.mermaid").sequence(timeline, **options))


def _trace(timeline: Timeline) -> Iterator[bytes]:
    return timeline.trace.encoded()


def _encoded(text: str) -> list[bytes]:
    return [text.encode("utf-8", "backslashreplace")]  # names may have halves of surrogate pairs


FORMATS: dict[str, tuple[str, Callable[..., Iterable[bytes]]]] = {
    **{name: (f".{name}", partial(_chart, name)) for name in ("svg", "png", "pdf")},
    "html": (".html", _page),
    "perfetto": (".json", _perfetto),
    "marbles": (".txt", _marbles),
    "gantt": (".mmd", _gantt),
    "sequence": (".mmd", _sequence),
    "trace": (".jsonl", _trace),
}
"""What can be written: the usual suffix of a file, and what makes its contents."""

_CHARTS = ("svg", "png", "pdf")
_DRAWN = {**LOOKS, "at": OF_CHARTS["at"]}
_SAID = {"words": LOOKS["words"]}
_TITLED = {"title": LOOKS["title"], **_SAID}
_OPTIONS: Mapping[str, Mapping[str, Option]] = {
    **dict.fromkeys(_CHARTS, _DRAWN),
    "svg": {**_DRAWN, "outlines": OF_CHARTS["outlines"]},
    "html": {"theme": OF_PAGES["theme"], **_TITLED},
    **dict.fromkeys(("gantt", "sequence"), _TITLED),
    "perfetto": _SAID,
    "marbles": _SAID,
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
    made = FORMATS[format_for(path, format, **options)][1](timeline, **options)
    with opened(path, "wb") as file:
        file.writelines(made)


def write_series(
    timeline: Timeline,
    path: str | os.PathLike[str],
    format: str | None = None,
    **options: Any,
) -> list[Path]:
    """Write a chart for each moment of a run, and return the paths; see `chart.series`."""
    format_for(Path(path), format, **options)
    series: Callable[..., list[Path]] = import_module("vtloop.views.chart").series
    return series(timeline, path, **options)


def write_out(timeline: Timeline, format: str, **options: Any) -> None:
    """Write a view of a run to standard output, as it would be written to a file.

    Only what is for terminals is in the encoding of the terminal instead of UTF-8.
    """
    made = FORMATS[format][1](timeline, **options)
    if format == "marbles":
        sys.stdout.writelines(carried(text.decode(), sys.stdout) for text in made)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(made)


def format_for(path: Path, format: str | None = None, **options: Any) -> str:
    """Return the format in which a file is to be written, if that can be done.

    Raises SimulationError for an unknown format or suffix, for a suffix of another format, for a
    file that cannot be written, and without matplotlib for a chart; TypeError or ValueError for
    options that the format does not take, or not so.
    """
    suffix = suffix_of(path)
    named = [name for name, (usual, _) in FORMATS.items() if usual == suffix]
    if format is None:
        format = next(iter(named), suffix)
    if not format:
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r}, while neither a suffix nor a format "
            f"says how; let its name end in {', '.join(usual for usual, _ in FORMATS.values())}, "
            "or give a format"
        )
    if format not in FORMATS:
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r} in the format {format!r}, while "
            f"there is none of that name; the formats are {', '.join(FORMATS)}"
        )
    if named and format not in named:
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r} in the format {format!r}, while a "
            f"name that ends in {suffix!r} is for {' or '.join(named)}; let it end in "
            f"{FORMATS[format][0]!r}"
        )
    if not path.parent.is_dir():
        raise SimulationError(
            f"A view was to be written to {os.fspath(path)!r}, while there is no directory "
            f"{os.fspath(path.parent)!r}; make it first"
        )
    check_view(os.fspath(path), format, **options)
    check_file(path)
    return format


def suffix_of(path: Path) -> str:
    """Return the suffix of a file's name that says its format."""
    return Path(path.name.removesuffix(".gz")).suffix


def check_view(where: str, format: str, **options: Any) -> None:
    """Raise what `format_for` does of the view itself, which goes to a place in words."""
    _check_options(where, format, options)
    if format in _CHARTS:
        check_drawable()


def _check_options(where: str, format: str, options: Mapping[str, Any]) -> None:
    taken = _OPTIONS.get(format, {})
    for name in options:
        if name not in taken:
            able = [other for other, known in _OPTIONS.items() if name in known]
            what_to_do = f"or ask for {', '.join(able)}" if able else "as no format takes it"
            raise TypeError(
                f"A view was to be written to {where!r} with {name}=, which the format "
                f"{format} does not take; leave it out, {what_to_do}"
            )
    check(taken, **options)


def preformatted(text: str) -> str:
    """Return text as an HTML element that keeps its columns, whatever the page's style."""
    style = "font-family: monospace; white-space: pre; overflow-x: auto"
    return f'<pre style="{style}">{escape(text, quote=False)}</pre>'


def picture(timeline: Timeline, **options: Any) -> str | None:
    """Return the chart of a run as an SVG element, for a page; None without matplotlib.

    `options` are those of `chart.figure`.
    """
    try:
        chart = import_module("vtloop.views.chart")
    except ImportError:
        return None
    return str(chart.figure(timeline, **options)._repr_svg_())
