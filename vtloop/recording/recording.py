"""The recorder of `simulate`: from what a loop tells, step by step, to a trace."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, takewhile
from types import FrameType
from typing import Any, cast

from vtloop.core.await_stacks import frames_of_tasks, local_variables
from vtloop.core.recorder import Holder, Known, Primitives
from vtloop.core.tasks import Task, given_name, label, number_of, without_locals
from vtloop.private.events import IN_CANCEL_OF_GROUP, OF_GROUPS, get_running_loop
from vtloop.private.interpreter import getframe
from vtloop.recording.messages import Messages
from vtloop.recording.openings import Made, opened_at
from vtloop.recording.steps import Steps, qualified_name
from vtloop.recording.timeouts import Timeouts
from vtloop.values.clock import Clock
from vtloop.values.source import calling_frame, is_library, place, running_frames
from vtloop.values.text import without_addresses
from vtloop.values.trace import Blocked, PlainStep, Printed, Stack, TaskMade, Trace


class Recording(Steps):
    """The recorder of `simulate`."""

    def __init__(self) -> None:
        super().__init__()
        self.printed: list[Printed] = []
        self.errors: list[BaseException] = []  # that the loop's exception handler was called with
        self._blocks: list[Blocked] = []
        self._notices: list[str] = []
        self._told: set[str] = set()  # of the notices, since the recording or a part of it began
        self._polling = -1  # the last step that blocked the loop by polling a clock
        self._made: list[tuple[int, str, str, int, int, int, int]] = []
        self._holders: dict[int, list[Holder]] = {}  # by the index of what they hold
        self.timeouts = Timeouts(self._event)
        self.messages = Messages(self._event, lambda: opened_at(self._made_by))

    def attach(self, ready: deque[Any], clock: Clock) -> None:
        super().attach(ready, clock)
        self.timeouts.clock = clock

    def task_created(self, task: asyncio.Task[Any], coro: Any) -> None:
        at, number = self._clock.now, number_of(task)
        if type(task) is not Task:
            self._note_new(task, number)
        elif self._begun:
            at = self._begun.pop(number, at)
        place = self._sites.caller(getframe(1))
        name, made = given_name(task), qualified_name(coro)
        self._made.append((number, name, made, self._who, at, self._index, place))
        if host := self.messages.here():
            self._events.append((self._index, at, "host", self._who, number, host))

    def renamed(self, task: asyncio.Task[Any]) -> None:
        self._names[hash(task)] = task.get_name()

    def cancel_requested(self, task: asyncio.Task[Any], message: Any) -> None:
        number = hash(task)
        self._cancelled.add(number)
        text = None if message is None else without_addresses(str(message))
        self._note_cause(getframe(2))
        who = self._who if get_running_loop() is not None else -1
        self._events.append((self._index, self._clock.now, "cancel", who, number, text))

    def crashed(self, task: asyncio.Task[Any]) -> None:
        self._event("crash", number_of(task), None)

    def _note_cause(self, frame: FrameType | None) -> None:
        """Note the timeout or TaskGroup that requests the cancellation which is told of next.

        `frame` is that of its caller.
        """
        while frame is not None and is_library(frame):
            if number := self.timeouts.cancels_in(frame):
                return self.timeouts.expired(number)
            caller = frame.f_back
            if frame.f_code in OF_GROUPS:
                # Somebody may have told the group to.
                if caller is None or caller.f_code is not IN_CANCEL_OF_GROUP:
                    owner = local_variables(frame)["self"]._parent_task
                    self._event("abort", number_of(owner), None)
                return None
            frame = caller
        return None

    def printed_line(self, at: int, who: str, text: str) -> None:
        # What a script prints while none of its loops runs is no callback's.
        by = -1 if who == "-" and get_running_loop() is None else self._who
        self._events.append((self._index, self._clock.now, "print", by, len(self.printed), None))
        self.printed.append(Printed(at, without_addresses(who), text))

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        self._count_sources(at)
        self._event("block", len(self._blocks), None)
        for _, _, step, who_runs in self._eager:  # the step that an eager task's is part of
            self._events.append((step, self._clock.now, "block", who_runs, len(self._blocks), None))
        where = str(place(calling_frame()))
        self._blocks.append(Blocked(at, duration, without_addresses(who), how, where))

    def polled(self, since: int, who: str) -> None:
        if self._polling == self._index:
            self._count_sources(since)
            block = self._blocks[-1]
            self._blocks[-1] = block._replace(duration=self._clock.now - block.at)
        else:
            self._polling = self._index
            self.blocked(since, self._clock.now - since, who, "a poll of the clock")

    def notice(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._notices.append(message)

    def reported(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            self.errors.append(error)

    def acquired(self, primitive: Any) -> None:
        if self._primitives.is_of_barrier(primitive):
            return
        index = self._hold("acquire", primitive)
        self._holders.setdefault(index, []).append(Holder(self._who, _current_label()))

    def released(self, primitive: Any) -> None:
        if self._primitives.is_of_barrier(primitive):
            return
        index = self._hold("release", primitive)
        holders = self._holders.get(index, [])
        if holders:  # it may be released by somebody who did not acquire it
            mine = next((one for one in holders if one.number == self._who), holders[0])
            holders.remove(mine)

    def used(self, primitive: Any, kind: str, before: int, after: int) -> None:
        index = self._primitives.known(primitive)
        if index < 0:  # a callback that is first to use it does not know its name
            frames = chain(running_frames(), frames_of_tasks())
            index = self._primitives.index(primitive, lambda: frames)
        self._event("use", index, (kind, before, after))

    def part(self, primitive: Any, of: Any) -> None:
        self._primitives.part(primitive, of)

    def entered(self, section: str) -> None:
        self._event("enter", section, None)

    def left(self, section: str) -> None:
        self._event("leave", section, None)

    def _hold(self, kind: str, primitive: Any) -> int:
        index = self._primitives.index(primitive, running_frames)
        waiters = primitive._waiters or ()
        woken = sum(1 for _ in takewhile(_is_done, waiters))
        self._event(kind, index, len(waiters) - woken)
        return index

    def primitives(self) -> Primitives:
        described, holders = self._primitives.described, self._holders
        return {
            identity: Known(str(described[index]), tuple(holders.get(index, ())))
            for identity, index in self._primitives.alive()
        }

    def _made_by(self, task: int) -> Made | None:
        """Return how a task was created, given its number; None for one that nobody has seen."""
        for number, _, _, parent, _, _, stack in reversed(self._made):
            if number == task and stack:
                at = list(self._sites.stacks)[stack][-1]
                called_loop = parent and stack == self._made[0][-1]
                is_own = not called_loop and stack not in self._sites.of_libraries
                return Made(parent, at, is_own)
        return None

    # The outcome

    def label(self, number: int) -> str:
        """Return how a task is called."""
        return next((made.label for made in self._tasks() if made.number == number), "a task")

    def origin(self, number: int) -> Stack:
        """Return where a task was created, in the users' code; nothing if that is unknown."""
        stacks = list(self._sites.stacks)
        return next((stacks[made.stack] for made in self._tasks() if made.number == number), ())

    def descendants(self, number: int) -> set[int]:
        """Return the numbers of a task and of all that it has created, itself or through others."""
        found = {number}
        for made, _, _, parent, *_ in sorted(self._made):
            if parent in found:
                found.add(made)
        return found

    def unretrieved(self) -> list[BaseException]:
        """Return the exceptions of finished tasks that nobody has asked for."""
        tasks: Iterable[Any] = (ref() for ref in self.failed)
        return [task._exception for task in tasks if task is not None and task._log_traceback]

    def _tasks(self) -> Iterator[TaskMade]:
        for number, name, coroutine, *where in sorted(self._made):
            coroutine = without_locals(coroutine)
            label = self._names.get(number, name) or f"{coroutine}#{number}"
            yield TaskMade(number, without_addresses(label), coroutine, *where)

    def trace(self, **header: Any) -> Trace:
        """Return what was recorded, with a header; nothing is recorded from then on."""
        self._finish_steps()
        return self.so_far(**header)

    def so_far(self, **header: Any) -> Trace:
        """Return what has been recorded up to now, with a header; the recording goes on.

        A step that runs now is told as if it ended here, with another turn to come.
        """
        self._note_begun()
        steps: list[Any] = self._steps
        if steps and isinstance(steps[self._index], int):
            steps = steps.copy()
            stack = self._sites.caller(getframe(1))
            for who, index, source in self._running():
                steps[index] = self._steps[index], who, source, "turn", None, stack
        return Trace(
            header={"python": sys.version.split()[0], **header},
            tasks=tuple(self._tasks()),
            primitives=tuple(self._primitives.described),
            stacks=tuple(self._sites.stacks),
            steps=tuple(cast(list[PlainStep], steps)),
            events=tuple(self._events),
            printed=tuple(self.printed),
            blocked=tuple(self._blocks),
            notices=tuple(self._notices),
        )


def _is_done(future: asyncio.Future[Any]) -> bool:
    return future.done()


def _current_label() -> str:
    task = asyncio.current_task()
    return "a callback" if task is None else label(task)
