"""A timeline as Mermaid text, for a ```mermaid block in Markdown: a Gantt chart or a sequence.

- In the Gantt chart each task is a section, and so is what tasks hold. What takes time is a bar:
  blocking the loop, and holding something, are `active`; waits for a primitive are `crit`, for
  tasks plain, and all others `done`; ready is `done` with the edge of `crit`. Cancellations, and
  how a task ends, are milestones. Mermaid's dates are whole milliseconds of virtual time; the words
  beside them are exact.
- In the sequence each task is a participant, and each arrow of the timeline a message. What a
  timeout or TaskGroup cancels is cancelled by its task, in its name. A note over all of them opens
  a moment of time; other notes are timeouts that begin, prints, and errors. What is sent over the
  network tells when it is there; what is lost ends in a cross. Tasks of a host are in one box.
- Mermaid is made for small charts: what is beyond `MOST` lines is counted at the end.
- Text may not have what Mermaid's grammars give a meaning to. Letters, digits and a few marks stand
  for themselves, all else is an entity, '#35;' for '#'; so is the first letter of a keyword.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from vtloop.timeline.participants import name_of, shown, told_apart
from vtloop.timeline.spans import READY, RUNNING, Arrow, Holding, Lane, Span, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.options import check
from vtloop.views.message_words import fate, summary, what
from vtloop.views.options import OF_TEXTS
from vtloop.views.style import ARROWS, MARKS, state_of
from vtloop.views.words import Words, words_of

MOST = 300  # bars and milestones, or messages and notes

_MILLISECOND = 1_000_000  # nanoseconds
_WORDS = 60  # characters
_TAGS = {
    "running": "active",
    "ready": "done, crit",
    "primitive": "crit",
    "task": "",
    "sleep": "done",
    "network": "done",
    "other": "done",
}
_LINES = {"spawn": "->>", "wake": "-->>", "join": "-->>", "cancel": "-x", "message": "-)"}


def gantt(
    timeline: Timeline, *, title: str | None = None, words: str | Mapping[str, Any] = "en"
) -> str:
    """Return a timeline as a Gantt chart of Mermaid's.

    `words` is the language, as for charts. TypeError or ValueError for options that are none.
    """
    check(OF_TEXTS, timeline=timeline, title=title, words=words)
    say = words_of(words)
    lines = [*_heading(title), "gantt", "    dateFormat x", "    axisFormat %s.%L s"]
    left, left_out = MOST, 0
    for name, bars in _sections(timeline, say):
        if left:
            lines.append(f"    section {escape(name)}")
            lines += [f"    {bar}" for bar in bars[:left]]
        left_out += len(bars[left:])
        left = max(left - len(bars), 0)
    if left_out:
        start = timeline.start // _MILLISECOND
        lines.append(f"    section {escape(say('left out'))}")
        lines.append(
            f"    {escape(say('… {count} more', count=left_out))} :milestone, {start}, 0ms"
        )
    return "".join(f"{line}\n" for line in lines)


def _sections(timeline: Timeline, say: Words) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of a Gantt chart: tasks, then what they have."""
    lanes = shown(timeline)
    names = told_apart(lanes, lambda lane: _WORDS)
    cancels: dict[int, list[str]] = {}
    for event in timeline.trace.events:
        _, at, kind, _, subject, _ = event
        if kind == "cancel":
            by, _ = say.requested(timeline, event)
            bar = _bar(say("cancelled by {by}", by=by), "crit, milestone", at, at)
            cancels.setdefault(subject, []).append(bar)
    for lane in lanes:
        yield names[lane.number], [*_bars(timeline, lane, cancels.get(lane.number, []), say)]
    had: dict[str, list[str]] = {}
    for holding in timeline.holdings:
        primitive = say.primitive(timeline.trace.primitives[holding.primitive])
        had.setdefault(primitive, []).append(_having(timeline, holding, names))
    for visit in timeline.visits:
        section = say("section {name}", name=visit.section)
        had.setdefault(section, []).append(_having(timeline, visit, names))
    yield from had.items()


def _having(timeline: Timeline, one: Holding | Visit, names: dict[int, str]) -> str:
    who = names.get(one.task) or name_of(timeline, one.task)
    return _bar(who, "active", one.start, one.end)


def _bars(timeline: Timeline, lane: Lane, cancels: list[str], say: Words) -> Iterator[str]:
    for span in lane.spans:
        if span.end > span.start:
            yield _bar(_words(timeline, span, say), _TAGS[state_of(span)], span.start, span.end)
    yield from cancels
    if lane.ended is not None:
        yield _bar(lane.error or say(lane.outcome), "milestone", lane.ended, lane.ended)


def _words(timeline: Timeline, span: Span, say: Words) -> str:
    length = span.end - span.start
    if span.state == RUNNING:
        return say("blocks {length}", length=say.seconds(length))
    if span.state == READY:
        return say("ready")
    waits = say.waits(timeline, span)
    return next(say.cut(waits, length) if span.cut else waits)


def _bar(words: str, tag: str, start: int, end: int) -> str:
    begin = start // _MILLISECOND
    tags = f"{tag}, " if tag else ""
    return f"{escape(words)} :{tags}{begin}, {end // _MILLISECOND - begin}ms"


def _heading(title: str | None) -> list[str]:
    """Return the lines that give a diagram a title: YAML, of which JSON is a part."""
    return (
        [] if title is None else ["---", f"title: {json.dumps(title, ensure_ascii=False)}", "---"]
    )


