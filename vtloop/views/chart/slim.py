"""SVG of matplotlib's, made slim: the same picture in a small part of the bytes.

- A number has two decimals, of a point; what is the same for all texts or shapes is said once.
- A pattern is its smallest tile, repeated, in place of a square inch of it.
- A group that only matplotlib knows by name is left out, and so is clipping what is inside anyway.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from vtloop.views.chart.paths import (
    commands_of,
    is_inside,
    is_slanted,
    radius_of,
    rounded,
    shifted,
    short,
    tile_of,
    written,
)

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_OF_MATPLOTLIB = re.compile(r".+_\d+")  # the ids that it makes up
_OF_LEGEND = re.compile(r"(run-\d+-)?legend-\d+(-words)?")  # what needs no tooltip, nor a name
_MARKER = re.compile(r"m[0-9a-f]{10}")  # the ids of its marks
_THICK = "0.7"  # points, of most lines

# Families from which on a text is no wider than in the first one, with which it was measured.
FAMILIES = "DejaVu Sans, Verdana, sans-serif"


class Halo(NamedTuple):
    """The light rim of a text."""

    colour: str
    thick: float  # points


class Node:
    """An element that is going to be written."""

    def __init__(self, tag: str, attributes: dict[str, str], inner: list[Node], text: str) -> None:
        self.tag = tag
        self.attributes = attributes
        self.inner = inner
        self.text = text  # what stands in it before other elements

    def write(self) -> str:
        """Return it as text."""
        told = "".join(f" {name}={quoteattr(value)}" for name, value in self.attributes.items())
        inside = self.text + "".join(node.write() for node in self.inner)
        line = (
            "\n"
            if "id" in self.attributes and self.tag not in ("pattern", "clipPath", "text")
            else ""
        )
        return f"<{self.tag}{told}{f'>{inside}</{self.tag}>' if inside else '/>'}{line}"

    def all(self) -> Iterator[Node]:
        """Yield it and all that is in it."""
        yield self
        for node in self.inner:
            yield from node.all()


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
    symbols = {path.get("id", ""): path for path in root.iter(f"{_SVG}path") if path.get("id")}
    picture = _Picture(tooltips, halos, boxes, symbols)
    drawn = [node for child in root.findall(f"{_SVG}g") for node in picture.nodes(child, "")]
    papers = [node.attributes.get("fill") for node in drawn[:2]]
    if len({*papers}) < len(papers):
        del drawn[1]  # that of the axes, on the same of the figure
    common = _said_once(drawn)
    used = {name for top in drawn for node in top.all() for name in node.attributes}
    referred = {
        value[5:-1]
        for top in drawn
        for node in top.all()
        for value in node.attributes.values()
        if value.startswith("url(#")
    }
    defs = "".join(
        node.write()
        for group in root.findall(f"{_SVG}defs")
        for child in group
        if child.get("id") in referred
        for node in picture.nodes(child, "")
    )
    width, height = (short(float(root.get(side, "0pt")[:-2])) for side in ("width", "height"))
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        **({"xmlns:xlink": "http://www.w3.org/1999/xlink"} if "xlink:href" in used else {}),
        "role": "img",
        "width": f"{width}pt",
        "height": f"{height}pt",
        "viewBox": f"0 0 {width} {height}",
        "font-family": FAMILIES,
        **common,
        "stroke-width": short(float(_THICK)),
        "stroke-linejoin": "round",
    }
    about = [Node("title", {}, [], escape(title)), Node("desc", {}, [], escape(description))]
    about.append(Node("defs", {}, [], defs))
    whole = Node("svg", attributes, [*about, *drawn], "").write()
    return f'<?xml version="1.0"?>\n{whole}\n'


def _said_once(drawn: list[Node]) -> dict[str, str]:
    """Return what most texts look like, and leave it out of these."""
    texts = [node for top in drawn for node in top.all() if node.tag == "text"]
    common = {}
    for name in ("font-size", "fill"):
        for value, _ in Counter(text.attributes.get(name, "") for text in texts).most_common(1):
            common[name] = value
            for text in texts:
                if text.attributes.get(name) == value:
                    del text.attributes[name]
            for node in drawn:
                if node.attributes.get(name) == value:
                    del node.attributes[name]
    return common


class _Picture:
    """Makes the nodes of one picture."""

    def __init__(
        self,
        tooltips: dict[str, str],
        halos: dict[str, Halo],
        boxes: dict[str, tuple[float, float, float, float]],
        symbols: dict[str, ET.Element],
    ) -> None:
        self._tooltips = tooltips
        self._halos = halos
        self._boxes = boxes
        self._symbols = symbols

    def nodes(self, element: ET.Element, within: str) -> list[Node]:
        """Return what is to be written of an element; `within` is the group that it stands in."""
        tag = element.tag.removeprefix(_SVG)
        if tag == "g":
            return self._group(element, within)
        if tag == "pattern":
            return [_pattern(element)]
        if _MARKER.fullmatch(element.get("id", "")):
            return []
        attributes = dict(_attributes(element))
        inner = [node for child in element for node in self.nodes(child, within)]
        text = ""
        if tag == "text":
            text = escape(element.text or "")
            self._text(attributes, within)
        elif tag == "use" and _MARKER.fullmatch(attributes.get("xlink:href", "#")[1:]):
            tag, attributes = self._mark(attributes)
        elif "d" in attributes:
            self._path(attributes)
        elif tag == "defs" and not inner:
            return []
        return [Node(tag, attributes, inner, text)]

    def _text(self, attributes: dict[str, str], within: str) -> None:
        attributes.pop("font-family", None)
        if attributes.get("text-anchor") == "start":
            del attributes["text-anchor"]
        if attributes.get("transform", "").startswith("rotate(-0 "):
            del attributes["transform"]
        if halo := self._halos.get(within):
            attributes |= {"paint-order": "stroke", "stroke": _colour(halo.colour)}
            attributes |= {"stroke-width": short(halo.thick)}

    def _mark(self, use: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return the mark that is used at some place, as a shape of its own."""
        symbol = dict(_attributes(self._symbols[use["xlink:href"][1:]]))
        x, y = (float(use.pop(key)) for key in ("x", "y"))
        commands = list(commands_of(symbol.pop("d")))
        del symbol["id"], use["xlink:href"]
        attributes = use | symbol
        if (radius := radius_of(commands)) is not None:
            place = {"cx": short(x), "cy": short(y), "r": radius}
            return "circle", place | _thick(attributes)
        attributes = {"d": written(shifted(commands, x, y)), **attributes}
        self._path(attributes)
        return "path", attributes

    def _path(self, attributes: dict[str, str]) -> None:
        commands = list(commands_of(attributes["d"]))
        attributes["d"] = written(commands)
        if attributes.get("stroke-linejoin") == "miter" and not is_slanted(commands):
            del attributes["stroke-linejoin"]
        clip = attributes.get("clip-path", "")[5:-1]
        if clip and is_inside(commands, self._boxes.get(clip)):
            del attributes["clip-path"]
        attributes.setdefault("fill", "#000")
        if len(commands) == 2:
            del attributes["fill"]  # of a line, which has no inside
            attributes.pop("stroke-linecap", None)
        _thick(attributes)

    def _group(self, element: ET.Element, within: str) -> list[Node]:
        name = element.get("id", "")
        of_matplotlib = not name or any(ids.fullmatch(name) for ids in (_OF_MATPLOTLIB, _OF_LEGEND))
        here = within if not name or _OF_MATPLOTLIB.fullmatch(name) else name
        inner = [node for child in element for node in self.nodes(child, here)]
        attributes = {
            key: value for key, value in _attributes(element) if key != "id" or not of_matplotlib
        }
        if name.startswith("matplotlib.axis"):
            inner = self._axis(inner)
        if not inner or not attributes:
            return inner
        titles = []
        if name in self._tooltips:
            titles.append(Node("title", {}, [], escape(self._tooltips[name])))
        if len(inner) == 1 and not attributes.keys() & inner[0].attributes.keys():
            (only,) = inner
            return [Node(only.tag, attributes | only.attributes, titles + only.inner, only.text)]
        inner = titles + inner
        return [Node("g", attributes, inner, "")]

    def _axis(self, nodes: list[Node]) -> list[Node]:
        """Return what an axis consists of, its lines as one path for all that look the same."""
        lines: dict[tuple[tuple[str, str], ...], list[str]] = {}
        others: list[Node] = []
        for node in nodes:
            look, path = dict(node.attributes), ""
            if node.tag == "path":
                path = look.pop("d")
            if path:
                lines.setdefault(tuple(look.items()), []).append(path)
            elif node.tag != "defs":
                others.append(node)
        drawn = [Node("path", {"d": "".join(p), **dict(look)}, [], "") for look, p in lines.items()]
        return [*drawn, *_alike(others)]


