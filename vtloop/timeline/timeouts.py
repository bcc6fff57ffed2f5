"""Timeouts: who was within which, and what they, and TaskGroups, have cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from vtloop.timeline.spans import Bracket, Lane
from vtloop.values.trace import PlainEvent, Trace, pairs


class Cause(NamedTuple):
    """On whose account a cancellation is requested, if that is known."""

    timeout: int = -1  # its index among the timeouts of the timeline; -1 for none
    group: int = 0  # the task whose TaskGroup it is; 0 for none


def brackets_of(trace: Trace, lanes: Mapping[int, Lane], end: int) -> list[Bracket]:
    """Return who was within which timeout, in the order in which they were entered.

    One that was never left ends with its task, or at the end of the run.
    """
    fired = {subject for _, _, kind, _, subject, _ in trace.events if kind == "expire"}
    moved: dict[int, list[tuple[int, int | None]]] = {}
    for _, at, kind, _, subject, detail in trace.events:
        if kind == "reschedule":
            moved.setdefault(subject, []).append((at, detail))
    found: list[Bracket] = []
    for first, last in pairs(trace.events, "timeout"):
        _, since, _, who, number, (made_by, deadline) = trace.events[first]
        if last >= 0:
            until = trace.event(last).at
        else:
            ended = lanes[who].ended if who in lanes else None
            until = end if ended is None else ended
        deadlines = dict([(since, deadline), *moved.get(number, ())])  # at an instant, the last
        found.append(
            Bracket(
                who, since, until, tuple(deadlines.items()), made_by, number in fired, first, last
            )
        )
    return found


def causes_of(trace: Trace) -> dict[PlainEvent, Cause]:
    """Return on whose account cancellations were requested, by the events of these requests."""
    numbers = [subject for _, _, kind, _, subject, _ in trace.events if kind == "timeout"]
    indexes = {number: index for index, number in enumerate(numbers)}
    causes: dict[PlainEvent, Cause] = {}
    for before, event in pairwise(trace.events):
        if event[2] == "cancel" and before[0] == event[0]:
            if before[2] == "expire" and before[4] in indexes:
                causes[event] = Cause(timeout=indexes[before[4]])
            elif before[2] == "abort":
                causes[event] = Cause(group=before[4])
    return causes
