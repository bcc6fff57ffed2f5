"""The sweep: every moment of a program's tasks, one after the other."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from vtloop.recording import Recording
from vtloop.sweep.cases import Bench, Check, Program
from vtloop.sweep.counting import Counting
from vtloop.sweep.facts import Outcome
from vtloop.sweep.moments import CLASSES, OF_RUNS, Case, Moment, case_of
from vtloop.sweep.oracles import ORACLES, Finding, Oracle
from vtloop.sweep.report import Problem, Report, Tally, listed
from vtloop.tasks import without_locals
from vtloop.trace import Trace

Victim = str | int | Callable[..., Any] | None


def sweep(
    program: Program,
    *,
    victim: Victim = None,
    classes: str = "".join(CLASSES),
    budget: int = 10_000,
    check: Check | None = None,
    oracles: Sequence[Oracle] = ORACLES,
    seed: int | str = 0,
) -> Report:
    """Run a program once for each moment at which its tasks could be cancelled.

    - `program` is a function that returns a coroutine; what it prints goes nowhere
    - `victim` is whom to cancel: tasks of this name or of this coroutine function, the task of this
      number (1 is the main one), or all of them
    - `classes` are the kinds of moments, see `moments`; of S there are none for a chosen victim,
      of F and T those of its groups and timeouts
    - `budget` bounds the runs with two cancellations; of more, a sample is taken, always the same
    - `check` is called with the outcome of each run, and raises what is wrong
    - `oracles` judge each run
    - `seed` is that of the module `random`, for each run anew

    LookupError if there is no such victim.
    """
    singles = [letter for letter in CLASSES if letter in classes and letter != "D"]
    if not singles or not set(classes) <= set(CLASSES):
        raise ValueError(
            f"A sweep was asked for classes={classes!r}, while the classes are A, B, C, D, S, F "
            "and T, and D comes after one of the first three; pass some of 'ABCDSFT'"
        )
    search = _Search(oracles)
    with Bench(program, check=check, seed=seed) as bench:
        undisturbed, counting = bench.count("".join(singles))
        search.begin(undisturbed)
        later: list[tuple[Case, list[Moment]]] = []
        victims = _victims(victim, counting)
        for number in victims:
            for moment in counting.moments[number]:
                case = Case(counting.who[number], number, (moment,))
                if "D" not in classes:
                    search.judge(bench.run(case))
                else:
                    outcome, again = bench.run_and_count(case, "".join({*singles} & {*"ABC"}))
                    search.judge(outcome)
                    if outcome.ended != "endless":  # else there would be no end of pairs either
                        later.append((case, again.moments.get(number, [])))
        for case in bench.cases_of_run(counting, None if victim is None else victims):
            search.judge(bench.run(case))
        tallies = {
            letter: Tally(tried, tried)
            for letter in singles
            if (tried := search.tried[letter]) or letter not in OF_RUNS
        }
        if "D" in classes:
            total = sum(len(moments) for _, moments in later)
            for case in _pairs(later, _sample(total, budget, seed)):
                search.judge(bench.run(case))
            tallies["D"] = Tally(search.tried["D"], total)
    return Report(
        victims=tuple(f"{counting.who[number]}#{number}" for number in victims),
        tallies=tallies,
        problems=search.problems(),
        before=tuple(search.before.values()),
        missed=tuple(search.missed),
    )


class Replay(NamedTuple):
    """One case, run again and recorded."""

    outcome: Outcome
    findings: tuple[Finding, ...]  # but for those of the undisturbed run
    trace: Trace


def replay(
    program: Program,
    token: str,
    *,
    check: Check | None = None,
    oracles: Sequence[Oracle] = ORACLES,
    seed: int | str = 0,
) -> Replay:
    """Run the case of a token again, recorded; options as for `sweep`.

    ValueError if it is no token, LookupError if the program has no such moment.
    """
    case = case_of(token)
    search = _Search(oracles)
    recording = Recording()
    with Bench(program, check=check, seed=seed) as bench:
        undisturbed, counting = bench.count("ABC")
        search.begin(undisturbed)
        number = case.number
        known = case.letter in OF_RUNS or counting.who.get(number) == case.who
        outcome = bench.run(case, recording, explain=True)
        if not known or outcome.missed:
            raise LookupError(
                f"The case {token} was replayed, while this program comes to no such moment; "
                "replay it with the program and the Python that the token was printed for"
            )
    return Replay(outcome, tuple(search.judge(outcome)), recording.trace(sweep=str(case)))


class _Search:
    """Judges outcomes, and keeps what is held against them."""

    def __init__(self, oracles: Iterable[Oracle]) -> None:
        self.tried = dict.fromkeys(CLASSES, 0)
        self.missed: list[str] = []
        self.before: dict[tuple[str, str], Finding] = {}
        self._oracles = tuple(oracles)
        self._problems: dict[tuple[str, str], Problem] = {}

    def begin(self, undisturbed: Outcome) -> None:
        """Take note of what is found without any cancellation."""
        self.before = {finding[:2]: finding for finding in self._findings(undisturbed)}

    def judge(self, outcome: Outcome) -> list[Finding]:
        """Return what is wrong with a run, and keep it."""
        case = outcome.case
        self.tried[case.letter] += 1
        if outcome.missed:
            self.missed.append(str(case))
        found = [one for one in self._findings(outcome) if one[:2] not in self.before]
        for finding in {one[:2]: one for one in found}.values():
            problem = self._problems.setdefault(finding[:2], Problem(finding, case, Counter()))
            problem.counts[case.letter] += 1
        return found

    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, in the order of the oracles."""
        place = {oracle.name: number for number, oracle in enumerate(self._oracles)}
        found = self._problems.values()
        return tuple(sorted(found, key=lambda problem: place[problem.finding.oracle]))

    def _findings(self, outcome: Outcome) -> Iterator[Finding]:
        for oracle in self._oracles:
            yield from oracle.judge(outcome)


def _victims(victim: Victim, counting: Counting) -> list[int]:
    """Return the numbers of the tasks to cancel."""
    numbers = sorted(counting.moments)
    found = [
        number
        for number in numbers
        if _is_victim(victim, number, counting.who[number], counting.functions[number])
    ]
    if not found:
        tasks = listed([f"{counting.who[number]}#{number}" for number in numbers])
        raise LookupError(
            f"A sweep was asked to cancel victim={victim!r}, while the program has {tasks}; pass "
            "the name of a task, its number, a coroutine function, or None for all of them"
        )
    return found


def _is_victim(victim: Victim, number: int, name: str, function: str) -> bool:
    if victim is None:
        return True
    if isinstance(victim, int):
        return number == victim
    if isinstance(victim, str):
        return victim in (name, function, f"{name}#{number}")
    return function == without_locals(victim.__qualname__)


def _sample(total: int, budget: int, seed: int | str) -> Sequence[int]:
    """Return which of so many cases are tried."""
    if total <= budget:
        return range(total)
    return sorted(random.Random(seed).sample(range(total), budget))


def _pairs(later: list[tuple[Case, list[Moment]]], places: Iterable[int]) -> Iterator[Case]:
    """Yield the pairs of moments at some places in the list of all."""
    ends = [0, *accumulate(len(moments) for _, moments in later)]
    wanted = iter(places)
    place = next(wanted, None)
    for (case, moments), (begin, end) in zip(later, pairwise(ends), strict=True):
        while place is not None and place < end:
            yield case._replace(moments=(*case.moments, moments[place - begin]))
            place = next(wanted, None)
