"""Event loops that the program makes in the threads of a run.

A bridge from synchronous to asynchronous code calls `asyncio.run` in a worker thread; another keeps
a loop in a thread of its own, and submits coroutines to it. Such a loop would wait in real time for
what happens in virtual time. So an event loop of asyncio's that a thread of a run makes becomes a
virtual one, on the run's clock (see `VirtualLoop`), and no other may run there.
"""

from __future__ import annotations

import asyncio
import inspect
from asyncio import events
from collections.abc import Callable
from functools import partial, wraps
from types import FrameType
from typing import Any

from vtloop.core.await_stacks import local_variables
from vtloop.core.threads.actor import here
from vtloop.core.unsupported import Unsupported
from vtloop.errors import NotSimulated
from vtloop.patching.redirect import real
from vtloop.private.events import SET_RUNNING_LOOP, nothing_to_close, take_back_beginning
from vtloop.values.source import is_library, place, program_frames

Initialise = Callable[..., None]  # an `__init__` of a class of loops
Make = Callable[[Any], None]  # makes a virtual loop of a new object

STOCK_LOOPS: tuple[type, ...] = tuple(
    vars(asyncio)[name]
    for name in ("SelectorEventLoop", "ProactorEventLoop")  # the latter on Windows
    if name in vars(asyncio)
)

_set_running_loop = real(vars(events)[SET_RUNNING_LOOP])


def becomes_virtual(kind: Any, maker: Callable[[Any], Make | None]) -> Initialise:
    """Return how an object of a stock loop's class is initialised, so that it becomes virtual.

    `maker` returns what makes a virtual loop of the object, or None if it is to be a stock loop.
    """
    init = kind.__init__
    signature = inspect.signature(init)

    @wraps(init)
    def __init__(loop: Any, *args: Any, **options: Any) -> None:
        make = maker(loop)
        if make is None:
            init(loop, *args, **options)
        else:
            nothing_to_close(loop)
            signature.bind(loop, *args, **options)  # raises the TypeError that the class would
            make(loop)

    return __init__


def becomes_virtual_in_a_run(kind: Any) -> Initialise:
    """Return how it is initialised so that it becomes virtual in a thread of a run."""

    def maker(loop: Any) -> Make | None:
        if here.actor is None or type(loop) is not kind:
            return None
        clock = here.actor.clock
        return clock.make_loop and partial(clock.make_loop, clock)

    return becomes_virtual(kind, maker)


def set_running_loop(loop: Any) -> None:
    """Stand in for `asyncio._set_running_loop`, which a loop calls as it begins and as it ends.

    NotSimulated if the loop is not virtual, and this thread belongs to a run.
    """
    if not (loop is None or here.actor is None or isinstance(loop, Unsupported)):
        take_back_beginning(loop)
        raise refusal(loop, "run in a thread of a run", str(place(program_frames()[0])))
    _set_running_loop(loop)


def made_at(loop: Any) -> str:
    """Return the place in the program, apart from its methods, where a loop is made now."""
    return str(place(_maker(loop)))


def made_by_program_at(loop: Any) -> str:
    """Return that place, '' if it is in the standard library, as of `asyncio.run` in a thread."""
    frame = _maker(loop)
    return "" if is_library(frame) else f", at {place(frame)}"


def _maker(loop: Any) -> FrameType:
    frames = program_frames()
    others = (frame for frame in frames if not _has(frame, loop))
    return next(others, frames[0])


def _has(frame: FrameType, loop: Any) -> bool:
    return any(value is loop for value in local_variables(frame).values())


def refusal(loop: Any, what: str, where: str) -> NotSimulated:
    """Return the error for an event loop that cannot be simulated; of what was done with it."""
    kind = type(loop)
    return NotSimulated(
        f"An event loop of {kind.__module__}.{kind.__qualname__} was {what} in virtual time, where "
        "only loops that asyncio itself provides are simulated; leave it out, or let asyncio.run() "
        f"or asyncio.new_event_loop() make the loop. That was at {where}"
    )
