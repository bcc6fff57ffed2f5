"""Options in words that the command line and notebooks share: clocks, the end, randomness."""

from __future__ import annotations

import argparse
from typing import Any

from vtloop.core.options import USUAL, Options
from vtloop.core.patches.wall_clock import WallClock, start_of


def wall_clock(text: str) -> WallClock:
    """Return the option `wall_clock=` that a text means: None for 'real'."""
    given = None if text == "real" else text
    try:
        start_of(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, or real for the machine's clocks") from None
    return given


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


def some(text: str) -> int:
    """Return `text` as a number of things of which there has to be one."""
    if count(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not enough; give a whole number from 1 on")
    return count(text)


def number_or_text(text: str) -> int | str:
    """Return `text` as a whole number if it is one."""
    return int(text) if text.removeprefix("-").isdecimal() else text


def seed(text: str) -> int | str | None:
    """Return the option `seed=` that a text means: None for 'real'."""
    return None if text == "real" else number_or_text(text)


def add_wall_clock(parser: Any) -> None:
    """Add the option for the wall clock to a parser."""
    parser.add_argument(
        "--wall-clock",
        type=wall_clock,
        default=USUAL.wall_clock,
        metavar="START",
        help="where the date and time of day start: now, 09:24:00, or 2024-01-31T09:24:00 "
        "(default: 2000-01-01, in UTC); or real, to leave the program the machine's clocks",
    )


def add_options(parser: Any, until: str) -> None:
    """Add to a parser what any run may be told; `until` is the help for --until."""
    add_wall_clock(parser)
    parser.add_argument("--until", type=seconds, metavar="SECONDS", help=until)
    words = "of chance, a number or a text (default: 0); or real, to leave the program real chance"
    parser.add_argument("--seed", type=seed, default=USUAL.seed, help=words)


def add_seed(parser: Any) -> None:
    """Add the option for the seed to a parser, of what has to be the same again."""
    words = "of chance, a number or a text (default: 0)"
    parser.add_argument("--seed", type=number_or_text, default=USUAL.seed, help=words)


def options_of(arguments: argparse.Namespace) -> Options:
    """Return how to run a program, as far as arguments say it; what they do not say is as usual."""
    names = [name for name in Options._fields if name in vars(arguments)]
    return Options(**{name: getattr(arguments, name) for name in names})
