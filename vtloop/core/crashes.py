"""What becomes of the tasks of a host that crashes: they are never run again.

Nobody is told: no task is cancelled, and no coroutine is closed, also when the run ends. As Python
closes a coroutine that nobody knows any more, and so would run its `finally`, the tasks of a
crashed host are kept until the process ends, and even then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextvars import Context, copy_context
from typing import Any, TypeAlias

from vtloop.core.scheduling import Scheduling
from vtloop.core.tasks import stepping
from vtloop.private.events import forget_task
from vtloop.private.interpreter import keep_for_ever

IsGone: TypeAlias = Callable[[Context], bool]
"""Returns whether what runs in a context ran on a host that has crashed since."""


class Crashes(Scheduling):
    """An event loop's tasks, as far as their hosts have not crashed."""

    _gone: Collection[asyncio.Task[Any]] = ()

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that are not done, in order of creation, but for those that are gone."""
        return self.living(super().pending_tasks())

    def living(self, tasks: list[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
        """Return those of some tasks whose hosts have not crashed."""
        return [task for task in tasks if task not in self._gone] if self._gone else tasks

    def has_gone(self, task: asyncio.Task[Any]) -> bool:
        """Return whether the host of a task has crashed, so that it is never run again."""
        return task in self._gone

    def abandon(self, is_gone: IsGone) -> None:
        """Run nothing any more of a context that is gone, and let nobody cancel its tasks."""
        gone = [task for task in self.pending_tasks() if self._is_gone(task, is_gone)]
        self._gone = {*self._gone, *gone}
        for task in gone:
            keep_for_ever(task)
            forget_task(task)
            if self._recorder is not None:
                self._recorder.crashed(task)
        for handle in self._ready:
            if handle._context is not None and is_gone(handle._context):
                handle._callback = handle._args = None  # as if it was cancelled
        timer: Any
        for timer in list(self._timers):
            if is_gone(timer._context):
                timer.cancel()
        if "_selector" in vars(self):
            for key in list(self._selector.get_map().values()):
                if any(handle is not None and is_gone(handle._context) for handle in key.data):
                    self._selector.unregister(key.fd)
        if "call_soon" not in vars(self):
            # From now on each handle is asked for its host; without crashes that would be in vain.
            self.call_soon = _unless_gone(self.call_soon, is_gone)  # type: ignore[method-assign]

    def _is_gone(self, task: Any, is_gone: IsGone) -> bool:
        if hasattr(task, "get_context"):  # since 3.12
            return is_gone(task.get_context())
        # Before that, what is to wake the task knows its context.
        callbacks = getattr(task._fut_waiter, "_callbacks", None) or ()
        contexts = [
            context
            for callback, context in callbacks
            if getattr(callback, "__self__", None) is task
        ]
        contexts += [handle._context for handle in self._ready if stepping(handle) is task]
        return any(map(is_gone, contexts))


def _unless_gone(call_soon: Callable[..., Any], is_gone: IsGone) -> Callable[..., Any]:
    """Return a loop's `call_soon` that runs nothing of a context that is gone."""

    def call_soon_unless_gone(
        callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle: asyncio.Handle = call_soon(callback, *args, context=context)
        if is_gone(copy_context() if context is None else context):
            handle.cancel()
        return handle

    return call_soon_unless_gone
