"""What a suspended task waits for, read from its await stack.

A coroutine knows what it awaits (`cr_await`), and so on down to a future. asyncio's own functions
on that way tell what the future is for: `WAITERS` maps each of them to words. Nothing is recorded
for it and nothing is patched, so it costs nothing until somebody asks.
"""

from __future__ import annotations

import asyncio
import sys
import types
from asyncio import locks, queues, tasks
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from vtloop.core.await_stacks import Frame, await_stack, frames_of_tasks, local_variables
from vtloop.core.network_waits import IN_NETWORK, address_in, peers_of
from vtloop.core.recorder import Holder, Known, Primitives
from vtloop.core.tasks import in_order, label, number_of
from vtloop.private.events import (
    FUTURES,
    IN_AS_COMPLETED,
    IN_BARRIER,
    IN_CANCEL_AND_WAIT,
    IN_WAIT,
    TASKS,
    code_of,
    is_of_thread,
    shielded_by,
)
from vtloop.values.clock import format_seconds, to_nanoseconds
from vtloop.values.source import is_library, place
from vtloop.values.waits import FOR_EVER, WAITS


class Wait(NamedTuple):
    """What one task waits for, and where."""

    task: str
    waits_for: str
    place: str  # 'file.py:12 in worker: await lock.acquire()', '' when unknown
    number: int = 0  # of the task
    holders: tuple[int, ...] = ()  # the tasks that have what it waits for, or its other end

    def __str__(self) -> str:
        at = f"\n      at {self.place}" if self.place else ""
        return f"{self.task} waits for {self.waits_for}{at}"


class Names:
    """What primitives are called in one message: each by one name, and no two alike.

    `known` are those that a recorder has named. The message counts times from `began` on, an
    instant in nanoseconds.
    """

    def __init__(self, known: Primitives | None = None, began: int = 0) -> None:
        self.began = began
        self._known = {} if known is None else dict(known)
        self._given: Counter[str] = Counter()

    def of(self, primitive: Any, name: str) -> Known:
        """Return what is known of a primitive that somebody calls by `name`, or '' by none."""
        known = self._known.get(id(primitive))
        if known is None:
            kind = type(primitive).__name__
            words = f"{kind} {name!r}" if name else f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
            self._given[words] += 1
            count = self._given[words]
            known = Known(f"{words} #{count}" if name and count > 1 else words)
            self._known[id(primitive)] = known
        return known


def describe(task: asyncio.Task[Any], names: Names | None = None) -> Wait:
    """Tell what a pending task waits for, with the names of the message that this is part of."""
    frames, end = await_stack(task.get_coro())
    innermost = next((frame for frame in reversed(frames) if not is_library(frame)), None)
    at = "" if innermost is None else str(place(innermost))
    found = waiting_function(frames)
    if found is None:
        return Wait(label(task), _words_for_future(getattr(task, "_fut_waiter", None) or end), at)
    depth, waiter = found
    waiting = _Waiting(frames[depth], frames[:depth], frames[depth + 1 :], names or Names())
    words = waiter.words(waiting)
    held = waiter.holders(waiting)
    return Wait(label(task), words, at, number_of(task), tuple(one.number for one in held))


# Words for each of asyncio's waiting functions


class _Waiting(NamedTuple):
    """One waiting function of asyncio, suspended."""

    frame: Frame
    callers: list[Frame]  # the frames around it, outermost first
    inner: list[Frame]  # the frames within it
    names: Names

    def subject(self) -> Any:
        return self.frame.f_locals.get("self")

    def known(self) -> Known:
        """Return what the primitive is called, by the name under which its callers know it."""
        primitive = self.subject()
        return self.names.of(primitive, names_of(primitive, reversed(self.callers))[0])

    def named(self) -> str:
        """Return "Lock 'lock'"."""
        return self.known().words


