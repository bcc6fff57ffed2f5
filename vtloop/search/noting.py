"""What stands in for asyncio's functions while a search is on, so that the witness of a run hears.

The functions below call the originals, suspend nowhere else, and tell the witness: which primitives
are made, and which tasks are given to functions that leave some of them behind, as documented. Who
is told is the witness of the run that the caller's context belongs to. There may be none, as these
functions are everybody's.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import locks, queues, streams, taskgroups, tasks
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from vtloop.core.patches import asyncio_locks, asyncio_uses
from vtloop.core.patches.recorded import when_recorded
from vtloop.core.tasks import Task, coroutine_name, number_of
from vtloop.patching.replaced import During, keeps
from vtloop.patching.replacements import Replacement, Replacements, because
from vtloop.private.events import END_OF_SHIELDED, NOTIFY, current_task, get_running_loop
from vtloop.private.interpreter import getframe
from vtloop.search.witness import Witness, WitnessedLoop, current_number
from vtloop.values.text import without_addresses

current: ContextVar[Witness | None] = ContextVar("current", default=None)
"""The witness of the run that this context belongs to."""

# While a run is recorded, what stands in for these hears of them as well.
_notify = asyncio_uses.notify if NOTIFY == "notify" else vars(locks.Condition)[NOTIFY]
_queue_task_done = asyncio_uses.task_done
_cancel = Task.cancel
_semaphore_init = locks.Semaphore.__init__
_gather, _wait, _shield, _as_completed = tasks.gather, tasks.wait, tasks.shield, tasks.as_completed
_enter_group = taskgroups.TaskGroup.__aenter__
_exception = Task.exception
_finalise_task = Task.__del__
_finalise_writer = streams.StreamWriter.__del__
_uncancel = Task.uncancel
_await = Task.__await__


def noting(init: Any) -> Any:
    """Return what stands in for the `__init__` of a class of primitives."""

    def init_noted(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        if (witness := current.get()) is not None:
            witness.made(self)

    return init_noted


def notify(self: Any, n: int = 1) -> None:
    _notify(self, n)
    if (witness := current.get()) is not None:
        witness.wakeups.notified(self, current_task(get_running_loop()))


def task_cancel(self: Any, msg: Any = None) -> bool:
    if (witness := current.get()) is not None and witness.primitives:
        witness.wakeups.cut_short(self)
    return _cancel(self, msg)


def semaphore_init(self: Any, *args: Any, **options: Any) -> None:
    _semaphore_init(self, *args, **options)
    if (witness := current.get()) is not None:
        witness.made(self, self._value)


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
    failing = getattr(self._loop, "_failing", None)
    if failing is not None and (
        self._exception is not None or failing.taken_back or failing.reached
    ):
        failing.collected(self)
    _finalise_task(self)


def task_await(self: Any) -> Any:
    if (witness := current.get()) is not None and (number := current_number()):
        witness.failing.awaits(number, number_of(self))
    return _await(self)


def task_uncancel(self: Any) -> int:
    left = _uncancel(self)
    error = sys.exc_info()[1]
    if not left and isinstance(error, asyncio.CancelledError) and (witness := current.get()):
        witness.failing.took_back(error)
    return left


def enter_group(self: Any) -> Any:
    if (witness := current.get()) is not None:
        witness.entered(self)
    return _enter_group(self)


def finalise_writer(self: Any) -> None:
    loop = self._loop
    if isinstance(loop, WitnessedLoop) and not self._transport.is_closing():
        loop.transport_dropped(self._transport)
    _finalise_writer(self)


def _several(awaitables: Any) -> Any:
    """Return what can be looked at more than once; what is no iterable is asyncio's to refuse."""
    return list(awaitables) if isinstance(awaitables, Iterator) else awaitables


def note_unawaited(coroutine: Any) -> bool:
    """Take note of a coroutine that nobody has awaited, if a run of a search is on."""
    if (witness := current.get()) is None:
        return False
    witness.unawaited.append(coroutine_name(coroutine))
    return True


NOTING = Replacements(
    because(
        "the witness of a run hears of what the program makes, leaves behind and gives away",
        *(
            Replacement(kind, "__init__", noting(kind.__init__))
            for kind in (locks.Lock, locks.Event, queues.Queue)
        ),
        Replacement(locks.Condition, "__init__", noting(asyncio_uses.condition_init)),
        Replacement(locks.Condition, NOTIFY, notify),
        Replacement(locks.Semaphore, "__init__", semaphore_init),
        Replacement(locks.Semaphore, "acquire", asyncio_locks.semaphore_acquire),
        Replacement(locks.Semaphore, "release", asyncio_locks.semaphore_release),
        Replacement(queues.Queue, "task_done", queue_task_done),
        Replacement(Task, "__await__", task_await),
        Replacement(Task, "cancel", task_cancel),
        Replacement(Task, "exception", task_exception),
        Replacement(Task, "__del__", finalise_task),
        Replacement(Task, "uncancel", task_uncancel),
        Replacement(taskgroups.TaskGroup, "__aenter__", enter_group),
        Replacement(streams.StreamWriter, "__del__", finalise_writer),
        Replacement(tasks, "gather", gather, taken_by_name=True),
        Replacement(tasks, "wait", wait, taken_by_name=True),
        Replacement(tasks, "shield", shield, taken_by_name=True),
        Replacement(tasks, "as_completed", as_completed, taken_by_name=True),
    ),
    over=when_recorded,
).listed(__name__, During.SEARCH)
keeps(__name__, "how often the table has been entered", "NOTING")
keeps(__name__, "whose run it is, by context", "current")
