"""Trying many cases: one after the other in this process, or in batches in others.

- What comes of a case does not depend on the case before it, nor on the process, so neither does a
  search on how it is cut into batches.
- What is sent to another process, and what comes back, are plain values. Functions go by name.
- A case runs to its end: time that is up is noticed after it.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from typing import Any, Generic

from vtloop.patching.replaced import keeps
from vtloop.search.bench import Bench
from vtloop.search.experiment import AnyCase, Experiment, Result
from vtloop.search.judge import Judge
from vtloop.search.setting import Setting
from vtloop.values.programs import called

# A batch takes about so many seconds: more than it takes to prepare for it, which is some
# hundredths, and few enough to end soon. In between, all are cut into so many, for all processes.
_LEAST, _MOST, _BATCHES = 0.1, 1.0, 32

_one_at_a_time = threading.Lock()  # as what a run replaces in its process is there but once
keeps(__name__, "whether a worker of a search is at work in this process", "_one_at_a_time")


@dataclass(frozen=True)
class Work(Generic[AnyCase]):
    """What is to be done with each case."""

    experiment: Experiment[AnyCase, Any]
    setting: Setting
    judge: Judge[Any]
    most_handles: int

    def try_on(self, bench: Bench, case: AnyCase) -> Result[AnyCase]:
        """Return what comes of a case."""
        outcome = self.experiment.run(bench, case)
        findings = self.judge.findings(outcome)
        return Result(case, outcome.missed, findings, tuple(outcome.leads))

    def seconds_for_a_case(self, bench: Bench) -> float:
        """Return the processor time of one more run, in seconds."""
        began = time.thread_time()
        self.experiment.run(bench, self.experiment.undisturbed)
        return time.thread_time() - began + 1e-6  # the clock may be a coarse one

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
                    f"A {self.experiment.wording.search} with an executor was given the {what} "
                    f"{called(part)}, while another process cannot import that; define it at the "
                    "top level of a module"
                ) from None


def try_here(
    bench: Bench, work: Work[AnyCase], cases: Sequence[AnyCase], until: float
) -> Iterator[Result[AnyCase]]:
    """Try cases on a bench that is entered, until a time of the real clock, in Unix seconds."""
    for case in cases:
        if time.time() >= until:
            return
        yield work.try_on(bench, case)


def try_batch(work: Work[AnyCase], cases: Sequence[AnyCase], until: float) -> list[Result[AnyCase]]:
    """Try cases on a bench of their own; this is what an executor is given."""
    with _one_at_a_time:
        if time.time() >= until:
            return []
        with work.setting.bench(work.experiment.wording.search) as bench:
            bench.most_handles = work.most_handles
            # What only a first run does, such as imports, is no part of a case.
            work.experiment.run(bench, work.experiment.undisturbed)
            return list(try_here(bench, work, cases, until))


def try_elsewhere(
    executor: Executor, took: float, work: Work[AnyCase], cases: Sequence[AnyCase], until: float
) -> Iterator[Result[AnyCase]]:
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
