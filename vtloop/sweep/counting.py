"""A policy that counts the moments at which tasks could be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from vtloop.policies import Rest, Take
from vtloop.sweep.calls import Calls
from vtloop.sweep.moments import Moment
from vtloop.tasks import coroutine_name, in_order, label, number_of, stepping

Task = asyncio.Task[Any]


class Counting:
    """Lists the moments of tasks, in the order in which they come.

    Which `tasks` of a loop are wanted, none that is done, is asked at each moment. `classes` are
    the letters that count: of A, B and C.
    """

    def __init__(self, tasks: Callable[[Any], Sequence[Task]], classes: str) -> None:
        self.moments: dict[int, list[Moment]] = {}
        """By the task's number."""
        self.who: dict[int, str] = {}
        """The tasks, by number: the name of each, or of its coroutine."""
        self.functions: dict[int, str] = {}
        """What they run, by number: the name of the coroutine function."""
        self.handles = self.rests = 0
        self._tasks = tasks
        self._classes = classes
        self._calls = Calls(self._called)
        self._stepping: Task | None = None

    def steer(self, loop: Any, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        ready = loop._ready

        def next_handle() -> Any:
            self._end_step()
            handle = ready[0]
            owner = None if handle._callback is None else stepping(handle)
            for task in self._tasks(loop):
                self._count(task, Moment("B" if _is_woken(task) else "A", self.handles))
            handle = take()
            if owner is not None and "C" in self._classes and owner in self._tasks(loop):
                self._stepping = owner
                self._calls.start()
            self.handles += 1
            return handle

        def end_of_iteration() -> None:
            self._end_step()
            if rest is not None:
                rest()
            if not ready and not loop._stopping:
                for task in self._tasks(loop):
                    self._count(task, Moment("R", self.rests))
                self.rests += 1

        return next_handle, end_of_iteration

    def stop(self) -> None:
        """Count nothing from now on."""
        self._end_step()
        self._tasks = _nobody

    def _called(self, number: int) -> None:
        task = self._stepping
        if task is not None and not task.done():
            self._count(task, Moment("C", self.handles - 1, number))

    def _end_step(self) -> None:
        if self._stepping is not None:
            self._calls.stop()
            self._stepping = None

    def _count(self, task: Task, moment: Moment) -> None:
        number = number_of(task)
        if number not in self.moments:
            self.moments[number] = []
            self.who[number] = who(task)
            self.functions[number] = coroutine_name(task.get_coro())
        if moment.letter in self._classes:
            self.moments[number].append(moment)


def who(task: Task) -> str:
    """Return the first part of a token: what a task is called, without its number."""
    return label(task).removesuffix(f"#{number_of(task)}")


def _is_woken(task: Any) -> bool:
    """Tell whether the step of a task is in the ready queue already."""
    return task._fut_waiter is None or task._fut_waiter.done()


def everybody(loop: asyncio.AbstractEventLoop) -> Sequence[Task]:
    """Return all tasks of a loop that are not done, in order of creation."""
    return in_order(asyncio.all_tasks(loop))


def _nobody(loop: asyncio.AbstractEventLoop) -> Sequence[Task]:
    return ()