def names_of(primitive: Any, frames: Iterable[Frame]) -> tuple[str, str]:
    """Return what a primitive is called, such as 'self.lock', and by the first who knows it.

    `frames` are of its users, the first first. One that was given it as an argument calls it
    as it likes, and a condition has a lock by a name of asyncio's. So it is called as by one that
    has it otherwise: among these, or else among those of all tasks, from the first on. Names are ''
    if nobody has any.
    """
    names = [(_name_in(frame, primitive), frame) for frame in frames]
    first = next((name for name, _ in names if name), "")
    if first and all(_is_given(name, frame) for name, frame in names if name):
        names = [(_name_in(frame, primitive), frame) for frame in frames_of_tasks()]
    own = (name for name, frame in names if name and not _is_given(name, frame))
    return next(own, first), first


def _is_given(name: str, frame: Frame) -> bool:
    """Return whether a name is that of an argument, or of a field of a condition."""
    code = frame.f_code
    owner, _, field = name.partition(".")
    if field:
        return isinstance(local_variables(frame).get(owner), locks.Condition)
    return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _name_in(frame: Frame, primitive: Any) -> str:
    if is_library(frame):
        return ""
    variables = local_variables(frame)
    for name, value in variables.items():
        if value is primitive and name != "self":
            return name
    for owner, value in variables.items():
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict) and not isinstance(value, (type, types.ModuleType)):
            for name, attribute in attributes.items():
                if attribute is primitive:
                    return f"{owner}.{name}"
    for name, value in frame.f_globals.items():
        if value is primitive:
            return name
    return ""


def _sleep(waiting: _Waiting) -> str:
    handle = waiting.frame.f_locals.get("h")
    if handle is None:
        return WAITS["turn"].message()
    deadline = to_nanoseconds(handle.when())
    if handle.when() == float("inf"):
        return FOR_EVER
    return WAITS["sleep"].message(format_seconds(deadline - waiting.names.began))


def _lock(waiting: _Waiting) -> str:
    words, holders = waiting.known()
    held = ", ".join(holder.label for holder in holders)
    return WAITS["lock"].message(words, held) if held else words


def _condition(waiting: _Waiting) -> str:
    relocks = any(frame.f_code is REACQUIRE for frame in waiting.inner)
    return WAITS["relock" if relocks else "notification"].message(waiting.named())


def _event(waiting: _Waiting) -> str:
    return WAITS["event"].message(waiting.named())


def _barrier(waiting: _Waiting) -> str:
    barrier = waiting.subject()
    return WAITS["barrier"].message(waiting.named(), barrier.n_waiting, barrier.parties)


def _queue_get(waiting: _Waiting) -> str:
    return WAITS["get"].message(waiting.named())


def _queue_put(waiting: _Waiting) -> str:
    queue = waiting.subject()
    return WAITS["put"].message(waiting.named(), queue.qsize(), queue.maxsize)


def _queue_join(waiting: _Waiting) -> str:
    return WAITS["join"].message(waiting.named())


def _task_group(waiting: _Waiting) -> str:
    members = in_order(waiting.subject()._tasks)
    return WAITS["group"].message(", ".join(map(_told, members)))


def _wait(waiting: _Waiting) -> str:
    futures = waiting.frame.f_locals.get("fs", ())
    names = [_told(item) for item in futures if isinstance(item, TASKS) and not item.done()]
    return WAITS["wait"].message(", ".join(names) or f"{len(futures)} futures")


def _wait_for(waiting: _Waiting) -> str:
    return WAITS["wait_for"].message(_words_for_future(waiting.frame.f_locals["fut"]))


def _as_completed(waiting: _Waiting) -> str:
    return WAITS["as_completed"].message()


def _thread(waiting: _Waiting) -> str:
    return WAITS["thread"].message()


def _network(waiting: _Waiting) -> str:
    kind = WAITS[IN_NETWORK[waiting.frame.f_code].kind]
    address = address_in(waiting.frame, local_variables(waiting.frame))
    peers = ", ".join(peer.label for peer in _peers(waiting))
    return kind.message(address, peers) if peers else kind.words.format(address)


def _peers(waiting: _Waiting) -> tuple[Holder, ...]:
    return peers_of(waiting.frame)


def _holders(waiting: _Waiting) -> tuple[Holder, ...]:
    return waiting.known().holders


