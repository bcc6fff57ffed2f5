"""A timeline as Mermaid text, for a ```mermaid block in Markdown: a Gantt chart or a sequence.

- In the Gantt chart each task is a section. What takes time is a bar: waiting is grey (`done`),
  ready is light (`active`), blocking the loop is red (`crit`). How a task ends is a milestone.
  Mermaid's dates are whole milliseconds of virtual time; the words beside them are exact.
- In the sequence each task is a participant, and each arrow of the timeline a message. A note over
  all of them opens a moment of time; other notes are prints and errors.
- Mermaid is made for small charts: what is beyond `MOST` lines is counted at the end.
- Text may not have what Mermaid's grammars give a meaning to. Letters, digits and a few marks stand
  for themselves, all else is an entity, '#35;' for '#'; so is the first letter of a keyword.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from vtloop.timeline.participants import shown, told_apart
from vtloop.timeline.spans import RUNNING, WAITING, Arrow, Lane
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds
from vtloop.values.options import check
from vtloop.views.options import OF_PAGES

MOST = 300  # bars and milestones, or messages and notes

_MILLISECOND = 1_000_000  # nanoseconds
_WORDS = 60  # characters
_TAGS = {WAITING: "done", RUNNING: "crit"}
_MESSAGES = {
    "spawn": ("->>", "spawns"),
    "wake": ("-->>", "wakes"),
    "join": ("-->>", "is done"),
    "cancel": ("-x", "cancels"),
}


def gantt(timeline: Timeline, *, title: str | None = None) -> str:
    """Return a timeline as a Gantt chart of Mermaid's."""
    check(OF_PAGES, timeline=timeline, title=title)
    lines = [*_heading(title), "gantt", "    dateFormat x", "    axisFormat %s.%L s"]
    left, left_out = MOST, 0
    lanes = shown(timeline)
    names = told_apart(lanes, lambda lane: _WORDS)
    for lane in lanes:
        bars = list(_bars(timeline, lane))
        if left:
            lines.append(f"    section {escape(names[lane.number])}")
            lines += [f"    {bar}" for bar in bars[:left]]
        left_out += len(bars[left:])
        left = max(left - len(bars), 0)
    if left_out:
        start = timeline.start // _MILLISECOND
        lines += ["    section left out", f"    {left_out} more :milestone, {start}, 0ms"]
    return "".join(f"{line}\n" for line in lines)


def _bars(timeline: Timeline, lane: Lane) -> Iterator[str]:
    for span in lane.spans:
        if span.end > span.start:
            words = span.what if span.state == WAITING else span.state
            yield _bar(words, _TAGS.get(span.state, "active"), span.start, span.end)
    if lane.ended is not None:
        yield _bar(lane.error or lane.outcome, "milestone", lane.ended, lane.ended)


def _bar(words: str, tag: str, start: int, end: int) -> str:
    begin = start // _MILLISECOND
    return f"{escape(words)} :{tag}, {begin}, {end // _MILLISECOND - begin}ms"


def _heading(title: str | None) -> list[str]:
    """Return the lines that give a diagram a title: YAML, of which JSON is a part."""
    return (
        [] if title is None else ["---", f"title: {json.dumps(title, ensure_ascii=False)}", "---"]
    )


def sequence(timeline: Timeline, *, title: str | None = None) -> str:
    """Return a timeline as a sequence diagram of Mermaid's."""
    check(OF_PAGES, timeline=timeline, title=title)
    lanes = shown(timeline)
    happenings = _happenings(timeline, {lane.number for lane in lanes})
    found = sorted(happenings, key=lambda one: (one.at, one.step, one.place))
    lines = [*_heading(title), "sequenceDiagram"]
    if any(who == 0 for happening in found for who in happening.tasks):
        lines.append("    participant t0 as callbacks")
    names = told_apart(lanes, lambda lane: _WORDS)
    lines += [f"    participant t{number} as {escape(name)}" for number, name in names.items()]
    everybody = ",".join(f"t{lane.number}" for lane in dict.fromkeys([*lanes[:1], *lanes[-1:]]))
    for at, together in groupby(found[:MOST], key=lambda happening: happening.at):
        lines.append(f"    Note over {everybody}: {escape(format_seconds(at))}")
        lines += [f"    {happening.line}" for happening in together]
    if len(found) > MOST:
        lines.append(f"    Note over {everybody}: {len(found) - MOST} more are left out")
    return "".join(f"{line}\n" for line in lines)


class _Happening(NamedTuple):
    at: int  # nanoseconds
    step: int
    place: int  # within the step
    line: str
    tasks: tuple[int, ...]


def _happenings(timeline: Timeline, numbers: set[int]) -> Iterator[_Happening]:
    trace = timeline.trace
    cancels = {_between(arrow) for arrow in timeline.arrows if arrow.kind == "cancel"}
    for arrow in timeline.arrows:
        source, target = arrow.source, arrow.target
        if target not in numbers or source not in numbers | {0}:
            continue
        if arrow.kind == "wake" and _between(arrow) in cancels:
            continue
        line, verb = _MESSAGES[arrow.kind]
        message = f"t{source}{line}t{target}: {verb}"
        yield _Happening(arrow.start, arrow.source_step, 1, message, (source, target))
    for step, _, kind, who, subject, _ in trace.events:
        if kind == "print":
            at, by, text = trace.printed[subject]
            mine = who if who in numbers and timeline.lanes[who].label == by else 0
            yield _Happening(at, step, 0, f"Note over t{mine}: {escape(text)}", (mine,))
    for number in sorted(numbers):
        lane = timeline.lanes[number]
        if lane.ended is not None and lane.outcome != "returned":
            words = f"raises {lane.error}" if lane.error else lane.outcome
            note = f"Note over t{number}: {escape(words)}"
            yield _Happening(lane.ended, lane.steps[-1], 0, note, (number,))


def _between(arrow: Arrow) -> tuple[int, int, int, int]:
    """Return from which step of whom to which of whom an arrow leads."""
    return arrow.source, arrow.target, arrow.source_step, arrow.target_step


# What begins a line, or ends a block, in one of the two grammars.
_BEGINS = re.compile(
    r"""
    accdescr | acctitle | activate | actor | alt | and | as | autonumber | axisformat | box
    | break | call | click | create | critical | dateformat | deactivate | destroy | details
    | else | end | excludes | gantt | href | includes | inclusiveenddates | link | links | loop
    | note | opt | option | par | participant | properties | rect | section | sequencediagram
    | tickinterval | title | todaymarker | topaxis | vert | weekday | weekend
    """,
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(r"\bend\b", re.IGNORECASE)
_PLAIN = frozenset(" .,_'()")


def escape(text: str) -> str:
    """Return text as Mermaid shows it literally, on one line and cut to a bearable length."""
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split()) or "(nothing)"
    if len(text) > _WORDS:
        text = f"{text[: _WORDS - 1]}…"
    spelled = {match.start() for match in _END.finditer(text)}
    if _BEGINS.match(text):
        spelled.add(0)
    return "".join(
        char if (char.isalnum() or char in _PLAIN) and index not in spelled else f"#{ord(char)};"
        for index, char in enumerate(text)
    )
