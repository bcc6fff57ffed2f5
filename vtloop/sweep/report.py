"""What a sweep has found, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vtloop.sweep.moments import CLASSES, Case
from vtloop.sweep.oracles import ERROR, Finding


class Tally(NamedTuple):
    """How many cases of a class there are, and how many were tried."""

    tried: int = 0
    total: int = 0


@dataclass
class Problem:
    """One thing that is wrong, and where it shows."""

    finding: Finding  # of the first case
    case: Case  # the first that shows it: one cancellation comes before two
    counts: Counter[str]  # how many cases show it, by class

    @property
    def token(self) -> str:
        """What `vtloop.sweep.replay` takes to show it again."""
        return str(self.case)


@dataclass
class Report:
    """What came of a sweep. As text it is meant to be read."""

    victims: tuple[str, ...]  # tokens begin with these
    tallies: dict[str, Tally]  # by class
    problems: tuple[Problem, ...]
    before: tuple[Finding, ...]  # what the undisturbed run shows
    missed: tuple[str, ...]  # tokens of moments that did not come again

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are not by design."""
        return tuple(one for one in self.problems if one.finding.level == ERROR)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and every moment came when it was tried."""
        return not self.errors and not self.missed

    def __str__(self) -> str:
        return "\n".join([*self._counts(), *self._problems(), *self._rest()])

    def _counts(self) -> list[str]:
        singles = [tally for letter, tally in self.tallies.items() if letter != "D"]
        tried, total = sum(one.tried for one in singles), sum(one.total for one in singles)
        lines = [f"{tried:,} of {total:,} moments tried, of {listed(self.victims)}:"]
        for letter, tally in self.tallies.items():
            noun = "pairs" if letter == "D" else "moments"
            sampled = ", a sample" if tally.tried < tally.total else ""
            count = f"{tally.tried:,} of {tally.total:,} {noun}{sampled}"
            lines.append(f"  {letter} ({CLASSES[letter]}): {count}")
        return lines

    def _problems(self) -> list[str]:
        if not self.problems:
            return ["Nothing was found."]
        lines = []
        for problem in self.problems:
            finding = problem.finding
            level = "" if finding.level == ERROR else f", {finding.level}"
            count = ", ".join(f"{n:,} of {letter}" for letter, n in sorted(problem.counts.items()))
            lines += [
                f"{finding.oracle}{level}: in cases {count}; the first is {problem.token}",
                f"  {finding.subject}: {finding.words}",
            ]
        return lines

    def _rest(self) -> list[str]:
        lines = [
            f"Without any cancellation: {finding.oracle}: {finding.subject}: {finding.words}"
            for finding in self.before
        ]
        if self.missed:
            lines.append(
                f"{len(self.missed):,} moments were tried and did not come again, the first is "
                f"{self.missed[0]}; the program does not do the same in every run, so let it keep "
                "nothing from one run to the next"
            )
        return lines


def listed(names: Sequence[str]) -> str:
    """Return names, but not all of many."""
    if len(names) <= 5:
        return ", ".join(names)
    return f"{', '.join(names[:4])} and {len(names) - 4} others"
