"""Times, lists and places in the words of claims."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, takewhile

from vtloop.claims.claim import unique
from vtloop.errors import SimulationError
from vtloop.timeline.participants import name_of
from vtloop.timeline.periods import Position
from vtloop.timeline.spans import WAITING, Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NEVER, Seconds, format_seconds, to_nanoseconds

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

_MOST = 8  # items of a list


def claimed(seconds: Seconds) -> int:
    """Return a time that a claim names, in nanoseconds; ValueError for one that cannot be."""
    nanoseconds = to_nanoseconds(seconds)
    if not 0 <= nanoseconds < NEVER:
        raise ValueError(
            f"A claim was made about {seconds!r} seconds, while the times of a run are finite and "
            "count from its start; pass a finite number that is not negative"
        )
    return nanoseconds


def refuse_if_going_on(timeline: Timeline, what: str, instead: str) -> None:
    """Raise SimulationError for a claim about the whole of a run that has not ended yet."""
    if timeline.trace.header.get("going_on"):
        now = format_seconds(timeline.end)
        raise SimulationError(f"{what} was claimed of a run that goes on, at {now}; {instead}")


def compared(actual: int, expected: int, more: str, less: str) -> str:
    """Return by how much one time differs from another, like ', 0.5 s later'; '' if it does not."""
    if actual == expected:
        return ""
    words = more if actual > expected else less
    difference = abs(actual - expected)
    return f", {f'{difference} ns' if difference < 1000 else format_seconds(difference)} {words}"


def listed(items: Sequence[object], joint: str = "and") -> str:
    """Return items in words, like '1, 2 and 3'; only the first of many."""
    words = [str(item) for item in items[:_MOST]]
    if len(items) > _MOST:
        words.append(f"{len(items) - _MOST} more")
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


def often(count: int) -> str:
    """Return a number of times in words."""
    return "once" if count == 1 else f"{count} times"


def times(moments: Sequence[int]) -> str:
    """Return instants in words."""
    return listed([format_seconds(at) for at in moments])


def names(timeline: Timeline, numbers: Sequence[int]) -> str:
    """Return tasks in words."""
    return listed([name_of(timeline, number) for number in numbers])


def called(task: str | int) -> str:
    """Return what a claim calls a task."""
    return f"task {task}" if isinstance(task, int) else task


def ended(lane: Lane) -> str:
    """Return how a task ended, in words."""
    if lane.ended is None:
        return f"{lane.label} never ended"
    verb = {
        "returned": "finished",
        "raised": f"raised {lane.error}",
        "cancelled": "was cancelled",
        "crashed": "crashed with its host",
    }
    return f"{lane.label} {verb[lane.outcome]} at {format_seconds(lane.ended)}"


def suspension_before(lane: Lane, step: int) -> Span | None:
    """Return where a task was suspended last when a step came; None if it had not been."""
    return next(
        (span for span in reversed(lane.spans) if _suspends(span) and span.step < step), None
    )


def suspension_after(lane: Lane, step: int) -> Span | None:
    """Return where a task was suspended first since a step; None if it was not."""
    return next((span for span in lane.spans if _suspends(span) and span.step >= step), None)


def _suspends(span: Span) -> bool:
    return span.state == WAITING or (span.kind == "turn" and span.step >= 0)


def suspended(timeline: Timeline, lane: Lane, span: Span | None) -> str:
    """Return where a task was suspended, and why; where it was created if it was not."""
    stack = timeline.trace.stacks[lane.place] if span is None else timeline.stack(span)
    where = f" at {stack[-1]}" if stack else ""
    if span is None:
        return f"{lane.label} was created{where}"
    since, until = format_seconds(span.start), format_seconds(span.end)
    if span.kind == "turn":
        return f"{lane.label} let others run at {since}{where}"
    what = "" if span.kind == "sleep" else f" for {span.what}"
    return f"{lane.label} waited from {since} to {until}{what}{where}"


def places_before(timeline: Timeline, lane: Lane, position: Position | None) -> tuple[str, ...]:
    """Return where a task was suspended last before a position, or before the end."""
    step = len(timeline.trace.steps) if position is None else position.step
    return (suspended(timeline, lane, suspension_before(lane, step)),)


_WAITS = 4  # that a picture goes back by


def since_some_waits(lane: Lane, step: int) -> int:
    """Return the instant from which on a picture tells how a task came to a step."""
    waits = (span for span in reversed(lane.spans) if span.state == WAITING and span.step < step)
    back = list(islice(waits, _WAITS + 1))
    return back[_WAITS].end if len(back) > _WAITS else lane.created


def who_led_to(timeline: Timeline, lane: Lane, step: int) -> tuple[int, ...]:
    """Return the tasks without which a task would have come earlier to a step, itself first."""
    since = since_some_waits(lane, step)
    step_at = timeline.trace.step
    led = takewhile(
        lambda index: index > lane.steps[0] and step_at(index).at >= since, timeline.back_from(step)
    )
    return unique([lane.number, *filter(None, (step_at(index).who for index in led))])
