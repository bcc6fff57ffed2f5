"""What the report of a failed test tells of its run: the marbles, the last steps, the chart."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vtloop.errors import SimulationError
from vtloop.timeline.spans import WAITING
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds, plain_seconds, to_seconds
from vtloop.values.columns import columns, cut, padded, plain
from vtloop.values.trace import ENDS, Event, Step, Trace
from vtloop.views.formats import write
from vtloop.views.marbles import marbles

_STEPS = 10  # that are told
_INSTANTS = 40  # that are drawn
_TOO_MANY = 2_000_000  # steps: to make a schedule of more would take minutes


def section(
    trace: Trace, began: int, reproducible: bool, date: str, title: str, charts: str | None
) -> str:
    """Return the section of a report about a run that began at an instant of its loop's clock.

    `date` is what to say of its date, '' if nothing is known; `title` is the test's. A chart is
    drawn if `charts`, a directory, is given.
    """
    return "\n".join(_lines(trace, began, reproducible, date, title, charts))


def _lines(
    trace: Trace, began: int, reproducible: bool, date: str, title: str, charts: str | None
) -> Iterator[str]:
    if len(trace.steps) > _TOO_MANY:
        yield f"The run has {len(trace.steps):,} steps, too many to be shown."
        return
    timeline = Timeline(trace)
    if began:
        yield (
            f"Times count from where this part of the test began, at {format_seconds(began)} "
            "of its loop's clock."
        )
    instants = timeline.instants.keys()
    start = instants[-_INSTANTS] if len(instants) > _INSTANTS else 0
    if start:
        yield f"The last {_INSTANTS} of {len(instants):,} instants:"
    yield marbles(timeline, start=to_seconds(start))
    yield ""
    yield from _last_steps(timeline)
    if date:
        yield date
    yield from (f"Notice: {notice}" for notice in trace.notices)
    if not reproducible:
        yield "So this may not happen again."
    if charts:
        yield f"Chart: {_chart(timeline, title, charts)}"


# The last steps


def _last_steps(timeline: Timeline) -> Iterator[str]:
    steps = [index for index, (_, who, *_) in enumerate(timeline.trace.steps) if who]
    if not steps:
        return
    told = steps[-_STEPS:]
    yield f"Last {len(told)} of {len(steps):,} steps:" if len(told) < len(steps) else "Steps:"
    events: dict[int, list[Event]] = {}
    for event in map(Event._make, timeline.trace.events):
        step = event.step
        if step >= 0 and event.who == timeline.trace.step(step).who:  # not between two steps
            events.setdefault(step, []).append(event)
    ats = [plain_seconds(timeline.trace.step(index).at) for index in told]
    labels = [timeline.lanes[timeline.trace.step(index).who].label for index in told]
    width = max(map(columns, labels))
    for index, at, label in zip(told, ats, labels, strict=True):
        words = plain("; ".join(_words(timeline, index, events.get(index, []))))
        yield f"  {at:>{max(map(len, ats))}} s  {padded(label, width)}  {words}"


def _words(timeline: Timeline, index: int, events: list[Event]) -> Iterator[str]:
    """Yield what happened in a step: what it came from, what it did, how it ended."""
    trace = timeline.trace
    step = trace.step(index)
    if cause := _cause(timeline, index, step):
        yield cause
    for _, _, kind, _, subject, _ in events:
        if kind == "deliver":
            yield "gets CancelledError"
        elif kind == "cancel":
            yield f"cancels {timeline.lanes[subject].label}"
        elif kind == "acquire":
            yield f"takes {trace.primitives[subject]}"
        elif kind == "release":
            yield f"releases {trace.primitives[subject]}"
        elif kind == "print":
            yield f"prints {trace.printed[subject].text!r}"
        elif kind == "block":
            blocked = trace.blocked[subject]
            yield f"blocks the loop for {format_seconds(blocked.duration)} ({blocked.how})"
    lane = timeline.lanes[step.who]
    if step.ended in ENDS:
        error = re.sub(r"\\n.*", "..", lane.error)  # of the first line, as pytest shows the whole
        raises = lane.outcome == "raised"
        yield f"raises {cut(error, 60)}" if raises else f"ends {_ENDS[step.ended]}"
        return
    stack = trace.stacks[step.stack]
    where = f", at {stack[-1].file}:{stack[-1].line}" if stack else ""
    if index == len(trace.steps) - 1 and step.ended == "turn":
        yield f"runs{where}"
    elif step.ended == "sleep":
        until = step.subject
        yield f"sleeps {'for ever' if until < 0 else f'until {format_seconds(until)}'}{where}"
    else:
        waiting = next((s for s in lane.spans if s.step == index and s.state == WAITING), None)
        yield f"waits for {waiting.what if waiting else 'its next turn'}{where}"


_ENDS = {"returned": "normally", "cancelled": "as cancelled"}


def _cause(timeline: Timeline, index: int, step: Step) -> str:
    lane = timeline.lanes[step.who]
    if lane.steps[0] == index:
        return "starts"
    arrows = (arrow for arrow in timeline.arrows if arrow.target_step == index)
    wakes = (arrow for arrow in arrows if arrow.kind in ("wake", "join", "message"))
    sources = [arrow.source for arrow in wakes if arrow.source]
    return f"woken by {timeline.lanes[sources[0]].label}" if sources else ""


def _chart(timeline: Timeline, title: str, directory: str) -> str:
    """Draw a run to a file in a directory; return its path, or what was in the way."""
    name = re.sub(r"[^\w.-]+", "_", title).strip("_")
    path = Path(directory, f"{name}.svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(timeline, path)
    except SimulationError:  # there is no matplotlib
        path = path.with_suffix(".html")
        write(timeline, path)
    return os.fspath(path)
