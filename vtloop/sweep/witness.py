"""What is gathered of a run while it goes on, as lightly as can be.

While a sweep is on, the functions below stand in for asyncio's (see `NOTING`). They call the
originals, suspend nowhere else, and tell the witness of the run: which primitives are made, and
which tasks are given to functions that leave some of them behind, as documented.

- A primitive is held on to until the run is over: it would be gone with the last frame that knows
  it, and a lock that nobody can reach any more may well be held.
- Tasks and coroutines are held weakly.
"""

from __future__ import annotations

import asyncio
import warnings
import weakref
from asyncio import locks, queues, taskgroups, tasks
from collections.abc import Callable, Collection, Iterable, Iterator
from contextvars import ContextVar
from types import CodeType, CoroutineType
from typing import Any

from vtloop.loop import VirtualLoop
from vtloop.ordering import without_addresses
from vtloop.places import function_name, is_library, place_at
from vtloop.private.events import END_OF_SHIELDED, FUTURES
from vtloop.private.interpreter import WARN_UNAWAITED, getframe, warn_unawaited
from vtloop.stock import STOCK
from vtloop.sweep.facts import Complaint, Fault, Left, Outcome, Primitive, faults_of
from vtloop.sweep.failing import Failing
from vtloop.tasks import Task, coroutine_name, given_name, number_of
from vtloop.waits import WRAPPERS
from vtloop.world import Replacement, Replacements

_NOTED = (*FUTURES, CoroutineType)


class Witness:
    """Knows what one run has made, left behind and complained of.

    `is_ours` tells whether the sweep itself has raised an exception.
    """

    def __init__(self, is_ours: Callable[[BaseException], bool]) -> None:
        self.failing = Failing(is_ours)
        self.unawaited: list[str] = []
        """The coroutines that nobody has awaited."""
        self.late: list[str] = []
        """The generators that nobody has closed in time."""
        self.hidden: list[str] = []
        """The exceptions that shield() has seen and told nobody."""
        self._faults: list[Fault] = []
        self._unretrieved: list[str] = []
        self._destroyed: list[str] = []
        self._lost: list[Primitive] = []
        self._made: list[tuple[Any, CodeType, int, int]] = []  # what, where, its value at first
        self._counted: set[int] = set()  # queues whose items are counted as done, by id()
        self.groups: list[weakref.ref[asyncio.TaskGroup]] = []
        """In the order in which they were entered."""
        self._given: dict[weakref.ref[Any], str] = {}  # tasks and coroutines, to what

    def made(self, primitive: Any, value: int = 0) -> None:
        """Take note of a new primitive; for a semaphore, of its first value."""
        frame = getframe(1)
        while is_library(frame) and frame.f_back is not None:
            frame = frame.f_back
        self._made.append((primitive, frame.f_code, frame.f_lineno, value))

    def entered(self, group: asyncio.TaskGroup) -> None:
        """Take note of a group that is about to be entered."""
        self.groups.append(weakref.ref(group))

    def counted(self, queue: Any) -> None:
        """Take note of a queue for whose items somebody calls `task_done`."""
        self._counted.add(id(queue))

    def given(self, awaitables: Iterable[Any], to: str) -> None:
        """Take note of tasks, or coroutines, that were given to a function."""
        for awaitable in awaitables:
            if isinstance(awaitable, _NOTED):
                self._given[weakref.ref(awaitable)] = to

    def reported(self, context: dict[str, Any]) -> None:
        """Take note of what the loop's exception handler is called with."""
        message, error = context["message"], context.get("exception")
        if "never retrieved" in message:
            self._unretrieved.append(without_addresses(repr(error)))
        elif "destroyed" in message:
            self._destroyed.append(coroutine_name(context["task"].get_coro()))
        elif error is not None:
            self._faults.extend(faults_of(error))
            self.failing.reported(error)

    def left(self, pending: Iterable[asyncio.Task[Any]]) -> tuple[Left, ...]:
        """Return those of the tasks that are pending in the end that nobody has cancelled yet.

        Those apart with which the loop closes generators.
        """
        return tuple(
            Left(given_name(task) or f"{made}#{number_of(task)}", made, self._given_to(task, coro))
            for task in pending
            for coro in [task.get_coro()]
            if not task.cancelling() and type(coro).__name__ not in WRAPPERS
            for made in [coroutine_name(coro)]
        )

    def _given_to(self, task: Any, coroutine: Any) -> str:
        to = self._given.get(weakref.ref(task), "")
        if not to and isinstance(coroutine, _NOTED):
            to = self._given.get(weakref.ref(coroutine), "")
        return to

    def note_lost_wakeups(self) -> None:
        """Take note of primitives for which somebody waits, though there is nothing to wait for.

        To be called when nothing can happen any more.
        """
        for primitive, code, line, _ in self._made:
            name = _name(primitive, code, line)
            for waiters, there in _waits(primitive):
                count = sum(not waiter.done() for waiter in waiters)
                if there and count:
                    detail = f"{there}, and {_count(count, 'task')} wait{'s'[: count == 1]} for it"
                    self._lost.append(Primitive(name, "lost wake-up", detail))

    def tell(self, outcome: Outcome) -> None:
        """Write down what was gathered, now that the run's garbage has been collected."""
        outcome.faults += tuple(self._faults)
        outcome.failures = self.failing.failures()
        outcome.primitives = (*self._lost, *self._wrong_at_the_end())
        outcome.unretrieved = tuple(self._unretrieved)
        outcome.hidden = tuple(self.hidden)
        outcome.destroyed = tuple(self._destroyed)
        outcome.unawaited = tuple(self.unawaited)
        outcome.late = tuple(self.late)

    def _wrong_at_the_end(self) -> Iterator[Primitive]:
        """Yield the primitives that are not as they were made, now that all tasks have ended."""
        for primitive, code, line, value in self._made:
            if isinstance(primitive, locks.Lock):
                if primitive.locked():
                    yield Primitive(_name(primitive, code, line), "held", "nobody will release it")
            elif isinstance(primitive, locks.Semaphore):
                if (now := primitive._value) != value > 0:
                    complaint: Complaint = "permits lost" if now < value else "permits gained"
                    detail = f"it has {now} of {_count(value, 'permit')}"
                    yield Primitive(_name(primitive, code, line), complaint, detail)
            elif id(primitive) in self._counted:
                queue = primitive
                if taken := queue._unfinished_tasks - queue.qsize():
                    detail = f"{_count(taken, 'item')} taken out without task_done()"
                    yield Primitive(_name(primitive, code, line), "items not done", detail)


