"""Text of any language in columns, as terminals show it.

- What is printable stands as it is. What would garble a terminal is escaped: control characters,
  marks that turn the direction of what follows, lone halves of surrogate pairs.
- Wide characters take two columns; what combines with the character before it takes none. A
  cluster, of a character and all that combines with it, takes two at most: also an emoji that is
  made of several.
- Text that reads from right to left is ended by a mark, without which a terminal that reverses it
  would reverse what follows as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import bidirectional, category, east_asian_width

_JOINERS = "\u200c\u200d"  # they have a meaning between letters of some scripts, and in emoji
_LEFT_TO_RIGHT = "\u200e"
_EMOJI = "\ufe0f"  # asks for the colourful, wide form of the character before it
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")  # half of one
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_HANGUL = re.compile("[\u1160-\u11ff]")  # vowels and finals, that are part of a syllable
_SHORTENED = ".."  # stands for what was left out


def cells(text: str) -> list[str]:
    """Return what stands in each column; '' where what began further left goes on."""
    if text.isascii() and text.isprintable():
        return list(text)
    found: list[str] = []
    for cluster in _clusters(text):
        shown, width = cluster, _width(cluster)
        if not _is_shown(cluster[0]):
            shown = cluster.encode("unicode_escape").decode()
            width = len(shown)
        found += [shown, *[""] * (width - 1)]
    for column in reversed(range(len(found))):
        if any(map(_is_right_to_left, found[column])):
            found[column] = found[column].removesuffix(_LEFT_TO_RIGHT) + _LEFT_TO_RIGHT
            break
    return found


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() and text.isprintable() else len(cells(text))


def plain(text: str) -> str:
    """Return text that ends a line, or is one, with escapes for what would garble a terminal."""
    return "".join(cells(text)).removesuffix(_LEFT_TO_RIGHT)


def padded(text: str, width: int) -> str:
    """Return a text that more follows, with as many spaces as fill some columns."""
    found = cells(text)
    return "".join(found) + " " * (width - len(found))


def cut(text: str, width: int) -> str:
    """Return a text without its end if it takes more than some columns."""
    return _shortened(text, width, 0)


def cut_in_the_middle(text: str, width: int) -> str:
    """Return a text without its middle if it takes more than some columns."""
    return _shortened(text, width, width // 2)


def _shortened(text: str, width: int, last: int) -> str:
    """Return a text that takes some columns at most, of which the last are the end of it."""
    found = cells(text)
    if len(found) <= width:
        return "".join(found)
    begins = max(width - last - len(_SHORTENED), 0)
    while begins and not found[begins]:
        begins -= 1
    ends = len(found) - last
    while ends < len(found) and not found[ends]:
        ends += 1
    return "".join(cells("".join([*found[:begins], _SHORTENED, *found[ends:]])))


def carried(text: str, stream: Any) -> str:
    """Return text with escapes for what the encoding of a stream cannot carry."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _clusters(text: str) -> Iterator[str]:
    cluster = ""
    for char in text:
        if cluster and _continues(cluster, char):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
    if cluster:
        yield cluster


def _continues(cluster: str, char: str) -> bool:
    """Return whether a character is shown together with those before it."""
    if char.isascii() or not _is_shown(cluster[0]):
        return False
    before = cluster[-1]
    if category(char)[0] == "M":
        return True
    if char in _JOINERS:
        return not before.isascii()
    if char == _LEFT_TO_RIGHT:
        return any(map(_is_right_to_left, cluster))
    if _FLAG.match(char):
        return _FLAG.fullmatch(cluster) is not None
    skin, syllable = _SKIN.match(char), _HANGUL.match(char)
    return before == "\u200d" or bool(skin and not before.isascii()) or bool(syllable)


def _is_shown(char: str) -> bool:
    return (char.isprintable() and category(char)[0] != "M") or category(char) == "Zs"


def _is_right_to_left(char: str) -> bool:
    return not char.isascii() and bidirectional(char) in ("R", "AL", "AN")


def _width(cluster: str) -> int:
    if _EMOJI in cluster:
        return 2
    return min(2, sum(map(_columns_of, cluster)))


def _columns_of(char: str) -> int:
    if category(char) in ("Mn", "Me", "Cf") or _HANGUL.match(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