def _nobody(waiting: _Waiting) -> tuple[Holder, ...]:
    return ()


class Waiter(NamedTuple):
    """A function of asyncio's that waits."""

    kind: str  # a name in `waits.WAITS`
    variable: str  # its local variable that holds what it waits for
    words: Callable[[_Waiting], str]
    holders: Callable[[_Waiting], tuple[Holder, ...]] = _nobody  # who can end the wait


WAITERS: dict[types.CodeType, Waiter] = {
    code_of(tasks.sleep): Waiter("sleep", "", _sleep),
    code_of(locks.Lock.acquire): Waiter("lock", "self", _lock, _holders),
    code_of(locks.Semaphore.acquire): Waiter("semaphore", "self", _lock, _holders),
    code_of(locks.Condition.wait): Waiter("notification", "self", _condition),
    code_of(locks.Event.wait): Waiter("event", "self", _event),
    **dict.fromkeys(IN_BARRIER, Waiter("barrier", "self", _barrier)),
    code_of(queues.Queue.get): Waiter("get", "self", _queue_get),
    code_of(queues.Queue.put): Waiter("put", "self", _queue_put),
    code_of(queues.Queue.join): Waiter("join", "self", _queue_join),
    code_of(asyncio.TaskGroup.__aexit__): Waiter("group", "self", _task_group),
    IN_WAIT: Waiter("wait", "fs", _wait),
    code_of(asyncio.to_thread): Waiter("thread", "", _thread),
    **{code: Waiter(of.kind, of.variables[0], _network, _peers) for code, of in IN_NETWORK.items()},
}
if sys.version_info < (3, 12):  # later ones run the coroutine in place
    WAITERS[code_of(tasks.wait_for)] = Waiter("wait_for", "fut", _wait_for)
WAITERS[IN_AS_COMPLETED] = Waiter("as_completed", "", _as_completed)

# What is left of wait_for() when its time has run out before it began.
WAITERS[IN_CANCEL_AND_WAIT] = Waiter("wait_for", "fut", _wait_for)

REACQUIRE = code_of(locks.Lock.acquire)  # after a notification


def waiting_function(frames: list[Frame]) -> tuple[int, Waiter] | None:
    """Return the outermost of asyncio's functions that wait, and its depth in an await stack.

    A wait_for() that runs a coroutine in place, for want of a timeout, does not wait itself.
    """
    for depth, frame in enumerate(frames):
        waiter = WAITERS.get(frame.f_code)
        if waiter is not None and (waiter.kind != "wait_for" or frame is frames[-1]):
            return depth, waiter
    return None


def kind_of_future(future: Any) -> tuple[str, Any]:
    """Return the kind of a wait for a bare future, a name in `waits.WAITS`; and for what it is.

    That is tasks and other futures, for a kind of wait for tasks; the name of the future's type if
    it is none of asyncio's; else None.
    """
    if isinstance(future, TASKS):
        return "task", (future,)
    if future is None:
        return "turn", None
    children = getattr(future, "_children", None)  # of gather()
    if children:
        return "gather", tuple(children)
    if (shielded := shielded_by(future)) is not None:
        return "shield", (shielded,)
    if is_of_thread(future):
        return "thread", None
    if isinstance(future, FUTURES):
        return "future", None
    return "other", type(future).__name__


def _told(task: asyncio.Task[Any]) -> str:
    """Return how a task is called that another one waits for."""
    has_gone = getattr(task.get_loop(), "has_gone", None)
    is_gone = has_gone is not None and has_gone(task)
    return f"{label(task)} (whose host has crashed)" if is_gone else label(task)


def _words_for_future(future: Any) -> str:
    kind, subject = kind_of_future(future)
    if kind == "task":
        subject = _told(future)
    elif kind == "gather":
        pending = [child for child in subject if not child.done()]
        names = [_told(child) for child in pending if isinstance(child, TASKS)]
        subject = ", ".join(names) or f"{len(pending)} futures"
    elif kind == "shield":
        subject = _words_for_future(subject[0])
    return WAITS[kind].message(subject)
