"""Where two runs part: the first step in which one does what the other does not.

Tasks are compared by their numbers, so that they may be called differently.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import format_seconds
from vtloop.values.trace import CALLBACKS, ENDS


class Difference(NamedTuple):
    """What two runs do in the first step that differs; a run that is over has the step -1."""

    steps: tuple[int, int]
    ats: tuple[int, int]  # nanoseconds
    words: str


class Deed(NamedTuple):
    """What a step does."""

    at: int  # nanoseconds
    who: int
    ended: str
    subject: str
    blocked: int  # for how many nanoseconds it has blocked the loop
    prints: tuple[str, ...]


def first_difference(one: Timeline, other: Timeline) -> Difference | None:
    """Return where two runs part, None if they do the same from beginning to end."""
    pairs = zip_longest(deeds(one), deeds(other))
    for index, (first, second) in enumerate(pairs):
        if first == second:
            continue
        sides = first, second
        steps = tuple(index if deed else -1 for deed in sides)
        ats = tuple(
            deed.at if deed else timeline.end
            for deed, timeline in zip(sides, (one, other), strict=True)
        )
        words = f"{_told(one, first)}; {_told(other, second)}"
        return Difference((steps[0], steps[1]), (ats[0], ats[1]), words)
    return None


def deeds(timeline: Timeline) -> list[Deed]:
    """Return what each step does."""
    trace = timeline.trace
    prints: dict[int, list[str]] = {}
    for step, _, kind, _, subject, _ in trace.events:
        if kind == "print":
            prints.setdefault(step, []).append(trace.printed[subject].text)
    return [
        Deed(
            at,
            who,
            ended,
            str(subject),
            timeline.blocked_in.get(index, 0),
            tuple(prints.get(index, ())),
        )
        for index, (at, who, _, ended, subject, _) in enumerate(trace.steps)
    ]


def in_words(deed: Deed) -> str:
    """Return what a step does, but for what it prints: 'raised', 'runs, then waits (lock)'."""
    words = "runs"
    if deed.ended not in CALLBACKS:
        words = deed.ended if deed.ended in ENDS else f"runs, then waits ({deed.ended})"
    return f"{words}, blocks for {format_seconds(deed.blocked)}" if deed.blocked else words


def _told(timeline: Timeline, deed: Deed | None) -> str:
    if deed is None:
        return f"the run is over at {format_seconds(timeline.end)}"
    label = timeline.lanes[deed.who].label if deed.who else f"a {deed.ended}"
    words = f"at {format_seconds(deed.at)} {label} {in_words(deed)}"
    return words + (f", prints {deed.prints[0]!r}" if deed.prints else "")
