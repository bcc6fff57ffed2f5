"""The paths of an SVG in few characters, and the smallest tiles of its patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
_LETTER = re.compile(r"[A-Za-z]")
_COLUMN = 3.0  # points, between the lines or dots of a pattern


def short(number: float) -> str:
    """Return a number in points, to four digits or so."""
    text = f"{number:.{_decimals(number)}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if abs(number) < 1 else text


def _decimals(number: float) -> int:
    return 1 if abs(number) >= 100 else 2


def rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda found: short(float(found[0])), text)


Command = tuple[str, tuple[float, ...]]


def commands_of(path: str) -> Iterator[Command]:
    """Yield the commands of a path, with their numbers rounded."""
    letter = ""
    numbers: list[float] = []
    for token in _TOKEN.findall(path):
        if _LETTER.fullmatch(token):
            if letter:
                yield letter, tuple(numbers)
            letter, numbers = token, []
        else:
            number = float(token)
            numbers.append(round(number, _decimals(number)))
    if letter:
        yield letter, tuple(numbers)


def written(commands: Iterable[Command]) -> str:
    """Return a path, with lines across and upright as such."""
    commands = list(commands)
    parts, before, here = [], "", (0.0, 0.0)
    for letter, numbers in commands:
        told = [*map(short, numbers)]
        if letter == "L" and len(numbers) == 2:
            if numbers == here and len(commands) > 2:
                continue
            if numbers[1] == here[1]:
                letter, told = "H", told[:1]
            elif numbers[0] == here[0]:
                letter, told = "V", told[1:]
        if len(numbers) >= 2:
            here = numbers[-2], numbers[-1]
        parts.append(("" if letter == before == "L" else letter, told))
        before = letter
    text = ""
    for letter, told in parts:
        for place, number in enumerate(told):
            follows = place or not letter
            text += letter if not place else ""
            text += f" {number}" if follows and number[0] != "-" else number
        text += letter if not told else ""
    return text


def shifted(commands: Iterable[Command], x: float, y: float) -> Iterator[Command]:
    for letter, numbers in commands:
        both = zip(numbers[::2], numbers[1::2], strict=True)
        places = (to for across, up in both for to in (across + x, up + y))
        yield letter, tuple(round(to, _decimals(to)) for to in places)


def radius_of(commands: list[Command]) -> str | None:
    """Return the radius of a circle around the origin, which matplotlib draws in eight curves."""
    numbers = [number for _, pairs in commands for number in pairs]
    radius = max(numbers, default=0.0)
    letters = "".join(letter for letter, _ in commands)
    found = all(any(abs(one - edge) < 0.02 for one in numbers) for edge in (radius, -radius))
    return short(radius) if letters == "MCCCCCCCCz" and found and numbers[0] == 0 else None


def is_slanted(commands: Iterable[Command]) -> bool:
    """Return whether a path has a line that is neither across nor upright."""
    here = (0.0, 0.0)
    for letter, numbers in commands:
        if letter in "CQ" or (letter == "L" and numbers[0] != here[0] and numbers[1] != here[1]):
            return True
        here = (numbers[-2], numbers[-1]) if len(numbers) > 1 else here
    return False


def is_inside(commands: Iterable[Command], box: tuple[float, float, float, float] | None) -> bool:
    if box is None:
        return False
    left, top, right, bottom = box
    return all(
        left - 0.1 <= x <= right + 0.1 and top - 0.1 <= y <= bottom + 0.1
        for _, numbers in commands
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    )


def tile_of(commands: list[Command], look: dict[str, str]) -> tuple[str, str, str]:
    """Return how wide and high the tile of a pattern is, and what is in it."""
    one, two, half = short(_COLUMN), short(2 * _COLUMN), short(_COLUMN / 2)
    thick = float(look.get("stroke-width", "1"))
    if any(letter == "C" for letter, _ in commands):
        radius = short(0.1 * _COLUMN + thick / 2)
        middle = short(1.5 * _COLUMN)
        places = (("0", half), (one, half), (half, middle))
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="{radius}"/>' for x, y in places)
        return one, two, f'<g fill="{look["fill"]}">{dots}</g>'
    ways = set()
    for (_, (x, y)), (_, (to_x, to_y)) in zip(commands[::2], commands[1::2], strict=True):
        across, up = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
        ways.add((across, up) if across > 0 else (-across, -up))
    lines = {
        (0, 1): f"M{half} 0V{one}",
        (0, -1): f"M{half} 0V{one}",
        (1, 0): f"M0 {half}H{one}",
        (1, -1): "M0 6L6 0M-1 1L1-1M5 7L7 5",
        (1, 1): "M0 0L6 6M-1 5L1 7M5-1L7 1",
    }
    side = two if any(across and up for across, up in ways) else one
    path = "".join(lines[way] for way in sorted(ways))
    width = f' stroke-width="{short(thick)}"'
    return side, side, f'<path d="{path}" stroke="{look["stroke"]}"{width}/>'
