"""The loop of a run of a search: it asks how late each timer is, and tells of each task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from vtloop.core.loop import VirtualLoop
from vtloop.core.options import Options
from vtloop.core.recorder import Recorder
from vtloop.core.timers import AnyTimerHandle
from vtloop.explore.steering import Steering, running_lane
from vtloop.values.clock import NEVER


class ExploredLoop(VirtualLoop):
    """A loop that is steered, whose timers are late as its steering has it.

    A handle tells when it fires, not when it was asked to.
    """

    def __init__(
        self, options: Options, steering: Steering, policy: Any, recorder: Recorder | None = None
    ) -> None:
        self._steering = steering
        self.tasks: list[asyncio.Task[Any]] = []
        """All that were made."""
        self._set_up(options, policy=policy, recorder=recorder)

    def _task_is_made(self, task: Any, number: int) -> None:
        self.tasks.append(task)
        self._steering.task_is_made(number, running_lane(self))

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback after `delay` seconds, or later; see `asyncio.loop.call_later`."""
        return self._late(super().call_later(delay, callback, *args, context=context))

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback when `loop.time()` is `when`, or later; see `asyncio.loop.call_at`."""
        return self._late(super().call_at(when, callback, *args, context=context))

    def _late(self, handle: AnyTimerHandle) -> AnyTimerHandle:
        deadline = handle.deadline
        if deadline < NEVER and (
            late := self._steering.late(running_lane(self), self._clock.now, deadline)
        ):
            self._timers.move(handle, min(deadline + late, NEVER - 1))
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell whom the program has set; nobody else is to hear of a run of many."""
        if self._exception_handler is not None or self._recorder is not None:
            super().call_exception_handler(context)
