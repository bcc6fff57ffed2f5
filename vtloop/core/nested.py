"""What is put aside for a run in a thread whose loop runs already, such as a notebook's kernel.

The facts it is built on:

- asyncio refuses to run a loop in a thread that runs one already. What it asks is the thread's
  running loop, and beside it, it knows the task that each loop is at. So both are put aside during
  a run, and put back: the other loop stands still, as for any call that computes. The run is in the
  kernel's own thread, where names, context variables and matplotlib expect it.
- A loop in virtual time is not put aside: its program would have two clocks, of which one stands.
- The streams of a kernel are served by threads of its own, in real time, and a flush waits for
  them. So it happens outside of the simulation.
- A kernel takes what a task prints for the cell that created the task, which may be long over.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from typing import Any

from vtloop.core.loop import VirtualLoop
from vtloop.core.threads.actor import outside
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.patching.swapped import Swapped
from vtloop.private.events import enter_task, get_running_loop, leave_task, set_running_loop

_NOTHING: AbstractContextManager[None] = nullcontext()


def no_loop_running() -> AbstractContextManager[None]:
    """Put this thread's running loop aside while it is entered, if there is one.

    Raises RuntimeError if that is in virtual time.
    """
    loop = get_running_loop()
    if loop is None:
        return _NOTHING
    if isinstance(loop, VirtualLoop):
        raise RuntimeError(
            "A run in virtual time was started while this thread runs one already, and a program "
            "has only one clock; await the coroutine, or start the run outside of the other one, "
            "or in a thread of its own"
        )
    return _put_aside(loop)


replaces(
    __name__,
    During.BESIDE_A_LOOP,
    "asyncio runs no loop in a thread that runs one, so that one is put aside, with its task",
    "the running loop and the task of the thread",
)
replaces(
    __name__,
    During.BESIDE_A_LOOP,
    "threads of the kernel's serve the streams in real time, and a flush waits for them",
    "sys.stdout.flush",
    "sys.stderr.flush",
)


@contextmanager
def _put_aside(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    task = asyncio.current_task(loop)
    if task is not None:
        leave_task(loop, task)
    set_running_loop(None)
    try:
        with _flushed_outside(sys.stdout), _flushed_outside(sys.stderr):
            yield
    finally:
        set_running_loop(loop)
        if task is not None:
            enter_task(loop, task)


@contextmanager
def _flushed_outside(stream: Any) -> Iterator[None]:
    """Let a stream be flushed outside of the simulation, whoever holds it: handlers of `logging`.

    One without attributes of its own, such as None, is no kernel's.
    """
    if not hasattr(stream, "__dict__"):
        yield
        return
    flush = stream.flush

    def flush_outside() -> None:
        with outside():
            flush()

    with _door:  # who comes while the last one goes either finds it in use, or makes a new one
        swapped = _flushes.setdefault(id(stream), Swapped(stream, "flush"))
        swapped.enter(flush_outside)
    try:
        yield
    finally:
        with _door:
            swapped.leave(flush_outside)
            if not swapped.is_in_use:
                del _flushes[id(stream)]


_flushes: dict[int, Swapped] = {}
_door = threading.Lock()
keeps(__name__, "how streams of kernels are flushed, by the id of each", "_flushes", "_door")


class KernelStream:
    """Hands text on to a stream of the kernel's, for the cell that made this."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._context = copy_context()

    def write(self, text: str) -> int:
        with outside():
            return int(self._context.copy().run(self._stream.write, text) or 0)

    def flush(self) -> None:
        with outside():
            self._context.copy().run(self._stream.flush)

    def __getattr__(self, name: str) -> Any:  # encoding, isatty…
        return getattr(self._stream, name)
