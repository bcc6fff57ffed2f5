"""What a chart tells of a run beyond its spans: who was left, what is due when, which events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator

from vtloop.timeline.participants import left_over
from vtloop.timeline.spans import Arrow
from vtloop.timeline.timeline import Timeline
from vtloop.views.words import Words

_SOME = (
    "{drawn} of {arrows} drawn: cancellations first, then ends of waits for tasks, wake-ups, "
    "creations."
)
_SOME_WITH_MESSAGES = (
    "{drawn} of {arrows} drawn: cancellations first, then ends of waits for tasks, messages, "
    "wake-ups, creations."
)


def words_of_arrows(say: Words, drawn: int, found: int, alone: int, messages: bool) -> str:
    """Say which arrows are drawn, of those found and those between rows of one task.

    `messages` is whether there are some among them.
    """
    arrows = say("{count} arrows", count=found)
    if not drawn:
        if alone:
            return say("Not drawn: {arrows}, as they are too many.", arrows=arrows)
        return say("Not drawn: {arrows} to or from tasks that share a row.", arrows=arrows)
    phrase = "{drawn} of {arrows} drawn."
    if drawn < alone:
        phrase = _SOME_WITH_MESSAGES if messages else _SOME
    words = say(phrase, drawn=drawn, arrows=arrows)
    if alone < found:
        words += f" {say('None is drawn to or from tasks that share a row.')}"
    return words


def arrows_between(timeline: Timeline, tasks: Container[int]) -> Iterator[tuple[int, Arrow]]:
    """Yield the arrows between some tasks, by number, without those that deliver a cancellation."""
    cancelled = {step for step, _, kind, *_ in timeline.trace.events if kind == "deliver"}
    asked = {(one.source, one.target, one.start) for one in timeline.arrows if one.kind == "cancel"}
    for index, arrow in enumerate(timeline.arrows):
        source, target = arrow.source, arrow.target
        if source not in tasks or target not in tasks or source == target:
            continue
        delivers = arrow.kind in ("wake", "join") and arrow.target_step in cancelled
        if not delivers or (arrow.kind == "join" and (source, target, arrow.start) not in asked):
            yield index, arrow


def told(timeline: Timeline) -> dict[tuple[str, int], list[int]]:
    """Return the events of each task that stand in its row, by their indexes."""
    events: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, (_, _, kind, _, subject, _) in enumerate(timeline.trace.events):
        if kind in ("cancel", "deliver"):
            events["task", subject].append(index)
    return events


def ends_of_left(timeline: Timeline) -> dict[int, int]:
    """Return the tasks that were left when the run was over, with the step that ended each, or -1.

    Those that the runner cancels, as it cleans up, count as left.
    """
    return {
        number: next((index for index in timeline.lanes[number].steps if index > step), -1)
        for number, step in left_over(timeline).items()
    }
