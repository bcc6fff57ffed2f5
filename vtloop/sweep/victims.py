"""Whom a sweep cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vtloop.core.tasks import coroutine_name, number_of, without_locals
from vtloop.private.events import ACCEPTING
from vtloop.sweep.counting import Counting, who
from vtloop.values.programs import called

Victim = str | int | Callable[..., Any] | None


@dataclass(frozen=True)
class Victims:
    """The tasks of a program that are meant: all, or those of a name, of a number, of a function.

    All are those of the program: not asyncio's own that accept connections. A plain value, also for
    other processes.
    """

    name: str | None = None  # of the task, of its coroutine, or with the number
    number: int | None = None
    function: str | None = None
    given: str | int | None = None
    """How a user has said who is meant, in words that are the same in every process."""

    @classmethod
    def meant_by(cls, victim: Victim) -> Victims:
        """Return who is meant by an option `victim`."""
        if victim is None:
            return EVERYBODY
        if isinstance(victim, str):
            return cls(name=victim, given=victim)
        if isinstance(victim, int):
            return cls(number=victim, given=victim)
        return cls(function=without_locals(victim.__qualname__), given=called(victim))

    def include(self, task: asyncio.Task[Any]) -> bool:
        """Return whether a task is one of them."""
        return self.include_of(number_of(task), who(task), coroutine_name(task.get_coro()))

    def include_of(self, number: int, name: str, function: str) -> bool:
        """Return whether the task of a number, a name and a coroutine function is one of them."""
        if self.number is not None:
            return number == self.number
        if self.name is not None:
            return self.name in (name, function, f"{name}#{number}")
        if self.function is not None:
            return self.function == function
        return function != ACCEPTING


EVERYBODY = Victims()


def listed(names: Sequence[str]) -> str:
    """Return the names of tasks, but not all of many."""
    if len(names) <= 5:
        return ", ".join(names)
    return f"{', '.join(names[:4])} and {len(names) - 4} others"


def victims_of(victims: Victims, counting: Counting, error: str | None = None) -> list[int]:
    """Return the numbers of the tasks to cancel, in a program that may end with an error.

    LookupError if it has none of them.
    """
    numbers = sorted(counting.moments)
    found = [
        number
        for number in numbers
        if victims.include_of(number, counting.who[number], counting.functions[number])
    ]
    if not found:
        tasks = listed([f"{counting.who[number]}#{number}" for number in numbers])
        and_raises = f" and raises {error}" if error else ""
        raise LookupError(
            f"A sweep was asked to cancel victim={victims.given!r}, while the program has {tasks}"
            f"{and_raises}; pass the name of a task, its number, a coroutine function, or None for "
            "all of them"
        )
    return found
