"""What options can be: any other value is refused by name, before anything runs.

Whoever takes options has a table of them, and asks here: functions, loops, markers, strategies. So
an option takes the same, and is refused in the same words, wherever it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, NamedTuple

from vtloop.blocking import PATIENCE
from vtloop.clock import NEVER, Clock, to_nanoseconds
from vtloop.wallclock import start_of


class Option(NamedTuple):
    """What an option takes."""

    takes: Callable[[Any], bool]
    """Returns False for a value that is out of range; raises TypeError for one of another type."""
    words: str
    """The same in words."""
    usual: Any = object()
    """What is given most, and needs no look: None, 0, or another value of which there is one."""


def check(options: Mapping[str, Option], **given: Any) -> None:
    """Raise TypeError or ValueError, with what to give instead, unless all that is given can be."""
    for name, value in given.items():
        if value is options[name].usual:
            continue
        if (refused := refusal(options, name, value)) is not None:
            raise refused


def refusal(options: Mapping[str, Option], name: str, value: Any) -> Exception | None:
    """Return the error for a value that an option does not take, None if it does."""
    takes, words, _ = options[name]
    kind: type[Exception] = ValueError
    try:
        if takes(value):
            return None
    except TypeError:
        kind = TypeError
    except (ValueError, OverflowError):
        pass
    return kind(f"{name}={value!r} was given; pass {words}")


# What options can take


def of_type(*kinds: type) -> Callable[[Any], bool]:
    """Return what takes values of some types."""

    def takes(value: Any) -> bool:
        if not isinstance(value, kinds):
            raise TypeError
        return True

    return takes


def one_of(*values: Any) -> Callable[[Any], bool]:
    """Return what takes some texts."""
    return lambda value: of_type(str)(value) and value in values


def or_none(takes: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return what takes None as well."""
    return lambda value: value is None or takes(value)


def seconds(value: Any) -> bool:
    """Take a time or duration, infinity included."""
    return to_nanoseconds(value) >= 0


_number = of_type(int, float)


def real_seconds(value: Any) -> bool:
    """Take what the functions of the operating system take."""
    return _number(value) and float(value) >= 0


def having(*methods: str) -> Callable[[Any], bool]:
    """Return what takes objects that have some methods or attributes."""

    def takes(value: Any) -> bool:
        if not all(hasattr(value, method) for method in methods):
            raise TypeError
        return True

    return takes


def function(value: Any) -> bool:
    """Take what can be called."""
    if not callable(value):
        raise TypeError
    return True


def count(value: Any) -> bool:
    """Take a number of things."""
    return of_type(int)(value) and value >= 0


def _slack(value: Any) -> bool:
    return 0 <= to_nanoseconds(value) < NEVER


def _start(value: Any) -> bool:
    start_of(value)
    return True


FLAG = Option(of_type(bool), "True or False", False)
SEED = Option(of_type(int, str), "a whole number or a text")
START = Option(
    _start,
    "a datetime, a text such as '09:24:00', '2024-01-31T09:24' or 'now', or None for the real "
    "clocks",
)

OF_RUNS = {
    "until": Option(or_none(seconds), "a number of seconds from 0 on, or None for no end", None),
    "timer_slack": Option(_slack, "a finite number of seconds from 0 on", 0),
    "seed": Option(or_none(SEED.takes), f"{SEED.words}, or None to leave chance as it is", 0),
    "wall_clock": START,
    "patience": Option(real_seconds, "a number of real seconds from 0 on", PATIENCE),
    "clock": Option(or_none(of_type(Clock)), "a vtloop.Clock, or None for one of its own", None),
    "recorder": Option(
        or_none(having("attach")), "a recorder (see vtloop.recorder), or None", None
    ),
    "policy": Option(or_none(having("steer")), "a policy (see vtloop.policies), or None", None),
    "settle": FLAG,
    "audit": FLAG,
    "debug": Option(or_none(FLAG.takes), "True or False, or None for asyncio's own default", None),
}


def _size(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("readme", "page", "slide")
    return of_type(tuple, list)(value) and len(value) == 2 and all(map(_inches, value))


def _inches(value: Any) -> bool:
    return _number(value) and 1 <= value < inf


def _names(value: Any) -> bool:
    """Take a list of tasks; a text would be one of letters."""
    return of_type(Iterable)(value) and not isinstance(value, str)


def _titles(value: Any) -> bool:
    return of_type(tuple, list)(value) and len(value) == 2 and all(map(of_type(str), value))


TIMELINE = Option(having("lanes", "trace"), "a Timeline, such as run.timeline")

OF_MARBLES = {
    "timeline": TIMELINE,
    "width": Option(lambda value: count(value) and value > 0, "a number of columns from 1 on"),
    "tasks": Option(or_none(_names), "a list of tasks, by name or number, or None for all"),
    "start": Option(or_none(seconds), "a number of seconds from 0 on, or None"),
    "end": Option(or_none(seconds), "a number of seconds from 0 on, or None"),
}

OF_CHARTS = {
    "timeline": TIMELINE,
    "ax": Option(or_none(having("get_window_extent")), "axes of matplotlib's, or None"),
    "font": Option(
        or_none(lambda value: _number(value) and 0 < value < inf), "a size in points, or None"
    ),
    "titles": Option(or_none(_titles), "two texts, or None for the defaults"),
    "axis": Option(or_none(one_of("time", "steps", "both")), "one of 'time', 'steps' and 'both'"),
    "theme": Option(one_of("light", "dark"), "one of 'light' and 'dark'"),
    "title": Option(or_none(of_type(str)), "a text, or None for the default"),
    "legend": FLAG,
    "size": Option(
        _size,
        "one of 'readme', 'page' and 'slide', or a width and a greatest height in inches, of 1 or "
        "more",
    ),
}
LOOKS = {name: OF_CHARTS[name] for name in ("axis", "theme", "title", "legend", "size")}
OF_PAGES = {name: OF_CHARTS[name] for name in ("timeline", "title")}
