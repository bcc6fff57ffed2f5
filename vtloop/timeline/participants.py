"""Who occurs in a view of a run, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from vtloop.private.events import NAMES_OF_TIMEOUTS
from vtloop.timeline.spans import Lane
from vtloop.timeline.timeline import Timeline
from vtloop.timeline.timeouts import Cause
from vtloop.values.columns import cut_in_the_middle
from vtloop.values.text import BY_SWEEP
from vtloop.values.trace import OF_CONNECTIONS, OF_RUNNER, PlainEvent


def shown(timeline: Timeline) -> list[Lane]:
    """Return the lanes of the program itself, without what cleans up and what makes connections."""
    return [lane for lane in timeline.lanes.values() if not _is_housekeeping(lane)]


def _is_housekeeping(lane: Lane) -> bool:
    if lane.coroutine in OF_CONNECTIONS:
        return not lane.has_own_name
    return lane.coroutine in OF_RUNNER and lane.parent == 0 and lane.number > 1


def left_over(timeline: Timeline) -> dict[int, int]:
    """Return the tasks that were pending when the run was over, by number.

    With each stands the last step before the run cancelled it, or the last of all if it did not.
    """
    cancelled = {
        subject: step
        for step, _, kind, who, subject, _ in timeline.trace.events
        if kind == "cancel" and who < 0
    }
    last = len(timeline.trace.steps) - 1
    return {
        lane.number: cancelled.get(lane.number, last)
        for lane in timeline.lanes.values()
        if lane.ended is None or lane.number in cancelled
    }


def told_apart(lanes: Iterable[Lane], room: Callable[[Lane], int]) -> dict[int, str]:
    """Return what tasks are called, by number: no two of them the same, and none too long.

    `room` says how many columns there are for a name. One that others have too gets its number.
    """
    by_number = {lane.number: lane for lane in lanes}
    names = {n: cut_in_the_middle(lane.label, room(lane)) for n, lane in by_number.items()}
    count = Counter(names.values())
    for number, name in names.items():
        if count[name] > 1:
            lane, added = by_number[number], f" ({number})"
            names[number] = cut_in_the_middle(lane.label, room(lane) - len(added)) + added
    return names


def name_of(timeline: Timeline, number: int) -> str:
    """Return what a task is called in a sentence; 0 is a callback, and -1 the run itself."""
    if number <= 0:
        return "the run" if number < 0 else "a callback"
    return timeline.lanes[number].label


def requester(timeline: Timeline, event: PlainEvent) -> tuple[str, str]:
    """Return who it is that requests a cancellation: a phrase, and the task's name that is in it.

    Timeouts and TaskGroups are told from other callbacks, and so is a sweep, which acts between two
    steps or within one of the victim's own, with a message of its own.
    """
    index, _, _, who, subject, message = event
    step = timeline.trace.step(index) if index >= 0 else None
    if message == BY_SWEEP:
        return "the sweep", ""
    cause = timeline.causes.get(event, Cause())
    if cause.group:
        return "the TaskGroup of {who}", name_of(timeline, cause.group)
    if cause.timeout >= 0:
        task = timeline.timeouts[cause.timeout].task
        return "a timeout" if task == subject else "a timeout of {who}", name_of(timeline, task)
    if who == 0 and step is not None and step.who == 0:
        # In older traces nothing but the name of the callback tells that it is a timeout's.
        if str(step.subject).endswith(NAMES_OF_TIMEOUTS):
            return "a timeout", ""
    elif who == 0 and "sweep" in timeline.trace.header:
        return "the sweep", ""
    return ("{who}" if who > 0 else name_of(timeline, who)), name_of(timeline, who)
