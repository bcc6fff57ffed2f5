"""What the options of views can be."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import inf
from typing import Any

from vtloop.values.options import (
    FLAG,
    Option,
    count,
    having,
    number,
    of_type,
    one_of,
    or_none,
    seconds,
)
from vtloop.views.words import words_of


def _size(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("readme", "page", "slide")
    return of_type(tuple, list)(value) and len(value) == 2 and all(map(_inches, value))


def _inches(value: Any) -> bool:
    return number(value) and 1 <= value < inf


def _names(value: Any) -> bool:
    """Take a list of tasks; a text would be one of letters."""
    return of_type(Iterable)(value) and not isinstance(value, str)


def _titles(value: Any) -> bool:
    return of_type(tuple, list)(value) and len(value) == 2 and all(map(of_type(str), value))


def _moments(value: Any) -> bool:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value is None or value > 0
    return of_type(list, tuple)(value) and bool(value) and all(map(seconds, value))


def _legend(value: Any) -> bool:
    return value == "compact" if isinstance(value, str) else of_type(bool)(value)


def _words(value: Any) -> bool:
    words_of(value)
    return True


WORDS = Option(_words, "", "en")  # what it raises says what to pass instead
TIMELINE = Option(having("lanes", "trace"), "a Timeline, such as run.timeline")

OF_MARBLES = {
    "timeline": TIMELINE,
    "width": Option(lambda value: count(value) and value > 0, "a number of columns from 1 on"),
    "tasks": Option(or_none(_names), "a list of tasks, by name or number, or None for all"),
    "start": Option(or_none(seconds), "a number of seconds from 0 on, or None"),
    "end": Option(or_none(seconds), "a number of seconds from 0 on, or None"),
    "words": WORDS,
}

OF_CHARTS = {
    "timeline": TIMELINE,
    "ax": Option(or_none(having("get_window_extent")), "axes of matplotlib's, or None"),
    "font": Option(
        or_none(lambda value: number(value) and 0 < value < inf), "a size in points, or None"
    ),
    "titles": Option(or_none(_titles), "two texts, or None for the defaults"),
    "axis": Option(or_none(one_of("time", "steps", "both")), "one of 'time', 'steps' and 'both'"),
    "theme": Option(one_of("light", "dark"), "one of 'light' and 'dark'"),
    "title": Option(or_none(of_type(str)), "a text, or None for the default"),
    "outlines": FLAG,
    "until": Option(or_none(seconds), "a number of seconds from 0 on, or None for all", None),
    "path": Option(
        lambda value: "{}" in os.path.basename(os.fspath(value)),
        "a file whose name has {} where the numbers of the pictures go, such as 'slides-{}.png'",
    ),
    "at": Option(_moments, "a number of pictures from 1 on, times in seconds, or None for all"),
    "legend": Option(_legend, "True, 'compact' or False", True),
    "words": WORDS,
    "size": Option(
        _size,
        "one of 'readme', 'page' and 'slide', or a width and a greatest height in inches, of 1 or "
        "more",
    ),
}
LOOKS = {
    name: OF_CHARTS[name] for name in ("axis", "theme", "title", "legend", "words", "size", "until")
}
OF_TEXTS = {name: OF_CHARTS[name] for name in ("timeline", "title", "words")}
OF_PAGES = {
    **OF_TEXTS,
    "theme": Option(or_none(one_of("light", "dark")), "'light', 'dark', or None for the system's"),
}
