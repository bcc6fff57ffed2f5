"""What a run records: its steps, what it printed, what blocked it, what went wrong."""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from vtloop.clock import Clock
from vtloop.places import calling_place
from vtloop.tasks import coroutine_name, label

Holders: TypeAlias = Mapping[int, Iterable[str]]

# One handle that ran, a step of a task or a callback: when (in nanoseconds), and who; a tuple,
# as one is recorded for every step.
Step: TypeAlias = tuple[int, str]


class Recorder(Protocol):
    """What a loop tells, as it happens. Times and durations are nanoseconds."""

    def watch(self, take: Callable[[], Any], clock: Clock) -> Callable[[], Any]:
        """Return a function to take the next handle with, which notes the step that begins."""

    def task_created(self, task: asyncio.Future[Any]) -> None: ...

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        """Note that the loop's own thread was blocked."""

    def notice(self, message: str) -> None:
        """Note something that the user of the run should know."""

    def reported(self, context: dict[str, Any]) -> None:
        """Note a call of the loop's exception handler."""

    def acquired(self, primitive: Any) -> None:
        """Note that the current task has taken a lock or semaphore."""

    def released(self, primitive: Any) -> None: ...

    def holders(self) -> Holders:
        """Return who holds which lock or semaphore, by its id()."""


class Blocked(NamedTuple):
    """A call that blocked the loop's own thread, and with it every task."""

    at: int  # nanoseconds
    duration: int  # nanoseconds
    who: str
    how: str  # 'time.sleep', 'busy'
    place: str  # 'file.py:12 in worker: time.sleep(1)'


class Printed(NamedTuple):
    """A line that was printed."""

    at: int  # nanoseconds, of its first character
    who: str
    text: str


class Trace(NamedTuple):
    """What a run recorded."""

    steps: tuple[Step, ...]
    printed: tuple[Printed, ...]
    blocked: tuple[Blocked, ...]
    notices: tuple[str, ...]

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        import hashlib  # here, as it is slow to import

        blocked = [block[:4] for block in self.blocked]  # the place is no part of the run
        return hashlib.sha256(repr((self.steps, self.printed, blocked)).encode()).hexdigest()


class Recording:
    """The recorder of `simulate`."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.printed: list[Printed] = []
        self.blocks: list[Blocked] = []
        self.notices: list[str] = []
        self.errors: list[BaseException] = []  # that the loop's exception handler was called with
        self._tasks: list[weakref.ref[asyncio.Future[Any]]] = []
        self._holders: dict[int, tuple[Any, list[str]]] = {}  # by the id() of what they hold

    def watch(self, take: Callable[[], Any], clock: Clock) -> Callable[[], Any]:
        note = self.steps.append

        def taking() -> Any:
            handle = take()
            callback = handle._callback
            if callback is not None:
                note((clock.now, _who_runs(callback)))
            return handle

        return taking

    def task_created(self, task: asyncio.Future[Any]) -> None:
        self._tasks.append(weakref.ref(task))

    def printed_line(self, at: int, who: str, text: str) -> None:
        self.printed.append(Printed(at, who, text))

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        self.blocks.append(Blocked(at, duration, who, how, calling_place()))

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def reported(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            self.errors.append(error)

    def acquired(self, primitive: Any) -> None:
        self._holders.setdefault(id(primitive), (primitive, []))[1].append(_current_label())

    def released(self, primitive: Any) -> None:
        _, holders = self._holders.get(id(primitive), (None, []))
        me = _current_label()
        if me in holders:
            holders.remove(me)
        elif holders:  # released by somebody who did not acquire it
            holders.pop(0)
        if not holders:
            self._holders.pop(id(primitive), None)

    def holders(self) -> Holders:
        return {identity: labels for identity, (_, labels) in self._holders.items()}

    def unretrieved(self) -> list[BaseException]:
        """Return the exceptions of finished tasks that nobody has asked for."""
        tasks: Iterable[Any] = (ref() for ref in self._tasks)
        return [task._exception for task in tasks if task is not None and task._log_traceback]

    def trace(self) -> Trace:
        """Return what was recorded so far."""
        return Trace(
            tuple(self.steps), tuple(self.printed), tuple(self.blocks), tuple(self.notices)
        )


def _who_runs(callback: Any) -> str:
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return label(owner)
    while isinstance(callback, functools.partial):
        callback = callback.func
    return coroutine_name(callback)


def _current_label() -> str:
    task = asyncio.current_task()
    return "a callback" if task is None else label(task)
