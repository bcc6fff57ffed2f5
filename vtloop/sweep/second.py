"""Counting the moments of a second cancellation: of the task again, or of another one as well.

Of other tasks there are too many to count them all. What a first cancellation leads to is near it,
so these moments are looked for at the next one there is, at the one after it, and from then on
twice as far away each time: 0, 1, 2, 4, 8… handles and rests on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from vtloop.core.policy import LoopView
from vtloop.core.tasks import number_of
from vtloop.search.calls import Calls
from vtloop.sweep.moments import Moment, kinds_of

Task: TypeAlias = "asyncio.Task[Any]"


class Again:
    """Lists the moments of one task, in the order in which they come.

    The injection that has cancelled it tells what comes. `classes` are the letters that count: of
    A, B and C.
    """

    def __init__(self, classes: str) -> None:
        self.moments: list[Moment] = []
        self._kinds = kinds_of(classes)
        self._calls = Calls(self._called)
        self._step: tuple[int, Task] | None = None  # that is followed: which handle, and whose

    def before(self, handle: int, task: Task) -> None:
        """Take note that the task is there as a handle is about to run."""
        self._count(Moment("B" if is_woken(task) else "A", handle))

    def at_rest(self, rest: int) -> None:
        """Take note that the task is there while nothing is ready."""
        self._count(Moment("R", rest))

    def begin_step(self, handle: int, task: Task) -> None:
        """Follow a step of the task, which is about to begin."""
        if "C" in self._kinds:
            self._step = handle, task
            self._calls.start()

    def end_step(self) -> None:
        """Follow no step from now on."""
        if self._step is not None:
            self._step = None
            self._calls.stop()

    def _called(self, number: int) -> None:
        if self._step is not None and not self._step[1].done():
            self._count(Moment("C", self._step[0], number))

    def _count(self, moment: Moment) -> None:
        if moment.kind in self._kinds:
            self.moments.append(moment)


NOWHERE = 1 << 60
"""A handle, or a place, that does not come."""


class Others:
    """Lists the moments at which another task than the first could be cancelled.

    `is_victim` says of which tasks, `classes` are the letters that count: of A and B. Places are
    handles and rests together, counted from the run's beginning.
    """

    def __init__(self, is_victim: Callable[[Task], bool], classes: str) -> None:
        self.moments: list[Moment] = []
        self.place = NOWHERE
        """Where it is looked next."""
        self._is_victim = is_victim
        self._kinds = kinds_of(classes)
        self._first = 0  # the task that was cancelled first, by number
        self._begun = self._distance = 0  # the place of the first look, and how far the next is

    def begin(self, first: Task, place: int) -> None:
        """Take note that a task was cancelled, and which place is the next to come."""
        if not self._first:
            self._first = number_of(first)
            self.place = self._begun = place

    def look(self, loop: LoopView, at: int, is_rest: bool) -> None:
        """Count the tasks that are there before a handle, or at an idle moment."""
        for task in loop.pending_tasks():
            number = number_of(task)
            kind = "R" if is_rest else "B" if is_woken(task) else "A"
            if number != self._first and kind in self._kinds and self._is_victim(task):
                self.moments.append(Moment(kind, at, of=number))
        self._distance = 2 * self._distance or 1
        self.place = self._begun + self._distance


def is_woken(task: Any) -> bool:
    """Return whether the step of a task is in the ready queue already."""
    return task._fut_waiter is None or task._fut_waiter.done()
