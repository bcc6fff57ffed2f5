"""What was done with queues, events, conditions and barriers, and how full they were."""

from __future__ import annotations

from collections.abc import Iterable

from vtloop.timeline.spans import Use
from vtloop.values.trace import Trace

NOT_LEVELS = ("done", "notify")
"""The uses that tell of something else than how full a primitive is."""


def uses_of(trace: Trace) -> list[Use]:
    """Return the uses of primitives, in order."""
    return [
        Use(subject, max(who, 0), at, step, *detail)
        for step, at, kind, who, subject, detail in trace.events
        if kind == "use"
    ]


def levels_of(uses: Iterable[Use], start: int) -> dict[int, list[tuple[int, int]]]:
    """Return how full each primitive was, by its index: (since, how many), in nanoseconds.

    The first one is as it was at the start; of several at one instant, the last is told.
    """
    levels: dict[int, dict[int, int]] = {}
    for use in uses:
        if use.kind not in NOT_LEVELS:
            levels.setdefault(use.primitive, {start: use.before})[use.at] = use.after
    return {primitive: list(level.items()) for primitive, level in levels.items()}
