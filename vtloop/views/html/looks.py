"""How spans look and what is said of them: a table, as most spans look as others do.

A look is [state, cut, texts, sentence, stack]: the state by its place in `style.STATES`; 1 if the
wait was cut short; what may stand in the bar, the longest first; what is said of the span; and the
place of its stack among those of the trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from vtloop.timeline.participants import left_over
from vtloop.timeline.spans import READY, RUNNING, Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.views.style import STATES, state_of
from vtloop.views.words import Words

Look: TypeAlias = tuple[int, int, tuple[str, ...], str, int]
_Key: TypeAlias = tuple[object, ...]

_STATES = list(STATES)
_ENDS = {"returned": "returns", "raised": "raises", "cancelled": "ends cancelled"}


class Looks:
    """The looks of the spans of a timeline; each gets its number when it first occurs."""

    def __init__(self, timeline: Timeline, say: Words) -> None:
        self._timeline = timeline
        self._say = say
        self._left = left_over(timeline)
        self._blocked = {
            step: timeline.trace.blocked[subject].how
            for step, _, kind, _, subject, _ in timeline.trace.events
            if kind == "block"
        }
        self._numbers: dict[_Key, int] = {}
        self._looks: list[Look] = []

    def table(self) -> list[Look]:
        """Return the looks that have occurred, by their numbers."""
        return self._looks

    def of(self, lane: Lane) -> Iterator[tuple[Span, int]]:
        """Yield the spans of a task that are drawn, each with its look."""
        following = dict(pairwise([-1, *lane.steps]))
        takes_time = self._timeline.end > self._timeline.start
        for span in lane.spans:
            left = span.state != RUNNING and self._is_left(lane, span, following)
            if span.end > span.start or span.state == RUNNING or left or not takes_time:
                key = _key(lane, span, left)
                if key not in self._numbers:
                    self._numbers[key] = len(self._looks)
                    self._looks.append(self._look(lane, span, left))
                yield span, self._numbers[key]

    def _is_left(self, lane: Lane, span: Span, following: dict[int, int]) -> bool:
        """Return whether a task was in this span when the run was over, and left it so."""
        over = self._left.get(lane.number)
        if over is None:
            return False
        after = following.get(span.step, -1)
        return span.step <= over and not 0 <= after <= over

    def _look(self, lane: Lane, span: Span, left: bool) -> Look:
        if span.state == RUNNING:
            texts, sentence = self._running(lane, span)
        elif span.state == READY:
            texts, sentence = (self._say("ready"),), self._say("ready to run")
        else:
            texts, sentence = self._waiting(span, left)
        if left:
            sentence = f"{sentence}, {self._say('left pending at the end')}"
        state = "left" if left else state_of(span)
        return _STATES.index(state), int(span.cut), texts, sentence, span.stack

    def _running(self, lane: Lane, span: Span) -> tuple[tuple[str, ...], str]:
        sentence = self._say(_ENDS.get(span.kind, "runs"))
        if span.kind == "raised":
            sentence = f"{sentence} {lane.error}"
        if span.end == span.start:
            return (), sentence
        length = self._say.seconds(span.end - span.start)
        blocks = self._say("blocks {length}", length=length)
        return (f"{self._blocked[span.step]} {length}", blocks, length), f"{blocks}, {sentence}"

    def _waiting(self, span: Span, left: bool) -> tuple[tuple[str, ...], str]:
        say = self._say
        texts = say.waits(self._timeline, span)
        what = say.wait(self._timeline, span)
        if span.cut:
            after = span.end - span.start
            texts = say.cut(texts, after)
            if not left:
                what = say("{wait}, cut after {length}", wait=what, length=say.seconds(after))
        return tuple(dict.fromkeys(texts)), say("waits for {what}", what=what)


def _key(lane: Lane, span: Span, left: bool) -> _Key:
    """Return what is equal for spans of one look: it costs less than the words."""
    what = span.asked if span.kind == "sleep" else span.what
    length = span.end - span.start if span.cut or span.state == RUNNING else 0
    return span.state, span.kind, what, length, lane.error, left, span.stack
