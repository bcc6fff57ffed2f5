"""How many cases a second a cancellation sweep tries, by class: python -m benchmarks.sweep

The program has 5 tasks and 100 steps. What is told is the best of some rounds, in processor time,
beside the program's bare run on a loop without a policy, which bounds it. The classes are told by
their cases alone; the whole sweep also looks, after each first cancellation, for the moments of a
second one, and judges what came of every case.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial

import vtloop
from vtloop.core.runner import Runner
from vtloop.search.bench import Bench
from vtloop.sweep import sweep
from vtloop.sweep.cases import count, run, run_and_count
from vtloop.sweep.moments import Case

WORKERS = 4
TURNS = 23  # of each worker, besides its first step; the main task's four steps make up 100
ROUNDS = 10
CASES = 400  # of a round: every so manyth


async def worker() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def program() -> None:
    await asyncio.sleep(0)
    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    await asyncio.sleep(0)


def run_bare(case: Case) -> None:
    """Run the program as it is."""
    with Runner(vtloop.VirtualLoop(), None) as runner:
        runner.run(program())


def microseconds(run: Callable[[Case], object], cases: Sequence[Case]) -> float:
    """Return what a case takes, in µs of processor time."""
    began = time.process_time()
    for case in cases:
        run(case)
    return (time.process_time() - began) / len(cases) * 1e6


def microseconds_of_all() -> float:
    """Return what a case of the whole sweep takes, in µs of processor time."""
    began = time.process_time()
    report = sweep(program)
    took = time.process_time() - began
    return took / sum(tally.tried for tally in report.tallies.values()) * 1e6


def main(rounds: int = ROUNDS) -> None:
    """Print a table of the best of some rounds."""
    with Bench(program) as bench:
        _, counting = count(bench, "ABC")
        single = [
            Case(counting.who[number], number, (moment,))
            for number, moments in counting.moments.items()
            for moment in moments
        ]
        classes = {letter: [case for case in single if case.letter == letter] for letter in "ABC"}
        middle = classes["A"][len(classes["A"]) // 2]
        _, again = run_and_count(bench, middle, "ABC")
        classes["D"] = [middle._replace(moments=(*middle.moments, moment)) for moment in again]
        bare: list[float] = []
        took: dict[str, list[float]] = {letter: [] for letter in classes}
        for _ in range(rounds):
            for letter, cases in classes.items():
                some = cases[:: max(1, len(cases) // CASES)]
                took[letter].append(microseconds(partial(run, bench), some))
            bare.append(microseconds(run_bare, single[:CASES]))
    took["all"] = [microseconds_of_all() for _ in range(rounds)]
    print(f"Python {platform.python_version()}, a bare run {min(bare):.0f} µs")
    for name, samples in took.items():
        best = min(samples)
        print(f"{name:3}  {best:4.0f} µs  {1e6 / best:6,.0f} cases a second")


if __name__ == "__main__":
    main()
