"""Policies for what happens to a program besides the cancellation of one task.

Each is an injection of its own: all tasks are cancelled, a sibling fails, a timeout fires, two
timers of one instant change places. The victim is the task that has entered the group, or armed
the timeout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from vtloop.core.options import Options
from vtloop.core.recorder import Recorder
from vtloop.core.timers import AnyTimerHandle
from vtloop.private.events import ACCEPTING
from vtloop.search.location import firing, where_it_is
from vtloop.search.outcome import Ended, faults_of, raised_by_asyncio, where_raised
from vtloop.search.witness import ItsPolicy, Witness, is_open
from vtloop.sweep.counting import who
from vtloop.sweep.injection import Injection, Task
from vtloop.sweep.timeouts import TimedLoop, subject_of


class SiblingFailed(Exception):
    """What a task fails with that a sweep has put into a TaskGroup."""


async def failing_sibling() -> None:
    """Fail in the first step."""
    raise SiblingFailed("a sibling that the sweep has put here")


class Shutdown(Injection):
    """Cancels all tasks at once, as a runner does in the end, and waits for them."""

    _cancelled: tuple[tuple[str, Task, int], ...] = ()  # the task's name, requests so far

    def _act(self) -> None:
        del self._moments[0]
        tasks = self._loop.pending_tasks()
        names = [who(task) for task in tasks]
        if self._explain:
            self.outcome.landed = tuple(where_it_is(task) for task in tasks)
        for task in tasks:
            task.cancel()
        self.outcome.missed = not tasks
        self._cancelled = tuple(
            (name, task, task.cancelling()) for name, task in zip(names, tasks, strict=True)
        )

    def see_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for the tasks that were cancelled, now that the main coroutine has ended."""
        pending = [task for _, task, _ in self._cancelled if not task.done()]
        try:
            if pending:
                loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        finally:
            swallowed = []
            for name, task, requests in self._cancelled:
                if task.done() and not task.cancelled():
                    error: Any = task._exception
                    self.outcome.faults += tuple(faults_of(error))
                    if error is None and task.cancelling() >= requests and name != ACCEPTING:
                        swallowed.append(name)
            self.outcome.swallowed = tuple(swallowed)
            self._cancelled = ()


class _OfOneTask(Injection):
    """Something that happens to what a task has entered or armed.

    Its cleanup lasts from there until it has left the block of that.
    """

    _block: Any = None  # until it is left

    def _is_in(self, block: Any) -> bool:
        """Return whether the task is still in a block that is to end now."""
        raise NotImplementedError

    def _see_whether_done(self) -> None:
        if self._block is not None and not self._is_in(self._block):
            self._leave()
        super()._see_whether_done()

    def _leave(self) -> None:
        self._block = None
        self.outcome.cleanup = self._since_request()

    def _watch(self, task: Task, block: Any) -> None:
        """See how a task ends, and whether it is cancelled though nobody asks it to stop.

        And see how long it takes to leave a block, if there is one.
        """
        if self._explain:
            self.outcome.landed = (where_it_is(task),)
        if not task.cancelling():
            self._task = task
            self._block = block
            self._requested_at = self._instant = self._loop.virtual_time()
            self.outcome.who = who(task)
            self._looks_at = self.handles

    def _deliver(self, task: Any) -> None:
        self.outcome.delivered = task._must_cancel and not task.cancelling()

    def _note_end(self, task: Task, how: Ended | None) -> None:
        if self._block is not None:
            self._leave()
        cleanup = self.outcome.cleanup
        super()._note_end(task, how)
        self.outcome.cleanup = cleanup
        # Nobody has asked it to end. A TaskGroup does, to leave its block, and counts on that: up
        # to Python 3.12 it does not take that back if the block was at its end already.
        self.outcome.cancelling = 0


class Sibling(_OfOneTask):
    """Lets a new task fail in a TaskGroup."""

    def has_raised(self, error: BaseException) -> bool:
        return isinstance(error, SiblingFailed)

    def _is_in(self, block: Any) -> bool:
        return bool(block._tasks) or not block._exiting

    def _act(self) -> None:
        del self._moments[0]
        groups = self._loop.groups
        group: Any = groups[self._number - 1]() if len(groups) >= self._number else None
        if group is not None and is_open(group):
            self._watch(group._parent_task, group)
            group.create_task(failing_sibling())
            self.outcome.missed = False


class Firing(_OfOneTask):
    """Lets a timeout fire at another instant, or never."""

    _loop: TimedLoop
    _fired: object = None  # what its timer was about, if that fired early
    _fired_id = 0  # that of its id(), which is nobody else's while the run goes on

    def make_loop(
        self, witness: Witness, options: Options, policy: ItsPolicy, recorder: Recorder | None
    ) -> TimedLoop:
        return TimedLoop(witness, options, policy, recorder, held=self._number)

    def has_raised(self, error: BaseException) -> bool:
        if not isinstance(error, TimeoutError) or not raised_by_asyncio(error):
            return False
        if not self._fired_id:  # others may fire because it does not, or has not for too long
            return True
        where: Any = where_raised(error)
        return self._fired_id in map(id, where.tb_frame.f_locals.values())

    def _is_in(self, block: Any) -> bool:
        if not block.expired():  # its timer comes next
            self._requested_at = self._loop.virtual_time()
        return block._state.name in ("ENTERED", "EXPIRING")

    def _act(self) -> None:
        timer = self._loop.held_timer()
        if timer is not None:
            task = self._loop.timeouts[self._number - 1].task
            if task is not None and not task.done():
                subject = subject_of(timer)
                self._watch(task, subject if isinstance(subject, asyncio.Timeout) else None)
            if self._loop.fire(timer, self._moments[0].kind):
                self._fired = subject_of(timer)
                self._fired_id = id(self._fired)
            self.outcome.missed = False
        del self._moments[0]

    def stop(self) -> None:
        if self._moments and self._moments[0].kind == "TN":
            self.outcome.missed = len(self._loop.timeouts) < self._number
        super().stop()

    def forget_loop(self) -> None:
        super().forget_loop()
        self._fired = None  # a weak reference would be cleared before it is asked for


class OtherOrder(Injection):
    """Lets a timer fire before another one of its instant, which was made before it."""

    def order(self, timers: Sequence[AnyTimerHandle]) -> Sequence[int] | None:
        """Return the order in which timers fire that are about to be ready."""
        if not self._moments:
            return None
        first = self.handles + len(self._loop.ready)
        moment = self._moments[0]
        here, there = moment.at - first, moment.call - first
        if not 0 <= here < there < len(timers):
            return None
        del self._moments[0]
        self.outcome.missed = False
        if self._explain:
            self.outcome.landed = (firing(self._loop, timers[there], timers[here]),)
        indices = list(range(len(timers)))
        indices.insert(here, indices.pop(there))
        return indices


INJECTIONS: dict[str, type[Injection]] = {
    "S": Shutdown,
    "F": Sibling,
    "T": Firing,
    "O": OtherOrder,
}
"""By class; the others are plain injections."""
