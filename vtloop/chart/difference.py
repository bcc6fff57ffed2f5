"""Where two runs part: the first step in which one does what the other does not.

Tasks are compared by their numbers, so that they may be called differently.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from vtloop.clock import format_seconds
from vtloop.timeline import Timeline
from vtloop.trace import CALLBACKS, ENDS


class Difference(NamedTuple):
    """What two runs do in the first step that differs; a run that is over has the step -1."""

    steps: tuple[int, int]
    ats: tuple[int, int]  # nanoseconds
    words: str


def first_difference(one: Timeline, other: Timeline) -> Difference | None:
    """Return where two runs part, None if they do the same from beginning to end."""
    pairs = zip_longest(_deeds(one), _deeds(other))
    for index, (first, second) in enumerate(pairs):
        if first == second:
            continue
        deeds = first, second
        steps = tuple(index if deed else -1 for deed in deeds)
        ats = tuple(
            deed[0] if deed else timeline.end
            for deed, timeline in zip(deeds, (one, other), strict=True)
        )
        words = f"{_told(one, first)}; {_told(other, second)}"
        return Difference((steps[0], steps[1]), (ats[0], ats[1]), words)
    return None


def _deeds(timeline: Timeline) -> list[tuple[Any, ...]]:
    """Return what each step does: when, who, how it ends and on what, and what it prints."""
    trace = timeline.trace
    prints: dict[int, list[str]] = {}
    for step, _, kind, _, subject, _ in trace.events:
        if kind == "print":
            prints.setdefault(step, []).append(trace.printed[subject].text)
    deeds = []
    for index, (at, who, _, ended, subject, _) in enumerate(trace.steps):
        blocked = timeline.blocked_in.get(index, 0)
        deeds.append((at, who, ended, str(subject), blocked, tuple(prints.get(index, ()))))
    return deeds


def _told(timeline: Timeline, deed: tuple[Any, ...] | None) -> str:
    if deed is None:
        return f"the run is over at {format_seconds(timeline.end)}"
    at, who, ended, _, blocked, prints = deed
    label = timeline.lanes[who].label if who else ""
    words = f"at {format_seconds(at)} {label or f'a {ended} runs'}"
    if ended not in CALLBACKS:
        words += f" {ended}" if ended in ENDS else f" runs, then waits ({ended})"
    if blocked:
        words += f", blocks for {format_seconds(blocked)}"
    return words + (f", prints {prints[0]!r}" if prints else "")
