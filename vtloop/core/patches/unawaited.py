"""Coroutines that are thrown away without having been awaited: who wants to hear of them.

Python tells of such a coroutine by calling a function of `warnings`. A listener stands in for that
while it listens. What it does not take for its own is handed on to what was there before: another
listener, a hook of somebody else's, or the function itself, which warns as ever.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vtloop.patching.replaced import During, keeps, replaces
from vtloop.patching.swapped import Swapped
from vtloop.private.interpreter import WARN_UNAWAITED, warn_unawaited

Listener = Callable[[Any], bool]
"""Is called with a coroutine; returns whether it takes that for its own."""

_hook = Swapped(warnings, WARN_UNAWAITED)
keeps(__name__, "who wants to hear of coroutines that nobody has awaited", "_hook")
_WHY = "who looks for coroutines that nobody has awaited hears of them, with where they were made"
replaces(__name__, During.SEARCH, _WHY, f"warnings.{WARN_UNAWAITED}")
replaces(__name__, During.TEST, _WHY, f"warnings.{WARN_UNAWAITED}")


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Return a context in which a listener hears of coroutines that nobody has awaited."""

    def told(coroutine: Any) -> None:
        if not listener(coroutine):
            _hook.before(told, warn_unawaited)(coroutine)

    with _hook.by(told):
        yield
