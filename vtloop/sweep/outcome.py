"""What a case of a sweep is told by: of its run, and of the task that was cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from vtloop.search.outcome import Ended, Outcome
from vtloop.sweep.moments import Case


@dataclass(slots=True)
class SweptOutcome(Outcome):
    """What came of one case, and of its *victim*: the task that is cancelled.

    Where a sibling fails, or a timeout fires, that is the task whose group or timeout it is. All of
    this is filled in by `injection` and `disturbances`.
    """

    case: Case
    who: str = ""  # the victim
    victim: Ended | None = None  # None if it was pending when the main coroutine ended
    cancelling: int = 0  # its requests that were not taken back
    delivered: bool = False  # CancelledError was thrown into it
    cleanup: int = 0  # nanoseconds from the last request to its end
    message: str | None = None  # of the CancelledError that it has raised itself, if it has
    swallowed: tuple[str, ...] = ()  # tasks that returned normally though all were cancelled

    @property
    def is_stuck(self) -> bool:
        """Whether the main coroutine waits for what can never come, though others are left.

        With two tasks gone there may be nobody left but the main one: that is no fault.
        """
        alone = self.case.of_two_tasks and self.pending <= 1
        return self.ended == "deadlock" and not alone
