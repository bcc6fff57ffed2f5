"""A timeline as one HTML file to explore, without a network: zoom, pan, tooltips, search.

`page.html` draws what this module embeds in it as JSON: rows of plain numbers, and tables of the
texts that these refer to by index. Times are nanoseconds.

- `start`, `end`: when the first and the last thing happened
- `tasks`: [label, coroutine, depth, created, ended or null, outcome, error, where created]
- `spans`, by task: [start, end, state, words, stack] after one another
- `marks`, by task: [at, kind, words]; the kind is 0 for a print, 1 for a request to cancel
- `holdings`, by task: [start, end, words], of primitives and sections
- `arrows`: [kind, source, target, start, end], the source and target by their place in `tasks`
- `states`, `kinds`, `words`, `stacks`: the tables; a stack is a list of lines
"""

from __future__ import annotations

import html
import json
import os
from typing import Any

from vtloop.timeline.participants import request_of, shown
from vtloop.timeline.spans import READY, RUNNING, WAITING, Lane
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds
from vtloop.values.options import check
from vtloop.values.text import counted
from vtloop.views.options import OF_PAGES

_STATES = (WAITING, READY, RUNNING)
_KINDS = ("spawn", "wake", "join", "cancel")
_PRINT, _CANCEL = 0, 1

# In JSON these occur in strings only. As escapes they cannot end the script that they stand in.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def page(timeline: Timeline, *, title: str | None = None) -> str:
    """Return a timeline as a self-contained HTML page."""
    check(OF_PAGES, timeline=timeline, title=title)
    data = json.dumps(contents(timeline), separators=(",", ":")).translate(_ESCAPES)
    heading = html.escape(_default_title(timeline) if title is None else title)
    with open(os.path.join(os.path.dirname(__file__), "page.html"), encoding="utf-8") as file:
        before, _, after = file.read().partition("{data}")
    return f"{before.replace('{title}', heading)}{data}{after}"


def _default_title(timeline: Timeline) -> str:
    lanes = shown(timeline)
    name = f"{lanes[0].label}, " if lanes else ""
    length = timeline.end - timeline.start
    return f"{name}{counted(len(lanes), 'task')}, {format_seconds(length)}"


def save(timeline: Timeline, path: str | os.PathLike[str]) -> None:
    """Write a timeline to a file, as a self-contained HTML page."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(page(timeline))


def contents(timeline: Timeline) -> dict[str, Any]:
    """Return what the page draws, in the form that the head of the module describes."""
    lanes = shown(timeline)
    places = {lane.number: place for place, lane in enumerate(lanes)}
    words = _Words()
    marks, holdings = _marks(timeline, places, words), _holdings(timeline, places, words)
    spans = [_spans(timeline, lane, words) for lane in lanes]
    stacks = [[str(place) for place in stack] for stack in timeline.trace.stacks]
    return {
        "start": timeline.start,
        "end": timeline.end,
        "states": _STATES,
        "kinds": _KINDS,
        "tasks": [_task(lane, stacks) for lane in lanes],
        "spans": spans,
        "marks": marks,
        "holdings": holdings,
        "arrows": _arrows(timeline, places),
        "words": list(words),
        "stacks": stacks,
    }


class _Words(dict[str, int]):
    """A table of texts: each one's index, given out when it is first asked for."""

    def __missing__(self, text: str) -> int:
        index = self[text] = len(self)
        return index


def _task(lane: Lane, stacks: list[list[str]]) -> list[Any]:
    made_at = " / ".join(stacks[lane.place])
    life = lane.created, lane.ended, lane.outcome, lane.error
    return [lane.label, lane.coroutine, lane.depth, *life, made_at]


def _spans(timeline: Timeline, lane: Lane, words: _Words) -> list[int]:
    return [
        number
        for span in lane.spans
        if span.end > span.start or span.state == RUNNING
        for number in (
            span.start,
            span.end,
            _STATES.index(span.state),
            words[span.what if span.state == WAITING else span.kind],
            span.stack,
        )
    ]


def _marks(timeline: Timeline, places: dict[int, int], words: _Words) -> list[list[int]]:
    trace = timeline.trace
    marks: list[list[int]] = [[] for _ in places]
    for event in trace.events:
        _, at, kind, who, subject, _ = event
        if kind == "print" and who in places:
            printed = trace.printed[subject]
            marks[places[who]] += printed.at, _PRINT, words[printed.text]
        elif kind == "cancel" and subject in places:
            by, message = request_of(timeline, event)
            text = f"cancellation requested by {by}{': ' if message else ''}{message}"
            marks[places[subject]] += at, _CANCEL, words[text]
    return marks


def _holdings(timeline: Timeline, places: dict[int, int], words: _Words) -> list[list[int]]:
    holdings: list[list[int]] = [[] for _ in places]
    for holding in timeline.holdings:
        if holding.task in places:
            primitive = words[f"holds {timeline.trace.primitives[holding.primitive]}"]
            holdings[places[holding.task]] += holding.start, holding.end, primitive
    for visit in timeline.visits:
        if visit.task in places:
            section = words[f"in section {visit.section}"]
            holdings[places[visit.task]] += visit.start, visit.end, section
    return holdings


def _arrows(timeline: Timeline, places: dict[int, int]) -> list[int]:
    return [
        number
        for arrow in timeline.arrows
        if arrow.source in places and arrow.target in places
        for number in (
            _KINDS.index(arrow.kind),
            places[arrow.source],
            places[arrow.target],
            arrow.start,
            arrow.end,
        )
    ]
