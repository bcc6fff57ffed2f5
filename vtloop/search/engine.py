"""How a search goes: rounds of cases, each tried once, for as long as there is time.

Also how one of its cases is run again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Generic, TypeAlias

from vtloop.core.policy import Policy
from vtloop.recording.recording import Recording
from vtloop.search.batches import Work, try_elsewhere, try_here
from vtloop.search.experiment import AnyCase, Experiment, Plan, Result
from vtloop.search.journal import Journal
from vtloop.search.judge import Judge
from vtloop.search.oracles import Oracle, failures_of
from vtloop.search.outcome import AnyOutcome
from vtloop.search.replay import AnyReplay
from vtloop.search.setting import Setting
from vtloop.values import progress as bars
from vtloop.values.programs import called
from vtloop.values.text import without_addresses

_Try: TypeAlias = "Callable[[Work[Any], Sequence[Any], float], Iterator[Result[Any]]]"


@dataclass(frozen=True)
class Means:
    """What a search is made with. It comes to the same, but for the time that it may take.

    `executor` runs its cases in batches, `max_seconds` of real time are spent at most, `resume` is
    the path of its journal, `progress` shows a bar on a terminal.
    """

    executor: Executor | None = None
    max_seconds: float | None = None
    resume: str | os.PathLike[str] | None = None
    progress: bool = False


@dataclass(frozen=True)
class Searched(Generic[AnyCase, AnyOutcome]):
    """What a search has come to, for a report."""

    experiment: Experiment[AnyCase, AnyOutcome]
    setting: Setting
    judge: Judge[AnyOutcome]  # who knows the undisturbed run
    plan: Plan[AnyCase, AnyOutcome]
    tried: Sequence[Result[AnyCase]]
    total: int  # the cases that there were to try
    time_is_up: bool  # whether cases are left that would have been tried


class Search(Generic[AnyCase, AnyOutcome]):
    """One search: an experiment on a program."""

    def __init__(
        self,
        experiment: Experiment[AnyCase, AnyOutcome],
        setting: Setting,
        oracles: Sequence[Oracle[AnyOutcome]],
        means: Means,
    ) -> None:
        self._experiment = experiment
        self._setting = setting
        self._oracles = oracles
        self._means = means
        self._until = inf if means.max_seconds is None else time.time() + means.max_seconds

    def run(self) -> Searched[AnyCase, AnyOutcome]:
        """Return what it comes to."""
        experiment, setting = self._experiment, self._setting
        with contextlib.ExitStack() as stack:
            bench = stack.enter_context(setting.bench(experiment.wording.search))
            plan = experiment.plan(bench)
            judge = Judge(tuple(self._oracles)).after(plan.undisturbed)
            work = Work(experiment, setting, judge, bench.most_handles)
            cases = plan.cases()
            if self._means.executor is None:
                attempt: _Try = partial(try_here, bench)
            else:
                work.check_that_it_can_be_sent()
                took = work.seconds_for_a_case(bench)
                attempt = partial(try_elsewhere, self._means.executor, took)
                stack.close()
            journal = stack.enter_context(
                Journal(self._means.resume, experiment, self._in_words(cases))
            )
            tried: list[Result[AnyCase]] = []
            total = 0
            while cases:
                known = {case: journal.known.get(case) for case in cases}
                total += len(known)
                results = self._round(known, partial(attempt, work), journal, plan.doing)
                tried += results
                cases = plan.follow_ups(results) if results else ()
        return Searched(experiment, setting, judge, plan, tried, total, len(tried) < total)

    def _round(
        self,
        results: dict[AnyCase, Result[AnyCase] | None],
        attempt: Callable[[Sequence[AnyCase], float], Iterator[Result[AnyCase]]],
        journal: Journal[AnyCase],
        doing: str,
    ) -> list[Result[AnyCase]]:
        """Try the cases of which no result is known; return those of all, but for untried ones."""
        to_try = [case for case, result in results.items() if result is None]
        to_try.sort(key=self._experiment.turn)
        bar = bars.progress(f"vtloop: {doing}", len(to_try))
        with bar if self._means.progress else contextlib.nullcontext(lambda: None) as one_done:
            for result in attempt(to_try, self._until):
                journal.add(result)
                results[result.case] = result
                one_done()
        return [result for result in results.values() if result is not None]

    def _in_words(self, cases: Sequence[AnyCase]) -> dict[str, str]:
        """Return what tells this search from others, so that no results are mixed up."""
        setting, experiment = self._setting, self._experiment
        tokens = "\n".join(map(str, cases))
        return {
            "program": called(setting.program),
            "Python": ".".join(map(str, sys.version_info[:3])),
            **experiment.in_words(),
            **setting.in_words(),
            "list of oracles": ", ".join(
                one.name if one in experiment.oracles else without_addresses(repr(one))
                for one in self._oracles
            ),
            "source": setting.source(),
            f"list of {experiment.wording.case}s": hashlib.sha256(tokens.encode()).hexdigest()[:16],
        }


def run_again(
    experiment: Experiment[AnyCase, AnyOutcome],
    setting: Setting,
    judge: Judge[AnyOutcome],
    token: str,
    kind: type[AnyReplay],
) -> AnyReplay:
    """Return the replay, of a kind, of the case of a token; `judge` knows nothing of the program.

    ValueError if it is no token, LookupError if the program has nothing such.
    """
    return run_case_again(experiment, setting, judge, experiment.case_of(token), kind)


def run_case_again(
    experiment: Experiment[AnyCase, AnyOutcome],
    setting: Setting,
    judge: Judge[AnyOutcome],
    case: AnyCase,
    kind: type[AnyReplay],
    policies: Callable[[], Sequence[Policy]] = tuple,
) -> AnyReplay:
    """Return the replay, of a kind, of a case; `policies` as of a `Bench`.

    LookupError if the program has nothing such.
    """
    experiment = experiment.for_replay()
    recording = Recording()
    with setting.bench(experiment.wording.search, policies) as bench:
        plan = experiment.plan(bench)
        known = plan.known(case)
        outcome = None if known is None else experiment.run(bench, known, recording)
        if outcome is None or outcome.missed:
            raise LookupError(
                f"The case {case} was replayed, while this program comes to no such "
                f"{experiment.wording.case}; replay it with the program and the Python that the "
                "token was printed for"
            )
    if known == experiment.undisturbed:
        found = (*judge.after(outcome).wrong_by_itself, *failures_of(outcome))
    else:
        found = judge.after(plan.undisturbed).findings(outcome)
    header = {experiment.wording.search: str(known), "error": outcome.error}
    return kind(outcome, found, recording.trace(**header))
