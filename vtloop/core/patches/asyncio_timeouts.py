"""Who is within which timeout: what no await stack tells, nor a timer.

In a recorded run these functions stand in for those of `asyncio.Timeout` and `asyncio.wait_for`;
they call the originals, suspend nowhere else, and tell the running loop's recorder.

- A `wait_for` has a `Timeout` in it from Python 3.12 on, if its time is not over at once. That is
  no timeout of its own, so what happens to it is told of the `wait_for`. The number of this one is
  a local variable of the function that stands in for it.
- A loop waits for its threads within a timeout of its own, as it is shut down. That is not told.
- A coroutine that is thrown away with its loop leaves nothing: nobody would know when that was.
"""

from __future__ import annotations

from asyncio import Timeout, tasks
from collections.abc import Coroutine
from types import FrameType
from typing import Any

from vtloop.core.await_stacks import local_variables
from vtloop.core.patches.asyncio_locks import current_recorder
from vtloop.private.events import CANCEL_AND_WAIT, IN_WAIT_FOR, count_as_coroutine_function
from vtloop.private.interpreter import getframe
from vtloop.values.clock import NEVER, to_nanoseconds
from vtloop.values.source import PACKAGE

_wait_for = tasks.wait_for
_cancel_and_wait = vars(tasks)[CANCEL_AND_WAIT]
_reschedule, _exit = Timeout.reschedule, Timeout.__aexit__
_IN_ENTER = Timeout.__aenter__.__code__


async def wait_for(fut: Any, timeout: Any) -> Any:
    recorder = current_recorder()
    if recorder is None:
        return await _wait_for(fut, timeout)
    number = recorder.timeouts.wait_for(timeout)
    try:
        return await _wait_for(fut, timeout)
    except GeneratorExit:
        number = 0
        raise
    finally:
        if number:
            recorder.timeouts.left(number)


def number_of_wait_for(frame: FrameType | None) -> int:
    """Return the number of the original `wait_for` that a frame is of; 0 if it is none."""
    if frame is None or frame.f_code is not IN_WAIT_FOR:
        return 0
    caller = frame.f_back
    if caller is None or caller.f_code is not wait_for.__code__:  # somebody kept the original
        return 0
    return int(local_variables(caller)["number"])


def cancel_and_wait(*args: Any, **options: Any) -> Coroutine[Any, Any, None]:
    recorder = current_recorder()
    if recorder is not None and (number := number_of_wait_for(frame := getframe(1))):
        # It is cancelled together with its waiter by whoever cancels the task that waits.
        waiter = local_variables(frame).get("waiter")
        if waiter is None or not waiter.cancelled():
            recorder.timeouts.expired(number)
    return _cancel_and_wait(*args, **options)  # type: ignore[no-any-return]


def timeout_reschedule(timeout: Timeout, when: float | None) -> None:
    _reschedule(timeout, when)
    if (recorder := current_recorder()) is not None:
        caller: Any = getframe(1)
        if caller.f_code is not _IN_ENTER:
            recorder.timeouts.rescheduled(timeout, _deadline(timeout))
        elif number := number_of_wait_for(caller.f_back):
            recorder.timeouts.belongs(timeout, number, _deadline(timeout))
        elif not (code := caller.f_back.f_code).co_filename.startswith(PACKAGE):
            kind = "wait_for" if code is IN_WAIT_FOR else "timeout"
            recorder.timeouts.entered(timeout, kind, _deadline(timeout))


def timeout_exit(timeout: Timeout, *exc_info: Any) -> Coroutine[Any, Any, bool | None]:
    if exc_info[:1] != (GeneratorExit,) and (recorder := current_recorder()) is not None:
        recorder.timeouts.exited(timeout)
    return _exit(timeout, *exc_info)


for _stand_in in (cancel_and_wait, timeout_exit):
    count_as_coroutine_function(_stand_in)


def _deadline(timeout: Any) -> int | None:
    """Return when a timeout that is entered is due, in nanoseconds; None for never."""
    handle = timeout._timeout_handler
    if handle is None:
        return None
    deadline: int | None = getattr(handle, "deadline", None)
    if deadline is None:  # it is overdue, and has no timer
        deadline = to_nanoseconds(timeout.when())
    return deadline if deadline < NEVER else None
