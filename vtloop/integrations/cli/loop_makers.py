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

In a run of no script, only its threads make virtual loops (see `inner_loops`).
"""

from __future__ import annotations

import weakref
from asyncio import AbstractEventLoop, BaseEventLoop, events
from functools import wraps
from types import FunctionType
from typing import Any

from vtloop.core.loop import VirtualLoop
from vtloop.core.patches.inner_loops import (
    STOCK_LOOPS,
    Initialise,
    Make,
    becomes_virtual,
    made_at,
    refusal,
)
from vtloop.core.unsupported import Unsupported
from vtloop.patching.replaced import During, replaces
from vtloop.patching.replacements import Replacement, Replacements
from vtloop.private.events import POLICY, SET_RUNNING_LOOP, nothing_to_close

_MADE = "made while a script runs"

_SET_UP = "_set_up"  # through which all virtual loops go
_OF_ASYNCIO = "loops of asyncio's own become virtual, those of their subclasses are refused"
_OF_OTHERS = "any other loop is refused: as it is made if it is compiled, else when it runs"
replaces(
    __name__,
    During.SCRIPT,
    _OF_ASYNCIO,
    *(f"{kind.__module__}.{kind.__name__}.__init__" for kind in (*STOCK_LOOPS, BaseEventLoop)),
)
replaces(
    __name__,
    During.SCRIPT,
    _OF_OTHERS,
    "asyncio.events.AbstractEventLoop.__init_subclass__",
    f"asyncio.events.{SET_RUNNING_LOOP}",
    "`__init__` of the classes of loops that are not asyncio's",
)
replaces(
    __name__,
    During.SCRIPT,
    "the policy is asyncio's own at first, and what the script makes of it is forgotten",
    f"asyncio.events.{POLICY}",
)
replaces(
    __name__,
    During.SCRIPT,
    "where the script makes a virtual loop itself is noted",
    f"vtloop.core.loop.VirtualLoop.{_SET_UP}",
)


class LoopMakers:
    """While it is entered, loops of asyncio's are made by `make`, and others are refused.

    It is to be entered within an `Environment`, which replaces some of the same names. `make` is
    called with a new object, of which it makes a virtual loop. The event loop policy is asyncio's
    own at first, and what the script makes of it is forgotten in the end.
    """

    def __init__(self, make: Make) -> None:
        self._made_at: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._of_others: list[Replacements] = []
        self._set_running_loop = vars(events)[SET_RUNNING_LOOP]
        watch = self._watch

        def maker(loop: Any) -> Make:
            if type(loop) not in STOCK_LOOPS:
                _refused_heir(loop)
            return make

        def class_made(kind: Any, /, **options: Any) -> None:
            super(AbstractEventLoop, kind).__init_subclass__(**options)  # type: ignore[misc]
            watch(kind)

        stand_ins = {kind: becomes_virtual(kind, maker) for kind in STOCK_LOOPS}
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
        if AbstractEventLoop not in kind.__bases__ or kind in (BaseEventLoop, Unsupported):
            return
        is_compiled = not isinstance(kind.run_forever, FunctionType)
        stand_in = _refused_compiled(kind.__init__) if is_compiled else self._noted(kind.__init__)
        replacements = Replacements((Replacement(kind, "__init__", stand_in),))
        replacements.__enter__()
        self._of_others.append(replacements)

    def _noted(self, init: Initialise) -> Initialise:
        places = self._made_at

        def __init__(loop: Any, *args: Any, **options: Any) -> None:
            places[loop] = made_at(loop)
            init(loop, *args, **options)

        return __init__

    def _begin_to_run(self, loop: Any) -> None:
        """Stand in for `asyncio._set_running_loop`, which a loop calls as it begins or ends."""
        if loop is not None and not isinstance(loop, VirtualLoop):
            raise refusal(loop, _MADE, self._made_at.get(loop, "a place that is not known"))
        self._set_running_loop(loop)


def own_loops_noted(places: list[str]) -> Replacements:
    """Return what, while it is entered, notes where the script makes virtual loops, itself or not.

    The first place is enough, as a sweep makes thousands.
    """
    set_up: Initialise = vars(VirtualLoop)[_SET_UP]

    @wraps(set_up)
    def noted(loop: Any, *args: Any, **options: Any) -> None:
        if not places:
            places.append(made_at(loop))
        set_up(loop, *args, **options)

    return Replacements((Replacement(VirtualLoop, _SET_UP, noted),))


def _refused_heir(loop: Any, *args: Any, **options: Any) -> None:
    nothing_to_close(loop)
    raise refusal(loop, _MADE, made_at(loop))


def _refused_compiled(init: Initialise) -> Initialise:
    def __init__(loop: Any, *args: Any, **options: Any) -> None:
        init(loop, *args, **options)
        loop.close()
        raise refusal(loop, _MADE, made_at(loop))

    return __init__
