"""What a chart tells of a run beyond its spans: who was left, what is due when, which events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator

from vtloop.private.events import NAMES_OF_TIMEOUTS
from vtloop.timeline.participants import left_over
from vtloop.timeline.spans import Arrow, Lane
from vtloop.timeline.timeline import Timeline
from vtloop.views.words import Words


def words_of_arrows(say: Words, drawn: int, found: int, alone: int) -> str:
    """Say which arrows are drawn, of those found and those between rows of one task."""
    arrows = say("{count} arrows", count=found)
    if not drawn:
        return say("Not drawn: {arrows} to or from tasks that share a row.", arrows=arrows)
    phrase = "{drawn} of {arrows} drawn."
    if drawn < alone:
        phrase = (
            "{drawn} of {arrows} drawn: cancellations first, then ends of waits for tasks, "
            "wake-ups, creations."
        )
    words = say(phrase, drawn=drawn, arrows=arrows)
    if alone < found:
        words += f" {say('None is drawn to or from tasks that share a row.')}"
    return words


def arrows_between(timeline: Timeline, tasks: Container[int]) -> Iterator[tuple[int, Arrow]]:
    """Yield the arrows between some tasks, by number, without those that deliver a cancellation."""
    cancelled = {step for step, _, kind, *_ in timeline.trace.events if kind == "deliver"}
    for index, arrow in enumerate(timeline.arrows):
        if arrow.source not in tasks or arrow.target not in tasks or arrow.source == arrow.target:
            continue
        if arrow.kind != "wake" or arrow.target_step not in cancelled:
            yield index, arrow


def told(timeline: Timeline) -> dict[tuple[str, int], list[int]]:
    """Return the events of each task that stand in its row, by their indexes."""
    events: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, (_, _, kind, who, subject, _) in enumerate(timeline.trace.events):
        if kind in ("cancel", "deliver"):
            events["task", subject].append(index)
        elif kind == "set":
            events["set", who].append(index)
    return events


def ends_of_left(timeline: Timeline) -> dict[int, int]:
    """Return the tasks that were left when the run was over, with the step that ended each, or -1.

    Those that the runner cancels, as it cleans up, count as left.
    """
    return {
        number: next((index for index in timeline.lanes[number].steps if index > step), -1)
        for number, step in left_over(timeline).items()
    }


def deadlines(timeline: Timeline, lane: Lane, events: list[int]) -> Iterator[int]:
    """Yield when the timeouts of a task are due, as far as the run went, from what it set."""
    steps = ((index, timeline.trace.step(index)) for index in lane.steps)
    slept = {(index, step.subject) for index, step in steps if step.ended == "sleep"}
    for index in events:
        step, *_, deadline = timeline.trace.events[index]
        if (step, deadline) in slept:
            slept.remove((step, deadline))
        elif deadline <= timeline.end and _may_be_timeout(timeline, step, deadline):
            yield deadline


def _may_be_timeout(timeline: Timeline, setter: int, deadline: int) -> bool:
    """Return whether a timer is a timeout, by what it called if it fired."""
    called = [
        step.subject
        for step in map(timeline.trace.step, timeline.instants.get(deadline, ()))
        if step.ended == "timer" and step.woken_by == setter
    ]
    return not called or any(name.endswith(NAMES_OF_TIMEOUTS) for name in called)
