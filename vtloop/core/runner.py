"""A runner of one loop, which is `asyncio.Runner` for short simulations.

What differs from asyncio's: the loop's surroundings are entered once for all that it runs, and at
the end nothing is run where there is nothing to do (generators to close, threads to wait for).
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import constants
from collections.abc import Callable, Sequence
from contextvars import Context
from types import FrameType
from typing import Any

from vtloop.core.explanations import leave_out_own_lines
from vtloop.core.loop import VirtualLoop
from vtloop.core.tasks import Task, in_order, label
from vtloop.private.interpreter import signals

_JOIN_TIMEOUT = getattr(constants, "THREAD_JOIN_TIMEOUT", 300)  # seconds; a name since 3.12
_UNHANDLED = "unhandled exception during asyncio.run() shutdown"


class Runner:
    """Runs coroutines on a loop; at its exit it cancels what is left and closes the loop."""

    def __init__(self, loop: VirtualLoop, debug: bool | None) -> None:
        self.unfinished: tuple[str, ...] = ()
        """The tasks that were left at the exit, by label."""
        self.loop = loop
        leave_out_own_lines()
        if debug is not None:
            loop.set_debug(debug)

    def __enter__(self) -> Runner:
        try:
            self.loop.environment.__enter__()
        except BaseException:
            self.loop.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            if not self.loop.is_closed():
                self.finish()
        finally:
            self.loop.environment.__exit__()

    def finish(self, last: Callable[[], object] | None = None) -> None:
        """Cancel what is left, let it clean up, and close the loop; at the exit, if not before.

        `last` is called when nothing else is left to do but to close the loop.
        """
        loop = self.loop
        try:
            if left := loop.pending_tasks():
                self._see(left)
                if any(type(task) is not Task for task in left):  # asyncio may not know of them
                    left[:] = loop.living(in_order(asyncio.all_tasks(loop)))
                if left:
                    _cancel(left, loop)
            if loop._asyncgens:
                loop.run_until_complete(loop.shutdown_asyncgens())
            if loop._default_executor is not None:
                loop.run_until_complete(loop.shutdown_default_executor(_JOIN_TIMEOUT))
            if last is not None:
                last()
        finally:
            loop.close()

    def _see(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Take note of the tasks that are left, before they are cancelled."""
        self.unfinished = tuple(map(label, tasks))

    def run(self, main: Any, *, name: str | None = None, context: Context | None = None) -> Any:
        """Return what the coroutine `main` returns. Ctrl-C cancels it, so that it can clean up.

        `name` and `context` are those of its task.
        """
        loop = self.loop
        task = loop.create_task(main, name=name, context=context)
        interrupts = 0

        def interrupt(number: int, frame: FrameType | None) -> None:
            nonlocal interrupts
            interrupts += 1
            if interrupts > 1 or task.done():
                raise KeyboardInterrupt
            task.cancel()
            loop.call_soon_threadsafe(lambda: None)  # wake a loop that waits for a thread

        handle_interrupts = (
            threading.current_thread() is threading.main_thread()
            and signals.getsignal(signals.SIGINT) is signals.default_int_handler
        )
        if handle_interrupts:
            signals.signal(signals.SIGINT, interrupt)
        try:
            return loop.run_until_complete(task)
        except (SystemExit, KeyboardInterrupt):
            if task.done():
                task.exception()  # it is raised here, so nobody needs to hear of it again
            raise
        except asyncio.CancelledError:
            if interrupts and task.uncancel() == 0:
                raise KeyboardInterrupt from None
            raise
        except Exception as error:
            loop.clock.date_error(error)
            raise
        finally:
            if handle_interrupts and signals.getsignal(signals.SIGINT) is interrupt:
                signals.signal(signals.SIGINT, signals.default_int_handler)


def _cancel(tasks: list[asyncio.Task[Any]], loop: VirtualLoop) -> None:
    """Cancel tasks and wait for them, as `asyncio.Runner` does at its end with all there are."""
    for task in tasks:
        task.cancel()
    loop.run_until_complete(_end_of(tasks, loop))
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            context = {"message": _UNHANDLED, "exception": task.exception(), "task": task}
            loop.call_exception_handler(context)
    tasks.clear()  # tracebacks of their errors know this frame, which would keep them
    del task


def _end_of(tasks: Sequence[asyncio.Task[Any]], loop: VirtualLoop) -> asyncio.Future[None]:
    """Return a future that is done when all tasks are, in the iteration in which gather()'s is."""
    end: asyncio.Future[None] = loop.create_future()
    pending = len(tasks)

    def one_has_ended(task: asyncio.Task[Any]) -> None:
        nonlocal pending
        pending -= 1
        if not pending:
            end.set_result(None)

    for task in tasks:
        task.add_done_callback(one_has_ended)
    return end
