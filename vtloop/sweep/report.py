"""What a sweep has found, in words: by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vtloop.search.report import Report
from vtloop.sweep.moments import CLASSES
from vtloop.sweep.replay import SweepReplay
from vtloop.sweep.victims import listed

TWO_TASKS = "D, two tasks"
"""What tallies have the cases of D under in which another task is cancelled as well."""

_WORDS = {**CLASSES, TWO_TASKS: "another one as well"}
_PAIRS = {"D": "pairs", TWO_TASKS: "pairs", "O": "pairs of timers"}
_OF_TWO = ("D", TWO_TASKS)  # cancellations, so they are known only when the first was tried


class Tally(NamedTuple):
    """How many cases of a class there are, and how many were tried."""

    tried: int = 0
    total: int = 0
    is_sample: bool = False  # whether no more were meant to be tried


@dataclass(repr=False)
class SweepReport(Report):
    """What came of a sweep. As text it is meant to be read."""

    victims: tuple[str, ...]  # tokens begin with these
    classes: str  # that were asked for
    tallies: dict[str, Tally]  # by class
    replay: Callable[[str], SweepReplay] = field(compare=False)

    @property
    def nothing_of(self) -> tuple[str, ...]:
        """The classes that were asked for, but of which there was nothing to try."""
        there = {letter[0] for letter, tally in self.tallies.items() if tally.total}
        if self.time_is_up:
            there.add("D")  # of which nobody knows yet
        return tuple(one for one in CLASSES if one in self.classes and one not in there)

    def _headline(self) -> str:
        if not {*self.classes} - {"O"}:
            total = sum(tally.total for tally in self.tallies.values())
            return f"{self.tried:,} of {total:,} pairs of timers tried"
        moments = [tally for letter, tally in self.tallies.items() if letter not in _PAIRS]
        tried, total = sum(one.tried for one in moments), sum(one.total for one in moments)
        return f"{tried:,} of {total:,} moments tried, of {listed(self.victims)}"

    def _counts(self) -> list[str]:
        lines = super()._counts()
        singly = [tally for letter, tally in self.tallies.items() if letter not in _OF_TWO]
        known = " known so far" if any(one.tried < one.total for one in singly) else ""
        for letter, tally in self.tallies.items():
            if tally.total:
                noun = _PAIRS.get(letter, "moments") + (known if letter in _OF_TWO else "")
                sample = ", a sample" if tally.is_sample else ""
                count = f"{tally.tried:,} of {tally.total:,} {noun}{sample}"
                lines.append(f"  {letter} ({_WORDS[letter]}): {count}")
        if self.nothing_of:
            lines.append(f"  {', '.join(self.nothing_of)}: nothing to try")
        return lines

    def _samples(self) -> str:
        is_one = any(tally.is_sample for tally in self.tallies.values())
        return "of some pairs it was a sample" if is_one else ""

    def _nothing(self) -> str:
        nothing = _joined(self.nothing_of) if self.tried else ""
        there = f" Of {nothing} there was nothing to try." if nothing else ""
        return f"{super()._nothing()}{there}"


def _joined(letters: Sequence[str]) -> str:
    """Return 'F', 'F and T' or 'S, F and T', and '' for none."""
    return " and ".join(filter(None, (", ".join(letters[:-1]), *letters[-1:])))
