"""Policies that count the moments at which something could happen to a program."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from vtloop.core.policy import LoopView, Rest, Take
from vtloop.core.tasks import coroutine_name, label, number_of, stepping
from vtloop.core.timers import AnyTimerHandle
from vtloop.search.calls import Calls
from vtloop.search.witness import WitnessedLoop, is_open
from vtloop.sweep.moments import Case, Moment
from vtloop.sweep.second import is_woken
from vtloop.sweep.timeouts import TimedLoop, timed

Task: TypeAlias = "asyncio.Task[Any]"


class OfRun(NamedTuple):
    """A case that cancels no single task, and the number of the task whose group it is about."""

    owner: int  # 0 for all tasks
    case: Case


class Timeout(NamedTuple):
    """A timeout of the undisturbed run."""

    number: int
    owner: int  # the number of the task that has armed it; 0 for none
    fired: int | None  # which handle it was, if it has fired


class Tie(NamedTuple):
    """Timers of one instant in the undisturbed run."""

    handle: int  # which the first of them was
    timers: int

    def pairs(self) -> int:
        """Return how many pairs of them there are."""
        return self.timers * (self.timers - 1) // 2

    def pair(self, number: int) -> Case:
        """Return the case in which the later timer of a pair comes at the place of the earlier."""
        place, left = 0, self.timers - 1
        while number >= left:
            number -= left
            place, left = place + 1, left - 1
        here = self.handle + place
        return Case("timers", 0, (Moment("O", here, here + 1 + number),))


class Counting:
    """Lists the moments of all tasks, in the order in which they come.

    `classes` are the letters that count: of A, B, C, S, F, T and O. T takes a TimedLoop.
    """

    def __init__(self, classes: str) -> None:
        self.moments: dict[int, list[Moment]] = {}
        """By the task's number."""
        self.who: dict[int, str] = {}
        """The tasks, by number: the name of each, or of its coroutine."""
        self.handed: dict[int, list[Moment]] = {}
        """Of class B those at which another task has just let one go on, by number."""
        self.functions: dict[int, str] = {}
        """What they run, by number: the name of the coroutine function."""
        self.of_run: list[OfRun] = []
        """The cases of the classes S and F."""
        self.timeouts: list[Timeout] = []
        self.ties: list[Tie] = []
        self.handles = self.rests = 0
        self._fired: dict[int, int] = {}  # which handle a timeout was
        self._loop: WitnessedLoop | None = None  # while it runs
        self._timed: TimedLoop | None = None  # the same, if timeouts count
        self._tasks = _everybody
        self._classes = classes
        self._calls = Calls(self._called)
        self._stepping: Task | None = None
        self._woken: set[int] = set()  # the tasks that were about to run before this handle
        self._after_step = False  # whether that was a task's step

    def steer(self, loop: WitnessedLoop, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        timeouts = timed(loop) if "T" in self._classes else None
        if self._tasks is not _nobody:
            self._loop, self._timed = loop, timeouts
        ready = loop.ready
        of_run = bool({*"SF"} & {*self._classes})
        steps = "C" in self._classes

        def next_handle() -> Any:
            self._end_step()
            self._count_all(self._tasks(loop))
            if of_run:
                self._count_of_run(loop, "", self.handles)
            if timeouts is not None and (number := timeouts.fired(ready[0])):
                self._fired[number] = self.handles
            handle = take()
            owner = stepping(handle)
            if steps and owner is not None and any(task is owner for task in self._tasks(loop)):
                self._stepping = owner
                self._calls.start()
            self._after_step = owner is not None
            owner = None  # not to be kept alive
            self.handles += 1
            return handle

        def end_of_iteration() -> None:
            self._end_step()
            if rest is not None:
                rest()
            if not ready and not loop.stopping:
                for task in self._tasks(loop):
                    self._count(task, Moment("R", self.rests))
                if of_run:
                    self._count_of_run(loop, "R", self.rests)
                self.rests += 1

        return next_handle, end_of_iteration

    def order(self, timers: Sequence[AnyTimerHandle]) -> None:
        """Take note that several timers of one instant are about to be ready."""
        if "O" in self._classes and self._loop is not None:
            self.ties.append(Tie(self.handles + len(self._loop.ready), len(timers)))

    def stop(self) -> None:
        """Count nothing from now on."""
        self._end_step()
        if self._timed is not None:
            for number, armed in enumerate(self._timed.timeouts, 1):
                self.timeouts.append(Timeout(number, armed.owner, self._fired.get(number)))
        self._tasks, self._loop, self._timed = _nobody, None, None

    def _called(self, number: int) -> None:
        task = self._stepping
        if task is not None and not task.done():
            self._count(task, Moment("C", self.handles - 1, number))

    def _end_step(self) -> None:
        if self._stepping is not None:
            self._calls.stop()
            self._stepping = None

    def _count_all(self, tasks: Sequence[Task]) -> None:
        """Count the tasks that are there before a handle."""
        woken = {number_of(task) for task in tasks if is_woken(task)}
        for task in tasks:
            number = number_of(task)
            moment = Moment("B" if number in woken else "A", self.handles)
            if self._after_step and number in woken - self._woken and number in self.moments:
                self.handed.setdefault(number, []).append(moment)
            self._count(task, moment)
        self._woken = woken

    def _count_of_run(self, loop: WitnessedLoop, where: str, at: int) -> None:
        if not self._tasks(loop):
            return
        if "S" in self._classes:
            self.of_run.append(OfRun(0, Case("everybody", 0, (Moment(f"S{where}", at),))))
        if "F" in self._classes:
            for number, reference in enumerate(loop.groups, 1):
                group: Any = reference()
                if group is not None and is_open(group):
                    case = Case("group", number, (Moment(f"F{where}", at),))
                    self.of_run.append(OfRun(number_of(group._parent_task), case))

    def _count(self, task: Task, moment: Moment) -> None:
        number = number_of(task)
        if number not in self.moments:
            self.moments[number] = []
            self.who[number] = who(task)
            self.functions[number] = coroutine_name(task.get_coro())
        if moment.letter in self._classes:
            self.moments[number].append(moment)


class CountingArmed:
    """Lists the moments at which the held timeout of a TimedLoop could fire, up to a handle."""

    def __init__(self, until: int | None = None) -> None:
        self.moments: list[Moment] = []
        self._handles = self._rests = 0
        self._until = until
        self._stopped = False

    def steer(self, loop: WitnessedLoop, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        ready, timeouts = loop.ready, timed(loop)

        def next_handle() -> Any:
            self._handles += 1
            return take()

        def end_of_iteration() -> None:
            if rest is not None:
                rest()
            if loop.stopping or self._stopped:
                return
            armed = timeouts.held_timer() is not None
            if self._until is not None and self._handles > self._until:
                armed = False
            if ready:
                if armed:
                    self.moments.append(Moment("T", self._handles))
                return
            if armed:
                kinds = ("TR", "TE", "TL") if timeouts.clock_can_move() else ("TR",)
                self.moments += [Moment(kind, self._rests) for kind in kinds]
            self._rests += 1

        return next_handle, end_of_iteration

    def stop(self) -> None:
        """Count nothing from now on."""
        self._stopped = True


def who(task: Task) -> str:
    """Return the first part of a token: what a task is called, without its number."""
    return label(task).removesuffix(f"#{number_of(task)}")


def _everybody(loop: LoopView) -> Sequence[Task]:
    """Return all tasks of a loop that are not done, in order of creation."""
    return loop.pending_tasks()


def _nobody(loop: LoopView) -> Sequence[Task]:
    return ()
