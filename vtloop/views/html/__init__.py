"""A timeline as one HTML file to explore, without a network: zoom, search, by mouse or keyboard.

The page draws what is embedded in it as JSON, on a canvas, and tells the same in a table, for those
who do not see the canvas.

A map of the package, from the bottom up:

- `looks`: how spans look and what is said of them, once for all spans that share it
- `rows`: what stands in the rows of the page
- `contents`: all that the page is given

Besides there are `page.html`, `page.css`, and the script in parts, in the order of `_SCRIPT`.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtloop.timeline.timeline import Timeline
from vtloop.values.options import check
from vtloop.views.html.contents import contents
from vtloop.views.options import OF_PAGES
from vtloop.views.titles import default_title
from vtloop.views.words import words_of

_SCRIPT = ("data", "view", "layout", "marks", "lanes", "strips", "paint", "tell", "keys")

# In JSON these occur in strings only. As escapes they cannot end the script that they stand in.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def page(
    timeline: Timeline,
    *,
    title: str | None = None,
    theme: str | None = None,
    words: str | Mapping[str, Any] = "en",
) -> str:
    """Return a timeline as a self-contained HTML page.

    `theme` is 'light' or 'dark'; without one the page is as the reader's system. `words` is the
    language, as for charts. TypeError or ValueError for options that are none of this.
    """
    check(OF_PAGES, timeline=timeline, title=title, theme=theme, words=words)
    say = words_of(words)
    data = json.dumps(contents(timeline, say, theme), separators=(",", ":"), ensure_ascii=False)
    parts = {
        "lang": words if isinstance(words, str) else "und",
        "title": html.escape(default_title(timeline, say) if title is None else title),
        "style": _file("page.css"),
        "script": "\n".join(_file(f"{name}.js") for name in _SCRIPT),
        "data": data.translate(_ESCAPES),
    }
    text = _file("page.html")
    pieces = [text]
    for name in ("lang", "title", "style", "title", "data", "script"):
        before, _, after = pieces.pop().partition(f"{{{name}}}")
        pieces += [before, parts[name], after]
    return "".join(pieces)


def save(timeline: Timeline, path: str | os.PathLike[str], **options: Any) -> None:
    """Write a timeline to a file, as a self-contained HTML page; options as for `page`."""
    Path(path).write_bytes(page(timeline, **options).encode("utf-8", "backslashreplace"))


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")
