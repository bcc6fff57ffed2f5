"""One workload on one loop, in this process: `python -m benchmarks.sample WORKLOAD LOOP`.

The seconds are processor time of this process, all threads together, as the machine may have other
work to do; a rival that waits in real time is not charged for it. They are taken inside of the main
coroutine, so that making and closing the loop is not part of them, unless it is what the workload
is about. The best of several short repetitions in one process counts.

Prints JSON: {"seconds": … per operation} or {"error": …}.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from collections.abc import Callable

from benchmarks import rivals, workloads
from benchmarks.rivals import Contender, Kind
from benchmarks.workloads import Workload
from vtloop.core.threads.actor import real_process_time

REPETITIONS = 20
ENOUGH = 0.5  # seconds, after which there is no further repetition

process_time: Callable[[], float] = real_process_time  # within a run too


def applies(workload: Workload, contender: Contender) -> bool:
    """Tell whether a contender can be asked to run a workload at all."""
    if not workload.is_possible:
        return False
    if contender.kind is Kind.OWN:
        return workload.name in contender.own_programs()
    return not (workload.sleeps and contender.kind is Kind.REAL)


def once(workload: Workload, contender: Contender, size: int) -> float:
    """Run a workload of so many operations, and return its seconds."""
    if contender.run is None:
        program = contender.own_programs()[workload.name]
        started = process_time()
        program(size)
        return process_time() - started
    if workload.whole:
        started = process_time()
        for _ in range(size):
            contender.run(workloads.nothing)
        return process_time() - started
    spent = 0.0

    async def main() -> None:
        nonlocal spent
        started = process_time()
        await workload.run(size)
        spent = process_time() - started

    contender.run(main)
    return spent


def best(workload: Workload, contender: Contender) -> float:
    """Return the seconds per operation of the best of several repetitions."""
    if workload.needs:
        importlib.import_module(workload.needs)
    spent: list[float] = []
    while len(spent) < REPETITIONS and sum(spent) < ENOUGH:
        gc.collect()
        spent.append(once(workload, contender, workload.size))
    return min(spent) / workload.size


def main(workload: str, contender: str) -> None:
    """Print the JSON for one workload on one loop, by their names."""
    asked, asked_of = workloads.named(workload), rivals.named(contender)
    if not applies(asked, asked_of):
        sys.exit(f"{workload} does not apply to {contender}")
    answer: dict[str, float | str]
    try:
        answer = {"seconds": best(asked, asked_of)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
