"""What a search has found, in words."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Self

from vtloop.errors import ClaimError, SimulationError
from vtloop.net.network import EVERYWHERE
from vtloop.search.engine import Searched, run_again
from vtloop.search.experiment import Experiment, Result
from vtloop.search.judge import Judge
from vtloop.search.oracles import ERROR, Finding, failures_of
from vtloop.search.replay import Replay
from vtloop.search.setting import Setting
from vtloop.values.clock import START
from vtloop.values.programs import called, name_of
from vtloop.values.text import counted

_EXPLAINED = 3  # problems, unless more are asked for


@dataclass(repr=False)
class Problem:
    """One thing that is wrong, and where it shows."""

    finding: Finding  # of the first case
    case: Any  # the first that shows it, in order of simplicity
    counts: Counter[str]  # how many cases show it, by kind

    @property
    def token(self) -> str:
        """What `replay` takes to show it again."""
        return str(self.case)

    def __repr__(self) -> str:
        return f"<Problem {self.finding.oracle}: {self.finding.subject}, in {self.token}>"


def problems_of(
    results: Iterable[Result[Any]], judge: Judge[Any], experiment: Experiment[Any, Any]
) -> tuple[Problem, ...]:
    """Return what was found, in the order of the oracles; what takes more to happen comes last.

    Each problem has its simplest case; of equal ones the first in order counts.
    """
    problems: dict[tuple[str, str, bool], Problem] = {}
    telling = (result for result in results if result.findings)
    for result in sorted(telling, key=lambda one: experiment.simplicity(one.case)):
        for finding in result.findings:
            key = (*finding[:2], experiment.is_apart(result.case))
            problem = problems.get(key)
            if problem is None:
                problem = problems[key] = Problem(finding, result.case, Counter())
            problem.counts[experiment.kind_of(result.case)] += 1
    place = {oracle.name: number for number, oracle in enumerate(judge.oracles)}
    return tuple(
        sorted(
            problems.values(),
            key=lambda one: (experiment.simplicity(one.case)[0], place[one.finding.oracle]),
        )
    )


@dataclass(repr=False)
class Report:
    """What came of a search. As text it is meant to be read."""

    setting: Setting  # of what was searched
    experiment: Experiment[Any, Any]
    tried: int  # cases
    total: int  # that there were to try
    problems: tuple[Problem, ...]
    before: tuple[Finding, ...]  # what the undisturbed run shows
    missed: tuple[str, ...]  # tokens of cases to which the program did not come again
    time_is_up: bool  # whether cases are left that would have been tried
    replay: Callable[[str], Replay[Any]] = field(compare=False)
    """Runs the case of a token again, recorded."""

    @classmethod
    def of(cls, found: Searched[Any, Any], replays: type[Replay[Any]] = Replay) -> Self:
        """Return the report of a search, whose replays are of a kind."""
        judge, experiment = found.judge, found.experiment
        return cls(
            setting=found.setting,
            experiment=experiment,
            tried=len(found.tried),
            total=found.total,
            problems=problems_of(found.tried, judge, experiment),
            before=(*judge.wrong_by_itself, *failures_of(found.plan.undisturbed)),
            missed=tuple(str(result.case) for result in found.tried if result.missed),
            time_is_up=found.time_is_up,
            replay=partial(run_again, experiment, found.setting, judge, kind=replays),
            **found.plan.details(found.tried),
        )

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are not by design."""
        return tuple(one for one in self.problems if one.finding.level == ERROR)

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong, in the undisturbed run neither, and everything was tried.

        That is all that there was to try but for a `budget`, which takes the same sample each time.
        It is not ok if there was nothing, if time was up, or if a case did not come again.
        """
        sound = all(finding.level != ERROR for finding in self.before)
        untried = self.missed or self.time_is_up or not self.tried
        return sound and not self.errors and not untried

    def assert_clean(self) -> None:
        """Raise ClaimError, with the explanation, unless the report is `ok`."""
        if not self.ok:
            raise ClaimError(
                f"Claimed: {called(self.setting.program)} {self.experiment.wording.claim}; "
                f"in fact:\n{self.explain()}"
            )

    def command(self, token: str) -> str:
        """Return what shows a case again: a command line, or an expression where none would do."""
        setting, search = self.setting, self.experiment.wording.search
        options = [*_options(setting)]
        if not name_of(setting.program) or any(one.words is None for one in options):
            given = [_in_python(setting.program), repr(token)]
            given += [f"{one.name}={one.in_python}" for one in options]
            return f"vtloop.{search}.replay({', '.join(given)})"
        words = ["vtloop", search, name_of(setting.program)]
        for one in options:
            words += one.words or ()
        return shlex.join([*words, "--replay", token])

    def explain(self, most: int = _EXPLAINED) -> str:
        """Return the report, and the story of its errors: at most so many are run again.

        It tells where the case has acted, the schedule around it, and how to see more.
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
        undisturbed = self.experiment.wording.undisturbed
        found = [f"{problem.finding.oracle} in {problem.token}" for problem in self.errors]
        found += [f"{one.oracle} {undisturbed}" for one in self.before]
        return f"<Report {self._headline()}: {'; '.join(found) or self._nothing()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in IPython and in notebooks."""
        printer.text(str(self))

    def __str__(self) -> str:
        return "\n".join([*self._counts(), *self._problems(), *self._rest()])

    # What a kind of search may say in words of its own

    def _headline(self) -> str:
        return f"{self.tried:,} of {self._cases(self.total)} tried"

    def _counts(self) -> list[str]:
        time = "; time was up" if self.time_is_up else ""
        return [f"{self._headline()}{time}:"]

    def _samples(self) -> str:
        """Return of what only a sample was tried, as it was asked for."""
        return ""

    def _nothing(self) -> str:
        """Return the sentence for a search without findings, with what was not tried."""
        if not self.tried:
            why = "time was up" if self.time_is_up else "there was nothing to try"
            return f"Nothing was tried, as {why}."
        limits = [
            "time was up before the rest" if self.time_is_up else "",
            self._samples(),
            f"{self._cases(len(self.missed))} did not come again" if self.missed else "",
        ]
        what = f" that is not so {self.experiment.wording.undisturbed}" if self.before else ""
        within = f" in what was tried: {'; '.join(filter(None, limits))}" if any(limits) else ""
        return f"Nothing was found{what}{within}."

    def _cases(self, count: int) -> str:
        return counted(count, self.experiment.wording.case)

    # What all kinds say alike

    def _problems(self) -> list[str]:
        if not self.problems:
            theirs = (
                " What is the program's own, such as the connections of a pool, only its asserts, "
                "check= and always= can tell."
            )
            return [self._nothing() + (theirs if self.tried and not self.before else "")]
        lines = []
        for problem in self.problems:
            finding = problem.finding
            level = "" if finding.level == ERROR else f", {finding.level}"
            lines += [
                f"{finding.oracle}{level}: in {_counts(problem)}; the first is {problem.token}",
                f"  {finding.subject}: {finding.words}",
            ]
        return lines

    def _rest(self) -> list[str]:
        undisturbed = self.experiment.wording.undisturbed.capitalize()
        lines = [
            f"{undisturbed}: {finding.oracle}: {finding.subject}: {finding.words}"
            for finding in self.before
        ]
        if self.missed:
            were = "were" if self.missed[1:] else "was"
            lines.append(
                f"{self._cases(len(self.missed))} {were} tried and did not come again, the first "
                f"is {self.missed[0]}; the program does not do the same in every run, so let it "
                "keep nothing from one run to the next"
            )
        return lines


