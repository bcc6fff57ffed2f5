"""What can be wrong with a task that was cancelled, or whose group or timeout has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vtloop.search.oracles import OF_ANY_RUN, Finding, Oracle, Rule
from vtloop.sweep.injection import MESSAGE
from vtloop.sweep.outcome import SweptOutcome
from vtloop.values.clock import NANOSECONDS, plain_seconds


def _swallowed(run: SweptOutcome) -> Iterator[tuple[str, str]]:
    if run.victim == "returned" and run.cancelling > 0:
        yield (
            run.who,
            f"it was cancelled and returned normally, while cancelling() was {run.cancelling}; let "
            "CancelledError pass, or call uncancel() where the cancellation ends",
        )
    for who in run.swallowed:
        yield (
            who,
            "it was cancelled with all other tasks and returned normally, and took nothing back; "
            "let CancelledError pass",
        )


def _message_lost(run: SweptOutcome) -> Iterator[tuple[str, str]]:
    if run.message is not None and run.message != MESSAGE:
        has = f"has the message {run.message!r}" if run.message else "has none"
        yield (
            run.who,
            f"it was cancelled with a message, while the CancelledError that ended it {has}; "
            "raise the one that was caught",
        )


def _out_of_nothing(run: SweptOutcome) -> Iterator[tuple[str, str]]:
    whom = [run.who] if run.victim == "cancelled" and run.delivered and not run.cancelling else []
    for who in dict.fromkeys((*run.by_nobody, *whom)):
        yield (
            who,
            "it ended with CancelledError, while cancelling() was 0 as every request had been "
            "taken back by uncancel(); whoever takes back the last one has to end the error",
        )
    for who in run.bystanders:
        yield (
            who,
            "it ended with CancelledError, while nobody had cancelled it: it awaited a task that "
            f"was cancelled as {run.who} was, which awaited it too; let each await "
            "asyncio.shield(task)",
        )


# What goes on too long, by the class of the case, and after what.
_OVER = {
    "F": ("the block of its TaskGroup", "a task of that had failed"),
    "T": ("the block of its timeout", "that had fired"),
}


@dataclass(frozen=True)
class SlowCleanup:
    """A task takes long to end after it was cancelled, or to leave a block that is over."""

    bound: float = 60  # virtual seconds
    name: str = "slow cleanup"

    def judge(self, outcome: SweptOutcome) -> list[Finding]:
        if outcome.cleanup <= self.bound * NANOSECONDS:
            return []
        seconds = plain_seconds(outcome.cleanup)
        what, end = _OVER.get(outcome.case.letter, ("it", "it was cancelled"))
        pending = " and was still pending" if outcome.victim is None else ""
        words = f"{what} went on for {seconds} s after {end}{pending}"
        return [Finding(self.name, outcome.who, f"{words}; the bound is {self.bound:g} s")]


ORACLES: tuple[Oracle[SweptOutcome], ...] = (
    Rule("cancel swallowed", _swallowed),
    Rule("message lost", _message_lost),
    Rule("cancelled by nobody", _out_of_nothing),
    SlowCleanup(),
    *OF_ANY_RUN,
)
"""All of them, in the order in which their findings are told."""
