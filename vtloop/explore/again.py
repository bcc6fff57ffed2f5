"""The schedule of a token, run again: judged as in a search, told in words, and recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vtloop.explore.exploration import record
from vtloop.explore.known import Known
from vtloop.explore.narrating import Narrating
from vtloop.explore.runs import Failure, Runs
from vtloop.explore.schedule import Schedule
from vtloop.search.conduct import NO_LIMIT
from vtloop.search.setting import Setting
from vtloop.simulation.run import Run


@dataclass(frozen=True, repr=False)
class Again:
    """What came of one schedule. As text it is meant to be read."""

    token: str
    failures: tuple[Failure, ...]
    story: tuple[str, ...]
    """What deviates, in words, with the lines of the program."""
    run: Run[Any] = field(compare=False)

    @property
    def ok(self) -> bool:
        """Whether it does not fail."""
        return not self.failures

    def __str__(self) -> str:
        found = [f"  {line}" for one in self.failures for line in str(one).splitlines()]
        head = f"{self.token}:" if found else f"{self.token}: nothing was found"
        return "\n".join([head, *found, *self.story, self.run.marbles()])


def run_again(setting: Setting, token: str) -> Again:
    """Run the schedule of a token, twice: to judge and tell it, and to record it.

    ValueError if it is no token; LookupError if the run leaves the schedule.
    """
    schedule = Schedule.parse(token)
    run = record(setting, schedule)
    narrating = Narrating(Known(), schedule, NO_LIMIT)
    with Runs(setting) as runs:
        ran = runs.run(narrating)
    return Again(token, ran.failures, narrating.story, run)
