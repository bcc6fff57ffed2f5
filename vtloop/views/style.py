"""How charts and pages look: what is told apart, by which colour, pattern and mark; themes, sizes.

- A state has a colour and a pattern, so that it is known in print and by the colour-blind as well.
  The hues are those of Okabe and Ito (2008), as tints where text stands on them.
- The font comes with matplotlib, so that a chart is the same everywhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vtloop.timeline.spans import READY, RUNNING, Span
from vtloop.values.waits import WAITS, Subject

FONT = "DejaVu Sans"
MOST_LANES = 40  # tasks, up to which each has a row to itself

# The states of a chart: in words, for the legend, and their patterns as matplotlib writes them.
STATES = {
    "running": ("runs", ""),
    "ready": ("ready to run", "||||"),
    "sleep": ("sleeps", ""),
    "primitive": ("waits for a primitive", "////"),  # lock, semaphore, event, queue …
    "task": ("waits for tasks", "...."),
    "network": ("waits for the network", "\\\\\\\\"),
    "other": ("waits for something else", "----"),
    "left": ("left pending at the end", "xxxx"),
}

# The marks of a chart: in words, and as matplotlib writes them.
MARKS = {
    "start": ("starts", ">"),
    "returned": ("returns", "o"),
    "raised": ("raises", "X"),
    "cancelled": ("ends cancelled", "D"),
    "crashed": ("crashes with its host", "*"),
    "request": ("cancel is requested", "v"),
    "delivery": ("CancelledError is delivered", "v"),
    "print": ("prints", "|"),
    "lost": ("message is lost", "x"),
    "held": ("message is held", "s"),
    "refused": ("connection is refused", r"$\ominus$"),
}

# The arrows of a chart: in words, and the pattern of the line.
ARROWS: dict[str, tuple[str, Any]] = {
    "spawn": ("creates", (0, (4, 1.2, 1, 1.2))),
    "wake": ("wakes", "-"),
    "join": ("ends, and wakes", (0, (4, 1.5))),
    "cancel": ("cancels", (0, (1.5, 1))),
    "message": ("message", "-"),
}
HELD: Any = (0, (1, 1.5))
"""The pattern of the line while a message is held."""


class Look(NamedTuple):
    """The colours of a shape: of its inside, its edge and pattern, and of text on it."""

    face: str
    edge: str
    ink: str


def plain(colour: str) -> Look:
    """Return the look of a shape without an edge."""
    return Look(colour, colour, colour)


class Theme(NamedTuple):
    """The colours of a chart."""

    paper: str
    ink: str
    muted: str
    grid: str
    shade: str  # behind every other instant
    blocked: str  # behind everything while the loop is blocked
    difference: str
    alarm: str  # cancellation and exceptions
    states: dict[str, Look]
    arrows: dict[str, str]
    holdings: tuple[Look, Look]  # one holder after the other
    sections: tuple[Look, Look]  # one task in them after the other
    queue: Look  # how many wait, in a primitive's row
    level: Look  # how full it is


def _states(ink: str, **colours: tuple[str, str]) -> dict[str, Look]:
    return {state: Look(face, edge, ink) for state, (face, edge) in colours.items()}


THEMES = {
    "light": Theme(
        paper="#ffffff",
        ink="#1f2328",
        muted="#5b636c",
        grid="#e4e7ea",
        shade="#f4f5f7",
        blocked="#fbe3e6",
        difference="#a2006d",
        alarm="#c8102e",
        states={
            "running": Look("#0072b2", "#0072b2", "#ffffff"),
            **_states(
                "#1f2328",
                ready=("#fbe6a8", "#dba91f"),
                sleep=("#e8edf3", "#b4c0cd"),
                primitive=("#fbe0d2", "#eaa57f"),
                task=("#dbf0e7", "#7fc4a8"),
                network=("#e0eefb", "#8dbbe6"),
                other=("#eee2f4", "#c3a1d4"),
                left=("#ededed", "#a8a8a8"),
            ),
        },
        arrows={
            "spawn": "#8b949e",
            "wake": "#d55e00",
            "join": "#00805d",
            "cancel": "#c8102e",
            "message": "#4b3fbf",
        },
        holdings=(Look("#e3c3d7", "#b9769d", "#1f2328"), Look("#f2e1ec", "#b9769d", "#1f2328")),
        sections=(Look("#cde7ea", "#6fa9b2", "#1f2328"), Look("#e4f3f5", "#6fa9b2", "#1f2328")),
        queue=Look("#f6cdb4", "#f6cdb4", "#1f2328"),
        level=Look("#d3dcf2", "#8193c8", "#1f2328"),
    ),
    "dark": Theme(
        paper="#0d1117",
        ink="#e6edf3",
        muted="#9aa4af",
        grid="#21262d",
        shade="#151b23",
        blocked="#3a161c",
        difference="#ff7edb",
        alarm="#ff6b70",
        states={
            "running": Look("#56b4e9", "#56b4e9", "#0d1117"),
            **_states(
                "#e6edf3",
                ready=("#4d3d0c", "#a9851c"),
                sleep=("#202b38", "#46586c"),
                primitive=("#48291b", "#8f5535"),
                task=("#14392d", "#2f7d62"),
                network=("#16304a", "#3f7db5"),
                other=("#35253f", "#77558a"),
                left=("#2a2a2a", "#666666"),
            ),
        },
        arrows={
            "spawn": "#7d8590",
            "wake": "#f0883e",
            "join": "#4cc39a",
            "cancel": "#ff6b70",
            "message": "#a7a1ff",
        },
        holdings=(Look("#5c3550", "#a3678a", "#e6edf3"), Look("#3b2434", "#a3678a", "#e6edf3")),
        sections=(Look("#1b4550", "#4f93a0", "#e6edf3"), Look("#12303a", "#4f93a0", "#e6edf3")),
        queue=Look("#5f3823", "#5f3823", "#e6edf3"),
        level=Look("#26304f", "#6878b0", "#e6edf3"),
    ),
}


class Size(NamedTuple):
    """The size of a figure: `width` and `tallest` in inches, `font` in points."""

    width: float
    tallest: float
    font: float
    dpi: int


SIZES = {
    "readme": Size(9.0, 30.0, 8.5, 100),
    "page": Size(6.3, 9.0, 6.5, 200),
    "slide": Size(13.33, 7.5, 13.0, 144),
}


def size_of(size: str | tuple[float, float]) -> Size:
    """Return a size by its name, or of a width and a greatest height."""
    if isinstance(size, str):
        return SIZES[size]
    width, tallest = size
    return SIZES["readme"]._replace(width=width, tallest=tallest)


def shown_as(kind: str) -> str:
    """Return the name of a state or a kind of row in ids and tooltips: a primitive's is 'thing'."""
    return "thing" if kind == "primitive" else kind


_STATE_OF = {
    Subject.DEADLINE: "sleep",
    Subject.PRIMITIVE: "primitive",
    Subject.TASKS: "task",
    Subject.TASKS_UNTOLD: "task",
    Subject.ADDRESS: "network",
}


def state_of(span: Span) -> str:
    """Return the state of a chart, a name in `STATES`, in which a span is drawn."""
    if span.state in (RUNNING, READY):
        return span.state
    return _STATE_OF.get(WAITS[span.kind].subject, "other")
