"""Where a program opens a socket: at a line of its own, if a library does so on its behalf.

Most often that line is among what runs. A library may also have tasks for it, such as one for each
address of a host, as they make connections; then it is where the task was created, or where whoever
has created it waits in the same library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from vtloop.core.await_stacks import await_stack
from vtloop.core.tasks import number_of
from vtloop.private.events import get_running_loop
from vtloop.values.source import Place, is_installed, is_library, place, program_frames


class Made(NamedTuple):
    """How a task was created."""

    parent: int
    """The number of the task that has created it; 0 if none has."""
    at: Place
    by_program: bool
    """Whether that is a line of the program's own: not of a package that was installed, nor where
    the loop was called from, which is found if nothing but asyncio has run."""


def opened_at(made: Callable[[int], Made | None]) -> Place | None:
    """Return where the program is that opens a socket now.

    `made` returns how a task was created, given its number, as far as that is known.
    """
    frames = program_frames()
    if not frames:
        return None
    file = frames[0].f_code.co_filename
    of_library = is_installed(file) or is_library(frames[0])
    found = _at_task(made) if of_library and get_running_loop() is not None else None
    return found or place(frames[0])


def _at_task(made: Callable[[int], Made | None]) -> Place | None:
    """Return the line of the program's own to which the task that runs goes back."""
    task: asyncio.Task[Any] | None = asyncio.current_task()
    number = 0 if task is None else number_of(task)
    while (by := made(number)) is not None:
        if by.by_program:
            return by.at
        number = by.parent
        task = next((one for one in asyncio.all_tasks() if number_of(one) == number), None)
        if task is None:  # it has ended
            continue
        users = [frame for frame in await_stack(task.get_coro())[0] if not is_library(frame)]
        if not users or _package(place(users[-1])) != _package(by.at):
            return None
        own = [frame for frame in users if not is_installed(frame.f_code.co_filename)]
        if own:
            return place(own[-1])
    return None


def _package(at: Place) -> str:
    return at.file.partition("/")[0]
