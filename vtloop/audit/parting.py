"""Where two processes that ran the same program part: in which step, or else in what they wrote.

On the same version of Python every step is to be the same, with all that happens in it. On another
one asyncio takes other steps, and may make other tasks; what is to be the same is what is printed,
and when, how long the program takes, and the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from vtloop.audit.requests import Told
from vtloop.timeline.difference import Deed, deeds, in_words
from vtloop.timeline.spans import WAITING
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds
from vtloop.values.trace import CALLBACKS, ENDS, Trace


class Side(NamedTuple):
    """What one of the two does where they part."""

    does: str
    at: int = -1  # nanoseconds; -1 where nothing is known of the time
    task: str = ""
    step: int = -1
    place: str = ""


class Parting(NamedTuple):
    """Where two runs part."""

    what: str  # 'step', 'output', 'outcome', or 'standard error'
    sides: tuple[Side, Side]


def parting(one: Told, other: Told) -> Parting | None:
    """Return where two runs part; None if they are the same."""
    if one.python and other.python and one.python != other.python:
        return _outlines_part(one, other)
    for first, second in zip_longest(one.traces, other.traces):
        if first is None or second is None:
            sides = Side("runs an event loop"), Side("runs no more event loop")
            return Parting("step", sides if second is None else sides[::-1])
        if first.digest() != second.digest():
            return _steps_part(Timeline(first), Timeline(second))
    return _texts_part(one, other) or (
        _lines_part("standard error", "writes", one.errors, other.errors)
    )


def _texts_part(one: Told, other: Told) -> Parting | None:
    return _lines_part("output", "prints", one.output, other.output) or (
        _lines_part("outcome", "", (one.outcome,), (other.outcome,))
    )


def _lines_part(what: str, does: str, one: Sequence[str], other: Sequence[str]) -> Parting | None:
    for first, second in zip_longest(one, other):
        if first != second:
            return Parting(what, (_line(does, first), _line(does, second)))
    return None


def _line(does: str, line: str | None) -> Side:
    if line is None:
        return Side(f"{does} nothing more")
    return Side(f"{does} {line!r}" if does else line)


# Steps


class _Step(NamedTuple):
    """All that is to be the same of a step."""

    deed: Deed
    label: str
    events: tuple[tuple[Any, ...], ...]


def _steps(timeline: Timeline) -> list[_Step]:
    trace = timeline.trace
    events: dict[int, list[tuple[Any, ...]]] = {}
    for step, at, kind, who, subject, detail in trace.events:
        events.setdefault(max(step, 0), []).append((kind, at, who, subject, detail))
    for made in trace.tasks:
        events.setdefault(max(made.step, 0), []).append(("create", made.at, *made[:-1]))
    return [
        _Step(
            deed,
            timeline.lanes[deed.who].label if deed.who else "a callback",
            tuple(events.get(index, ())),
        )
        for index, deed in enumerate(deeds(timeline))
    ]


def _steps_part(one: Timeline, other: Timeline) -> Parting | None:
    for index, (first, second) in enumerate(zip_longest(_steps(one), _steps(other))):
        if first != second:
            sides = _side(one, index, first, second), _side(other, index, second, first)
            if sides[0] == sides[1]:  # in words
                more = _more(first, second), _more(second, first)
                sides = sides[0]._replace(does=more[0]), sides[1]._replace(does=more[1])
            return Parting("step", sides)
    # What two runs name differently, but treat alike: the primitives, and prints of no step.
    return _lines_part("step", "has", _rest(one.trace), _rest(other.trace))


def _rest(trace: Trace) -> list[str]:
    return [str(line) for line in (*trace.primitives, *trace.printed)]


def _side(timeline: Timeline, index: int, step: _Step | None, other: _Step | None) -> Side:
    """Return what a step does, and above all what the other one does not."""
    if step is None:
        return Side("is over", timeline.end)
    deed = step.deed
    if other is None or deed.prints == other.deed.prints:
        does = _ends(timeline, index, deed)
    else:
        pairs = zip_longest(deed.prints, other.deed.prints)
        printed = next(first for first, second in pairs if first != second)
        does = f"prints {printed!r}" if printed is not None else "prints nothing more"
    return Side(does, deed.at, step.label, index, _place(timeline, index))


def _ends(timeline: Timeline, index: int, deed: Deed) -> str:
    """Return how a step ends, in words."""
    if deed.ended in ENDS or deed.ended in CALLBACKS:
        return f"{in_words(deed)} {deed.subject}".removesuffix("None").strip()
    spans = timeline.lanes[deed.who].spans
    what = next((span.what for span in spans if span.step == index and span.state == WAITING), "")
    blocks = f"blocks for {format_seconds(deed.blocked)}, then " if deed.blocked else ""
    return f"{blocks}waits for {what or 'its next turn'}"


def _more(step: _Step | None, other: _Step | None) -> str:
    """Return what happens in a step, and not in another one, as the trace has it."""
    events = () if step is None else step.events
    pairs = zip_longest(events, () if other is None else other.events)
    mine = next((first for first, second in pairs if first != second), None)
    return "does nothing more" if mine is None else " ".join(map(str, mine))


def _place(timeline: Timeline, index: int) -> str:
    """Return where a task waits after a step; where it has ended, where it waited before."""
    trace = timeline.trace
    _, who, _, _, _, stack = trace.steps[index]
    lane = timeline.lanes.get(who)
    if not stack and lane is not None:
        before = [step for step in lane.steps if step < index]
        stack = trace.step(before[-1]).stack if before else lane.place
    places = trace.stacks[stack]
    return str(places[-1]) if places else ""


# Outlines


def _outlines_part(one: Told, other: Told) -> Parting | None:
    pairs = zip_longest(_outline(one), _outline(other), fillvalue=Side("is over"))
    for first, second in pairs:
        if first != second:
            return Parting("step", (first, second))
    return _texts_part(one, other)


def _outline(told: Told) -> Iterator[Side]:
    """Yield the lines printed, and the ends of the main coroutines."""
    for trace in told.traces:
        yield from (Side(f"prints {line.text!r}", line.at) for line in trace.printed)
        yield Side("is over", trace.header.get("finished", -1))
