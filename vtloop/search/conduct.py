"""What is done to a run: the policy that a case is carried out by."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Generic

from vtloop.core.options import Options
from vtloop.core.policy import Rest, Take
from vtloop.core.recorder import Recorder
from vtloop.search.outcome import AnyOutcome
from vtloop.search.witness import ItsPolicy, Witness, WitnessedLoop

NO_LIMIT = sys.maxsize


class Endless(Exception):
    """A run goes on and on."""


class Conduct(Generic[AnyOutcome]):
    """A policy that carries out a case, and writes down what is seen of it in an outcome.

    This one lets the program run as it does; others inherit from it. `limit` is the number of
    handles that the run may not reach: Endless is raised there.
    """

    is_undisturbed: bool = True
    """Whether the program runs as it does without a search: what ends it then ends the search."""

    def __init__(self, outcome: AnyOutcome, limit: int = NO_LIMIT) -> None:
        self.outcome = outcome
        """What is known of the run; the bench completes it."""
        self.handles = 0
        """How many the loop has taken from its ready queue."""
        self._limit = limit

    def make_loop(
        self, witness: Witness, options: Options, policy: ItsPolicy, recorder: Recorder | None
    ) -> WitnessedLoop:
        """Return the loop to run on."""
        return WitnessedLoop(witness, options, policy, recorder)

    def steer(self, loop: WitnessedLoop, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        def next_handle() -> Any:
            if self.handles >= self._limit:
                self._limit += 1 + self.handles  # for the runner's cleanup
                raise Endless
            self.handles += 1
            return take()

        return next_handle, rest

    def has_raised(self, error: BaseException) -> bool:
        """Return whether an exception is not the program's, but was raised as the case has it."""
        return False

    def stop(self) -> None:
        """Do nothing more, as the main coroutine has ended or the run has failed."""

    def see_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for whoever is to end before the runner cancels what is left."""

    def forget_loop(self) -> None:
        """Let go of the loop, so that it is gone with its last run."""
