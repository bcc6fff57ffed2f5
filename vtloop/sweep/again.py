"""Counting the moments at which a task could be cancelled again, as it cleans up."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

from vtloop.sweep.calls import Calls
from vtloop.sweep.moments import Moment

Task: TypeAlias = "asyncio.Task[Any]"


class Again:
    """Lists the moments of one task, in the order in which they come.

    The injection that has cancelled it tells what comes. `classes` are the letters that count: of
    A, B and C.
    """

    def __init__(self, classes: str) -> None:
        self.moments: list[Moment] = []
        self._classes = classes
        self._calls = Calls(self._called)
        self._step: int | None = None  # that is followed: which handle it is

    def before(self, handle: int, task: Task) -> None:
        """Take note that the task is there as a handle is about to run."""
        self._count(Moment("B" if is_woken(task) else "A", handle))

    def at_rest(self, rest: int) -> None:
        """Take note that the task is there while nothing is ready."""
        self._count(Moment("R", rest))

    def begin_step(self, handle: int) -> None:
        """Follow a step of the task, which is about to begin."""
        if "C" in self._classes:
            self._step = handle
            self._calls.start()

    def end_step(self) -> None:
        """Follow no step from now on."""
        if self._step is not None:
            self._step = None
            self._calls.stop()

    def _called(self, number: int) -> None:
        if self._step is not None:
            self._count(Moment("C", self._step, number))

    def _count(self, moment: Moment) -> None:
        if moment.letter in self._classes:
            self.moments.append(moment)


def is_woken(task: Any) -> bool:
    """Tell whether the step of a task is in the ready queue already."""
    return task._fut_waiter is None or task._fut_waiter.done()