def _waits(primitive: Any) -> Iterator[tuple[Collection[Any], str]]:
    """Yield who waits for a primitive, and in words what is there for them, or ''."""
    if isinstance(primitive, locks.Lock):
        yield primitive._waiters or (), "" if primitive.locked() else "it is free"
    elif isinstance(primitive, locks.Semaphore):
        there = f"{_count(primitive._value, 'permit')} left" if primitive._value else ""
        yield primitive._waiters or (), there
    elif isinstance(primitive, locks.Event):
        yield primitive._waiters, "it is set" if primitive.is_set() else ""
    elif isinstance(primitive, queues.Queue):
        queue: Any = primitive
        yield queue._getters, f"{_count(queue.qsize(), 'item')} in it" if queue.qsize() else ""
        yield queue._putters, "" if queue.full() else "there is room in it"


def is_open(group: Any) -> bool:
    """Tell whether a TaskGroup takes new tasks."""
    return group._entered and not group._aborting and not (group._exiting and not group._tasks)


def _name(primitive: Any, code: CodeType, line: int) -> str:
    place = place_at(code.co_filename, line, function_name(code))
    return f"{type(primitive).__name__} made at {place._replace(source='')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


class WitnessedLoop(VirtualLoop):
    """A virtual loop that tells a witness what it would log."""

    def __init__(self, witness: Witness, **options: Any) -> None:
        self._witness = witness
        super().__init__(**options)

    def create_task(self, coro: Any, **options: Any) -> Any:
        """Schedule a coroutine, see `VirtualLoop.create_task`, and tell the witness."""
        task = super().create_task(coro, **options)
        if isinstance(task, Task):
            self._witness.failing.created(task)
        try:
            return task
        finally:
            del task  # else it would be known to the traceback of an error in an eager task

    def _see(self, thing: Any) -> None:
        """Tell the witness of a task that others have made as well."""
        before = self._tasks_created
        super()._see(thing)
        if self._tasks_created > before:
            self._witness.failing.created(thing)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell the witness, and whom the program has set."""
        self._witness.reported(context)
        if self._recorder is not None:
            self._recorder.reported(context)
        if self._exception_handler is not None:
            STOCK.call_exception_handler(self, context)

    def _asyncgen_finalizer_hook(self, generator: Any) -> None:
        self._witness.late.append(coroutine_name(generator))
        STOCK._asyncgen_finalizer_hook(self, generator)

    def shutdown_asyncgens(self) -> Any:
        """Close the generators that are still open, which are late by now."""
        open_ones = (one for one in self._asyncgens if one.ag_frame is not None)
        self._witness.late.extend(map(coroutine_name, open_ones))
        return super().shutdown_asyncgens()


# What stands in for asyncio's functions

current: ContextVar[Witness | None] = ContextVar("current", default=None)
"""The witness of the run that this context belongs to."""

_lock_init, _event_init = locks.Lock.__init__, locks.Event.__init__
_semaphore_init, _queue_init = locks.Semaphore.__init__, queues.Queue.__init__
_queue_task_done = queues.Queue.task_done
_gather, _wait, _shield, _as_completed = tasks.gather, tasks.wait, tasks.shield, tasks.as_completed
_enter_group = taskgroups.TaskGroup.__aenter__
_exception = Task.exception
_finalise_task = Task.__del__


def lock_init(self: Any, *args: Any, **options: Any) -> None:
    _lock_init(self, *args, **options)
    if (witness := current.get()) is not None:
        witness.made(self)


def event_init(self: Any, *args: Any, **options: Any) -> None:
    _event_init(self, *args, **options)
    if (witness := current.get()) is not None:
        witness.made(self)


def semaphore_init(self: Any, *args: Any, **options: Any) -> None:
    _semaphore_init(self, *args, **options)
    if (witness := current.get()) is not None:
        witness.made(self, self._value)


def queue_init(self: Any, *args: Any, **options: Any) -> None:
    _queue_init(self, *args, **options)
    if (witness := current.get()) is not None:
        witness.made(self)


def queue_task_done(self: Any) -> None:
    if (witness := current.get()) is not None:
        witness.counted(self)
    _queue_task_done(self)


def gather(*awaitables: Any, **options: Any) -> Any:
    if (witness := current.get()) is not None:
        witness.given(awaitables, "gather")
    return _gather(*awaitables, **options)


def shield(awaitable: Any) -> Any:
    if (witness := current.get()) is not None:
        witness.given((awaitable,), "shield")
    return _shield(awaitable)


async def wait(awaitables: Any, **options: Any) -> Any:
    if (witness := current.get()) is not None:
        awaitables = _several(awaitables)
        witness.given(awaitables, "wait")
    return await _wait(awaitables, **options)


def as_completed(awaitables: Any, **options: Any) -> Any:
    if (witness := current.get()) is not None:
        awaitables = _several(awaitables)
        witness.given(awaitables, "as_completed")
    return _as_completed(awaitables, **options)


def task_exception(self: Any) -> BaseException | None:
    error = _exception(self)
    if error is not None and (witness := current.get()) is not None:
        caller = getframe(1)
        if caller.f_code is END_OF_SHIELDED and caller.f_locals["outer"].cancelled():
            witness.hidden.append(without_addresses(repr(error)))
    return error


def finalise_task(self: Any) -> None:
    if self._exception is not None and (witness := getattr(self._loop, "_witness", None)):
        witness.failing.collected(self)
    _finalise_task(self)


def enter_group(self: Any) -> Any:
    if (witness := current.get()) is not None:
        witness.entered(self)
    return _enter_group(self)


def _several(awaitables: Any) -> Any:
    """Return what can be looked at more than once; what is no iterable is asyncio's to refuse."""
    return list(awaitables) if isinstance(awaitables, Iterator) else awaitables


def warn_unawaited_coroutine(coroutine: Any) -> None:
    if (witness := current.get()) is not None:
        witness.unawaited.append(coroutine_name(coroutine))
    else:
        warn_unawaited(coroutine)


NOTING = Replacements(
    (
        Replacement(locks.Lock, "__init__", lock_init),
        Replacement(locks.Event, "__init__", event_init),
        Replacement(locks.Semaphore, "__init__", semaphore_init),
        Replacement(queues.Queue, "__init__", queue_init),
        Replacement(queues.Queue, "task_done", queue_task_done),
        Replacement(Task, "exception", task_exception),
        Replacement(Task, "__del__", finalise_task),
        Replacement(taskgroups.TaskGroup, "__aenter__", enter_group),
        Replacement(tasks, "gather", gather, taken_by_name=True),
        Replacement(tasks, "wait", wait, taken_by_name=True),
        Replacement(tasks, "shield", shield, taken_by_name=True),
        Replacement(tasks, "as_completed", as_completed, taken_by_name=True),
        Replacement(warnings, WARN_UNAWAITED, warn_unawaited_coroutine),
    )
)
