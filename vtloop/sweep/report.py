"""What a sweep has found, in words."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vtloop.errors import ClaimError, SimulationError
from vtloop.sweep.batches import Result, Setting
from vtloop.sweep.moments import CLASSES, Case
from vtloop.sweep.oracles import ERROR, Finding, Oracle
from vtloop.sweep.replaying import Replay
from vtloop.sweep.victims import listed
from vtloop.values.programs import called, name_of

TWO_TASKS = "D, two tasks"
"""What tallies have the cases of D under in which another task is cancelled as well."""

_EXPLAINED = 3  # problems, unless more are asked for
_WORDS = {**CLASSES, TWO_TASKS: "another one as well"}
_PAIRS = {"D": "pairs", TWO_TASKS: "pairs", "O": "pairs of timers"}
_OF_TWO = ("D", TWO_TASKS)  # cancellations, so they are known only when the first was tried


class Tally(NamedTuple):
    """How many cases of a class there are, and how many were tried."""

    tried: int = 0
    total: int = 0
    is_sample: bool = False  # whether no more were meant to be tried


@dataclass(repr=False)
class Problem:
    """One thing that is wrong, and where it shows."""

    finding: Finding  # of the first case
    case: Case  # the first that shows it, in order of simplicity
    counts: Counter[str]  # how many cases show it, by class

    @property
    def token(self) -> str:
        """What `vtloop.sweep.replay` takes to show it again."""
        return str(self.case)

    def __repr__(self) -> str:
        return f"<Problem {self.finding.oracle}: {self.finding.subject}, in {self.token}>"


def problems_of(results: Iterable[Result], oracles: Sequence[Oracle]) -> tuple[Problem, ...]:
    """Return what was found, in the order of the oracles; what takes two cancellations comes last.

    Each problem has its simplest case: one cancellation is simpler than two, to be suspended than
    to be woken, and that than to be running; of equal ones the first in order counts. What another
    order of timers leads to, without any cancellation, is a problem of its own.
    """
    problems: dict[tuple[str, str, bool], Problem] = {}
    telling = (result for result in results if result.findings)
    for result in sorted(telling, key=_simplicity):
        for finding in result.findings:
            key = (*finding[:2], result.case.letter == "O")
            problem = problems.get(key)
            if problem is None:
                problem = problems[key] = Problem(finding, result.case, Counter())
            problem.counts[result.case.letter] += 1
    place = {oracle.name: number for number, oracle in enumerate(oracles)}
    return tuple(
        sorted(
            problems.values(), key=lambda one: (len(one.case.moments), place[one.finding.oracle])
        )
    )


def _simplicity(result: Result) -> tuple[int, list[str]]:
    moments = result.case.moments
    return len(moments), [moment.letter for moment in moments]


@dataclass(repr=False)
class Report:
    """What came of a sweep. As text it is meant to be read."""

    setting: Setting  # of what was swept
    victims: tuple[str, ...]  # tokens begin with these
    classes: str  # that were asked for
    tallies: dict[str, Tally]  # by class
    problems: tuple[Problem, ...]
    before: tuple[Finding, ...]  # what the undisturbed run shows
    missed: tuple[str, ...]  # tokens of moments that did not come again
    time_is_up: bool  # whether cases are left that would have been tried
    replay: Callable[[str], Replay] = field(compare=False)
    """Runs the case of a token again, recorded."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are not by design."""
        return tuple(one for one in self.problems if one.finding.level == ERROR)

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong, also without any cancellation, and everything was tried.

        That is all that there was to try but for a `budget`, which takes the same sample each time.
        It is not ok if there was nothing, if time was up, or if a moment did not come again.
        """
        sound = all(finding.level != ERROR for finding in self.before)
        untried = self.missed or self.time_is_up or not self._tried
        return sound and not self.errors and not untried

    @property
    def nothing_of(self) -> tuple[str, ...]:
        """The classes that were asked for, but of which there was nothing to try."""
        there = {letter[0] for letter, tally in self.tallies.items() if tally.total}
        if self.time_is_up:
            there.add("D")  # of which nobody knows yet
        return tuple(one for one in CLASSES if one in self.classes and one not in there)

    @property
    def _has_samples(self) -> bool:
        return any(tally.is_sample for tally in self.tallies.values())

    @property
    def _tried(self) -> int:
        return sum(tally.tried for tally in self.tallies.values())

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
        except (LookupError, SimulationError) as error:
            yield str(error)
        else:
            if problem.finding[:2] not in {finding[:2] for finding in again.findings}:
                yield "this time it was not found; let the program do the same in every run"
            yield again.story()
        yield f"To see it again: {self.command(problem.token)}"

    def __repr__(self) -> str:
        found = [f"{problem.finding.oracle} in {problem.token}" for problem in self.errors]
        found += [f"{one.oracle} without any cancellation" for one in self.before]
        return f"<Report {self._headline()}: {'; '.join(found) or self._nothing()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython and in notebooks."""
        printer.text(str(self))

    def __str__(self) -> str:
        return "\n".join([*self._counts(), *self._problems(), *self._rest()])

    def _headline(self) -> str:
        if not {*self.classes} - {"O"}:
            total = sum(tally.total for tally in self.tallies.values())
            return f"{self._tried:,} of {total:,} pairs of timers tried"
        moments = [tally for letter, tally in self.tallies.items() if letter not in _PAIRS]
        tried, total = sum(one.tried for one in moments), sum(one.total for one in moments)
        return f"{tried:,} of {total:,} moments tried, of {listed(self.victims)}"

    def _counts(self) -> list[str]:
        time = "; time was up" if self.time_is_up else ""
        lines = [f"{self._headline()}{time}:"]
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

    def _nothing(self) -> str:
        """Return that nothing was found, and in what."""
        if not self._tried:
            why = "time was up" if self.time_is_up else "there was nothing to try"
            return f"Nothing was tried, as {why}."
        limits = [
            "time was up before the rest" if self.time_is_up else "",
            "of some pairs it was a sample" if self._has_samples else "",
            f"{_moments(len(self.missed))} did not come again" if self.missed else "",
        ]
        what = " that is not so without any cancellation" if self.before else ""
        within = f" in what was tried: {'; '.join(filter(None, limits))}" if any(limits) else ""
        nothing = _joined(self.nothing_of)
        there = f" Of {nothing} there was nothing to try." if nothing else ""
        return f"Nothing was found{what}{within}.{there}"

    def _problems(self) -> list[str]:
        if not self.problems:
            theirs = (
                " What is the program's own, such as the connections of a pool, only its asserts, "
                "check= and always= can tell."
            )
            return [self._nothing() + (theirs if self._tried and not self.before else "")]
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
            were = "were" if self.missed[1:] else "was"
            lines.append(
                f"{_moments(len(self.missed))} {were} tried and did not come again, the first is "
                f"{self.missed[0]}; the program does not do the same in every run, so let it keep "
                "nothing from one run to the next"
            )
        return lines


def _moments(count: int) -> str:
    return "1 moment" if count == 1 else f"{count:,} moments"


def _joined(letters: Sequence[str]) -> str:
    """Return 'F', 'F and T' or 'S, F and T', and '' for none."""
    return " and ".join(filter(None, (", ".join(letters[:-1]), *letters[-1:])))


def _in_python(function: object) -> str:
    """Return an expression for a function, or its name, as far as there is one."""
    name = repr(function) if isinstance(function, str) else getattr(function, "__name__", "…")
    return "…" if name == "<lambda>" else name