def sequence(
    timeline: Timeline, *, title: str | None = None, words: str | Mapping[str, Any] = "en"
) -> str:
    """Return a timeline as a sequence diagram of Mermaid's.

    `words` is the language, as for charts. TypeError or ValueError for options that are none.
    """
    check(OF_TEXTS, timeline=timeline, title=title, words=words)
    say = words_of(words)
    lanes = shown(timeline)
    happenings = _happenings(timeline, {lane.number for lane in lanes}, say)
    found = sorted(happenings, key=lambda one: (one.at, one.step, one.place))
    lines = [*_heading(title), "sequenceDiagram"]
    if any(who == 0 for happening in found for who in happening.tasks):
        lines.append(f"    participant t0 as {escape(say('timers and callbacks'))}")
    names = told_apart(lanes, lambda lane: _WORDS)
    for host, there in groupby(lanes, key=lambda lane: lane.host):
        box = [f"    box transparent {escape(host)}", "    end"] if host else []
        lines += box[:1]
        lines += [f"    participant t{one.number} as {escape(names[one.number])}" for one in there]
        lines += box[1:]
    everybody = ",".join(f"t{lane.number}" for lane in dict.fromkeys([*lanes[:1], *lanes[-1:]]))
    for at, together in groupby(found[:MOST], key=lambda happening: happening.at):
        lines.append(f"    {_note(everybody, say.seconds(at))}")
        lines += [f"    {happening.line}" for happening in together]
    if len(found) > MOST:
        more = say("… {count} more", count=len(found) - MOST)
        lines.append(f"    {_note(everybody, more)}")
    return "".join(f"{line}\n" for line in lines)


class _Happening(NamedTuple):
    at: int  # nanoseconds
    step: int
    place: int  # within the step
    line: str
    tasks: tuple[int, ...]


def _happenings(timeline: Timeline, numbers: set[int], say: Words) -> Iterator[_Happening]:
    trace = timeline.trace
    cancels = {_between(arrow) for arrow in timeline.arrows if arrow.kind == "cancel"}
    requests = {
        (event[4], event[1]): say.requested(timeline, event)[0]
        for event in trace.events
        if event[2] == "cancel"
    }
    for arrow in timeline.arrows:
        by = requests.get((arrow.target, arrow.start), "") if arrow.kind == "cancel" else ""
        source, verb = _message(timeline, arrow, by, say)
        if arrow.target not in numbers or source not in numbers | {0}:
            continue
        if arrow.kind == "wake" and _between(arrow) in cancels:
            continue
        line = f"t{source}{_LINES[arrow.kind]}t{arrow.target}: {escape(verb, begins=False)}"
        yield _Happening(arrow.start, arrow.source_step, 2, line, (source, arrow.target))
    for message in timeline.messages:
        ends = message.sender, message.receiver
        if message.arrived is None and {*ends} <= numbers and (why := fate(say, message)):
            line = (
                f"t{ends[0]}-xt{ends[1]}: {escape(f'{what(say, message)} ({why})', begins=False)}"
            )
            yield _Happening(message.sent, message.sent_in, 2, line, ends)
    for bracket in timeline.timeouts:
        if bracket.task in numbers:
            step, *_ = trace.events[bracket.first]
            note = _note(f"t{bracket.task}", next(say.timeout(bracket.lengths)))
            yield _Happening(bracket.start, step, 0, note, (bracket.task,))
    for step, _, kind, who, subject, _ in trace.events:
        if kind == "print":
            at, by, text = trace.printed[subject]
            mine = who if who in numbers and timeline.lanes[who].label == by else 0
            yield _Happening(at, step, 1, _note(f"t{mine}", text), (mine,))
    for number in sorted(numbers):
        lane = timeline.lanes[number]
        if lane.ended is not None and lane.outcome != "returned":
            told = f"{say('raises')} {lane.error}" if lane.error else say(MARKS[lane.outcome][0])
            note = _note(f"t{number}", told)
            yield _Happening(lane.ended, lane.ended_in, 1, note, (number,))


def _note(over: str, text: str) -> str:
    return f"Note over {over}: {escape(text, begins=False)}"


def _message(timeline: Timeline, arrow: Arrow, by: str, say: Words) -> tuple[int, str]:
    """Return from which participant a message is, and what it says.

    That of a timeout or TaskGroup is from the task that is within it. `by` is who cancels.
    """
    verb = say(ARROWS[arrow.kind][0])
    if arrow.messages:
        carried = summary(say, [timeline.messages[index] for index in arrow.messages])
        if arrow.end == arrow.start:
            return arrow.source, carried
        time = say.seconds(arrow.end)
        return arrow.source, say("{words}, there at {time}", words=carried, time=time)
    if arrow.timeout >= 0:
        bracket = timeline.timeouts[arrow.timeout]
        return bracket.task, f"{next(say.timeout(bracket.lengths))} {verb}"
    if arrow.group:
        return arrow.group, f"TaskGroup {verb}"
    if by and not arrow.source:
        is_timeout = by == say("a timeout")  # of an older trace, which does not tell of whom
        return arrow.target if is_timeout else 0, f"{by} {verb}"
    return arrow.source, verb


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


def escape(text: str, *, begins: bool = True) -> str:
    """Return text as Mermaid shows it literally, on one line and cut to a bearable length.

    `begins` is whether it stands where a keyword would be read as one, and not behind a colon.
    """
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split()) or "(nothing)"
    if len(text) > _WORDS:
        text = f"{text[: _WORDS - 1]}…"
    spelled = {match.start() for match in _END.finditer(text)}
    if begins and _BEGINS.match(text):
        spelled.add(0)
    return "".join(
        char if (char.isalnum() or char in _PLAIN) and index not in spelled else f"#{ord(char)};"
        for index, char in enumerate(text)
    )
