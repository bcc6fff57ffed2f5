"""What a sweep has found, in words."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vtloop.errors import ClaimError
from vtloop.sweep.batches import Result, Setting
from vtloop.sweep.moments import CLASSES, Case
from vtloop.sweep.oracles import ERROR, Finding, Oracle
from vtloop.sweep.programs import called, name_of
from vtloop.sweep.replaying import Replay

_EXPLAINED = 3  # problems, unless more are asked for


class Tally(NamedTuple):
    """How many cases of a class there are, and how many were tried."""

    tried: int = 0
    total: int = 0
    is_sample: bool = False  # whether no more were meant to be tried


@dataclass
class Problem:
    """One thing that is wrong, and where it shows."""

    finding: Finding  # of the first case
    case: Case  # the first that shows it, in order of simplicity
    counts: Counter[str]  # how many cases show it, by class

    @property
    def token(self) -> str:
        """What `vtloop.sweep.replay` takes to show it again."""
        return str(self.case)


def problems_of(results: Iterable[Result], oracles: Sequence[Oracle]) -> tuple[Problem, ...]:
    """Return what was found, in the order of the oracles.

    Each problem has its simplest case: one cancellation is simpler than two, to be suspended than
    to be woken, and that than to be running; of equal ones the first in order counts.
    """
    problems: dict[tuple[str, str], Problem] = {}
    telling = (result for result in results if result.findings)
    for result in sorted(telling, key=_simplicity):
        for finding in result.findings:
            problem = problems.get(finding[:2])
            if problem is None:
                problem = problems[finding[:2]] = Problem(finding, result.case, Counter())
            problem.counts[result.case.letter] += 1
    place = {oracle.name: number for number, oracle in enumerate(oracles)}
    return tuple(sorted(problems.values(), key=lambda problem: place[problem.finding.oracle]))


def _simplicity(result: Result) -> tuple[int, list[str]]:
    moments = result.case.moments
    return len(moments), [moment.letter for moment in moments]


@dataclass
class Report:
    """What came of a sweep. As text it is meant to be read."""

    setting: Setting = field(repr=False)  # of what was swept
    victims: tuple[str, ...]  # tokens begin with these
    tallies: dict[str, Tally]  # by class
    problems: tuple[Problem, ...]
    before: tuple[Finding, ...]  # what the undisturbed run shows
    missed: tuple[str, ...]  # tokens of moments that did not come again
    time_is_up: bool  # whether cases are left that would have been tried
    replay: Callable[[str], Replay] = field(repr=False, compare=False)
    """Runs the case of a token again, recorded."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are not by design."""
        return tuple(one for one in self.problems if one.finding.level == ERROR)

    @property
    def ok(self) -> bool:
        """Whether something was tried, every moment came when it was, and nothing was wrong.

        That goes for the run without any cancellation too.
        """
        tried = any(tally.tried for tally in self.tallies.values())
        sound = all(finding.level != ERROR for finding in self.before)
        return tried and sound and not self.errors and not self.missed

    def assert_clean(self) -> None:
        """Raise ClaimError, with the explanation, unless the report is `ok`."""
        if not self.ok:
            raise ClaimError(
                f"Claimed: {called(self.setting.program)} is safe to cancel; in fact:\n"
                f"{self.explain()}"
            )

    def command(self, token: str) -> str:
        """Return what shows a case again: a command line, or an expression where none would do."""
        setting = self.setting
        judged = {"check": setting.check, "always": setting.always}
        used = {option: function for option, function in judged.items() if function is not None}
        if not all(map(name_of, (setting.program, *used.values()))):
            given = [_in_python(setting.program), repr(token)]
            given += [f"{option}={_in_python(function)}" for option, function in used.items()]
            given += [f"seed={setting.seed!r}"] if setting.seed else []
            return f"vtloop.sweep.replay({', '.join(given)})"
        words = ["vtloop", "sweep", name_of(setting.program)]
        for option, function in used.items():
            words += [f"--{option}", name_of(function)]
        if setting.seed:
            words += ["--seed", str(setting.seed)]
        return shlex.join([*words, "--replay", token])

    def explain(self, most: int = _EXPLAINED) -> str:
        """Return the report, and the story of its errors: at most so many are run again.

        It tells where the cancellation landed, the schedule around it, and how to see more.
        """
        told = [line for problem in self.errors[:most] for line in ("", *self._story(problem))]
        left = len(self.errors) - most
        more = ["", f"{left} more are not explained; ask for them with most="] if left > 0 else []
        return "\n".join([str(self), *told, *more])

    def _story(self, problem: Problem) -> Iterator[str]:
        yield f"{problem.finding.oracle}: {problem.finding.subject}, in {problem.token}:"
        try:
            again = self.replay(problem.token)
        except LookupError as error:
            yield str(error)
        else:
            if problem.finding[:2] not in {finding[:2] for finding in again.findings}:
                yield "this time it was not found; let the program do the same in every run"
            yield again.story()
        yield f"To see it again: {self.command(problem.token)}"

    def __str__(self) -> str:
        return "\n".join([*self._counts(), *self._problems(), *self._rest()])

    def _counts(self) -> list[str]:
        singles = [tally for letter, tally in self.tallies.items() if letter != "D"]
        tried, total = sum(one.tried for one in singles), sum(one.total for one in singles)
        time = "; time was up" if self.time_is_up else ""
        lines = [f"{tried:,} of {total:,} moments tried, of {listed(self.victims)}{time}:"]
        for letter, tally in self.tallies.items():
            noun = "moments" if letter != "D" else "pairs" + " known so far" * (tried < total)
            sample = ", a sample" if tally.is_sample else ""
            count = f"{tally.tried:,} of {tally.total:,} {noun}{sample}"
            lines.append(f"  {letter} ({CLASSES[letter]}): {count}")
        return lines

    def _problems(self) -> list[str]:
        if not self.problems:
            if not any(tally.tried for tally in self.tallies.values()):
                return ["Nothing was tried."]
            if self.before:
                return ["Nothing was found that is not so without any cancellation."]
            return [
                "Nothing was found. What is the program's own, such as the connections of a pool, "
                "only its asserts, check= and always= can tell."
            ]
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
            count = f"{len(self.missed):,} moments were" if self.missed[1:] else "1 moment was"
            lines.append(
                f"{count} tried and did not come again, the first is {self.missed[0]}; the program "
                "does not do the same in every run, so let it keep nothing from one run to the next"
            )
        return lines


def _in_python(function: object) -> str:
    """Return an expression for a function, or its name, as far as there is one."""
    name = repr(function) if isinstance(function, str) else getattr(function, "__name__", "…")
    return "…" if name == "<lambda>" else name


def listed(names: Sequence[str]) -> str:
    """Return names, but not all of many."""
    if len(names) <= 5:
        return ", ".join(names)
    return f"{', '.join(names[:4])} and {len(names) - 4} others"
