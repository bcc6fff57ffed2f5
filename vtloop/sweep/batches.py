"""Trying many cases: one after the other in this process, or in batches in others.

- What comes of a case does not depend on the case before it, nor on the process, so neither does a
  sweep on how it is cut into batches.
- What is sent to another process, and what comes back, are plain values. Functions go by name.
- A case runs to its end: time that is up is noticed after it.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from vtloop.core.patches.wall_clock import WallClock
from vtloop.patching.replaced import keeps
from vtloop.sweep.cases import Bench, Check, Program
from vtloop.sweep.invariants import Always
from vtloop.sweep.judging import Judge
from vtloop.sweep.moments import OF_RUNS, UNDISTURBED, Case, Moment
from vtloop.sweep.oracles import Finding
from vtloop.sweep.victims import EVERYBODY, Victims
from vtloop.values.clock import START
from vtloop.values.programs import called, load

# A batch takes about so many seconds: more than it takes to prepare for it, which is some
# hundredths, and few enough to end soon. In between, all are cut into so many, for all processes.
_LEAST, _MOST, _BATCHES = 0.1, 1.0, 32

_one_at_a_time = threading.Lock()  # as what a run replaces in its process is there but once
keeps(__name__, "whether a worker of a sweep is at work in this process", "_one_at_a_time")


@dataclass(frozen=True)
class Setting:
    """What is run, and what has to be true of it: options of `sweep`."""

    program: Program | str
    check: Check | str | None = None
    always: Always | str | None = None
    seed: int | str = 0
    wall_clock: WallClock = START

    def loaded(self) -> Setting:
        """Return the same, with functions where there were names."""
        program, check, always = map(_function, (self.program, self.check, self.always))
        return replace(self, program=program, check=check, always=always)

    def bench(self) -> Bench:
        """Return the bench for it."""
        loaded: Any = self.loaded()
        options = vars(loaded).copy()
        return Bench(options.pop("program"), **options)


def _function(given: Any) -> Any:
    return load(given) if isinstance(given, str) else given


class Result(NamedTuple):
    """What is kept of a case."""

    case: Case
    missed: bool = False
    findings: tuple[Finding, ...] = ()
    again: tuple[Moment, ...] = ()
    """The moments of a second cancellation, if they were asked for."""


@dataclass(frozen=True)
class Work:
    """What is to be done with each case."""

    setting: Setting
    judge: Judge
    most_handles: int
    again: str = ""  # the classes of second cancellations to count
    victims: Victims = EVERYBODY  # of them

    def singly(self) -> Work:
        """Return the same, without counting what could come after a case."""
        return replace(self, again="")

    def try_on(self, bench: Bench, case: Case) -> Result:
        """Return what comes of a case."""
        moments: Sequence[Moment] = ()
        if self.again and case.letter not in OF_RUNS:
            outcome, moments = bench.run_and_count(case, self.again, self.victims)
        else:
            outcome = bench.run(case)
        missed = outcome.missed and not _is_gone(bench, case)
        return Result(case, missed, self.judge.findings(outcome), tuple(moments))

    def check_that_it_can_be_sent(self) -> None:
        """Raise TypeError if another process could not be told what to do."""
        setting = self.setting
        parts: dict[str, Any] = {f"oracle {one.name!r}": one for one in self.judge.oracles}
        parts |= {"program": setting.program, "check": setting.check, "always": setting.always}
        for what, part in parts.items():
            try:
                pickle.dumps(part)
            except (pickle.PicklingError, AttributeError, TypeError):
                raise TypeError(
                    f"A sweep with an executor was given the {what} {called(part)}, while another "
                    "process cannot import that; define it at the top level of a module"
                ) from None


def _is_gone(bench: Bench, case: Case) -> bool:
    """Return whether a second moment is one no more.

    A call in a cleanup that does something for the first time, such as an import or what is cached,
    makes calls that do not come again. It was counted in such a run.
    """
    *_, moment = case.moments
    if case.letter != "D" or moment.kind != "C":
        return False
    _, again = bench.run_and_count(case._replace(moments=case.moments[:1]), "C")
    return moment not in again


def try_here(bench: Bench, work: Work, cases: Sequence[Case], until: float) -> Iterator[Result]:
    """Try cases on a bench that is entered, until a time of the real clock, in Unix seconds."""
    for case in cases:
        if time.time() >= until:
            return
        yield work.try_on(bench, case)


def try_batch(work: Work, cases: Sequence[Case], until: float) -> list[Result]:
    """Try cases on a bench of their own; this is what an executor is given."""
    with _one_at_a_time:
        if time.time() >= until:
            return []
        with work.setting.bench() as bench:
            bench.begin(work.most_handles)
            return list(try_here(bench, work, cases, until))


def try_elsewhere(
    executor: Executor, took: float, work: Work, cases: Sequence[Case], until: float
) -> Iterator[Result]:
    """Try cases in batches, when a case has taken so many seconds; results come in any order."""
    size = size_of_batches(len(cases), took)
    batches = [cases[begin : begin + size] for begin in range(0, len(cases), size)]
    futures = [executor.submit(try_batch, work, batch, until) for batch in batches]
    try:
        for future in as_completed(futures):
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()


def size_of_batches(cases: int, took: float) -> int:
    """Return how many of so many cases make up a batch."""
    return 1 + int(max(_LEAST / took, min(cases / _BATCHES, _MOST / took)))


def seconds_for_a_case(bench: Bench) -> float:
    """Return how long a run takes the processor that is not the first."""
    began = time.thread_time()
    bench.run(UNDISTURBED)
    return time.thread_time() - began + 1e-6  # the clock may be a coarse one
