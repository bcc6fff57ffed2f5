"""Calls that block a thread, in virtual time: `time.sleep`, and `busy` for computation.

Each thread of a run has an actor that knows what blocking means there: on the loop's own thread it
stops every task, in a worker thread the loop goes on. A thread without an actor is outside the
simulation and really sleeps.
"""

from __future__ import annotations

import operator
import threading
import time
from typing import Any, Protocol

from vtloop.clock import NEVER, to_nanoseconds

real_sleep = time.sleep
real_monotonic = time.monotonic


class Actor(Protocol):
    """What a thread of a run can do that takes virtual time."""

    def sleep(self, nanoseconds: int) -> None:
        """Block this thread, as `time.sleep` does."""

    def compute(self, nanoseconds: int) -> None:
        """Keep the processor busy from this thread."""

    def wait_for(self, lock: Any, timeout: float) -> None:
        """Block this thread until `lock` is released or, unless negative, `timeout` seconds."""

    def virtual_time(self) -> int:
        """Return the run's clock in nanoseconds."""

    def whoami(self) -> str:
        """Return the label of the task, or the name of the thread, that runs now."""


class _Here(threading.local):
    actor: Actor | None = None


here = _Here()


def _blocking_time(seconds: float) -> int:
    exact: Any = seconds
    nanoseconds = to_nanoseconds(exact if isinstance(exact, float) else operator.index(exact))
    if nanoseconds < 0:
        raise ValueError("sleep length must be non-negative")
    if nanoseconds >= NEVER:
        raise OverflowError("timestamp too large to convert to C PyTime_t")
    return nanoseconds


def sleep(seconds: float, /) -> None:
    """Stand in for `time.sleep` while a run is on: block this thread in virtual time."""
    actor = here.actor
    if actor is None:
        real_sleep(seconds)
    else:
        actor.sleep(_blocking_time(seconds))


def monotonic() -> float:
    """Stand in for `time.monotonic`: the run's clock on its threads, the real one on others."""
    actor = here.actor
    return real_monotonic() if actor is None else actor.virtual_time() / 1e9


def busy(seconds: float) -> None:
    """Compute for `seconds` of virtual time.

    On the loop's thread nothing else runs meanwhile, as with any long computation in a coroutine.
    In worker threads one computation runs at a time, as under the GIL, while the loop goes on.
    Outside a run the processor is kept busy for as long in real time.
    """
    actor = here.actor
    if actor is not None:
        actor.compute(_blocking_time(seconds))
    else:
        end = real_monotonic() + seconds
        while real_monotonic() < end:
            pass
