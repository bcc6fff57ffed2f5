"""A loop that numbers its timeouts as they are armed, and lets one of them fire when it is told to.

Timeouts are what `asyncio.timeout` arms, on Python 3.11 also `wait_for`, and `wait` on all: timers
like any other, known by their callbacks. One that has no time left is none: it fires at once.

Keep calls of Python functions that are not this package's out of this file, such as a named tuple's
or `asyncio.current_task` of 3.11: class C counts them as calls of the step (see `search.calls`).
"""

from __future__ import annotations

import asyncio
import math
import weakref
from collections.abc import Callable
from contextvars import Context
from typing import Any

from vtloop.core.options import Options
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import number_of
from vtloop.core.timers import AnyTimerHandle
from vtloop.private.events import TIMEOUTS, current_task
from vtloop.search.witness import ItsPolicy, Witness, WitnessedLoop
from vtloop.values.clock import NEVER, to_nanoseconds


class Armed:
    """A timeout. What it is about is known weakly."""

    def __init__(self, timer: AnyTimerHandle, task: asyncio.Task[Any] | None) -> None:
        self._timer = weakref.ref(timer)
        self._task = None if task is None else weakref.ref(task)
        self.owner = 0 if task is None else number_of(task)
        """The number of the task that has armed it; 0 for a callback."""

    @property
    def timer(self) -> AnyTimerHandle | None:
        return self._timer()

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """The task that has armed it; None for a callback, and once it is gone."""
        return None if self._task is None else self._task()


class TimedLoop(WitnessedLoop):
    """A witnessed loop with numbered timeouts. The one of the number `held` does not fire."""

    def __init__(
        self,
        witness: Witness,
        options: Options,
        policy: ItsPolicy,
        recorder: Recorder | None,
        held: int = 0,
    ) -> None:
        self.timeouts: list[Armed] = []
        """All that were armed; the first has number 1."""
        self._held = held
        self._held_until = NEVER
        super().__init__(witness, options, policy, recorder)

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback later; see `asyncio.loop.call_later`."""
        if not _is_timeout(callback):
            return super().call_later(delay, callback, *args, context=context)
        if self._is_held():
            self._held_until = self.virtual_time() + to_nanoseconds(delay)
            delay = math.inf
        return self._noted(super().call_later(delay, callback, *args, context=context))

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback at an instant; see `asyncio.loop.call_at`."""
        if not _is_timeout(callback):
            return super().call_at(when, callback, *args, context=context)
        if self._is_held():
            self._held_until = to_nanoseconds(when)
            when = math.inf
        return self._noted(super().call_at(when, callback, *args, context=context))

    def _is_held(self) -> bool:
        """Return whether the next timeout is the one that does not fire by itself."""
        return len(self.timeouts) + 1 == self._held

    def _noted(self, timer: AnyTimerHandle) -> AnyTimerHandle:
        self.timeouts.append(Armed(timer, current_task(self)))
        return timer

    def held_timer(self) -> AnyTimerHandle | None:
        """Return the timer that is held, while it is armed."""
        if len(self.timeouts) < self._held:
            return None
        timer = self.timeouts[self._held - 1].timer
        return timer if timer is not None and timer in self._timers else None

    def fire(self, timer: AnyTimerHandle, kind: str) -> bool:
        """Let a timer fire now, or at the next instant: before (TE) or after (TL) those there.

        Return whether that is no later than it would have been.
        """
        later = kind in ("TE", "TL")
        instant = self._timers.first if later else self.virtual_time()
        self._timers.move(timer, instant, first=kind == "TE")
        return instant <= self._held_until

    def clock_can_move(self) -> bool:
        """Return whether there is an instant to which the clock can move."""
        return self._timers.first < NEVER

    def fired(self, handle: Any) -> int:
        """Return the number of the timeout that a handle is; 0 if it is none."""
        for number, armed in enumerate(self.timeouts, 1):
            if armed.timer is handle:
                return number
        return 0


def timed(loop: WitnessedLoop) -> TimedLoop:
    """Return a loop as one with numbered timeouts. TypeError if it is none."""
    if not isinstance(loop, TimedLoop):
        raise TypeError(f"Timeouts are counted on a TimedLoop, while {loop!r} does not number them")
    return loop


def subject_of(timer: AnyTimerHandle) -> object:
    """Return what asyncio knows a timeout by: its `Timeout`, or the future that waits for it."""
    plain: Any = timer
    return getattr(plain._callback, "__self__", None) or plain._args[0]


def _is_timeout(callback: Any) -> bool:
    return getattr(callback, "__func__", callback) in TIMEOUTS
