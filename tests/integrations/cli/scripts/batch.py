"""Runs a plan of batch jobs on a few workers, with retries, and reports how each one went.

A plan has a job on each line: its name, how many hours one attempt takes, and how likely an
attempt is to fail (0 to 1). The exit status is 1 if a job was given up.
"""

import argparse
import asyncio
import logging
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger("batch")

NIGHTLY = """
# name          hours  failing
ingest-orders     3.0     0.0
ingest-returns    2.0     0.6
deduplicate       6.0     0.3
rates             0.5     0.7
forecast          8.0     0.5
legacy-export   200.0     0.0
thumbnails        4.0     0.2
mail-digest       1.0     1.0
"""


class AttemptFailed(Exception):
    """One attempt at a job did not work out; another might."""


@dataclass
class Job:
    """One line of the plan, and what became of it."""

    name: str
    hours: float
    failing: float
    attempts: int = 0
    backoff: float = 0.0
    outcome: str = "waiting"
    luck: random.Random = field(default_factory=random.Random, repr=False)


def read_plan(text: str, seed: int) -> list[Job]:
    """The jobs of a plan; each one's luck follows from the seed and its name alone."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return [
        Job(name, float(hours), float(failing), luck=random.Random(f"{seed}/{name}"))
        for name, hours, failing in lines
    ]


async def attempt(job: Job, hour: float) -> None:
    """Take as long as the job takes, then fail as often as it fails."""
    await asyncio.sleep(job.hours * hour)
    if job.luck.random() < job.failing:
        raise AttemptFailed(f"{job.name} lost its database connection")


async def carry_out(job: Job, hour: float, attempts: int, limit: float) -> None:
    """Try a job up to `attempts` times, `limit` hours each, with longer and longer pauses."""
    while job.attempts < attempts:
        job.attempts += 1
        try:
            async with asyncio.timeout(limit * hour):
                await attempt(job, hour)
        except AttemptFailed as failure:
            log.warning("attempt %d: %s", job.attempts, failure)
            pause = 2 ** (job.attempts - 1) * job.luck.uniform(0.5, 1.5)
            job.backoff += pause
            await asyncio.sleep(pause * hour)
        except TimeoutError:
            log.error("%s has hung for %g hours", job.name, limit)
            job.outcome = "hung"
            return
        else:
            log.info("%s is done", job.name)
            job.outcome = "done"
            return
    job.outcome = "given up"


async def run_plan(jobs: Iterable[Job], options: argparse.Namespace) -> None:
    """Carry out every job, `options.workers` at a time."""
    waiting: asyncio.Queue[Job] = asyncio.Queue()
    for job in jobs:
        waiting.put_nowait(job)

    async def work() -> None:
        while not waiting.empty():
            job = waiting.get_nowait()
            await carry_out(job, options.time_unit, options.attempts, options.limit)

    await asyncio.gather(*(work() for _ in range(options.workers)))


def report(jobs: list[Job]) -> int:
    """Print a line for each job, and return the exit status."""
    print(f"{'job':<16}{'attempts':>8}{'backoff':>10}  outcome")
    for job in sorted(jobs, key=lambda job: job.name):
        print(f"{job.name:<16}{job.attempts:>8}{job.backoff:>8.2f} h  {job.outcome}")
    done = sum(job.outcome == "done" for job in jobs)
    print(f"{done} of {len(jobs)} jobs are done")
    return 0 if done == len(jobs) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a plan of batch jobs.")
    parser.add_argument("plan", nargs="?", type=Path, help="a file (default: the nightly plan)")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--attempts", type=int, default=4, help="tries per job")
    parser.add_argument("--limit", type=float, default=48, help="hours that one attempt may take")
    parser.add_argument("--seed", type=int, default=1, help="of failures and pauses")
    parser.add_argument("--time-unit", type=float, default=3600, help="seconds to the hour")
    options = parser.parse_args()

    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", level=logging.INFO)
    jobs = read_plan(options.plan.read_text() if options.plan else NIGHTLY, options.seed)
    asyncio.run(run_plan(jobs, options))
    log.info("the plan is through")
    return report(jobs)


if __name__ == "__main__":
    sys.exit(main())
