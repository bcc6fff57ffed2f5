"""Who does what with a queue, an event, a condition or a barrier: no await stack tells that.

In a recorded run these functions stand in for those of asyncio's primitives; they call the
originals, suspend nowhere else, and tell the running loop's recorder what has changed.

- What asyncio does with primitives of its own is not told: with the Event in a Queue, the Condition
  in a Barrier, the Queue of `as_completed`. Who calls tells these from others.
- The lock that a Condition makes for itself is told to be a part of it, and so are the Condition of
  a Barrier and its lock.
"""

from __future__ import annotations

import sys
from asyncio import Barrier, Condition, Event, Queue
from collections.abc import Callable, Coroutine
from functools import wraps
from operator import methodcaller
from types import FrameType
from typing import Any

from vtloop.core.patches.asyncio_locks import current_recorder
from vtloop.private.events import (
    ARRIVE,
    ARRIVE_LAST,
    FILLING,
    GO,
    IN_WAIT_FOR,
    INSIDE,
    TWINS,
    count_as_coroutine_function,
)
from vtloop.private.interpreter import getframe
from vtloop.values.source import PACKAGE

_condition_init = Condition.__init__
_barrier_init, _reset, _abort = Barrier.__init__, Barrier.reset, Barrier.abort
_arrive, _arrive_last, _go = (vars(Barrier)[name] for name in (ARRIVE, ARRIVE_LAST, GO))

# Functions by which a primitive calls itself, and one that runs what it is given
_PASSED_ON = frozenset(
    map(
        id,
        (Queue.put.__code__, Queue.get.__code__, Condition.notify_all.__code__, IN_WAIT_FOR),
    )
)


def _listening() -> Any:
    """Return the recorder that is to hear of the call of a stand-in; None if nobody is."""
    recorder = current_recorder()
    return None if recorder is None or _is_asyncios_own(getframe(2)) else recorder


def _is_asyncios_own(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if id(frame.f_globals) in INSIDE:
            if id(code) not in _PASSED_ON:
                return code not in TWINS
        elif not code.co_filename.startswith(PACKAGE):
            break
        frame = frame.f_back
    return False


def telling(method: Any, kind: str, level: Callable[[Any], int]) -> Any:
    """Return what stands in for a method that the program may call, and so may asyncio itself.

    `level` is what the use changes, see `trace.USES`.
    """

    @wraps(method)  # the name of a callback is told, as in `call_soon(event.set)`
    def used(primitive: Any, *args: Any, **options: Any) -> Any:
        if (recorder := _listening()) is None:
            return method(primitive, *args, **options)
        before = level(primitive)
        result = method(primitive, *args, **options)
        recorder.used(primitive, kind, before, level(primitive))
        return result

    return used


def _unfinished(queue: Any) -> int:
    return int(queue._unfinished_tasks)


def _is_set(event: Event) -> int:
    return int(event.is_set())


def _waiting(condition: Any) -> int:
    return sum(not waiter.done() for waiter in condition._waiters)


_size = methodcaller("qsize")  # a subclass may have another one
put_nowait = telling(Queue.put_nowait, "put", _size)
get_nowait = telling(Queue.get_nowait, "get", _size)
task_done = telling(Queue.task_done, "done", _unfinished)
if sys.version_info >= (3, 13):
    shutdown = telling(Queue.shutdown, "shutdown", _size)
event_set = telling(Event.set, "set", _is_set)
event_clear = telling(Event.clear, "clear", _is_set)
notify = telling(Condition.notify, "notify", _waiting)


def condition_init(condition: Any, lock: Any = None) -> None:
    _condition_init(condition, lock)
    if lock is None and (recorder := current_recorder()) is not None:
        recorder.part(condition._lock, condition)


def barrier_init(barrier: Any, parties: int) -> None:
    _barrier_init(barrier, parties)
    if (recorder := current_recorder()) is not None:
        recorder.part(barrier._cond, barrier)


def arrive(barrier: Barrier) -> Coroutine[Any, Any, None]:
    if (recorder := current_recorder()) is not None:
        recorder.used(barrier, "arrive", barrier.n_waiting - 1, barrier.n_waiting)
    return _arrive(barrier)  # type: ignore[no-any-return]


def arrive_last(barrier: Barrier) -> Coroutine[Any, Any, None]:
    if (recorder := current_recorder()) is not None:
        recorder.used(barrier, "arrive", barrier.parties - 1, barrier.parties)
        recorder.used(barrier, "trip", barrier.parties, 0)
    return _arrive_last(barrier)  # type: ignore[no-any-return]


for _stand_in in (arrive, arrive_last):
    count_as_coroutine_function(_stand_in)


def go(barrier: Any) -> None:
    """Tell of a party that goes although the others have not come: it was cancelled."""
    gives_up = barrier._state is FILLING
    _go(barrier)
    if gives_up and (recorder := current_recorder()) is not None:
        recorder.used(barrier, "give up", barrier.n_waiting + 1, barrier.n_waiting)


async def reset(barrier: Barrier) -> None:
    before = barrier.n_waiting
    await _reset(barrier)
    if (recorder := current_recorder()) is not None:
        recorder.used(barrier, "reset", before, 0)


async def abort(barrier: Barrier) -> None:
    before = barrier.n_waiting
    await _abort(barrier)
    if (recorder := current_recorder()) is not None:
        recorder.used(barrier, "abort", before, 0)