def _alike(nodes: list[Node]) -> Iterator[Node]:
    """Yield nodes, with those that look the same together in a group that says it once."""
    keys = ("x", "y", "transform")
    for look, alike in groupby(
        nodes, lambda node: {key: said for key, said in node.attributes.items() if key not in keys}
    ):
        found = list(alike)
        if len(found) == 1 or not look:
            yield from found
            continue
        for node in found:
            node.attributes = {key: said for key, said in node.attributes.items() if key in keys}
        yield Node("g", look, found, "")


def _thick(attributes: dict[str, str]) -> dict[str, str]:
    """Let a stroke say how thick it is if that is not as usual; matplotlib's usual one is 1."""
    if attributes.get("stroke", "none") != "none":
        attributes.setdefault("stroke-width", "1")
    if attributes.get("stroke-width") == short(float(_THICK)):
        del attributes["stroke-width"]
    return attributes


def _colour(value: str) -> str:
    return "#fff" if value == "#ffffff" else value


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
            yield key, rounded(value) if key in ("x", "y") else value


def _style(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "font":  # all in one, as matplotlib wrote it before 3.10
        found = re.search(r"(?:\b(bold|[1-9]00) )?([\d.]+)px", value)
        if found is not None:
            if found[1] not in (None, "400"):
                yield "font-weight", found[1]
            yield "font-size", rounded(found[2])
    elif name in ("font-size", "stroke-width"):
        yield name, rounded(value.removesuffix("px"))
    elif name and (name, value) not in (("stroke-linecap", "butt"), ("stroke-dashoffset", "0")):
        yield name, _colour(value)


def _box(rectangle: ET.Element) -> tuple[float, float, float, float]:
    x, y, wide, tall = (float(rectangle.get(key, "0")) for key in ("x", "y", "width", "height"))
    return x, y, x + wide, y + tall


def _pattern(element: ET.Element) -> Node:
    """Return a pattern as its smallest tile."""
    rectangle, path = element[0], element[1]
    look = dict(_attributes(path))
    commands = list(commands_of(look["d"]))
    width, height, tile = tile_of(commands, look)
    back = f'<rect width="{width}" height="{height}" fill="{rectangle.get("fill")}"/>'
    attributes = {"id": element.get("id", ""), "patternUnits": "userSpaceOnUse"}
    return Node("pattern", {**attributes, "width": width, "height": height}, [], back + tile)
