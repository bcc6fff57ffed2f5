"""The sweep: every moment of a program's tasks, one after the other."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from math import inf

from vtloop.core.patches.wall_clock import WallClock
from vtloop.search.invariants import Always
from vtloop.sweep.batches import (
    Result,
    Setting,
    Work,
    seconds_for_a_case,
    try_elsewhere,
    try_here,
)
from vtloop.sweep.cases import Check, Program
from vtloop.sweep.choosing import OF_TWO_TASKS, pairs_of_moments, pairs_of_timers
from vtloop.sweep.judging import Judge
from vtloop.sweep.ledger import Ledger
from vtloop.sweep.moments import CLASSES, OF_RUNS, Case
from vtloop.sweep.options import OF_SWEEPS
from vtloop.sweep.oracles import ORACLES, Oracle, failures_of
from vtloop.sweep.replaying import Replay, run_again
from vtloop.sweep.report import TWO_TASKS, Report, Tally, problems_of
from vtloop.sweep.victims import Victim, Victims, victims_of
from vtloop.values import progress as bars
from vtloop.values.clock import START
from vtloop.values.files import check_file
from vtloop.values.options import check as check_options
from vtloop.values.programs import called
from vtloop.values.text import without_addresses

_Try = Callable[[Work, Sequence[Case], float], Iterator[Result]]


def sweep(
    program: Program | str,
    *,
    victim: Victim = None,
    classes: str = "".join(CLASSES),
    budget: int = 10_000,
    check: Check | str | None = None,
    always: Always | str | None = None,
    oracles: Sequence[Oracle] = ORACLES,
    seed: int | str = 0,
    wall_clock: WallClock = START,
    executor: Executor | None = None,
    max_seconds: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Report:
    """Run a program once for each moment at which its tasks could be cancelled.

    - `program` is a function that returns a coroutine, or the name of one, such as 'module:main' or
      'file.py:main'; what it prints goes nowhere
    - `victim` is whom to cancel: tasks of this name or of this coroutine function, the task of this
      number (1 is the main one), or all of them
    - `classes` are the kinds of moments, see `moments`; of S and O there are none for a chosen
      victim, of F and T those of its groups and timeouts
    - `budget` bounds the runs with two cancellations of a task, those with two timers of one
      instant, and twenty times those with cancellations of two tasks; of more, a sample is taken,
      always the same
    - `check` is called with the outcome of each run, and raises what is wrong, or returns False
    - `always` is called before each handle of each run, and does the same; these two may be given
      by name as well
    - `oracles` judge each run
    - `seed` is that of all chance, `wall_clock` the date and time of day, for each run
      anew; see `vtloop.VirtualLoop`
    - `executor` runs the cases in batches, in other processes or on other machines: any of
      `concurrent.futures`, or one with that interface; what it is given has to be importable there
    - `max_seconds` of real time are spent at most; the report says what was not tried
    - `resume` is the path of a file to which what was tried is written, and from which another
      sweep of the same program goes on
    - `progress` shows a bar on a terminal, if tqdm is installed

    The report is the same however the work is done. LookupError if there is no such victim,
    TypeError or ValueError, before anything runs, for an option that is none of this.
    """
    check_options(
        OF_SWEEPS,
        program=program,
        victim=victim,
        classes=classes,
        budget=budget,
        check=check,
        always=always,
        oracles=oracles,
        seed=seed,
        wall_clock=wall_clock,
        executor=executor,
        max_seconds=max_seconds,
        resume=resume,
        progress=progress,
    )
    if resume is not None:
        check_file(resume)
    setting = Setting(program, check, always, seed, wall_clock)
    singles = "".join(letter for letter in CLASSES if letter in classes and letter != "D")
    until = inf if max_seconds is None else time.time() + max_seconds
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(setting.bench())
        undisturbed, counting = bench.count(singles)
        judge = Judge(tuple(oracles)).after(undisturbed)
        again = "".join(letter for letter in singles if letter not in OF_RUNS)
        again = again if "D" in classes else ""
        work = Work(setting, judge, bench.most_handles, again, Victims.meant_by(victim))
        victims = victims_of(victim, counting, undisturbed.error)
        cases = [
            Case(counting.who[number], number, (moment,))
            for number in victims
            for moment in counting.moments[number]
        ]
        cases += bench.cases_of_run(counting, None if victim is None else victims)
        timers = pairs_of_timers(counting.ties if victim is None else (), budget, seed)
        cases += timers.cases
        if executor is None:
            attempt = partial(try_here, bench)
        else:
            work.check_that_it_can_be_sent()
            attempt = partial(try_elsewhere, executor, seconds_for_a_case(bench))
            stack.close()
        words = _in_words(setting, victim, classes, oracles, cases)
        ledger = stack.enter_context(Ledger(resume, words))
        search = _Search(attempt, ledger, until, progress)
        first = search.through(work, cases, "once")
        once_more, others = (
            pairs_of_moments(
                ((it.case, [one for one in it.again if bool(one.of) is of_other]) for it in first),
                bound,
                seed,
            )
            for of_other, bound in ((False, budget), (True, budget // OF_TWO_TASKS))
        )
        second = search.through(work.singly(), [*once_more.cases, *others.cases], "twice")
    tried = [*first, *second]
    done = Counter(TWO_TASKS if it.case.of_two_tasks else it.case.letter for it in tried)
    there = Counter(case.letter for case in {*cases})
    there["O"] = timers.total
    tallies = {
        letter: Tally(done[letter], there[letter], letter == "O" and timers.is_sample)
        for letter in singles
        if there[letter] or letter not in OF_RUNS
    }
    if again:
        tallies["D"] = Tally(done["D"], once_more.total, once_more.is_sample)
        if others.total:
            tallies[TWO_TASKS] = Tally(done[TWO_TASKS], others.total, others.is_sample)
    return Report(
        setting=setting,
        victims=tuple(f"{counting.who[number]}#{number}" for number in victims),
        tallies=tallies,
        classes=classes,
        problems=problems_of(tried, judge.oracles),
        before=(*judge.wrong_by_itself, *failures_of(undisturbed)),
        missed=tuple(str(result.case) for result in tried if result.missed),
        time_is_up=search.time_is_up,
        replay=lambda token: run_again(setting, judge, token),
    )


def replay(
    program: Program | str,
    token: str,
    *,
    check: Check | str | None = None,
    always: Always | str | None = None,
    oracles: Sequence[Oracle] = ORACLES,
    seed: int | str = 0,
    wall_clock: WallClock = START,
) -> Replay:
    """Run the case of a token again, recorded; options as for `sweep`.

    ValueError if it is no token, LookupError if the program has no such moment.
    """
    check_options(
        OF_SWEEPS,
        program=program,
        token=token,
        check=check,
        always=always,
        oracles=oracles,
        seed=seed,
        wall_clock=wall_clock,
    )
    setting = Setting(program, check, always, seed, wall_clock)
    return run_again(setting, Judge(tuple(oracles)), token)


class _Search:
    """Tries cases that are not known yet, for as long as there is time."""

    def __init__(self, attempt: _Try, ledger: Ledger, until: float, progress: bool) -> None:
        self._attempt = attempt
        self._ledger = ledger
        self._until = until
        self._progress = progress
        self.time_is_up = False
        """Whether cases are left that would have been tried."""

    def through(self, work: Work, cases: Sequence[Case], times: str) -> list[Result]:
        """Return what has come of cases, in their order, but for those that were not tried."""
        results = {case: self._ledger.known.get(case) for case in cases}
        to_try = [case for case, result in results.items() if result is None]
        # Those in steps last, as it takes a while to begin to follow calls, or to end it.
        to_try.sort(key=lambda case: case.is_in_a_step)
        bar = bars.progress(f"vtloop: cancelling {times}", len(to_try))
        with bar if self._progress else contextlib.nullcontext(lambda: None) as one_done:
            for result in self._attempt(work, to_try, self._until):
                self._ledger.add(result)
                results[result.case] = result
                one_done()
        tried = [result for result in results.values() if result is not None]
        self.time_is_up |= len(tried) < len(results)
        return tried


def _in_words(
    setting: Setting,
    victim: Victim,
    classes: str,
    oracles: Sequence[Oracle],
    cases: Iterable[Case],
) -> dict[str, str]:
    """Return what tells a sweep from others, so that no results are mixed up."""
    code = getattr(setting.loaded().program, "__code__", None)
    try:
        with open(code.co_filename if code is not None else "", "rb") as file:
            source = hashlib.sha256(file.read()).hexdigest()[:16]
    except OSError:
        source = ""
    moments = hashlib.sha256("\n".join(map(str, cases)).encode()).hexdigest()[:16]
    return {
        "program": called(setting.program),
        "Python": ".".join(map(str, sys.version_info[:3])),
        "victim": called(victim) if callable(victim) else str(victim),
        "classes": classes,
        "seed": repr(setting.seed),
        "wall clock": str(setting.wall_clock),
        "check": called(setting.check) if setting.check is not None else "",
        "invariant": called(setting.always) if setting.always is not None else "",
        "list of oracles": ", ".join(
            oracle.name if oracle in ORACLES else without_addresses(repr(oracle))
            for oracle in oracles
        ),
        "source": source,
        "list of moments": moments,
    }
