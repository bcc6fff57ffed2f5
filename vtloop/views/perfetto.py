"""A timeline in Chrome's trace-event format, for https://ui.perfetto.dev and chrome://tracing.

- Each task is a thread of process 1, in creation-tree order. Its steps, and what it waits for in
  between, are complete events (`X`) that touch and never overlap. A step that takes no time is an
  event of no duration; a wait that takes none is left out.
- What a task does to another is a flow (`s`, `f`). A viewer binds its ends to the event that was
  begun last on that thread: so each stands right behind the event of its step.
- Holdings of locks and permits may overlap: in process 2 they are asynchronous events (`b`, `e`),
  and the number of those who wait is a counter (`C`).
- Prints and requests to cancel are instants (`i`).
- Times are microseconds. Nanoseconds are their three decimals, exact up to 50 days.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, TypeAlias

from vtloop.timeline.participants import name_of, request_of, shown
from vtloop.timeline.spans import RUNNING, WAITING, Holding, Lane, Span, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.options import check
from vtloop.views.options import OF_PAGES

TASKS, PRIMITIVES = 1, 2  # processes
_OF_PROCESS = 0  # the thread of what is no task's

# In which order events stand: (nanoseconds, step, place within it). The places are those below.
_Key: TypeAlias = tuple[int, int, int]
_STEP, _WITHIN, _AFTER = 0, 1, 2

# Perfetto shows some escapes as they stand, and ends a text at NUL: no control character is left.
_PICTURES = {code: " " if chr(code).isspace() else chr(0x2400 + code) for code in range(32)}

_Event: TypeAlias = dict[str, Any]
_ENDS = {"returned": "returns", "raised": "raises", "cancelled": "ends as cancelled"}


def perfetto(timeline: Timeline) -> dict[str, Any]:
    """Return a timeline as a JSON object of the trace-event format."""
    check(OF_PAGES, timeline=timeline)
    lanes = {lane.number: lane for lane in shown(timeline)}
    timed = [
        *(event for lane in lanes.values() for event in _spans(timeline, lane)),
        *_flows(timeline, lanes),
        *_instants(timeline, lanes),
        *_holdings(timeline),
        *_queues(timeline),
    ]
    timed.sort(key=itemgetter(0))  # by their keys, and not by what the events are
    return {
        "traceEvents": [*_names(timeline, lanes), *(event for _, event in timed)],
        "displayTimeUnit": "ns",
        "otherData": {name: str(value) for name, value in timeline.trace.header.items()},
    }


def save(timeline: Timeline, path: str | os.PathLike[str]) -> None:
    """Write a timeline to a file that Perfetto opens."""
    with open(path, "wb") as file:
        file.write(encoded(timeline))


def encoded(timeline: Timeline) -> bytes:
    """Return what is in such a file."""
    # Without escapes for 🐢 and its like: Perfetto refuses them, as they come in pairs.
    text = json.dumps(perfetto(timeline), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _names(timeline: Timeline, lanes: dict[int, Lane]) -> Iterator[_Event]:
    yield _metadata("process_name", TASKS, _OF_PROCESS, name="tasks")
    yield _metadata("process_sort_index", TASKS, _OF_PROCESS, sort_index=0)
    for index, lane in enumerate(lanes.values()):
        given = "" if lane.label.startswith(lane.coroutine) else f" ({lane.coroutine})"
        name = f"{lane.label}{given}".translate(_PICTURES)
        yield _metadata("thread_name", TASKS, lane.number, name=name)
        yield _metadata("thread_sort_index", TASKS, lane.number, sort_index=index)
    if timeline.holdings or timeline.visits or timeline.queues:
        yield _metadata("process_name", PRIMITIVES, _OF_PROCESS, name="locks, queues, sections")
        yield _metadata("process_sort_index", PRIMITIVES, _OF_PROCESS, sort_index=1)


def _metadata(kind: str, process: int, thread: int, **arguments: Any) -> _Event:
    return {"ph": "M", "name": kind, "pid": process, "tid": thread, "args": arguments}


def _event(
    phase: str, name: str, category: str, at: int, thread: int, *, process: int = TASKS, **rest: Any
) -> _Event:
    return {
        "ph": phase,
        "name": name.translate(_PICTURES) or "(nothing)",
        "cat": category,
        "ts": microseconds(at),
        "pid": process,
        "tid": thread,
        **rest,
    }


def microseconds(nanoseconds: int) -> int | float:
    """Return `nanoseconds` as microseconds, whole or with three decimals."""
    whole, rest = divmod(nanoseconds, 1000)
    return nanoseconds / 1000 if rest else whole


def _spans(timeline: Timeline, lane: Lane) -> Iterator[tuple[_Key, _Event]]:
    for span in lane.spans:
        running = span.state == RUNNING
        if not running and span.start == span.end:
            continue
        key = span.start, span.step, _STEP if running else _AFTER
        arguments: dict[str, Any] = {"step": span.step}
        if span.state == WAITING:
            arguments["waits for"] = span.what.translate(_PICTURES)
        if stack := timeline.stack(span):
            arguments["at"] = [str(place) for place in stack]
        yield (
            key,
            _event(
                "X",
                _name(lane, span),
                span.state,
                span.start,
                lane.number,
                dur=microseconds(span.end - span.start),
                args=arguments,
            ),
        )


def _name(lane: Lane, span: Span) -> str:
    if span.state == WAITING:
        return span.what
    if span.state == RUNNING:
        error = f" {lane.error}" if span.kind == "raised" else ""
        return f"{_ENDS.get(span.kind, 'runs')}{error}"
    return span.state


def _flows(timeline: Timeline, lanes: dict[int, Lane]) -> Iterator[tuple[_Key, _Event]]:
    for number, arrow in enumerate(timeline.arrows, start=1):
        if arrow.source not in lanes or arrow.target not in lanes or arrow.target_step < 0:
            continue
        start = (arrow.start, arrow.source_step, _WITHIN)
        yield start, _event("s", arrow.kind, "arrow", arrow.start, arrow.source, id=number)
        end = (arrow.end, arrow.target_step, _WITHIN)
        yield end, _event("f", arrow.kind, "arrow", arrow.end, arrow.target, id=number, bp="e")


def _instants(timeline: Timeline, lanes: dict[int, Lane]) -> Iterator[tuple[_Key, _Event]]:
    trace = timeline.trace
    for told in trace.events:
        step, at, kind, who, subject, _ = told
        if kind == "print":
            printed = trace.printed[subject]
            mine = who in lanes and lanes[who].label == printed.who
            thread, scope = (who, "t") if mine else (_OF_PROCESS, "p")
            event = _event("i", printed.text, "print", printed.at, thread, s=scope)
            yield (printed.at, step, _WITHIN), event
        elif kind == "cancel" and subject in lanes:
            by, message = request_of(timeline, told)
            arguments = {"by": by, "message": message}
            event = _event("i", "cancel requested", "cancel", at, subject, s="t", args=arguments)
            yield (at, step, _WITHIN), event


def _holdings(timeline: Timeline) -> Iterator[tuple[_Key, _Event]]:
    last, primitives = len(timeline.trace.steps), timeline.trace.primitives
    held: list[tuple[Holding | Visit, str, str, str]] = [
        (one, str(primitives[one.primitive]), "holding", "held by") for one in timeline.holdings
    ]
    held += [(one, f"section {one.section}", "section", "task") for one in timeline.visits]
    for number, (one, primitive, category, whose) in enumerate(held, start=1):
        same: dict[str, Any] = {
            "process": PRIMITIVES,
            "id2": {"local": hex(number)},  # a plain `id` is no process's, to Perfetto
            "args": {whose: name_of(timeline, one.task)},
        }
        for place, (phase, at) in enumerate((("b", one.start), ("e", one.end))):
            yield (at, last, place), _event(phase, primitive, category, at, _OF_PROCESS, **same)


def _queues(timeline: Timeline) -> Iterator[tuple[_Key, _Event]]:
    last = len(timeline.trace.steps)
    for primitive, lengths in timeline.queues.items():
        name = f"waiting for {timeline.trace.primitives[primitive]}"
        for at, waiting in dict(lengths).items():  # the last of each instant
            arguments = {"tasks": waiting}
            event = _event("C", name, "queue", at, _OF_PROCESS, process=PRIMITIVES, args=arguments)
            yield (at, last, _AFTER), event
