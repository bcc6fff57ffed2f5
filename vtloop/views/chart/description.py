"""A schedule in words: what a screen reader reads of a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from vtloop.timeline.participants import shown
from vtloop.timeline.spans import Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.values.columns import plain
from vtloop.views.chart.words import drawable, span_words
from vtloop.views.words import Words

_MOST = 120  # sentences, of a task each
_MOST_PARTS = 40  # of a sentence

_Part: TypeAlias = tuple[int, Callable[[], str]]
"""When something is, in nanoseconds, and what says it: of a long run most is only counted."""

_OUTCOMES = {
    "returned": "{who}, from {start} to {end}, returned",
    "raised": "{who}, from {start} to {end}, raised",
    "cancelled": "{who}, from {start} to {end}, cancelled",
    "crashed": "{who}, from {start} to {end}, crashed with its host",
    "": "{who}, from {start} to {end}, left pending",
}


def described(timeline: Timeline, say: Words, until: int | None = None) -> str:
    """Return what each task does from when to when, a line for each; up to a time, or to the end.

    The time is in nanoseconds.
    """
    end = timeline.end if until is None else until
    lanes = [lane for lane in shown(timeline) if lane.created <= end]
    printed = _printed(timeline, say)
    lines = [
        _line(timeline, say, lane, printed.get(lane.number, []), end) for lane in lanes[:_MOST]
    ]
    if len(lanes) > _MOST:
        lines.append(say("… {count} more", count=len(lanes) - _MOST))
    return "\n".join(lines)


def _line(timeline: Timeline, say: Words, lane: Lane, printed: list[_Part], end: int) -> str:
    who, start = plain(lane.label), say.seconds(lane.created)
    life = say("{who}, from {start} on", who=who, start=start)
    last = timeline.end if lane.ended is None else lane.ended
    if last <= end:
        life = say(_OUTCOMES[lane.outcome], who=who, start=start, end=say.seconds(last))
    found = sorted([*_spans(timeline, say, lane, end), *printed], key=lambda part: part[0])
    told = [words for at, words in found if at <= end]
    parts = [words() for words in told[:_MOST_PARTS]]
    if more := len(told) - len(parts):
        parts.append(say("… {count} more", count=more))
    return f"{life}: {'; '.join(parts)}." if parts else f"{life}."


def _spans(timeline: Timeline, say: Words, lane: Lane, end: int) -> Iterator[_Part]:
    for span in lane.spans:
        if span.end > span.start and span.end <= end:
            yield span.start, partial(_whole, timeline, say, span)
        elif span.end > max(span.start, end):
            yield span.start, partial(_going_on, timeline, say, span)


def _whole(timeline: Timeline, say: Words, span: Span) -> str:
    does = next(span_words(say, timeline, span), "")
    since, until = say.seconds(span.start), say.seconds(span.end)
    return say("{what} from {start} to {end}", what=does, start=since, end=until)


def _going_on(timeline: Timeline, say: Words, span: Span) -> str:
    does = next(span_words(say, timeline, span._replace(cut=False)), "")
    return say("{what} from {start} on", what=does, start=say.seconds(span.start))


def _printed(timeline: Timeline, say: Words) -> dict[int, list[_Part]]:
    """Return what each task printed."""
    found: dict[int, list[_Part]] = {}
    for _, at, kind, who, subject, _ in timeline.trace.events:
        if kind == "print":
            text = timeline.trace.printed[subject].text
            found.setdefault(who, []).append((at, partial(_prints, say, text, at)))
    return found


def _prints(say: Words, text: str, at: int) -> str:
    return say("prints “{text}” at {time}", text=drawable(text), time=say.seconds(at))
