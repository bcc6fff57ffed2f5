"""A timeline in Chrome's trace-event format, for https://ui.perfetto.dev and chrome://tracing.

- Each task is a thread of process 1, in creation-tree order. Its steps, and what it waits for in
  between, are complete events (`X`) that touch and never overlap. A step that takes no time is an
  event of no duration; a wait that takes none is left out.
- Events of a kind have one name, "sleep" or "Lock 'x'", as Perfetto colours and sums them by names.
  What differs from one to the next is in their arguments.
- What a task does to another is a flow (`s`, `f`). A viewer binds its ends to the event that was
  begun last on that thread: so each stands right behind the event of its step.
- Timeouts are asynchronous events (`b`, `e`) beside the tasks. So are, in process 2, holdings of
  locks and permits, as these may overlap; how many wait, and how many are in a queue, are counters
  (`C`).
- Prints, requests and deliveries of cancellations, and messages that are lost or held, are instants
  (`i`). What is sent over the network is a flow that tells what it carries.
- Times are microseconds. Nanoseconds are their three decimals, exact up to 50 days.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, TypeAlias

from vtloop.timeline.participants import name_of, shown
from vtloop.timeline.spans import RUNNING, WAITING, Bracket, Holding, Lane, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.options import check
from vtloop.views.message_words import fate, one_by_one, summary, way
from vtloop.views.options import OF_TEXTS
from vtloop.views.style import ARROWS
from vtloop.views.words import Words, words_of

TASKS, PRIMITIVES = 1, 2  # processes
_OF_PROCESS = 0  # the thread of what is no task's

# In which order events stand: (nanoseconds, step, place within it). The places are those below.
_Key: TypeAlias = tuple[int, int, int]
_STEP, _WITHIN, _AFTER = 0, 1, 2

# Perfetto shows some escapes as they stand, and ends a text at NUL: no control character is left.
_PICTURES = {code: " " if chr(code).isspace() else chr(0x2400 + code) for code in range(32)}

_Event: TypeAlias = dict[str, Any]
_RUNS = {"returned": "returns", "raised": "raises", "cancelled": "ends cancelled"}


def perfetto(timeline: Timeline, *, words: str | Mapping[str, Any] = "en") -> dict[str, Any]:
    """Return a timeline as a JSON object of the trace-event format.

    `words` is the language, as for charts. TypeError or ValueError for what is none.
    """
    check(OF_TEXTS, timeline=timeline, words=words)
    say = words_of(words)
    lanes = {lane.number: lane for lane in shown(timeline)}
    timed = [
        *_spans(timeline, lanes, say),
        *_flows(timeline, lanes, say),
        *_instants(timeline, lanes, say),
        *_hindered(timeline, lanes, say),
        *_timeouts(timeline, lanes, say),
        *_holdings(timeline, say),
        *_counters(timeline, say),
    ]
    timed.sort(key=itemgetter(0))  # by their keys, and not by what the events are
    return {
        "traceEvents": [*_names(timeline, lanes, say), *(event for _, event in timed)],
        "displayTimeUnit": "ns",
        "otherData": {name: str(value) for name, value in timeline.trace.header.items()},
    }


def save(timeline: Timeline, path: str | os.PathLike[str], **options: Any) -> None:
    """Write a timeline to a file that Perfetto opens; options as for `perfetto`."""
    with open(path, "wb") as file:
        file.write(encoded(timeline, **options))


def encoded(timeline: Timeline, **options: Any) -> bytes:
    """Return what is in such a file."""
    # Without escapes for 🐢 and its like: Perfetto refuses them, as they come in pairs.
    text = json.dumps(perfetto(timeline, **options), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _names(timeline: Timeline, lanes: dict[int, Lane], say: Words) -> Iterator[_Event]:
    yield _metadata("process_name", TASKS, _OF_PROCESS, name=say("tasks"))
    yield _metadata("process_sort_index", TASKS, _OF_PROCESS, sort_index=0)
    for index, lane in enumerate(lanes.values()):
        given = "" if lane.label.startswith(lane.coroutine) else f" ({lane.coroutine})"
        host = f" @ {lane.host}" if lane.host else ""
        name = f"{lane.label}{given}{host}".translate(_PICTURES)
        yield _metadata("thread_name", TASKS, lane.number, name=name)
        yield _metadata("thread_sort_index", TASKS, lane.number, sort_index=index)
    if timeline.holdings or timeline.visits or timeline.queues or timeline.levels:
        name = say("locks, queues, sections")
        yield _metadata("process_name", PRIMITIVES, _OF_PROCESS, name=name)
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


def _spans(timeline: Timeline, lanes: dict[int, Lane], say: Words) -> Iterator[tuple[_Key, _Event]]:
    trace = timeline.trace
    calls = {
        step: trace.blocked[call] for step, _, kind, _, call, _ in trace.events if kind == "block"
    }
    waits: dict[tuple[str, object], tuple[str, str]] = {}  # how each kind is called, and told
    for lane in lanes.values():
        for span in lane.spans:
            running = span.state == RUNNING
            if not running and span.start == span.end:
                continue
            arguments: dict[str, Any] = {"step": span.step}
            if span.state == WAITING:
                wait = span.kind, span.asked if span.kind == "sleep" else span.what
                if wait not in waits:
                    told = say.wait(timeline, span).translate(_PICTURES)
                    waits[wait] = say.kind(timeline, span), told
                name, arguments["waits for"] = waits[wait]
                if span.cut:
                    arguments["cut after"] = say.seconds(span.end - span.start)
            elif running:
                name = say(_RUNS.get(span.kind, "runs"))
                if span.kind == "raised":
                    arguments["error"] = lane.error.translate(_PICTURES)
                if span.end > span.start and span.step in calls:
                    name = calls[span.step].how
                    arguments["blocks the loop"] = calls[span.step].place.translate(_PICTURES)
            else:
                name = say("ready")
            if stack := timeline.stack(span):
                arguments["at"] = [str(place) for place in stack]
            key = span.start, span.step, _STEP if running else _AFTER
            length = microseconds(span.end - span.start)
            place: dict[str, Any] = {"dur": length, "args": arguments}
            yield key, _event("X", name, span.state, span.start, lane.number, **place)


def _flows(timeline: Timeline, lanes: dict[int, Lane], say: Words) -> Iterator[tuple[_Key, _Event]]:
    for number, arrow in enumerate(timeline.arrows, start=1):
        if arrow.source not in lanes or arrow.target not in lanes or arrow.target_step < 0:
            continue
        name = say(ARROWS[arrow.kind][0])
        start = (arrow.start, arrow.source_step, _WITHIN)
        what: dict[str, Any] = {}
        if arrow.messages:
            carried = [timeline.messages[index] for index in arrow.messages]
            each = one_by_one(say, carried).translate(_PICTURES)
            what["args"] = {"carries": summary(say, carried), "messages": each}
        yield start, _event("s", name, "arrow", arrow.start, arrow.source, id=number, **what)
        end = (arrow.end, arrow.target_step, _WITHIN)
        yield end, _event("f", name, "arrow", arrow.end, arrow.target, id=number, bp="e")


def _instants(
    timeline: Timeline, lanes: dict[int, Lane], say: Words
) -> Iterator[tuple[_Key, _Event]]:
    trace = timeline.trace
    for told in trace.events:
        step, at, kind, who, subject, _ = told
        key = at, step, _WITHIN
        if kind == "print":
            printed = trace.printed[subject]
            mine = who in lanes and lanes[who].label == printed.who
            thread, scope = (who, "t") if mine else (_OF_PROCESS, "p")
            event = _event("i", printed.text, "print", printed.at, thread, s=scope)
            yield (printed.at, step, _WITHIN), event
        elif kind == "cancel" and subject in lanes:
            by, message = say.requested(timeline, told)
            arguments = {"by": by.translate(_PICTURES), "message": message.translate(_PICTURES)}
            name = say("cancel is requested")
            yield key, _event("i", name, "cancel", at, subject, s="t", args=arguments)
        elif kind == "deliver" and subject in lanes:
            name = say("CancelledError is delivered")
            yield key, _event("i", name, "cancel", at, subject, s="t")


def _hindered(
    timeline: Timeline, lanes: dict[int, Lane], say: Words
) -> Iterator[tuple[_Key, _Event]]:
    """Yield an instant for each message that is lost or held."""
    for message in timeline.messages:
        if message.sender in lanes and (hindered := fate(say, message)):
            name = say("message is held" if message.held else "message is lost")
            arguments = {"message": way(say, message), "fate": hindered}
            texts = {key: text.translate(_PICTURES) for key, text in arguments.items()}
            at, thread = message.sent, message.sender
            event = _event("i", name, "message", at, thread, s="t", args=texts)
            yield (at, message.sent_in, _WITHIN), event


def _timeouts(
    timeline: Timeline, lanes: dict[int, Lane], say: Words
) -> Iterator[tuple[_Key, _Event]]:
    for number, bracket in enumerate(timeline.timeouts, start=1):
        if bracket.task not in lanes:
            continue
        arguments = {
            "task": name_of(timeline, bracket.task).translate(_PICTURES),
            "deadline": next(say.timeout(bracket.lengths)),
            "cancels": bracket.fired,
        }
        yield from _pair(timeline, bracket, TASKS, number, say("timeout"), "timeout", arguments)


def _holdings(timeline: Timeline, say: Words) -> Iterator[tuple[_Key, _Event]]:
    primitives = timeline.trace.primitives
    held: list[tuple[Holding | Visit, str, str, str]] = [
        (one, say.primitive(primitives[one.primitive]), "holding", "held by")
        for one in timeline.holdings
    ]
    held += [
        (one, say("section {name}", name=one.section), "section", "task") for one in timeline.visits
    ]
    for number, (one, name, category, whose) in enumerate(held, start=1):
        arguments = {whose: name_of(timeline, one.task).translate(_PICTURES)}
        yield from _pair(timeline, one, PRIMITIVES, number, name, category, arguments)


def _pair(
    timeline: Timeline,
    one: Holding | Visit | Bracket,
    process: int,
    number: int,
    name: str,
    category: str,
    arguments: dict[str, Any],
) -> Iterator[tuple[_Key, _Event]]:
    """Yield the begin and the end of what may overlap with others."""
    last = len(timeline.trace.steps)
    # Perfetto takes a plain `id` for that of no process.
    same: dict[str, Any] = {"process": process, "id2": {"local": hex(number)}, "args": arguments}
    for place, (phase, at) in enumerate((("b", one.start), ("e", one.end))):
        yield (at, last, place), _event(phase, name, category, at, _OF_PROCESS, **same)


def _counters(timeline: Timeline, say: Words) -> Iterator[tuple[_Key, _Event]]:
    last, primitives = len(timeline.trace.steps), timeline.trace.primitives
    counted = [
        (
            lengths,
            say("waiting for {primitive}", primitive=say.primitive(primitives[number])),
            "tasks",
        )
        for number, lengths in timeline.queues.items()
    ]
    counted += [
        (levels, say("in {primitive}", primitive=say.primitive(primitives[number])), "number")
        for number, levels in timeline.levels.items()
    ]
    for changes, name, unit in counted:
        for at, many in dict(changes).items():  # the last of each instant
            same: dict[str, Any] = {"process": PRIMITIVES, "args": {unit: many}}
            yield (at, last, _AFTER), _event("C", name, "queue", at, _OF_PROCESS, **same)
