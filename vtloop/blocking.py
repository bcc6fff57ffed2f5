"""Calls that block a thread, in virtual time: `time.sleep`, and `busy` for computation.

Each thread of a run has an actor that knows what blocking means there: on the loop's own thread it
stops every task, in a worker thread the loop goes on. A thread without an actor is outside the
simulation and really sleeps.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from vtloop.clock import NANOSECONDS, to_nanoseconds

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from vtloop.locks import Lock

real_sleep = time.sleep
real_monotonic = time.monotonic
real_start = threading.Thread.start

_TAKES_ANY_REAL = sys.version_info >= (3, 15)  # in time.sleep
_LONGEST = (1 << 63) / NANOSECONDS  # seconds that time.sleep accepts


class Actor(Protocol):
    """What a thread of a run can do that takes virtual time."""

    def sleep(self, nanoseconds: int) -> None:
        """Block this thread, as `time.sleep` does."""

    def compute(self, nanoseconds: int) -> None:
        """Keep the processor busy from this thread."""

    def wait_for(self, lock: Lock, end: int) -> None:
        """Block this thread until `lock` is released, at most until `end`, in nanoseconds."""

    def wake(self, lock: Lock) -> None:
        """Tell this thread, from another one, that `lock` has been released."""

    def virtual_time(self) -> int:
        """Return the run's clock in nanoseconds."""

    def whoami(self) -> str:
        """Return the label of the task, or the name of the thread, that runs now."""

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        """Run a function in a worker thread of the run's."""

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        """Let an executor's workers end once its jobs have run, then call `done`."""


class _Here(threading.local):
    actor: Actor | None = None


here = _Here()
if hasattr(os, "register_at_fork"):  # a child process is outside the run
    os.register_at_fork(after_in_child=lambda: setattr(here, "actor", None))


@contextmanager
def outside() -> Iterator[None]:
    """Step out of the simulation: what this thread does while it is entered is in real time."""
    actor, here.actor = here.actor, None
    try:
        yield
    finally:
        here.actor = actor


def _blocking_time(seconds: float) -> int:
    exact: Any = seconds
    if not isinstance(exact, float) and _TAKES_ANY_REAL and hasattr(exact, "__float__"):
        exact = float(exact)
    try:
        number = exact if isinstance(exact, float) else operator.index(exact)
    except TypeError:
        real_sleep(exact)  # raises it in its own words
        raise
    if not 0 <= number < _LONGEST:
        real_sleep(number)  # raises the error that it is
    return to_nanoseconds(number)


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
    return real_monotonic() if actor is None else actor.virtual_time() / NANOSECONDS


def start_thread(thread: threading.Thread) -> None:
    """Stand in for `Thread.start`: the new thread comes up in real time and no virtual time."""
    with outside():
        real_start(thread)


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
