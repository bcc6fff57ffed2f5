"""Options in words that the command line and notebooks share: clocks, the end, randomness."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time
from typing import Any

_FIXED_DAY = date(2024, 1, 1)  # of a wall clock that is given as a time of day


def wall_clock(text: str) -> datetime:
    """Return the datetime that `text` means: 'now', an ISO datetime, or a time of day."""
    if text == "now":
        return datetime.now()
    try:
        return datetime.combine(_FIXED_DAY, time.fromisoformat(text))
    except ValueError:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is no time; give now, a time of day such as 09:24:00, "
                f"or an ISO datetime such as 2024-01-31T09:24:00"
            ) from None


def seconds(text: str) -> float:
    """Return `text` as a number of seconds that can be waited for."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; give a number of seconds from 0 on")
    return number


def count(text: str) -> int:
    """Return `text` as a number of things."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count; give a whole number from 0 on")
    return int(text)


def add_options(parser: Any, until: str) -> None:
    """Add to a parser what any run may be told; `until` is the help for --until."""
    parser.add_argument(
        "--wall-clock",
        type=wall_clock,
        metavar="START",
        help="make all clocks virtual, from START on: now, 09:24:00, or 2024-01-31T09:24:00",
    )
    parser.add_argument("--until", type=seconds, metavar="SECONDS", help=until)
    parser.add_argument("--seed", type=int, default=0, help="of the module random (default: 0)")
