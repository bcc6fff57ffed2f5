"""SVG of matplotlib's, made slim: the same picture in a small part of the bytes.

- A number has two decimals, of a point; what is the same for all texts or shapes is said once.
- A pattern is its smallest tile, repeated, in place of a square inch of it.
- A group that only matplotlib knows by name is left out, and so is clipping what is inside anyway.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_OF_MATPLOTLIB = re.compile(r".+_\d+")  # the ids that it makes up
_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
_LETTER = re.compile(r"[A-Za-z]")
_COLUMN = 3.0  # points, between the lines or dots of a pattern

# Families from which on a text is no wider than in the first one, with which it was measured.
FAMILIES = "DejaVu Sans, Bitstream Vera Sans, Verdana, Geneva, sans-serif"


class Halo(NamedTuple):
    """The light rim of a text."""

    colour: str
    thick: float  # points


def slim(
    svg: str,
    title: str,
    description: str,
    tooltips: dict[str, str],
    halos: dict[str, Halo],
) -> str:
    """Return an SVG text made slim, with what a screen reader reads of it.

    `tooltips` and `halos` are those of the groups with these ids.
    """
    root = ET.fromstring(svg)
    boxes = {
        clip.get("id", ""): _box(clip[0]) for clip in root.iter(f"{_SVG}clipPath") if len(clip)
    }
    picture = _Picture(tooltips, halos, boxes)
    written = "".join(picture.write(child, "") for child in root if child.tag == f"{_SVG}g")
    defs = "".join(
        picture.write(child, "")
        for group in root.findall(f"{_SVG}defs")
        for child in group
        if child.get("id") in picture.referred
    )
    width, height = (_short(float(root.get(side, "0pt")[:-2])) for side in ("width", "height"))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'role="img" width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}" '
        f'font-family="{FAMILIES}" stroke-linejoin="round">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n"
        f"{f'<defs>{defs}</defs>' if defs else ''}{written}</svg>\n"
    )


class _Picture:
    """Writes the elements of one picture."""

    def __init__(
        self,
        tooltips: dict[str, str],
        halos: dict[str, Halo],
        boxes: dict[str, tuple[float, float, float, float]],
    ) -> None:
        self._tooltips = tooltips
        self._halos = halos
        self._boxes = boxes
        self.referred: set[str] = set()
        """The patterns and clips that are of use."""

    def write(self, element: ET.Element, within: str) -> str:
        """Return an element as text; `within` is the id of the group that it stands in."""
        tag = element.tag.removeprefix(_SVG)
        if tag == "g":
            return self._group(element, within)
        if tag == "pattern":
            return _pattern(element)
        attributes = dict(_attributes(element))
        inner = "".join(self.write(child, within) for child in element)
        if tag == "text":
            attributes.pop("font-family", None)
            if attributes.get("transform", "").startswith("rotate(-0 "):
                del attributes["transform"]
            if halo := self._halos.get(within):
                attributes |= {"paint-order": "stroke", "stroke": halo.colour}
                attributes |= {"stroke-width": _short(halo.thick)}
            inner = escape(element.text or "")
        if "d" in attributes:
            commands = list(_commands(attributes["d"]))
            attributes["d"] = _written(commands)
            if attributes.get("stroke-linejoin") == "miter" and not _is_slanted(commands):
                del attributes["stroke-linejoin"]
            clip = attributes.get("clip-path", "")[5:-1]
            if clip and _is_inside(commands, self._boxes.get(clip)):
                del attributes["clip-path"]
        for value in attributes.values():
            if value.startswith("url(#"):
                self.referred.add(value[5:-1])
        return _tagged(tag, attributes, inner)

    def _group(self, element: ET.Element, within: str) -> str:
        name = element.get("id", "")
        of_matplotlib = not name or _OF_MATPLOTLIB.fullmatch(name) is not None
        here = within if of_matplotlib else name
        inner = "".join(self.write(child, here) for child in element)
        attributes = {
            key: value for key, value in _attributes(element) if key != "id" or not of_matplotlib
        }
        for value in attributes.values():
            if value.startswith("url(#"):
                self.referred.add(value[5:-1])
        if name in self._tooltips:
            inner = f"<title>{escape(self._tooltips[name])}</title>{inner}"
        if not inner or not attributes:
            return inner
        return _tagged("g", attributes, inner) + "\n"


def _attributes(element: ET.Element) -> Iterator[tuple[str, str]]:
    """Yield the attributes of an element, with those of its style among them."""
    for key, value in element.items():
        if key == "style":
            for part in value.split(";"):
                name, _, said = part.partition(":")
                yield from _style(name.strip(), said.strip())
        elif key == _HREF:
            yield "xlink:href", value
        else:
            yield key, _rounded(value) if key in ("x", "y") else value


def _style(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "font":  # all in one, as matplotlib wrote it before 3.10
        found = re.search(r"(?:\b(bold|[1-9]00) )?([\d.]+)px", value)
        if found is not None:
            if found[1] not in (None, "400"):
                yield "font-weight", found[1]
            yield "font-size", _rounded(found[2])
    elif name == "font-size":
        yield name, _rounded(value.removesuffix("px"))
    elif name and (name, value) not in (("stroke-linecap", "butt"), ("stroke-width", "1.0")):
        yield name, value


def _tagged(tag: str, attributes: dict[str, str], inner: str) -> str:
    told = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{told}>{inner}</{tag}>" if inner else f"<{tag}{told}/>"


# Numbers and paths


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if abs(number) < 1 else text


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda found: _short(float(found[0])), text)


Command = tuple[str, tuple[float, ...]]


def _commands(path: str) -> Iterator[Command]:
    """Yield the commands of a path, with their numbers rounded."""
    letter = ""
    numbers: list[float] = []
    for token in _TOKEN.findall(path):
        if _LETTER.fullmatch(token):
            if letter:
                yield letter, tuple(numbers)
            letter, numbers = token, []
        else:
            numbers.append(round(float(token), 2))
    if letter:
        yield letter, tuple(numbers)


def _written(commands: Iterable[Command]) -> str:
    """Return a path, with lines across and upright as such."""
    parts, before, here = [], "", (0.0, 0.0)
    for letter, numbers in commands:
        told = [*map(_short, numbers)]
        if letter == "L" and len(numbers) == 2:
            if numbers == here and before not in ("M", ""):
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


def _is_slanted(commands: Iterable[Command]) -> bool:
    """Return whether a path has a line that is neither across nor upright."""
    here = (0.0, 0.0)
    for letter, numbers in commands:
        if letter in "CQ" or (letter == "L" and numbers[0] != here[0] and numbers[1] != here[1]):
            return True
        here = (numbers[-2], numbers[-1]) if len(numbers) > 1 else here
    return False


def _box(rectangle: ET.Element) -> tuple[float, float, float, float]:
    x, y, wide, tall = (float(rectangle.get(key, "0")) for key in ("x", "y", "width", "height"))
    return x, y, x + wide, y + tall


def _is_inside(commands: Iterable[Command], box: tuple[float, float, float, float] | None) -> bool:
    if box is None:
        return False
    left, top, right, bottom = box
    return all(
        left - 0.1 <= x <= right + 0.1 and top - 0.1 <= y <= bottom + 0.1
        for _, numbers in commands
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    )


# Patterns


def _pattern(element: ET.Element) -> str:
    """Return a pattern as its smallest tile."""
    rectangle, path = element[0], element[1]
    look = dict(_attributes(path))
    commands = list(_commands(look["d"]))
    width, height, tile = _tile(commands, look)
    back = f'<rect width="{width}" height="{height}" fill="{rectangle.get("fill")}"/>'
    return (
        f'<pattern id="{element.get("id")}" patternUnits="userSpaceOnUse" '
        f'width="{width}" height="{height}">{back}{tile}</pattern>'
    )


def _tile(commands: list[Command], look: dict[str, str]) -> tuple[str, str, str]:
    """Return how wide and high the tile of a pattern is, and what is in it."""
    one, two, half = _short(_COLUMN), _short(2 * _COLUMN), _short(_COLUMN / 2)
    thick = float(look.get("stroke-width", "1"))
    if any(letter == "C" for letter, _ in commands):
        radius = _short(0.1 * _COLUMN + thick / 2)
        middle = _short(1.5 * _COLUMN)
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
    width = f' stroke-width="{_short(thick)}"' if thick != 1 else ""
    return side, side, f'<path d="{path}" stroke="{look["stroke"]}"{width}/>'
