"""The frames in which a task is suspended, from its coroutine inwards; and their variables.

A coroutine knows what it awaits (`cr_await`), and so on down to a future.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

from vtloop.core.tasks import in_order
from vtloop.private.events import get_running_loop

Frame = types.FrameType


def await_stack(awaitable: Any) -> tuple[list[Frame], Any]:
    """Return the suspended frames from an awaitable inwards, and what the innermost awaits."""
    frames: list[Frame] = []
    while True:
        if isinstance(awaitable, types.CoroutineType):
            frame, inner = awaitable.cr_frame, awaitable.cr_await
        elif isinstance(awaitable, types.GeneratorType):
            frame, inner = awaitable.gi_frame, awaitable.gi_yieldfrom
        elif isinstance(awaitable, types.AsyncGeneratorType):
            frame, inner = awaitable.ag_frame, awaitable.ag_await
        elif type(awaitable).__name__ in WRAPPERS:
            frame, inner = None, unwrapped(awaitable)
        else:
            return frames, awaitable
        if frame is not None:
            frames.append(frame)
        if inner is None:
            return frames, None
        awaitable = inner


# Objects of the interpreter that stand between two frames and tell of the inner one only to the
# garbage collector.
WRAPPERS = {
    "coroutine_wrapper",
    "async_generator_asend",
    "async_generator_athrow",
    "anext_awaitable",
}


def unwrapped(wrapper: Any) -> Any:
    """Return the coroutine or generator within such an object; None if there is none."""
    suspendable = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)
    for inner in gc.get_referents(wrapper):
        if isinstance(inner, suspendable) or type(inner).__name__ in WRAPPERS:
            return inner
    return None


_FEW = 100  # tasks whose frames are looked at; to look at more would take long


def frames_of_tasks() -> Iterator[Frame]:
    """Yield the suspended frames of all tasks of the loop that runs, unless there are many."""
    for _, frames in stacks_of_tasks():
        yield from frames


def stacks_of_tasks() -> Iterator[tuple[Any, list[Frame]]]:
    """Yield all tasks of the loop that runs, unless there are many, each with its frames."""
    all_tasks = set() if get_running_loop() is None else asyncio.all_tasks()
    for task in in_order(all_tasks if len(all_tasks) <= _FEW else ()):
        yield task, await_stack(task.get_coro())[0]


def local_variables(frame: Frame) -> dict[str, Any]:
    """Return the local variables of a function, and leave no reference to them in its frame."""
    found = frame.f_locals
    variables = dict(found)
    if sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        found.clear()  # a mere copy, which would keep them alive until the function ends
    return variables