def _counts(problem: Problem) -> str:
    """Return in how many cases a problem shows: 'cases 2 of A, 1 of B', or '3 cases'."""
    if any(problem.counts):
        of_kinds = (f"{number:,} of {kind}" for kind, number in sorted(problem.counts.items()))
        return f"cases {', '.join(of_kinds)}"
    return counted(problem.counts.total(), "case")


class _Option(NamedTuple):
    """An option of a search that is not as usual."""

    name: str
    in_python: str
    words: Sequence[str] | None  # of a command line; None if none can say it


def _options(setting: Setting) -> Iterator[_Option]:
    for name, function in (("check", setting.check), ("always", setting.always)):
        if function is not None:
            named = name_of(function)
            yield _Option(name, _in_python(function), [f"--{name}", named] if named else None)
    if setting.seed:
        yield _Option("seed", repr(setting.seed), ["--seed", str(setting.seed)])
    clock, network = setting.wall_clock, setting.network
    if clock != START:
        start = "real" if clock is None else str(clock)
        yield _Option("wall_clock", repr(clock), ["--wall-clock", start])
    if network is None:
        yield _Option("network", "None", ["--no-network"])
    elif isinstance(network, str):
        yield _Option("network", repr(network), ["--network", network])
    elif network is not EVERYWHERE:
        yield _Option("network", "…", None)


def _in_python(function: object) -> str:
    """Return an expression for a function, or its name, as far as there is one."""
    name = repr(function) if isinstance(function, str) else getattr(function, "__name__", "…")
    return "…" if name == "<lambda>" else name
