"""What a text timeline draws of each task, and what it notes, wherever the moments will stand.

The notation is that of `marbles`, in whose head it is explained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, pairwise
from typing import NamedTuple

from vtloop.private.events import NAME_OF_END_OF_MAIN
from vtloop.timeline.participants import name_of, told_apart
from vtloop.timeline.spans import READY, RUNNING, Holding, Lane, Span, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import plain_seconds
from vtloop.values.trace import ENDS, Step
from vtloop.views.message_words import fate, sentence
from vtloop.views.words import Words

MORE_PRINTS = '"'  # for a line that there is no letter left for
SENDS, RECEIVES = "^*"
_LETTERS = "abcdefghijklmnpqrstuvwyz"  # neither o nor x
_END_MARKS = {"returned": "|", "raised": "!", "cancelled": "x", "crashed": "%", "": ">"}
_OF_NETWORK = ("Wire.deliver", NAME_OF_END_OF_MAIN)  # callbacks that set its timer anew
_NAME, _INDENT = 28, 16  # columns of a task's label at most, and of the space before it
_ALIKE = 5  # marks from which on they are counted


# Notes: what no mark can tell


class Note(NamedTuple):
    """A line below the lanes."""

    at: int  # nanoseconds
    event: int  # its place among those of the trace: they are in order of time, and steps are not,
    step: int  # as the first one of an eager task is within a step of another's
    who: int
    sign: str  # "'" for a print, '/' for a cancellation, `SENDS`; '' for what has no mark
    texts: tuple[str, ...]


def notes_of(
    timeline: Timeline, numbers: Collection[int], window: tuple[int, int], say: Words
) -> list[Note]:
    """Return what these tasks print and send, who cancels them, and which deadlines are not met."""
    found = [
        *_prints_and_cancels(timeline, say),
        *_messages(timeline, say),
        *_deadlines(timeline, say),
    ]
    return sorted(
        (note for note in found if note.who in numbers and window[0] <= note.at <= window[1]),
        key=lambda note: (note.at, note.event),
    )


def _prints_and_cancels(timeline: Timeline, say: Words) -> Iterator[Note]:
    trace = timeline.trace
    for index, event in enumerate(trace.events):
        step, at, kind, who, subject, _ = event
        if kind == "print":
            printed = trace.printed[subject]
            mine = who if name_of(timeline, who) == printed.who else 0  # or it is a thread's
            yield Note(printed.at, index, step, mine, "'", (printed.who, printed.text))
        elif kind == "cancel":
            by, message = say.requested(timeline, event)
            words = say("{by} cancels {who}", by=by, who=name_of(timeline, subject))
            words += f": {message}" if message else ""
            yield Note(at, index, step, subject, "/", (words,))


def _messages(timeline: Timeline, say: Words) -> Iterator[Note]:
    """Yield the messages that take time, or are lost; those that are there at once are no news."""
    for arrow in timeline.arrows:
        if arrow.kind == "message" and arrow.end > arrow.start:
            carried = [timeline.messages[index] for index in arrow.messages]
            words = sentence(say, timeline, carried)
            words = say("{words}, there at {time}", words=words, time=say.seconds(arrow.end))
            if hindered := fate(say, carried[0]):
                words += f" ({hindered})"
            first = carried[0].first
            yield Note(arrow.start, first, arrow.source_step, arrow.source, SENDS, (words,))
    for message in timeline.messages:
        if message.arrived is None and (hindered := fate(say, message)):
            words = f"{sentence(say, timeline, [message])} ({hindered})"
            sign = SENDS if message.sender else ""
            yield Note(message.sent, message.first, message.sent_in, message.sender, sign, (words,))


def _deadlines(timeline: Timeline, say: Words) -> Iterator[Note]:
    """Yield the deadlines that were set and not met, or late: no moment in the ruler tells them."""
    pending: dict[int, Note] = {}
    deadlines: dict[int, int] = {}
    sends = {step for step, _, kind, *_ in timeline.trace.events if kind == "send"}
    for index, (step, at, kind, who, timer, deadline) in enumerate(timeline.trace.events):
        if kind == "set" and deadline >= 0:
            setter = timeline.trace.step(step) if step >= 0 else None
            slept = setter is not None and (setter.ended, setter.subject) == ("sleep", deadline)
            if not slept and setter is not None and _is_of_network(setter, step in sends):
                continue  # when a message arrives that is under way
            phrase = "{who} sleeps until {time}" if slept else "{who} sets a deadline of {time}"
            setting = say(name_of(timeline, who)) if who <= 0 else name_of(timeline, who)
            words = say(phrase, who=setting, time=say.seconds(deadline))
            pending[timer] = Note(at, index, step, who, "", (words,))
            deadlines[timer] = deadline
        elif kind == "fire" and timer in pending:
            note = pending.pop(timer)
            if at > deadlines[timer]:
                yield note._replace(texts=(say("{words}, met late", words=note.texts[0]),))
    for note in pending.values():
        yield note._replace(texts=(say("{words}, not reached", words=note.texts[0]),))


def _is_of_network(setter: Step, sends: bool) -> bool:
    """Return whether a deadline is one that the network sets for itself."""
    return sends or (setter.who == 0 and setter.subject in _OF_NETWORK)


def letters_of(notes: list[Note]) -> dict[Note, str]:
    """Return a letter for each of the first lines printed."""
    prints = [note for note in notes if note.sign == "'" and note.who]
    return dict(zip(prints, _LETTERS, strict=False))


# Rows: what a mark or a line tells


class Stretch(NamedTuple):
    """A part of a lane that takes time, drawn with one character."""

    start: int
    end: int
    fill: str
    words: tuple[str, ...]  # the best first


def names_of_rows(lanes: Iterable[Lane]) -> list[str]:
    """Return what stands before the lanes of tasks: their names, indented by their depth."""
    lanes = list(lanes)
    indent = {lane.number: min(2 * lane.depth, _INDENT) for lane in lanes}
    names = told_apart(lanes, lambda lane: _NAME - indent[lane.number])
    return [
        " " * indent[lane.number] + names[lane.number] + (f" @ {lane.host}" if lane.host else "")
        for lane in lanes
    ]


class Row:
    """A lane, as far as it does not depend on where the moments stand."""

    def __init__(
        self,
        timeline: Timeline,
        lane: Lane,
        name: str,
        notes: list[Note],
        letters: dict[Note, str],
        window: tuple[int, int],
        say: Words,
    ) -> None:
        self.name = name
        self.end = timeline.end if lane.ended is None else lane.ended
        self.start = lane.created
        self.error = lane.error
        marks = sorted(_marks(timeline, lane, notes, letters))
        self.marks = {
            at: _counted("".join(mark.sign for mark in there))
            for at, there in groupby(marks, key=lambda mark: mark.at)
            if window[0] <= at <= window[1]
        }
        self.stretches = [
            stretch
            for stretch in _stretches(timeline, lane, say)
            if stretch.start < window[1] and stretch.end > window[0]
        ]

    def moments(self) -> Iterator[int]:
        yield from self.marks
        for stretch in self.stretches:
            yield stretch.start
            yield stretch.end


class _Mark(NamedTuple):
    """A mark in a lane; marks stand in order."""

    at: int  # nanoseconds
    step: int
    order: int  # within the step
    sign: str


def _marks(
    timeline: Timeline, lane: Lane, notes: list[Note], letters: dict[Note, str]
) -> Iterator[_Mark]:
    yield _Mark(lane.created, -1, 0, "|")
    prints: set[int] = set()  # and what is sent: steps that have a mark of their own
    for note in notes:
        if note.who == lane.number and note.sign:
            sign = letters.get(note, MORE_PRINTS) if note.sign == "'" else note.sign
            yield _Mark(note.at, note.step, 1 + note.event, sign)
            if note.sign in ("'", SENDS):
                prints.add(note.step)
    received = _received_in(timeline, lane)
    for index in received:
        yield _Mark(timeline.trace.step(index).at, index, 0, RECEIVES)
    for index in lane.steps:
        step = timeline.trace.step(index)
        ends_here = step.ended in ENDS and index not in timeline.blocked_in
        first = index == lane.steps[0] and step.at == lane.created
        if not ends_here and not first and index not in prints | received:
            yield _Mark(step.at, index, 0, "o")
    ended_at = timeline.end if lane.ended is None else lane.ended
    yield _Mark(ended_at, len(timeline.trace.steps), 0, _END_MARKS[lane.outcome])


def _received_in(timeline: Timeline, lane: Lane) -> set[int]:
    """Return the steps for which a task was woken by what had taken time to arrive."""
    return {
        one.received_in
        for one in timeline.messages
        if one.receiver == lane.number != one.sender
        and one.received_in >= 0
        and one.arrived is not None
        and one.arrived > one.sent
    }


def _counted(marks: str) -> str:
    """Return marks with the number of equal ones where these are many."""
    counted = ""
    for mark, alike in groupby(marks):
        count = len(list(alike))
        counted += f"{mark}({count})" if count >= _ALIKE else mark * count
    return counted


def _stretches(timeline: Timeline, lane: Lane, say: Words) -> Iterator[Stretch]:
    held = _of_lane(timeline.holdings, lane)
    visits = _of_lane(timeline.visits, lane)
    for span in lane.spans:
        if span.end == span.start:
            continue
        if span.state in (READY, RUNNING):
            yield Stretch(span.start, span.end, "#" if span.state == RUNNING else ".", ())
            continue
        words = _words(timeline, span, say)
        cuts = {span.start, span.end}
        edges = (at for period in (*held, *visits) for at in period)
        cuts.update(at for at in edges if span.start < at < span.end)
        for start, end in pairwise(sorted(cuts)):
            fills = (
                fill for fill, there in (("=", held), ("~", visits)) if _covers(there, start, end)
            )
            yield Stretch(start, end, next(fills, "-"), words)


def _of_lane(periods: Iterable[Holding | Visit], lane: Lane) -> list[tuple[int, int]]:
    """Return from when to when a task has something, as far as that takes time."""
    return [
        (period.start, period.end)
        for period in periods
        if period.task == lane.number and period.end > period.start
    ]


def _covers(periods: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(since <= start and end <= until for since, until in periods)


def _words(timeline: Timeline, span: Span, say: Words) -> tuple[str, ...]:
    """Return for what a task waits: in full, and in short."""
    if span.kind == "sleep":
        deadline = timeline.trace.step(span.step).subject
        slept = say.number(plain_seconds(deadline - span.start)) if deadline >= 0 else ""
        words = say("{number}s", number=slept) if slept else say("for ever")
        return (say("{wait}, cut short", wait=words) if span.cut else words,)
    full, *shorter = say.waits(timeline, span)
    primitive = timeline.primitive(span)
    if primitive is not None:
        return full, primitive.name or say.primitive(primitive)
    return full, *shorter
