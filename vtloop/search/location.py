"""Where a task is when something happens to it: the functions that it is in.

Also whom a timer wakes.
"""

from __future__ import annotations

import asyncio
from traceback import walk_tb
from typing import Any

from vtloop.core.await_stacks import Frame, await_stack
from vtloop.core.policy import LoopView
from vtloop.core.tasks import label
from vtloop.core.waits import describe
from vtloop.private.interpreter import getframe
from vtloop.recording.steps import qualified_name
from vtloop.values.clock import format_seconds
from vtloop.values.source import PACKAGE, function_name, is_installed, is_library, place, place_at


def where_it_is(task: asyncio.Task[Any]) -> str:
    """Return what a task waits for, or that it runs, and where it is, from outermost inwards."""
    if _is_running(task):
        words = f"{label(task)} is running"
    else:
        wait = describe(task)
        words = f"{wait.task} waits for {wait.waits_for}"
    return "\n".join([words, *(f"  at {_place(frame)}" for frame in _frames(task))])


def programs_lines(task: asyncio.Task[Any]) -> str:
    """Return the lines of the program at which a task is, one a line, from outermost inwards."""
    frames = _frames(task)
    own = [frame for frame in frames if not is_library(frame)] or frames
    return "\n".join(f"  at {place(frame)}" for frame in own)


def line_that_raised(error: BaseException) -> str:
    """Return the innermost line of the program by which an error came; '' if none is known."""
    found = [
        (frame, line)
        for frame, line in walk_tb(error.__traceback__)
        if not is_library(frame) and not is_installed(frame.f_code.co_filename)
    ]
    if not found:
        return ""
    frame, line = found[-1]
    return str(place_at(frame.f_code.co_filename, line, function_name(frame.f_code)))


def _is_running(task: asyncio.Task[Any]) -> bool:
    return asyncio.current_task(task.get_loop()) is task


def _frames(task: asyncio.Task[Any]) -> list[Frame]:
    """Return the frames that a task is in, outermost first, without those of this package."""
    frames = _running(task) if _is_running(task) else await_stack(task.get_coro())[0]
    return [one for one in frames if not one.f_code.co_filename.startswith(PACKAGE)]


def firing(loop: LoopView, timer: Any, other: Any) -> str:
    """Return that a timer fires before another one of its instant, and for whom."""
    tasks = [_woken_by(each, loop) for each in (timer, other)]
    one, another = (
        qualified_name(each._callback) if task is None else label(task)
        for each, task in zip((timer, other), tasks, strict=True)
    )
    head = f"the timer of {one} fires before that of {another}, at {format_seconds(timer.deadline)}"
    lines = [line for task in tasks if task is not None for line in where_it_is(task).splitlines()]
    return "\n".join([head, *(f"  {line}" for line in lines)])


def _woken_by(timer: Any, loop: LoopView) -> asyncio.Task[Any] | None:
    """Return the task that waits for the future that a timer ends, if it ends one."""
    ended = next(iter(timer._args or ()), None)
    waiting: Any = loop.pending_tasks()
    return next((task for task in waiting if ended is not None and task._fut_waiter is ended), None)


def _running(task: asyncio.Task[Any]) -> list[Frame]:
    """Return the frames of a task's step that runs now, outermost first."""
    coroutine: Any = task.get_coro()
    outermost = getattr(coroutine, "cr_frame", None)
    frame: Frame | None = getframe(1)
    frames: list[Frame] = []
    while frame is not None and frame is not outermost:
        frames.append(frame)
        frame = frame.f_back
    return [*frames, *([] if frame is None else [frame])][::-1]


def _place(frame: Frame) -> str:
    """Return where a frame is; of a library's, the module is enough."""
    where = place(frame)
    if is_library(frame):
        where = where._replace(file=frame.f_globals.get("__name__", where.file), source="")
    return str(where)
