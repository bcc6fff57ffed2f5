"""Signals that a program handles: each handler is a callback of the loop, as with stock asyncio.

A signal that the program sends to itself arrives in the step that sends it. One from outside does
so whenever it comes, as Ctrl-C does.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
from asyncio import events
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any

from vtloop.core.unsupported import Unsupported

_SELECTOR_LOOP: Any = asyncio.SelectorEventLoop


class Signals(Unsupported):
    """An event loop's handlers of signals."""

    _ready: deque[Any]
    _check_closed: Callable[[], None]

    @cached_property
    def _signal_handlers(self) -> dict[int, asyncio.Handle]:
        return {}

    if hasattr(_SELECTOR_LOOP, "_check_signal"):  # not on Windows, where this is refused

        def add_signal_handler(  # type: ignore[override]
            self, sig: int, callback: Callable[..., object], *args: Any
        ) -> None:
            """Let a callback be called for a signal; see `asyncio.loop.add_signal_handler`.

            Raises ValueError or RuntimeError for a signal that cannot be caught, and in a thread
            that is not the main one.
            """
            if asyncio.iscoroutine(callback) or _is_async(callback):
                raise TypeError("coroutines cannot be used with add_signal_handler()")
            self._check_signal(sig)
            self._check_closed()
            try:
                signal.signal(sig, self._arrived)
                signal.siginterrupt(sig, False)
            except ValueError as error:  # not in the main thread
                raise RuntimeError(str(error)) from error
            except OSError as error:
                raise RuntimeError(f"sig {sig} cannot be caught") from error
            self._signal_handlers[sig] = events.Handle(callback, args, self, None)

        def remove_signal_handler(self, sig: int) -> bool:
            """Let a signal do what it does without a handler; return whether there was one."""
            self._check_signal(sig)
            if self._signal_handlers.pop(sig, None) is None:
                return False
            usual = signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL
            signal.signal(sig, usual)
            return True

        _check_signal = _SELECTOR_LOOP._check_signal

    def _arrived(self, number: int, frame: object) -> None:
        """Make ready what is to be called for a signal."""
        handle = self._signal_handlers.get(number)
        if handle is not None:
            self._ready.append(handle)

    def _forget_signals(self) -> None:
        """Handle no signals any more, as the loop is closed."""
        for number in tuple(self.__dict__.get("_signal_handlers", ())):
            self.remove_signal_handler(number)


def _is_async(callback: Any) -> bool:
    return inspect.iscoroutinefunction(callback)
