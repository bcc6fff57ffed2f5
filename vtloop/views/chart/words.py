"""What a chart says: words in spans where they fit, tooltips, and how wide a text is.

A text is measured without a renderer, from the font alone, so that a chart can be laid out before
there is a figure.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator

from vtloop.timeline.spans import READY, RUNNING, Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.values.columns import cells
from vtloop.views.chart.fonts import is_foreign, width_of_foreign
from vtloop.views.style import FONT
from vtloop.views.words import Words

_SAFETY = 1.02  # a renderer may set a text a little wider than the font says
_LONGEST = 60  # columns of a text in a chart


_DIGITS = str.maketrans("123456789", "000000000")  # all as wide as each other


def width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a text is, in points, at a font size in points."""
    return _width_of_100(text.translate(_DIGITS), weight) * size / 100 * _SAFETY


@functools.lru_cache(maxsize=4096)
def _width_of_100(text: str, weight: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=100, weight=weight)
    own = "".join(char for char in text if not is_foreign(char))
    across, _, _ = text_to_path.get_text_width_height_descent(own, font, ismath=False)
    foreign = sum(width_of_foreign(char) for char in text if is_foreign(char))
    return float(across) + 100 * foreign


def drawable(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, not too long, with escapes for what cannot be seen."""
    found = cells(" ".join(text.split()))
    return "".join(found) if len(found) <= longest else _cut(found, longest - 1)


def _cut(found: list[str], length: int) -> str:
    """Return the first cells of a text, up to the end of what takes several."""
    while length and not found[length]:
        length -= 1
    return "".join(found[:length]).rstrip() + "…"


def fitting(candidates: Iterable[str], room: float, size: float) -> str:
    """Return the first text that fits into some points, '' if none does."""
    return next((text for text in candidates if text and width(text, size) <= room), "")


def shortened(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Return a text as far as it fits into some points."""
    if width(text, size, weight) <= room:
        return text
    found = cells(text)
    for length in range(len(found) - 1, 0, -1):
        cut = _cut(found, length)
        if width(cut, size, weight) <= room:
            return cut
    return ""


_GROUP = re.compile(r"(\w*ExceptionGroup)\((?:'[^']*'|\"[^\"]*\"), \[(.*)\]\)", re.DOTALL)


def error_words(error: str) -> str:
    """Return an exception, given by its repr, as 'E: message'; a group with what is in it."""
    if group := _GROUP.fullmatch(error):
        return ": ".join(group.groups())
    name, _, arguments = error.partition("(")
    try:
        message = ast.literal_eval(arguments.removesuffix(")"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        # it is of a class with a repr of its own, or without arguments
        return error.removesuffix("()")
    return f"{name}: {message}" if isinstance(message, str) else error


def span_words(say: Words, timeline: Timeline, span: Span) -> Iterator[str]:
    """Yield what may be written in a span, the longest first."""
    if span.state == RUNNING:
        yield from _blocking(say, timeline, span)
    elif span.state == READY:
        yield say("ready")
    elif span.cut:
        after = span.end - span.start if span.kind == "sleep" else None
        yield from map(drawable, say.cut(say.waits(timeline, span), after))
    else:
        yield from map(drawable, say.waits(timeline, span))


def _blocking(say: Words, timeline: Timeline, span: Span) -> Iterator[str]:
    if span.end > span.start:
        length = say.seconds(span.end - span.start)
        for step, _, kind, _, subject, _ in timeline.trace.events:
            if step == span.step and kind == "block":
                yield f"{timeline.trace.blocked[subject].how} {length}"
                break
        yield say("blocks {length}", length=length)
        yield length


def span_tooltip(say: Words, timeline: Timeline, lane: Lane, span: Span) -> str:
    """Return all that is known of a span."""
    lines = [say.does(timeline, lane.label, span), say.period(span.start, span.end)]
    if span.state != RUNNING:
        lines += map(str, timeline.stack(span)[-3:])
    return "\n".join(lines)
