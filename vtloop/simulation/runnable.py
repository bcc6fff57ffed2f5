"""What can be run: a coroutine, or a function that returns one."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import Any

_TAKES_AWAITABLES = sys.version_info >= (3, 14)  # as asyncio.run does


def refuse_unless_runnable(main: Any) -> None:
    """Raise what `asyncio.run` would for what can neither be run nor called, before anything is."""
    if not callable(main) or inspect.isawaitable(main):
        _refuse_unless_new(main)


def coroutine_of(main: Any) -> Any:
    """Return the coroutine of what a run was given, which is refused as by `asyncio.run`."""
    by = None
    if callable(main) and not inspect.isawaitable(main):
        main, by = called(main), main
    _refuse_unless_new(main, by)
    return main if asyncio.iscoroutine(main) else _awaiting(main)


def called(main: Callable[[], Any]) -> Any:
    """Return what a function returns that is called without arguments; TypeError if it has some."""
    try:
        return main()
    except TypeError as error:
        here = error.__traceback__
        if here is not None and here.tb_next is None:  # it was not even entered
            raise TypeError(
                f"{main!r} was to be called without arguments, while that cannot be done: {error}; "
                "pass main(…), with its arguments, of an `async def main(…)`"
            ) from None
        raise


def _refuse_unless_new(main: Any, by: Any = None) -> None:
    """Raise unless something can be awaited, and nobody has done so yet.

    `by` is the function that has returned it, if one has.
    """
    if inspect.iscoroutine(main):
        state = inspect.getcoroutinestate(main)
        if state in _USED:
            error, was = _USED[state]
            raise error(
                f"{_given(main, by)}, while {was}; pass a new one, or the function, which makes "
                "one for each run"
            )
    elif not (asyncio.iscoroutine(main) or (_TAKES_AWAITABLES and inspect.isawaitable(main))):
        expected = "An awaitable" if _TAKES_AWAITABLES else "A coroutine"
        no_generator = " without `yield`" if inspect.isasyncgen(main) else ""
        raise (TypeError if _TAKES_AWAITABLES else ValueError)(
            f"{expected} was expected, while {_given(main, by)}; pass main() or main, of an "
            f"`async def main()`{no_generator}"
        )


def _given(main: Any, by: Any) -> str:
    return f"{main!r} was given" if by is None else f"{by!r} returned {main!r}"


_USED: dict[str, tuple[type[Exception], str]] = {
    inspect.CORO_CLOSED: (RuntimeError, "that has been awaited, or closed, already"),
    inspect.CORO_RUNNING: (ValueError, "that is being run"),
    inspect.CORO_SUSPENDED: (RuntimeError, "that has begun to run, and waits for something"),
}


async def _awaiting(awaitable: Any) -> Any:
    return await awaitable
