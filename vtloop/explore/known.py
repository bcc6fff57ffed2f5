"""What earlier runs have taught of a program: how long its tasks are, and when things happen.

Tasks go by their *path* here, as their numbers change with the schedule: the second task that the
main task has made is the same one in each run. A path goes by a number of its own, its key.
"""

from __future__ import annotations

from typing import NamedTuple


class Decision(NamedTuple):
    """A step of a run at which several lanes were ready."""

    key: int  # of the lane that asyncio takes first
    step: int
    left: int  # how many more steps the run has had


class Timer(NamedTuple):
    """A timer that could be late."""

    lane: int  # that has set it
    at: int  # how many of that lane there were before it
    deadline: int  # as it was asked for, in nanoseconds


class Known:
    """What is known of a program by now; each run adds to it."""

    def __init__(self) -> None:
        self.steps: dict[int, int] = {}
        """How many steps a lane has, by key, as the last run had it that the lane was in."""
        self.timers = 0
        """How many timers a run has set."""
        self.length = 0
        """How many steps a run has had."""
        self.decisions: list[Decision] = []
        """Of the first run, which was stock asyncio's."""
        self.first_timers: list[Timer] = []
        """Those of the first run, in the order in which they were set."""
        self.instants: list[int] = []
        """When something happened in the first run, or was to happen, in nanoseconds."""
        self.last_instants: list[int] = []
        """The same of the last run."""
        self._keys: dict[tuple[int, int], int] = {}

    def key_of_child(self, key: int, number: int) -> int:
        """Return the key of a task, by that of its maker and how many that has made by now."""
        return self._keys.setdefault((key, number), len(self._keys) + 1)

    def ran(self, steps: dict[int, int], timers: list[Timer], instants: list[int]) -> None:
        """Take note of a run: its steps by key, its timers, and when something happened."""
        self.steps |= steps
        self.timers = max(self.timers, len(timers))
        self.length = max(self.length, sum(steps.values()))
        # A timeout that did not fire is a time to meet as well.
        self.last_instants = sorted({*instants, *(one.deadline for one in timers)})
        if not self.instants:
            self.instants, self.first_timers = self.last_instants, timers
