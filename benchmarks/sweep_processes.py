"""How much faster a sweep is in several processes: python -m benchmarks.sweep_processes [2]

The same sweep is made in this process and in a pool, alternately, as other programs of the machine
slow down both. The pool's processes are there before the clock starts.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from vtloop.sweep import Report, sweep

ROUNDS = 5
WORKERS = 4
TURNS = 15  # of each worker, and half as many when it is cancelled, which makes many pairs
PAIRS = 10_000


async def worker() -> None:
    try:
        for _ in range(TURNS):
            await asyncio.sleep(0)
    finally:
        for _ in range(TURNS // 2):
            await asyncio.sleep(0)


async def program() -> None:
    await asyncio.gather(*(worker() for _ in range(WORKERS)))


def make(executor: Executor | None, classes: str = "ABCD") -> Report:
    """Make the sweep."""
    return sweep(program, classes=classes, budget=PAIRS, executor=executor)


def seconds(work: Callable[[], Report]) -> tuple[float, Report]:
    """Return how long a sweep takes, in real seconds, and what it has found."""
    began = time.perf_counter()
    report = work()
    return time.perf_counter() - began, report


def main(processes: int = 2, rounds: int = ROUNDS, classes: str = "ABCD") -> None:
    """Print how long each round takes, and the ratio of the best ones."""
    here: list[float] = []
    there: list[float] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        make(pool, "A")
        expected = make(None, classes)
        for _ in range(rounds):
            took, _ = seconds(partial(make, None, classes))
            here.append(took)
            took, report = seconds(partial(make, pool, classes))
            there.append(took)
            assert report == expected
    cases = sum(tally.tried for tally in expected.tallies.values())
    print(f"Python {platform.python_version()}, {cases:,} cases, seconds of each round")
    for what, samples in (("1 process", here), (f"{processes} more", there)):
        rate = f"{cases / min(samples):6,.0f} cases a second"
        print(f"{what:10} {'  '.join(f'{one:5.2f}' for one in samples)}   {rate} at best")
    print(f"{min(here) / min(there):.2f} times as fast")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
