"""Virtual time: integer nanoseconds inside, seconds at asyncio's own signatures.

A `Clock` is a mutable integer with a name. Loops that follow one another in a program can share
one, so that time goes on from one `asyncio.run` to the next.
"""

from __future__ import annotations

from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import timedelta
    from decimal import Decimal
    from fractions import Fraction

NANOSECONDS = 1_000_000_000  # in a second
NEVER = 1 << 2048  # nanoseconds: later than any finite float of seconds

# Up to here (26 days) the two roundings of a float of seconds and of its product stay below half a
# nanosecond. Beyond, the digits that a person would write are taken: 31536000.1 means a tenth of a
# second, not its nearest float.
_EXACT = 2.0**51 / NANOSECONDS

Seconds: TypeAlias = "int | float | Fraction | Decimal | timedelta"


class Clock:
    """The virtual time of a run, in nanoseconds since its start."""

    __slots__ = ("now",)

    def __init__(self, now: int = 0) -> None:
        self.now = now

    def __repr__(self) -> str:
        return f"<Clock at {format_seconds(self.now)}>"


def to_nanoseconds(seconds: Seconds) -> int:
    """Return `seconds` as whole nanoseconds, rounded to the nearest; `NEVER` for infinity.

    A positive duration never becomes 0. Raises ValueError for nan, TypeError
    for what is no number.
    """
    if isinstance(seconds, float):
        if -_EXACT < seconds < _EXACT:
            return round(seconds * 1e9) or int(seconds > 0)
        return _of_large_float(seconds)
    if isinstance(seconds, int):
        return seconds * NANOSECONDS
    return _of_other_type(seconds)


def _of_large_float(seconds: float) -> int:
    from fractions import Fraction  # here, as most programs never need it, and it is slow to import

    if isfinite(seconds):
        return round(Fraction(repr(seconds)) * NANOSECONDS)
    if isnan(seconds):
        raise ValueError(
            "A delay or deadline of nan seconds was given, which is neither before nor after any "
            "other time; pass a finite number of seconds, or math.inf for never"
        )
    return NEVER if seconds > 0 else -NEVER


def _of_other_type(seconds: Any) -> int:
    from datetime import timedelta
    from decimal import Decimal
    from fractions import Fraction

    if isinstance(seconds, timedelta):
        return seconds // timedelta(microseconds=1) * 1_000
    if isinstance(seconds, Fraction) or (isinstance(seconds, Decimal) and seconds.is_finite()):
        return round(Fraction(seconds) * NANOSECONDS) or int(seconds > 0)
    if hasattr(seconds, "__float__"):
        return to_nanoseconds(float(seconds))
    raise TypeError(
        f"{seconds!r} was given as a number of seconds, while it is of type "
        f"{type(seconds).__name__}; pass an int, a float, a Fraction or a timedelta"
    )


def to_seconds(nanoseconds: int) -> float:
    """Return `nanoseconds` as the nearest float of seconds, which is inf for `NEVER`."""
    try:
        return nanoseconds / NANOSECONDS
    except OverflowError:
        return inf if nanoseconds > 0 else -inf


def format_seconds(nanoseconds: int) -> str:
    """Return `nanoseconds` as exact seconds in words, such as '1.5 s'."""
    return "never" if nanoseconds >= NEVER else f"{plain_seconds(nanoseconds)} s"


def exactly(seconds: Seconds) -> str:
    """Return `seconds` in words to the nanosecond, such as '1.5 s'."""
    return format_seconds(to_nanoseconds(seconds))


def plain_seconds(nanoseconds: int, digits: int = 0) -> str:
    """Return `nanoseconds` as an exact decimal of seconds with at least `digits` decimals."""
    sign, nanoseconds = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    whole, fraction = divmod(nanoseconds, NANOSECONDS)
    decimals = f"{fraction:09d}".rstrip("0").ljust(digits, "0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
