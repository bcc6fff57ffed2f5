"""What options can be: any other value is refused by name, before anything runs.

Whoever takes options has a table of them, and asks here: functions, loops, markers, strategies. So
an option takes the same, and is refused in the same words, wherever it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vtloop.values.clock import to_nanoseconds


class Option(NamedTuple):
    """What an option takes."""

    takes: Callable[[Any], bool]
    """Returns False for a value that is out of range; raises TypeError for one of another type."""
    words: str
    """The same in words; none if what `takes` raises says what to pass instead."""
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
    reason = ""
    try:
        if takes(value):
            return None
    except TypeError as error:
        kind, reason = TypeError, str(error)
    except (ValueError, OverflowError) as error:
        reason = str(error)
    return kind(f"{name}={value!r} was given; pass {words}" if words else reason)


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


number = of_type(int, float)


def real_seconds(value: Any) -> bool:
    """Take what the functions of the operating system take."""
    return number(value) and float(value) >= 0


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


FLAG = Option(of_type(bool), "True or False", False)
SEED = Option(of_type(int, str), "a whole number or a text")
