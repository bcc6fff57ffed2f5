"""Wake-ups that were lost: somebody waits in vain, though what they wait for is there.

- A lock that is free, a queue with an item in it and the like wake whoever waits for them, before
  anything else that is ready has run. So once nothing else is ready, nobody waits for them.
- `Condition.notify` leaves no trace in the condition. Whom it has woken may be cancelled before it
  comes back from `wait`; then it has to wake another one, as asyncio itself does since 3.12.2.

Both are looked at when nothing can happen any more, and when a wait is cut short, as by a timeout.
"""

from __future__ import annotations

import asyncio
from asyncio import locks, queues
from collections.abc import Collection, Iterator, Sequence
from types import CodeType
from typing import Any

from vtloop.core.tasks import label
from vtloop.private.events import IN_CONDITION
from vtloop.search.outcome import MisusedPrimitive
from vtloop.values.source import line_at
from vtloop.values.text import counted


class Made:
    """A primitive, where it was made, and for a semaphore its first value."""

    __slots__ = ("code", "line", "primitive", "value")

    def __init__(self, primitive: Any, code: CodeType, line: int, value: int) -> None:
        self.primitive = primitive
        self.code = code
        self.line = line
        self.value = value

    @property
    def name(self) -> str:
        """What it is called in findings."""
        return f"{type(self.primitive).__name__} made at {line_at(self.code, self.line)}"


class WakeUps:
    """Takes note of the wake-ups that are lost at the primitives of a run.

    What is called while the run goes on is this package's or written in C: it counts as no call of
    a step (see `calls`).
    """

    def __init__(self, made: Sequence[Made]) -> None:
        self._made = made
        self._lost: list[tuple[Made, str]] = []
        self._notified = False
        self._dropped: dict[int, str] = {}  # who has dropped a notify(), by the condition's id()
        self._is_over = False

    def lost(self) -> Iterator[MisusedPrimitive]:
        """Yield the primitives at which one was lost."""
        for made, detail in self._lost:
            yield MisusedPrimitive(made.name, "lost wake-up", detail)

    def main_has_ended(self) -> None:
        """Take note that cancellations are the runner's from now on."""
        self._is_over = True

    def nothing_is_left(self) -> None:
        """Look at all primitives, as nothing can happen any more."""
        for made in self._made:
            for waiters, there in _waits(made.primitive):
                pending = [waiter for waiter in waiters if not waiter.done()]
                self._note(made, there or self._dropped.get(id(made.primitive), ""), len(pending))

    def notified(self, condition: Any, task: asyncio.Task[Any] | None) -> None:
        """Take note that `notify` was called, by whom.

        A task that was cancelled passes on what it was notified of.
        """
        self._notified = True
        if task is not None and task.cancelling():
            self._dropped.pop(id(condition), None)

    def cut_short(self, task: Any) -> None:
        """Look at what a task waits for that is about to be cancelled."""
        if self._is_over or (waiter := task._fut_waiter) is None:
            return
        if self._notified:
            self._see_notification(task)
        if waiter.done() or not _is_idle(task.get_loop()):
            return
        for made in self._made:
            for waiters, there in _waits(made.primitive):
                why = there or self._dropped.get(id(made.primitive), "")
                if why and any(one is waiter for one in waiters):
                    self._note(made, why, 1)

    def _see_notification(self, task: Any) -> None:
        """Take note if a task was notified, and is cancelled before it comes back from `wait`."""
        condition = self._notified_by(task._fut_waiter) or _in_wait(task.get_coro())
        if condition is not None:
            who = f"notify() woke {label(task)}, which was cancelled and woke nobody else"
            self._dropped[id(condition)] = who

    def _notified_by(self, waiter: Any) -> Any:
        """Return the condition that has woken whoever waits for a future; None for none."""
        if waiter.done() and not waiter.cancelled():
            for made in self._made:
                condition = made.primitive
                if isinstance(condition, locks.Condition) and waiter in condition._waiters:
                    return condition
        return None

    def _note(self, made: Made, why: str, waiting: int) -> None:
        if why and waiting:
            tasks = "1 task waits" if waiting == 1 else f"{waiting} tasks wait"
            self._lost.append((made, f"{why}, and {tasks} for it"))


def _in_wait(coroutine: Any) -> Any:
    """Return the condition for whose lock a task waits, as it was notified; None for none."""
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        if frame.f_code is IN_CONDITION:
            names = frame.f_locals
            waiter = names.get("fut")
            was_notified = waiter is not None and waiter.done() and not waiter.cancelled()
            return names["self"] if was_notified else None
        coroutine = coroutine.cr_await
    return None


def _is_idle(loop: Any) -> bool:
    """Return whether nothing is ready but timers that are due."""
    return all(isinstance(handle, asyncio.TimerHandle) for handle in loop._ready)


def _waits(primitive: Any) -> Iterator[tuple[Collection[Any], str]]:
    """Yield who waits for a primitive, and in words what is there for them, or ''."""
    plain: Any = primitive
    if isinstance(primitive, locks.Lock):
        yield plain._waiters or (), "" if plain._locked else "it is free"
    elif isinstance(primitive, locks.Semaphore):
        yield (
            plain._waiters or (),
            f"{counted(plain._value, 'permit')} left" if plain._value else "",
        )
    elif isinstance(primitive, locks.Event):
        yield plain._waiters, "it is set" if plain._value else ""
    elif isinstance(primitive, locks.Condition):
        yield plain._waiters, ""
    elif isinstance(primitive, queues.Queue):
        items = len(plain._queue)
        yield plain._getters, f"{counted(items, 'item')} in it" if items else ""
        yield plain._putters, "" if 0 < plain._maxsize <= items else "there is room in it"
