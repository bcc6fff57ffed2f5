"""Whoever makes an event loop while a script runs gets one in virtual time, or is refused.

The facts that it is built on:

- `asyncio.run`, `Runner`, policies, `new_event_loop`, a reference kept in a default or a table: in
  the end each calls a class, and for asyncio's own loops it is one of `STOCK_LOOPS`. So what is
  replaced is how an object of such a class is initialised: it becomes a virtual loop then.
  (Replacing `__new__` would leave a class behind that takes no arguments any more.)
- An heir of these classes, and a loop that is compiled, such as uvloop's, has a way of its own to
  wait for the world. It cannot be simulated, and is refused where it is made.
- Any other loop may just stand before one that is virtual, and hand its calls on. It is refused
  when it runs by itself, of which it has to tell asyncio.
"""

from __future__ import annotations

import asyncio
import inspect
import weakref
from asyncio import AbstractEventLoop, BaseEventLoop, events
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

from vtloop.boundary import Boundary
from vtloop.errors import NotSimulated
from vtloop.loop import VirtualLoop
from vtloop.places import place, program_frames
from vtloop.private.events import POLICY, SET_RUNNING_LOOP, nothing_to_close
from vtloop.waits import local_variables
from vtloop.world import Replacement, Replacements

Initialise = Callable[..., None]  # an `__init__` of a class of loops

STOCK_LOOPS: tuple[type, ...] = tuple(
    vars(asyncio)[name]
    for name in ("SelectorEventLoop", "ProactorEventLoop")  # the latter on Windows
    if name in vars(asyncio)
)


class LoopMakers:
    """While it is entered, loops of asyncio's are made by `initialise`, and others are refused.

    `initialise` is called with a new object of the class VirtualLoop. The event loop policy is
    asyncio's own at first, and what the script makes of it is forgotten in the end.
    """

    def __init__(self, initialise: Callable[[VirtualLoop], None]) -> None:
        self._made_at: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._of_others: list[Replacements] = []
        self._set_running_loop = vars(events)[SET_RUNNING_LOOP]
        watch = self._watch

        def class_made(kind: Any, /, **options: Any) -> None:
            super(AbstractEventLoop, kind).__init_subclass__(**options)  # type: ignore[misc]
            watch(kind)

        stand_ins = {kind: _becomes(kind, initialise) for kind in STOCK_LOOPS}
        self._of_asyncio = Replacements(
            (
                *(Replacement(kind, "__init__", becomes) for kind, becomes in stand_ins.items()),
                Replacement(BaseEventLoop, "__init__", _refused_heir),
                Replacement(AbstractEventLoop, "__init_subclass__", classmethod(class_made)),
                Replacement(events, SET_RUNNING_LOOP, self._begin_to_run, taken_by_name=True),
                *([Replacement(events, POLICY, None)] if hasattr(events, POLICY) else []),
            )
        )

    def __enter__(self) -> None:
        for kind in AbstractEventLoop.__subclasses__():
            self._watch(kind)
        self._of_asyncio.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._of_asyncio.__exit__()
        while self._of_others:
            self._of_others.pop().__exit__()

    def _watch(self, kind: Any) -> None:
        """See to the objects of a class of loops that is neither asyncio's nor virtual."""
        if AbstractEventLoop not in kind.__bases__ or kind in (BaseEventLoop, Boundary):
            return
        is_compiled = not isinstance(kind.run_forever, FunctionType)
        stand_in = _refused_compiled(kind.__init__) if is_compiled else self._noted(kind.__init__)
        replacements = Replacements((Replacement(kind, "__init__", stand_in),))
        replacements.__enter__()
        self._of_others.append(replacements)

    def _noted(self, init: Initialise) -> Initialise:
        made_at = self._made_at

        def __init__(loop: Any, *args: Any, **options: Any) -> None:
            made_at[loop] = _maker(loop)
            init(loop, *args, **options)

        return __init__

    def _begin_to_run(self, loop: Any) -> None:
        """Stand in for `asyncio._set_running_loop`, which a loop calls as it begins or ends."""
        if loop is not None and not isinstance(loop, VirtualLoop):
            raise _refusal(loop, self._made_at.get(loop, "a place that is not known"))
        self._set_running_loop(loop)


def _becomes(kind: Any, initialise: Callable[[VirtualLoop], None]) -> Initialise:
    """Return how an object of a stock loop's class is initialised, so that it becomes virtual."""
    signature = inspect.signature(kind.__init__)

    def __init__(loop: Any, *args: Any, **options: Any) -> None:
        nothing_to_close(loop)
        if type(loop) is not kind:
            raise _refusal(loop, _maker(loop))
        signature.bind(loop, *args, **options)  # raises the TypeError that the class would
        loop.__class__ = VirtualLoop
        initialise(loop)

    return __init__


def _refused_heir(loop: Any, *args: Any, **options: Any) -> None:
    nothing_to_close(loop)
    raise _refusal(loop, _maker(loop))


def _refused_compiled(init: Initialise) -> Initialise:
    def __init__(loop: Any, *args: Any, **options: Any) -> None:
        init(loop, *args, **options)
        loop.close()
        raise _refusal(loop, _maker(loop))

    return __init__


def _maker(loop: Any) -> str:
    """Return the place in the program, apart from its methods, where a loop is made now."""
    frames = program_frames()
    others = (frame for frame in frames if not _has(frame, loop))
    return str(place(next(others, frames[0])))


def _has(frame: FrameType, loop: Any) -> bool:
    return any(value is loop for value in local_variables(frame).values())


def _refusal(loop: Any, made_at: str) -> NotSimulated:
    kind = type(loop)
    return NotSimulated(
        f"An event loop of {kind.__module__}.{kind.__qualname__} was made while the script runs in "
        "virtual time, where only loops that asyncio itself provides are simulated; leave it out, "
        f"or let asyncio.run() or asyncio.new_event_loop() make the loop. It was made at {made_at}"
    )
