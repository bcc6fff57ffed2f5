"""Who does what with a queue, an event, a condition or a barrier: no await stack tells that.

In a recorded run these functions stand in for those of asyncio's primitives; they call the
originals, suspend nowhere else, and tell the running loop's recorder what has changed.

- What asyncio does with primitives of its own is not told: with the Event in a Queue, the Condition
  in a Barrier, the Queue of `as_completed`. Who calls tells these from others.
- The lock that a Condition makes for itself is told to be a part of it, and so are the Condition of
  a Barrier and its lock.
"""

from __future__ import annotations

from asyncio import Barrier, Condition, Event, Queue
from collections.abc import Coroutine, Iterable
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

_put_nowait, _get_nowait, _task_done = Queue.put_nowait, Queue.get_nowait, Queue.task_done
_shutdown: Any = getattr(Queue, "shutdown", None)  # since 3.13
_set, _clear = Event.set, Event.clear
_condition_init, _notify = Condition.__init__, Condition.notify
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


def put_nowait(queue: Queue[Any], item: Any) -> None:
    if (recorder := _listening()) is None:
        return _put_nowait(queue, item)
    before = queue.qsize()
    _put_nowait(queue, item)
    recorder.used(queue, "put", before, queue.qsize())


def get_nowait(queue: Queue[Any]) -> Any:
    if (recorder := _listening()) is None:
        return _get_nowait(queue)
    before = queue.qsize()
    item = _get_nowait(queue)
    recorder.used(queue, "get", before, queue.qsize())
    return item


def task_done(queue: Any) -> None:
    before = queue._unfinished_tasks
    _task_done(queue)
    if (recorder := current_recorder()) is not None:
        recorder.used(queue, "done", before, queue._unfinished_tasks)


def shutdown(queue: Queue[Any], *args: Any, **options: Any) -> None:
    before = queue.qsize()
    _shutdown(queue, *args, **options)
    if (recorder := current_recorder()) is not None:
        recorder.used(queue, "shutdown", before, queue.qsize())


def event_set(event: Event) -> None:
    if (recorder := _listening()) is None:
        return _set(event)
    before = event.is_set()
    _set(event)
    recorder.used(event, "set", int(before), 1)


def event_clear(event: Event) -> None:
    if (recorder := _listening()) is None:
        return _clear(event)
    before = event.is_set()
    _clear(event)
    recorder.used(event, "clear", int(before), 0)


def condition_init(condition: Any, lock: Any = None) -> None:
    _condition_init(condition, lock)
    if lock is None and (recorder := current_recorder()) is not None:
        recorder.part(condition._lock, condition)


def notify(condition: Any, n: int = 1) -> None:
    if (recorder := _listening()) is None:
        return _notify(condition, n)
    before = _waiting(condition._waiters)
    _notify(condition, n)
    recorder.used(condition, "notify", before, _waiting(condition._waiters))


def _waiting(waiters: Iterable[Any]) -> int:
    return sum(not waiter.done() for waiter in waiters)


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
