"""The handles of a virtual loop: asyncio's, with as little to set as a running loop needs.

Facts about asyncio that these classes rest on:

- Creating the handle is most of what `call_soon` costs, so `_cancelled` is derived (a cancelled
  handle has no callback), what only debug mode needs is a class attribute here, and `__init__` is
  that of `object`: one in Python would cost as much again as the attributes that are set.
- `asyncio.TimerHandle` compares and hashes by deadline, so a dict of equal deadlines would
  degenerate; here both go by identity. `<` still goes by deadline.
- In debug mode a handle must remember where it was made and what it was before it was cancelled;
  that is asyncio's own `Handle`, unchanged, and `DebugTimerHandle` below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from vtloop.values.clock import to_seconds

if TYPE_CHECKING:
    from vtloop.core.timers import Timers


class NoDebug:
    """Stands for a loop where asyncio only asks whether it is in debug mode."""

    def get_debug(self) -> bool:
        return False


_no_debug = NoDebug()


class Handle(asyncio.Handle):
    """A callback to run soon; `loop.call_soon` fills it in."""

    __slots__ = ()
    __init__: Any = object.__init__

    _callback: Callable[..., object] | None
    _args: Any
    _context: Context
    _source_traceback = None
    _repr = None
    _loop = _no_debug

    @property
    def _cancelled(self) -> bool:  # type: ignore[override]
        return self._callback is None

    def cancel(self) -> None:
        """Do not run the callback."""
        self._callback = self._args = None


class TimerHandle(asyncio.TimerHandle):
    """A callback to run at a deadline; `Timers.add` fills it in."""

    __slots__ = ("_timers", "deadline")

    deadline: int  # nanoseconds of virtual time
    _timers: Timers
    _callback: Callable[..., object] | None
    _args: Any
    _context: Context
    _source_traceback = None
    _repr = None
    _loop = _no_debug

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def _cancelled(self) -> bool:  # type: ignore[override]
        return self._callback is None

    @property
    def _when(self) -> float:
        return to_seconds(self.deadline)

    @property
    def _scheduled(self) -> bool:
        return self in self._timers

    def cancel(self) -> None:
        """Do not run the callback, and forget the timer at once."""
        if self._callback is not None:
            self._callback = self._args = None
            self._timers.discard(self)


class DebugTimerHandle(asyncio.TimerHandle):
    """A timer that remembers where it was made, for debug mode."""

    __slots__ = ("deadline",)

    def __init__(
        self,
        deadline: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(to_seconds(deadline), callback, args, loop, context)
        self.deadline = deadline

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other
