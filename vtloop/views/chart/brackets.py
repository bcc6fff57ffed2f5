"""Where the timeouts of a task stand above its bar: a bracket from its entry to its exit.

One that was left early is open at its end; one that went on after its deadline has a mark there.
Those within others are nearer to the bar. What a bracket says stands in its line, or behind it
where that is too short, clear of arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vtloop.timeline.spans import Bracket
from vtloop.views.chart.canvas import SMALL
from vtloop.views.chart.notes import MARGIN, beside_arrows, is_clear
from vtloop.views.chart.words import width

LEVEL = 0.95  # lines of text, from one bracket to the next
SIZE = SMALL  # of the words, in sizes of the font
INDENT = 0.8  # lines of text, from the beginning of a bracket to its words
MOST_LEVELS = 4


class Placed(NamedTuple):
    """A bracket as it stands above a bar."""

    number: int  # of the timeout, its index among those of the timeline
    bracket: Bracket
    left: float  # points
    right: float
    level: int  # from 0 on, upwards
    text: str  # '' if there is no room for it
    text_at: float  # where that begins, in points
    due: float | None  # where its deadline passed, if it went on; in points


class Brackets:
    """The timeouts of one row, placed from the shortest on."""

    def __init__(self, room: float, font: float, taken: Sequence[tuple[float, float]]) -> None:
        self.placed: list[Placed] = []
        self.lost = 0
        """How many timeouts have no room."""
        self._room = room
        self._font = font
        self._arrows = beside_arrows(taken, font)
        self._taken: list[list[tuple[float, float]]] = [[] for _ in range(MOST_LEVELS)]

    def place(
        self,
        index: int,
        bracket: Bracket,
        left: float,
        right: float,
        due: float | None,
        words: Iterable[str],
    ) -> None:
        """Place a timeout above all shorter ones that it overlaps.

        `due` is where its deadline passed before it ended, and `words` are what it may say.
        """
        above = [one.level + 1 for one in self.placed if one.left <= right and left <= one.right]
        candidates = list(words)
        for level in range(max(above, default=0), MOST_LEVELS):
            if not self._is_free(left, right, level):
                continue
            text, at, end = self._words(candidates, left, right, due, level)
            self._taken[level].append((left, max(right, end)))
            self.placed.append(Placed(index, bracket, left, right, level, text, at, due))
            return
        self.lost += 1

    def _words(
        self, candidates: list[str], left: float, right: float, due: float | None, level: int
    ) -> tuple[str, float, float]:
        """Return what is written, from where to where."""
        near, crossing = INDENT * self._font, self._arrows
        if due is not None:
            crossing = [*crossing, *beside_arrows([(due, due)], self._font)]
        for text in candidates:
            wide = width(text, self._font * SIZE) * MARGIN
            starts = [left + near, *(end for _, end in crossing if left < end < right)]
            for start in sorted(starts):
                if start + wide + near / 2 <= right and is_clear(start, start + wide, crossing):
                    return text, start, start + wide
            start, end = right + near, right + near + wide
            clear = is_clear(start, end, crossing) and self._is_free(start, end, level)
            if end <= self._room and clear:
                return text, start, end
        return "", left, right

    def _is_free(self, left: float, right: float, level: int) -> bool:
        gap = 0.3 * self._font
        return is_clear(left - gap, right + gap, self._taken[level])
