"""Every workload on every loop, in turn, each time in a fresh process.

The loops alternate within a round, so that whatever slows the machine for a while slows them all,
and a ratio is taken within its round before the median of the rounds is. The minimum of all rounds
is what the program costs when nothing else runs.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.rivals import Contender
from benchmarks.sample import applies
from benchmarks.workloads import Workload

MICROSECONDS = 1e6  # in a second


@dataclass(slots=True)
class Series:
    """The samples of one workload on one loop, one of each round, in µs per operation."""

    samples: list[float] = field(default_factory=list)
    problem: str = ""
    """Why there are no samples: what the loop raised, or that it took too long."""

    @property
    def best(self) -> float:
        """The least of the samples; nan without any."""
        return min(self.samples, default=float("nan"))

    @property
    def spread(self) -> float:
        """By how much of the least sample the median lies above it."""
        return median(self.samples) / self.best - 1 if self.samples else float("nan")

    def ratio(self, baseline: Series) -> tuple[float, float]:
        """Return the ratio of the least samples, and the median of the rounds' ratios."""
        ratios = [ours / theirs for ours, theirs in zip(self.samples, baseline.samples)]  # noqa: B905
        return (self.best / baseline.best, median(ratios)) if ratios else (float("nan"),) * 2


@dataclass(slots=True)
class Results:
    """All series, by the names of workload and loop."""

    series: dict[tuple[str, str], Series] = field(default_factory=dict)

    def get(self, workload: str, contender: str) -> Series:
        """Return a series, an empty one for what was not measured."""
        return self.series.get((workload, contender), Series())

    def to_json(self) -> list[dict[str, Any]]:
        """Return the series as plain values."""
        return [
            {"workload": workload, "loop": loop, "us": series.samples, "problem": series.problem}
            for (workload, loop), series in self.series.items()
        ]


def run(
    results: Results,
    workloads: Sequence[Workload],
    contenders: Sequence[Contender],
    rounds: int,
    patience: float,
) -> Iterator[str]:
    """Measure `workloads` on `contenders`, each sample in at most `patience` seconds.

    Yields what comes next, in words, when what came before is among the results.
    """
    for number in range(rounds):
        for workload in workloads:
            yield f"round {number + 1} of {rounds}: {workload.name}"
            for contender in contenders:
                if contender.version() is None or not applies(workload, contender):
                    continue
                key = workload.name, contender.name
                series = results.series.setdefault(key, Series())
                if not series.problem:
                    _add_sample(series, workload, contender, patience)


def _add_sample(series: Series, workload: Workload, contender: Contender, patience: float) -> None:
    command = [sys.executable, "-m", "benchmarks.sample", workload.name, contender.name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        series.problem = f"took more than {patience:g} s"
        return
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        answer = {"error": (done.stderr.splitlines() or ["ended without an answer"])[-1]}
    if "error" in answer:
        series.problem = answer["error"]
    else:
        series.samples.append(answer["seconds"] * MICROSECONDS)


def circumstances(contenders: Sequence[Contender], rounds: int) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "rounds": rounds,
        "versions": {
            contender.name: contender.version() for contender in contenders if contender.package
        },
    }
