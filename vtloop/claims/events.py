"""Claims about when something happens: at an instant, within a time, before or after another."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import Any, NamedTuple

from vtloop.claims.claim import MOST_PLACES, Claim, Evidence, unique
from vtloop.claims.words import (
    called,
    claimed,
    compared,
    ended,
    listed,
    often,
    places_before,
    since_some_waits,
    times,
    who_led_to,
)
from vtloop.timeline.periods import Position, end_of, start_of
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Seconds, format_seconds

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class Occurrence(NamedTuple):
    """One time at which something happened."""

    position: Position
    task: int  # 0 for none
    words: str  # 'worker#2 finished'


class Seen(NamedTuple):
    """All the times at which something happened, in order."""

    occurrences: tuple[Occurrence, ...]
    otherwise: str  # what happened instead, if there are none
    tasks: tuple[int, ...]  # that it is about, by number

    def __str__(self) -> str:
        at: dict[str, list[int]] = {}
        for one in self.occurrences:
            at.setdefault(one.words, []).append(one.position.at)
        said = [f"{words} at {times(instants)}" for words, instants in at.items()]
        return listed(said) if said else self.otherwise


class Happening(Claim):
    """Something that happens, once or several times. As a claim: that it happens at all."""

    @abstractmethod
    def seen(self, timeline: Timeline) -> Seen:
        """Look for it in a run. Raises LookupError for names that the run lacks."""

    def judge(self, timeline: Timeline) -> Evidence:
        seen = self.seen(timeline)
        return _evidence(timeline, bool(seen.occurrences), str(seen), seen)

    def at(self, *seconds: Seconds) -> Claim:
        """It happens at this time; at these times if it happens several times, and no others."""
        if not seconds:
            raise TypeError(f"{self} at no time was claimed; pass a time, or claim ~ of it")
        return _At(self, tuple(sorted(map(claimed, seconds))))

    def within(self, seconds: Seconds) -> Claim:
        """It happens, and each time no later than so many seconds after the start of the run."""
        return _Within(self, claimed(seconds))

    def before(self, other: Happening) -> Claim:
        """It happens, and each time before the other does, be it by a step of the same instant."""
        return _Before(self, _happening(other, "before"), f"{self} before {other}")

    def after(self, other: Happening) -> Claim:
        """It happens, and each time after the other does, be it by a step of the same instant."""
        return _Before(_happening(other, "after"), self, f"{self} after {other}")

    def together_with(self, other: Happening) -> Claim:
        """Both happen at one instant: the same virtual time, in whatever order of steps."""
        return _Together(self, _happening(other, "together_with"))


def _happening(other: Any, method: str) -> Happening:
    if not isinstance(other, Happening):
        raise TypeError(
            f"{method}({other!r}) was claimed, while it takes another moment, such as "
            'task("worker").finishes or printed("done"); for a time there are at() and within()'
        )
    return other


def _evidence(
    timeline: Timeline, holds: bool, actual: str, *seens: Seen, until: int = 0
) -> Evidence:
    """Return evidence with the waits that led to what was seen, and a window around both."""
    tasks: list[int] = []
    places: list[str] = []
    starts: list[int] = []
    ends = [until]
    for seen in seens:
        for one in seen.occurrences[:MOST_PLACES]:
            ends.append(one.position.at)
            if one.task:
                lane = timeline.lanes[one.task]
                places += places_before(timeline, lane, one.position)
                starts.append(since_some_waits(lane, one.position.step))
                tasks += who_led_to(timeline, lane, one.position.step)
            else:
                starts.append(one.position.at)
        if not seen.occurrences:
            ends.append(timeline.end)
            tasks += seen.tasks
            for task in seen.tasks:
                lane = timeline.lanes[task]
                places += places_before(timeline, lane, None)
                starts.append(since_some_waits(lane, len(timeline.trace.steps)))
    window = min(starts, default=0), max(ends)
    return Evidence(holds, actual, unique(tasks), window, unique(places))


class _At(Claim):
    def __init__(self, happening: Happening, at: tuple[int, ...]) -> None:
        self._happening = happening
        self._at = at

    def __str__(self) -> str:
        return f"{self._happening} at {times(self._at)}"

    def judge(self, timeline: Timeline) -> Evidence:
        seen = self._happening.seen(timeline)
        wrong, missing = self._off(seen)
        if not seen.occurrences or not (wrong or missing):
            holds = not missing
            return _evidence(timeline, holds, str(seen), seen, until=self._at[-1])
        if len(wrong) == len(missing):
            actual = listed(
                [
                    f"{one.words} at {format_seconds(one.position.at)}"
                    f"{compared(one.position.at, at, 'later', 'earlier')}"
                    for one, at in zip(wrong, missing, strict=True)
                ]
            )
        else:
            often_seen, often_claimed = often(len(seen.occurrences)), often(len(self._at))
            actual = f"{seen}, {often_seen} instead of {often_claimed}"
            if wrong:
                actual += f": besides at {times([one.position.at for one in wrong])}"
            if missing:
                actual += f": not at {times(missing)}"
        decisive = seen._replace(occurrences=tuple(wrong) or seen.occurrences)
        return _evidence(timeline, False, actual, decisive, until=max(missing, default=0))

    def _off(self, seen: Seen) -> tuple[list[Occurrence], list[int]]:
        """Return what happened when it should not have, and when it should have and did not."""
        left = Counter(self._at)
        wrong = []
        for one in seen.occurrences:
            if left[one.position.at]:
                left[one.position.at] -= 1
            else:
                wrong.append(one)
        return wrong, sorted(left.elements())


class _Within(Claim):
    def __init__(self, happening: Happening, limit: int) -> None:
        self._happening = happening
        self._limit = limit

    def __str__(self) -> str:
        return f"{self._happening} within {format_seconds(self._limit)}"

    def judge(self, timeline: Timeline) -> Evidence:
        seen = self._happening.seen(timeline)
        holds = bool(seen.occurrences) and seen.occurrences[-1].position.at <= self._limit
        actual = str(seen)
        if seen.occurrences and not holds:
            last = seen.occurrences[-1]
            actual = f"{last.words} at {format_seconds(last.position.at)}"
            actual += compared(last.position.at, self._limit, "later", "")
            seen = seen._replace(occurrences=(last,))
        return _evidence(timeline, holds, actual, seen)


class _Before(Claim):
    def __init__(self, first: Happening, second: Happening, words: str) -> None:
        self._first = first
        self._second = second
        self._words = words

    def __str__(self) -> str:
        return self._words

    def judge(self, timeline: Timeline) -> Evidence:
        first, second = self._first.seen(timeline), self._second.seen(timeline)
        missing = [seen for seen in (first, second) if not seen.occurrences]
        if missing:
            actual = " and ".join(str(seen) for seen in missing)
            return _evidence(timeline, False, actual, *missing)
        last, next_ = first.occurrences[-1], second.occurrences[0]
        holds = last.position.precedes(next_.position)
        pair = [last, next_] if holds else [next_, last]
        seens = [first, second] if holds else [second, first]
        shown = [seen._replace(occurrences=(one,)) for seen, one in zip(seens, pair, strict=True)]
        return _evidence(timeline, holds, _one_then_the_other(*pair), *shown)


def _one_then_the_other(one: Occurrence, other: Occurrence) -> str:
    if one.position.at < other.position.at:
        return (
            f"first {one.words} at {format_seconds(one.position.at)}, "
            f"then {other.words} at {format_seconds(other.position.at)}"
        )
    # An eager task's step that is within the other's has a later number.
    steps = max(0, other.position.step - one.position.step)
    when = "in the same step" if not steps else f"{steps} {'step' if steps == 1 else 'steps'} later"
    return (
        f"at {format_seconds(one.position.at)} first {one.words}, then, at the same instant but "
        f"{when}, {other.words}"
    )


class _Together(Claim):
    def __init__(self, one: Happening, other: Happening) -> None:
        self._one = one
        self._other = other

    def __str__(self) -> str:
        return f"{self._one} at the same instant at which {self._other}"

    def judge(self, timeline: Timeline) -> Evidence:
        seens = self._one.seen(timeline), self._other.seen(timeline)
        instants = {one.position.at for seen in seens for one in seen.occurrences}
        holds = len(instants) == 1 and all(seen.occurrences for seen in seens)
        return _evidence(timeline, holds, " and ".join(map(str, seens)), *seens)


class Starts(Happening):
    """A task runs for the first time."""

    def __init__(self, task: str | int) -> None:
        self._task = task

    def __str__(self) -> str:
        return f"{called(self._task)} starts"

    def seen(self, timeline: Timeline) -> Seen:
        lane = timeline[self._task]
        position = start_of(timeline, lane)
        there = (
            ()
            if position is None
            else (Occurrence(position, lane.number, f"{lane.label} started"),)
        )
        return Seen(there, f"{lane.label} never started", (lane.number,))


class Ends(Happening):
    """A task comes to its end, in one of some ways."""

    def __init__(self, task: str | int, verb: str, *outcomes: str) -> None:
        self._task = task
        self._verb = verb
        self._outcomes = outcomes  # names in `trace.ENDS`

    def __str__(self) -> str:
        return f"{called(self._task)} {self._verb}"

    def seen(self, timeline: Timeline) -> Seen:
        lane = timeline[self._task]
        position = end_of(lane)
        words = ended(lane)
        there: tuple[Occurrence, ...] = ()
        if position is not None and lane.outcome in self._outcomes:
            there = (Occurrence(position, lane.number, words.rpartition(" at ")[0]),)
        return Seen(there, words, (lane.number,))


class Printed(Happening):
    """A line is printed."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return f"{self._text!r} is printed"

    def seen(self, timeline: Timeline) -> Seen:
        trace = timeline.trace
        there = tuple(
            Occurrence(
                Position(trace.printed[subject].at, step, index),
                _who_printed(timeline, who, subject),
                f"{trace.printed[subject].who} printed {self._text!r}",
            )
            for index, (step, _, kind, who, subject, _) in enumerate(trace.events)
            if kind == "print" and trace.printed[subject].text == self._text
        )
        lines = [f"{line.text!r} at {format_seconds(line.at)}" for line in trace.printed]
        others = f"printed was {listed(lines)}" if lines else "nothing at all was printed"
        tasks = unique(one.task for one in there if one.task)
        return Seen(
            there,
            f"{self._text!r} was never printed; {others}",
            tasks,
        )


def _who_printed(timeline: Timeline, who: int, line: int) -> int:
    """Return the task that printed a line; 0 for a thread, which has no lane."""
    lane = timeline.lanes.get(who)
    return who if lane is not None and lane.label == timeline.trace.printed[line].who else 0


def printed(text: str) -> Happening:
    """Return the moment at which a line is printed, in full and without its newline."""
    return Printed(text)
