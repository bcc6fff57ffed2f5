"""Where printed lines stand below a bar: each beside its flag, clear of arrows and of one another.

What is printed at one place becomes one line of text, if that has room. A text that has none beside
its flag may stand beyond an arrow, with a line that leads to it. What has no room at all is
left out, and counted; its flag stays, and tells it in its tooltip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from vtloop.views.chart.canvas import SMALL
from vtloop.views.chart.words import drawable, shortened, width
from vtloop.views.words import Words

MOST_LINES = 4  # below a bar
BESIDE = -1  # the line of what stands at the end of a bar, not below it
FROM_FLAG = 0.35  # lines of text, from a flag to its words
_FROM_END = 1.1  # lines of text, from the end of a bar to what stands beside its mark
MARGIN = 1.08  # by which another font, or a renderer that fits it to pixels, may be wider
_BREAK = " \N{DOWNWARDS ARROW WITH CORNER LEFTWARDS} "  # between lines that are printed at once
_HALF_HEAD = 0.3  # lines of text, that an arrow takes to each side of its line
_LONGEST_LEAD = 8.0  # lines of text, of what leads from a flag to its text
_SHORTEST = 4.0  # lines of text: what is cut to less is not worth reading


def beside_arrows(taken: Iterable[tuple[float, float]], font: float) -> list[tuple[float, float]]:
    """Return from where to where no text stands, of what arrows take themselves, in points."""
    aside = _HALF_HEAD * font
    return [(left - aside, right + aside) for left, right in taken]


def is_clear(left: float, right: float, taken: Iterable[tuple[float, float]]) -> bool:
    """Return whether nothing is taken between two places."""
    return all(right < start or end < left for start, end in taken)


class Flag(NamedTuple):
    """What is told at one place, in order."""

    x: float  # across the chart
    at: float  # the same in points
    told: tuple[tuple[int, str], ...]  # (its number, the text)


class Note(NamedTuple):
    """A printed line as it stands below a bar."""

    number: int  # of what it tells, among all of its kind
    x: float  # when, across the chart
    line: int  # below the bar, from 0 on; or BESIDE
    text: str  # '' if another note of that place has it, or none has room for it
    leftward: bool  # whether it ends there
    aside: float = FROM_FLAG  # lines of text, from its flag to the text


class _Place(NamedTuple):
    """Where a text may stand, seen from its flag."""

    line: int
    leftward: bool
    aside: float  # lines of text


class Notes:
    """The printed lines of one row, placed from right to left."""

    def __init__(
        self,
        room: float,
        font: float,
        taken: Sequence[tuple[float, float]],
        say: Words,
        most_lines: int = MOST_LINES,
        between: str = _BREAK,
        rightward: bool = False,
    ) -> None:
        self.notes: list[Note] = []
        self.lost = 0
        """How many printed lines have no room."""
        self.beyond = 0.0
        """How many points more, on the right, would let all be written there in full."""
        self._say = say
        self._room = room
        self._font = font
        self._arrows = beside_arrows(taken, font)
        self._texts: list[list[tuple[float, float]]] = [[] for _ in range(most_lines)]
        self._between = between
        self._rightward = rightward  # rather on a lower line than to the left of a flag
        self._flags: list[tuple[float, int]] = []  # where, and down to which line

    def place(self, flag: Flag) -> None:
        """Place what was printed at one place, left of all that was placed before."""
        texts = [drawable(text) for _, text in flag.told]
        most, together = len(self._texts), self._between.join(texts)
        if len(texts) > 1:
            found = self._free(flag.at, together, range(2)) or self._led(
                flag.at, together, range(2)
            )
            if found is not None:
                self._put(flag, 0, together, found)
                self._put_flags(flag, range(1, len(texts)), found.line)
                return
        if len(texts) > most:
            texts[most - 1 :] = [self._say("… {count} more", count=len(texts) - most + 1)]
        line = 0
        for place, text in enumerate(texts):
            lines = range(line, most)
            short = text
            found = self._free(flag.at, text, lines)
            if found is None:
                self._ask_for_more(flag.at, together)
                found = self._led(flag.at, text, lines)
            if found is None:
                short, found = self._shortened(flag.at, text, lines)
            if found is None:
                self.lost += len(texts) - place
                self._put_flags(flag, range(place, len(flag.told)), line)
                return
            self._put(flag, place, short, found)
            line = found.line + 1
        self._put_flags(flag, range(len(texts), len(flag.told)), max(0, line - 1))

    def end(
        self, x: float, at: float, told: str, passing: Sequence[tuple[float, float]]
    ) -> Note | None:
        """Place what is told of a bar's end: beside the mark there, or below, cut if need be.

        `passing` is what arrows take beside the bar. Without any room the result is None.
        """
        text = drawable(told)
        lines = range(len(self._texts))
        left, right = self._span(at, text, False, _FROM_END)
        beside = beside_arrows(passing, self._font)
        stops = [start for start, end in beside if end > left]
        room = min([self._room, *stops])
        if right <= room:
            return Note(0, x, BESIDE, text, False, _FROM_END)
        found = self._free(at, text, lines) or self._led(at, text, lines)
        if found is None:
            self._ask_for_more(at, text)
            free = (room - left) / MARGIN - 0.2 * self._font
            if free >= _SHORTEST * self._font:
                text = shortened(text, free, self._font * SMALL)
                return Note(0, x, BESIDE, text, False, _FROM_END)
            text, found = self._shortened(at, text, lines)
        if found is None:
            return None
        self._take(at, text, found)
        return Note(0, x, found.line, text, found.leftward, found.aside)

    def _put(self, flag: Flag, place: int, text: str, found: _Place) -> None:
        line, leftward, aside = found
        self._take(flag.at, text, found)
        self.notes.append(Note(flag.told[place][0], flag.x, line, text, leftward, aside))

    def _take(self, at: float, text: str, found: _Place) -> None:
        line, leftward, aside = found
        self._texts[line].append(self._span(at, text, leftward, aside))
        self._flags.append((at, line))
        if aside > FROM_FLAG:  # what leads to it is as good as text
            reach = aside * self._font
            self._texts[line].append((at - reach, at) if leftward else (at, at + reach))

    def _put_flags(self, flag: Flag, places: range, line: int) -> None:
        for place in places:
            self.notes.append(Note(flag.told[place][0], flag.x, line, "", False))

    def _span(
        self, at: float, text: str, leftward: bool, aside: float = FROM_FLAG
    ) -> tuple[float, float]:
        near = aside * self._font
        far = near + width(text, self._font * SMALL) * MARGIN + 0.2 * self._font
        return (at - far, at - near) if leftward else (at + near, at + far)

    def _fits(self, left: float, right: float, line: int) -> bool:
        return left >= 0 and right <= self._room and self._is_free(left, right, line)

    def _free(self, at: float, text: str, lines: range) -> _Place | None:
        """Return where a text has room beside its flag."""
        beside = [(line, leftward) for line in lines for leftward in (False, True)]
        if self._rightward:
            beside.sort(key=lambda place: place[1])
        for line, leftward in beside:
            if self._fits(*self._span(at, text, leftward), line) and not self._crossed(at, line):
                return _Place(line, leftward, FROM_FLAG)
        return None

    def _led(self, at: float, text: str, lines: range) -> _Place | None:
        """Return where a text has room beyond arrows, so that a line leads to it from its flag."""
        most = _LONGEST_LEAD * self._font
        for line in lines:
            if self._crossed(at, line):
                continue
            after = sorted(end for _, end in self._arrows if at < end < at + most)
            before = sorted(start for start, _ in self._arrows if at - most < start < at)
            for leftward, stops in ((False, after), (True, before[::-1])):
                for stop in stops:
                    aside = abs(stop - at) / self._font + 0.1
                    left, right = self._span(at, text, leftward, aside)
                    lead = (right, at) if leftward else (at, left)
                    if self._fits(left, right, line) and not self._has_text(*lead, line):
                        return _Place(line, leftward, aside)
        return None

    def _ask_for_more(self, at: float, text: str) -> None:
        _, right = self._span(at, text, False)
        if self._is_free(at + FROM_FLAG * self._font, right, 0):
            share = self._room / max(at, self._room / 2)  # its flag moves by a part of that
            self.beyond = max(self.beyond, (right - self._room) * share * 1.05)

    def _shortened(self, at: float, text: str, lines: range) -> tuple[str, _Place | None]:
        best, found = "", None
        near = (FROM_FLAG + 0.2) * self._font
        for line in lines:
            if self._crossed(at, line):
                continue
            after = [left for left, right in self._taken(line) if right > at + near]
            before = [right for left, right in self._taken(line) if left < at - near]
            for leftward, room in (
                (False, min([self._room, *after]) - at - near),
                (True, at - max([0.0, *before]) - near),
            ):
                if room < _SHORTEST * self._font:
                    continue
                short = shortened(text, room / MARGIN, self._font * SMALL)
                clear = self._is_free(*self._span(at, short, leftward), line)
                if len(short) > len(best) and clear:
                    best, found = short, _Place(line, leftward, FROM_FLAG)
        return best, found

    def _taken(self, line: int) -> Iterator[tuple[float, float]]:
        yield from self._arrows
        yield from self._texts[line]
        yield from ((at, at) for at, down_to in self._flags if down_to >= line)

    def _is_free(self, left: float, right: float, line: int) -> bool:
        return is_clear(left, right, self._taken(line))

    def _has_text(self, left: float, right: float, line: int) -> bool:
        return any(start < right and left < end for start, end in self._texts[line])

    def _crossed(self, at: float, line: int) -> bool:
        """Return whether a flag down to a line would cross a text."""
        return any(self._has_text(at - 1e-6, at + 1e-6, above) for above in range(line + 1))
