"""Options in words that the command line and notebooks share: clocks, the end, chance, and looks.

What a view can look like is one table, `LOOKS` of `views.options`; how that is written on a command
line is another one here. So an option is the same on functions, command lines and in notebooks, but
for the time up to which a picture is drawn: `--until` is where a run stops.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from vtloop.core.options import USUAL, Options
from vtloop.core.patches.wall_clock import WallClock, start_of
from vtloop.values.options import refusal
from vtloop.views.options import LOOKS, OF_CHARTS
from vtloop.views.words import LANGUAGES


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


def add_network(parser: Any) -> None:
    """Add to a parser the option for no network."""
    parser.add_argument(
        "--no-network",
        dest="network",
        action="store_const",
        const=None,
        default=USUAL.network,
        help="refuse all sockets; else they are simulated, and nothing leaves the process",
    )


def add_seed(parser: Any) -> None:
    """Add the option for the seed to a parser, of what has to be the same again."""
    words = "of chance, a number or a text (default: 0)"
    parser.add_argument("--seed", type=number_or_text, default=USUAL.seed, help=words)


# Looks of views


class _Look(NamedTuple):
    """An option of views as it is written on a command line."""

    flag: str
    of_text: Callable[[str], Any]
    metavar: str
    takes: str
    help: str


def _size(text: str) -> Any:
    wide, by, tall = text.partition("x")
    return (_number(wide), _number(tall)) if by else text


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _legend(text: str) -> Any:
    return {"on": True, "off": False}.get(text, text)


def _words(text: str) -> Any:
    if text in LANGUAGES or not text.endswith(".json"):
        return text
    try:
        with open(text, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be read as phrases: {error}") from None


def _moments(text: str) -> Any:
    if text == "all":
        return None
    return int(text) if text.isdecimal() else [_number(time) for time in text.split(",") if time]


_WRITTEN = {
    "axis": _Look("--axis", str, "WHAT", "time, steps or both", "what stands across"),
    "theme": _Look("--theme", str, "THEME", "light or dark", "its colours"),
    "title": _Look("--title", str, "TEXT", "any", "what stands above"),
    "legend": _Look(
        "--legend", _legend, "HOW", "on, off, or compact", "compact is without what is said anyway"
    ),
    "words": _Look(
        "--words", _words, "LANGUAGE", "en, ru, or a .json file of phrases", "what it says"
    ),
    "size": _Look(
        "--size", _size, "SIZE", "readme, page, slide, or such as 9x5", "in inches, 5 at most high"
    ),
    "until": _Look(
        "--draw-until",
        _number,
        "SECONDS",
        "a number of seconds from 0 on",
        "nothing that happens later is drawn; all else is as in the whole",
    ),
    "outlines": _Look("--outlines", bool, "", "", "draw the letters of an SVG as shapes"),
    "at": _Look(
        "--series",
        _moments,
        "MOMENTS",
        "all, how many, or times such as 0,1.5,3",
        "several pictures, one for each moment; FILE has {} where their numbers go",
    ),
}


def add_looks(parser: Any, *names: str) -> None:
    """Add to a parser what views can look like, all or some of it."""
    for name in names or LOOKS:
        look = _WRITTEN[name]
        if look.of_text is bool:
            parser.add_argument(look.flag, dest=f"look_{name}", action="store_true", help=look.help)
        else:
            parser.add_argument(
                look.flag,
                dest=f"look_{name}",
                type=_reader(name, look),
                default=argparse.SUPPRESS,
                metavar=look.metavar,
                help=f"{look.takes}: {look.help}",
            )


def looks_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the looks that arguments ask for, by the names that functions have for them."""
    given = {
        name.removeprefix("look_"): value
        for name, value in vars(arguments).items()
        if name.startswith("look_")
    }
    return {name: value for name, value in given.items() if value is not False or name == "legend"}


def _reader(name: str, look: _Look) -> Callable[[str], Any]:
    """Return what reads an option; what it refuses is what functions refuse."""

    def read(text: str) -> Any:
        value = look.of_text(text)
        if (refused := refusal(OF_CHARTS, name, value)) is not None:
            of_phrases = isinstance(value, dict)
            words = str(refused) if of_phrases else f"{text!r} was given; give {look.takes}"
            raise argparse.ArgumentTypeError(words)
        return value

    return read


def options_of(arguments: argparse.Namespace) -> Options:
    """Return how to run a program, as far as arguments say it; what they do not say is as usual."""
    names = [name for name in Options._fields if name in vars(arguments)]
    return Options(**{name: getattr(arguments, name) for name in names})
