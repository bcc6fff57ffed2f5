"""One round of searches with one explorer, in this process.

    python -m benchmarks.search_sample '{"explorer": "detangle", "seed": 1, …}'

What is asked for is an `Asked` as JSON, and so is the answer, an `Answer`. Seconds are processor
time of this process, as the machine may have other work to do.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import NamedTuple

from benchmarks.explorers import Explorer, Found, named
from scenarios.races import table as races

SPEED_OF = ("lost_update", "dining_philosophers", "key_rotation")
"""On which programs the speed is taken: without their bugs, as a failure takes more than a run."""


class Asked(NamedTuple):
    """What is to be searched."""

    explorer: str
    seed: int
    budget: int  # runs of each search
    speed: int  # runs that the speed is taken of; 0 for no speed
    fixed: bool  # whether the programs are those without a bug
    programs: list[tuple[str, bool]]  # a race's name, and whether its awaits take time


class Answer(NamedTuple):
    """What came of it."""

    first: list[int | None]  # of each program, the number of the run that failed first
    speed: float | None  # schedules a second


def speed(explorer: Explorer, runs: int, seed: int) -> float:
    """Return how many schedules a second are run, of a few small programs together."""
    done = 0
    began = time.process_time()
    for name in SPEED_OF:
        done += explorer.search(races.named(name).main(io=False, fixed=True), runs, seed).runs
    return done / (time.process_time() - began)


def search(asked: Asked) -> Answer:
    """Return what one explorer finds."""
    explorer = named(asked.explorer)
    found: list[Found] = [
        explorer.search(races.named(race).main(io=io, fixed=asked.fixed), asked.budget, asked.seed)
        for race, io in asked.programs
    ]
    return Answer(
        [one.first for one in found],
        speed(explorer, asked.speed, asked.seed) if asked.speed else None,
    )


if __name__ == "__main__":
    logging.disable()  # some programs leave an error behind that nobody awaits
    print(json.dumps(search(Asked(**json.loads(sys.argv[1])))))
