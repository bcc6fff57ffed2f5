"""Sockets that block: their thread waits in virtual time, as for a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vtloop.core.threads.actor import here
from vtloop.core.threads.thread_locks import Lock
from vtloop.net.endpoints import ERROR, HANG_UP, Endpoint
from vtloop.values.waits import WAITS


def wait(endpoint: Endpoint, flags: int, end: int) -> bool:
    """Wait until an endpoint is ready for something, at most until `end`, in nanoseconds.

    Returns whether it is.
    """
    wanted = flags | ERROR | HANG_UP

    def is_ready() -> bool:
        return bool(endpoint.readiness() & wanted)

    def what() -> str:
        return in_words([(endpoint, flags)])

    return wait_until(is_ready, [endpoint.watchers], end, what)


def in_words(wanted: Iterable[tuple[Endpoint, int]]) -> str:
    """Return what is waited for until an endpoint is ready, such as 'data from 10.0.0.2:5432'."""
    awaited = [WAITS[kind].words.format(address) for kind, address in map(_awaited, wanted)]
    return " or ".join(awaited[:_MANY] + ["others"] * (len(awaited) > _MANY))


def _awaited(wanted: tuple[Endpoint, int]) -> tuple[str, str]:
    endpoint, flags = wanted
    return endpoint.awaited(flags)


_MANY = 3


class Readiness(Lock):
    """Is held until something is ready for which a thread waits."""

    __slots__ = ("_tell",)

    def __init__(self, tell: Callable[[], str]) -> None:
        super().__init__()
        self._tell = tell
        self.acquire()

    @property
    def what(self) -> str:
        return self._tell()


def wait_until(
    is_ready: Callable[[], bool],
    told: Iterable[list[Callable[[], object]]],
    end: int,
    what: Callable[[], str],
) -> bool:
    """Wait until something is so, at most until `end`; return whether it is.

    `told` are lists of what is called whenever that may have changed, `what` says what it is.
    """
    actor = here.actor
    assert actor is not None, "a simulated socket is used by a thread of its run"

    def wake() -> None:
        if nothing.locked() and is_ready():
            nothing.release()

    if is_ready():
        return True
    nothing = Readiness(what)
    told = tuple(told)
    for watchers in told:
        watchers.append(wake)
    try:
        return nothing.acquire_until(actor, end)
    finally:
        for watchers in told:
            watchers.remove(wake)
