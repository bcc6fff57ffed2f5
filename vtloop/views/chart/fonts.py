"""Which fonts have the characters of a chart, how wide these are, and what no font has.

A chart is measured in one font, which comes with matplotlib. What that lacks (emoji, the scripts of
East Asia) is taken from a font of the system that has it, where letters are drawn as shapes; if
there is none, it is left out with a warning. How wide it is does not depend on the system, so that
a chart is laid out alike everywhere.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

from vtloop.errors import SimulationWarning
from vtloop.views.style import FONT

if TYPE_CHECKING:
    from matplotlib.text import Text

# Those that are made for what the first font lacks; others follow by name.
_PREFERRED = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei"),
    *("PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic"),
    *("Noto Emoji", "Symbola", "Segoe UI Emoji", "Segoe UI Symbol", "Apple Symbols"),
    *("Noto Sans", "Arial Unicode MS", "FreeSans", "Unifont"),
)
_BOXES = "Last Resort"  # a font that comes with matplotlib, and has a box for every character
_WIDE, _EMOJI, _OTHER = 1.0, 1.25, 0.75  # how wide they are, in sizes of the font


@functools.cache
def characters() -> frozenset[int]:
    """Return what the first font has."""
    return frozenset(get_font(findfont(FontProperties(family=FONT))).get_charmap())


def is_foreign(char: str) -> bool:
    """Return whether the first font lacks a character."""
    return ord(char) not in characters()


def width_of_foreign(char: str) -> float:
    """Return how wide a character is that the first font lacks, in sizes of the font."""
    kind = category(char)
    if kind in ("Mn", "Me", "Cf"):
        return 0.0
    if east_asian_width(char) in "WF":
        return _EMOJI if kind in ("So", "Sk") else _WIDE
    return _OTHER


@functools.cache
def _paths() -> dict[str, str]:
    """Return the files of the fonts of the system, by family, in the order of their choice."""
    found: dict[str, str] = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (entry.name, entry.fname)):
        if entry.style == "normal" and entry.size == "scalable" and _BOXES not in entry.name:
            found.setdefault(entry.name, entry.fname)
    first = [name for name in _PREFERRED if name in found]
    return {name: found[name] for name in dict.fromkeys([*first, *found])}


@functools.cache
def _family(char: str) -> str | None:
    """Return the family of a font that has a character; None if there is none."""
    for name, path in _paths().items():
        try:
            font = get_font(path)
        except (
            OSError,
            RuntimeError,
        ):  # of coloured pictures, which have no shapes
            continue
        if font.get_char_index(ord(char)):
            return name
    return None


def families(text: str) -> list[str]:
    """Return the families of fonts that have all of a text that any has, the first font first."""
    others = (_family(char) for char in text if is_foreign(char))
    return list(dict.fromkeys([FONT, *(name for name in others if name)]))


def _is_lacking(char: str) -> bool:
    return is_foreign(char) and (width_of_foreign(char) == 0.0 or _family(char) is None)


def fit(texts: Iterable[Text]) -> Iterator[tuple[Text, str]]:
    """Give texts the fonts that have their characters, without those that none has.

    Yields each text that is changed, with what it was. Warns of what is left out.
    """
    missing: dict[str, None] = {}
    for artist in texts:
        text = artist.get_text()
        foreign = [char for char in text if is_foreign(char) and not char.isspace()]
        if not foreign:
            continue
        yield artist, text
        lacking = [char for char in dict.fromkeys(foreign) if _is_lacking(char)]
        missing |= {char: None for char in lacking if width_of_foreign(char)}
        kept = "".join(char for char in text if char not in lacking)
        artist.set_text("\n".join(" ".join(line.split()) for line in kept.split("\n")))
        artist.set_fontfamily(families(kept))
    if missing:
        signs = " ".join(missing)
        warnings.warn(
            f"{signs} was to be drawn in a chart, while no font here has it, so it is left out; "
            "install one that has, such as Noto Emoji or Noto Sans CJK, or save the chart as SVG",
            SimulationWarning,
            stacklevel=2,
        )


@contextmanager
def fitted(texts: Iterable[Text]) -> Iterator[None]:
    """Give texts their fonts while something is drawn."""
    changed = [(artist, text, artist.get_fontfamily()) for artist, text in fit(texts)]
    try:
        yield
    finally:
        for artist, text, family in changed:
            artist.set_text(text)
            artist.set_fontfamily(family)
