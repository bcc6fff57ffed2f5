"""Coroutines that are thrown away without having been awaited: who wants to hear of them.

Python tells of such a coroutine by calling a function of `warnings`. While somebody listens, that
one asks the listeners, the last first, until one of them takes the coroutine for its own; if none
does, it warns as ever.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vtloop.patching.replaced import During, keeps
from vtloop.patching.replacements import Replacement, Replacements, because
from vtloop.private.interpreter import WARN_UNAWAITED, warn_unawaited

Listener = Callable[[Any], bool]
"""Is called with a coroutine; returns whether it takes that for its own."""

_listeners: list[Listener] = []


def _told(coroutine: Any) -> None:
    if not any(listener(coroutine) for listener in reversed(_listeners)):
        warn_unawaited(coroutine)


_table = Replacements(
    because(
        "who looks for coroutines that nobody has awaited hears of them, with where they were made",
        Replacement(warnings, WARN_UNAWAITED, _told),
    )
)
_table.listed(__name__, During.SEARCH).listed(__name__, During.TEST)
keeps(__name__, "who wants to hear of coroutines that nobody has awaited", "_listeners", "_table")


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Return a context in which a listener hears of coroutines that nobody has awaited."""
    _listeners.append(listener)
    try:
        with _table:
            yield
    finally:
        _listeners.remove(listener)
