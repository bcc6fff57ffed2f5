"""Times, lists and places in the words of claims."""

from __future__ import annotations

from collections.abc import Sequence

from vtloop.actors import name_of
from vtloop.clock import NEVER, Seconds, format_seconds, to_nanoseconds
from vtloop.periods import Position
from vtloop.timeline import WAITING, Lane, Span, Timeline

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


def compared(actual: int, expected: int, more: str, less: str) -> str:
    """Return by how much one time differs from another, like ', 0.5 s later'; '' if it does not."""
    if actual == expected:
        return ""
    words = more if actual > expected else less
    return f", {format_seconds(abs(actual - expected))} {words}"


def listed(items: Sequence[object], joint: str = "and") -> str:
    """Return items in words, like '1, 2 and 3'; only the first of many."""
    words = [str(item) for item in items[:_MOST]]
    if len(items) > _MOST:
        words.append(f"{len(items) - _MOST} more")
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


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
    verb = {"returned": "finished", "raised": f"raised {lane.error}", "cancelled": "was cancelled"}
    return f"{lane.label} {verb[lane.outcome]} at {format_seconds(lane.ended)}"


def wait_before(lane: Lane, step: int) -> Span | None:
    """Return the last wait of a task that was over, or had begun, by a step; None without one."""
    for span in reversed(lane.spans):
        if span.step < step and span.state == WAITING:
            return span
    return None


def wait_after(lane: Lane, step: int) -> Span | None:
    """Return the first wait of a task since a step; None without one."""
    return next((span for span in lane.spans if span.step >= step and span.state == WAITING), None)


def waited(timeline: Timeline, lane: Lane, span: Span | None) -> str:
    """Return where a task waited and for what; where it was created if it did not."""
    if span is None:
        stack = timeline.trace.stacks[lane.place]
        return f"{lane.label} was created at {stack[-1]}" if stack else ""
    stack = timeline.stack(span)
    what = "" if span.kind in ("sleep", "turn") else f" for {span.what}"
    where = f" at {stack[-1]}" if stack else ""
    since, until = format_seconds(span.start), format_seconds(span.end)
    return f"{lane.label} waited from {since} to {until}{what}{where}"


def places_before(timeline: Timeline, lane: Lane, position: Position | None) -> tuple[str, ...]:
    """Return where a task waited last before a position, as far as that is known."""
    step = len(timeline.trace.steps) if position is None else position.step
    text = waited(timeline, lane, wait_before(lane, step))
    return (text,) if text else ()


def since_last_wait(lane: Lane, step: int) -> int:
    """Return since when a task waited before a step, in nanoseconds."""
    span = wait_before(lane, step)
    return lane.created if span is None else span.start
