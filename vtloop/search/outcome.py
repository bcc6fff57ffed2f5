"""What a run of the program under test is told by: plain values, with nothing of the run in them.

Oracles judge these alone, so a run's tasks, errors and primitives are gone before the next begins.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeAlias

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


class Primitive(NamedTuple):
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


Ended: TypeAlias = Literal["returned", "raised", "cancelled", "deadlock", "livelock", "endless"]


@dataclass(slots=True)
class Outcome:
    """What came of one case."""

    case: Any  # its text is its token
    missed: bool = False  # a moment of the case did not come
    who: str = ""  # the victim, or the task whose group or timeout it is
    ended: Ended | None = None  # the main coroutine, or why the run could not go on
    detail: str = ""  # the error, in words
    error: str | None = None  # its repr
    stuck: Ended | None = None  # why the tasks that were left could not be cancelled
    faults: tuple[Fault, ...] = ()  # of the main coroutine, the victim and callbacks
    failures: tuple[Failure, ...] = ()  # of all tasks and callbacks
    victim: Ended | None = None  # None if it was pending when the main coroutine ended
    cancelling: int = 0  # the victim's requests that were not taken back
    delivered: bool = False  # CancelledError was thrown into the victim
    swallowed: tuple[str, ...] = ()  # tasks that returned normally though all were cancelled
    cleanup: int = 0  # nanoseconds from the last request to the victim's end
    message: str | None = None  # of the CancelledError that the victim has raised itself, if it has
    by_nobody: tuple[str, ...] = ()  # who passed on a cancellation that they had taken back
    bystanders: tuple[str, ...] = ()  # who ended with a task that the victim's end has cancelled
    pending: int = 0  # how many tasks there were in the end
    left: tuple[Left, ...] = ()
    primitives: tuple[Primitive, ...] = ()
    unretrieved: tuple[str, ...] = ()  # exceptions of tasks and futures
    hidden: tuple[str, ...] = ()  # exceptions that shield() has looked at when nobody waited
    destroyed: tuple[str, ...] = ()  # tasks that were collected while they were pending
    unawaited: tuple[str, ...] = ()  # coroutines
    late: tuple[str, ...] = ()  # async generators
    broken: tuple[str, ...] = ()  # what the user's check has said
    violated: tuple[str, ...] = ()  # what the user's invariant has said, and when
    landed: tuple[str, ...] = ()  # where each cancellation landed, in a run that is looked at


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
