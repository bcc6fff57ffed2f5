"""What a run of the program under test is told by: plain values, with nothing of the run in them.

Oracles judge these alone, so a run's tasks, errors and primitives are gone before the next begins.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from vtloop.values.text import without_addresses

_MORE_LINES = re.compile(r"\\n.*")
_ASYNCIO = os.path.dirname(asyncio.__file__) + os.sep


class Fault(NamedTuple):
    """One exception of a run, or one within or behind it."""

    kind: str  # the name of its class
    text: str  # its repr
    by_asyncio: bool  # whether a function of asyncio raised it
    is_assertion: bool


class Failure(NamedTuple):
    """What a task or a callback has ended with, that is no cancellation; see `failures`."""

    text: str  # the error's repr
    kinds: tuple[str, ...]  # the qualified names of its classes, and of what was raised from it
    place: str  # the program's line that has raised it; '' for none
    who: str  # the task, by name or by coroutine and number; 'a callback'
    how: str  # what it did, in words


Complaint: TypeAlias = Literal[
    "held",  # a lock that nobody releases any more
    "permits lost",
    "released twice",  # a semaphore, so that it has permits too many
    "items not done",  # taken out of a queue, and task_done() was not called
    "lost wake-up",  # what somebody waits for ever for is there
]


class MisusedPrimitive(NamedTuple):
    """A lock, semaphore, event or queue with which something is wrong."""

    name: str  # 'Lock made at worker.py:12 in main'
    complaint: Complaint
    detail: str


class Left(NamedTuple):
    """A task that was pending when the main coroutine had ended."""

    label: str
    coroutine: str
    given_to: str  # gather, wait, shield or as_completed; '' for none of them
    cleans_up: bool = False  # as it was cancelled before


class LeftOpen(NamedTuple):
    """A connection, a server or another socket that was open when all tasks had ended."""

    name: str  # 'socket opened at pool.py:12 in query'
    what: str  # 'the connection 127.0.0.1:49152 → 127.0.0.1:80'
    by_asyncio: bool  # as it was cancelled while it made a server, which nobody else has


Ended: TypeAlias = Literal["returned", "raised", "cancelled", "deadlock", "livelock", "endless"]


@dataclass(slots=True)
class Outcome:
    """What came of one run.

    Each field is written by those it is named under, while the run goes on or when it is over, and
    by nobody else.
    """

    # Whoever conducts the run.
    case: Hashable  # its text is its token
    missed: bool = False  # the program did not come to what the case is about
    landed: tuple[str, ...] = ()  # where tasks were when the case acted, in a run that is looked at

    # The experiment, for itself. It alone knows what these are, as they are no facts of the run.
    leads: Sequence[Any] = field(default=(), compare=False)  # what to go on from after this run

    # The bench, as the main coroutine ends and what it has left is cancelled.
    ended: Ended | None = None  # the main coroutine, or why the run could not go on
    detail: str = ""  # the error, in words
    error: str | None = None  # its repr
    stuck: Ended | None = None  # why the tasks that were left could not be cancelled
    pending: int = 0  # how many tasks there were in the end
    left: tuple[Left, ...] = ()
    left_open: tuple[LeftOpen, ...] = ()

    # All of them, in the order in which they see them.
    faults: tuple[Fault, ...] = ()  # of the main coroutine, a task that is watched, and callbacks

    # The witness, once the run's garbage has been collected.
    failures: tuple[Failure, ...] = ()  # of all tasks and callbacks
    by_nobody: tuple[str, ...] = ()  # who passed on a cancellation that they had taken back
    bystanders: tuple[str, ...] = ()  # who ended with a task that another one's end has cancelled
    primitives: tuple[MisusedPrimitive, ...] = ()
    unretrieved: tuple[str, ...] = ()  # exceptions of tasks and futures
    hidden: tuple[str, ...] = ()  # exceptions that shield() has looked at when nobody waited
    destroyed: tuple[str, ...] = ()  # tasks that were collected while they were pending
    unawaited: tuple[str, ...] = ()  # coroutines
    late: tuple[str, ...] = ()  # async generators

    # The bench, of what its user has asked to be checked.
    broken: tuple[str, ...] = ()  # what `check` has said
    violated: tuple[str, ...] = ()  # what `always` has said, and when

    @property
    def is_stuck(self) -> bool:
        """Whether the main coroutine waits for what can never come."""
        return self.ended == "deadlock"


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)


def faults_of(error: BaseException | None) -> Iterator[Fault]:
    """Yield the facts of an error, of those that it groups and those that it was raised from."""
    to_do, seen = [error], set()
    while to_do:
        error = to_do.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        if not isinstance(error, asyncio.CancelledError):
            yield Fault(
                type(error).__name__,
                text_of(error),
                raised_by_asyncio(error),
                isinstance(error, AssertionError),
            )
        to_do += [error.__cause__, error.__context__]
        if isinstance(error, BaseExceptionGroup):
            to_do += error.exceptions


def text_of(error: BaseException) -> str:
    """Return the repr of an error, the same in every run, up to the end of its first line."""
    return without_addresses(_MORE_LINES.sub("…", repr(error)))


def where_raised(error: BaseException) -> TracebackType | None:
    """Return the innermost part of an error's traceback."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def kinds_of(kind: type[BaseException]) -> tuple[str, ...]:
    """Return the qualified names of an error's class, and of all that it inherits from."""
    return tuple(f"{one.__module__}.{one.__qualname__}" for one in kind.__mro__)


def raised_by_asyncio(error: BaseException) -> bool:
    """Return whether a function of asyncio has raised an error."""
    where = where_raised(error)
    return where is not None and where.tb_frame.f_code.co_filename.startswith(_ASYNCIO)
