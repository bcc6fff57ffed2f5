"""Sockets that block: their thread waits in virtual time, as for a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vtloop.core.threads.actor import here
from vtloop.core.threads.thread_locks import Lock
from vtloop.net.endpoints import ERROR, HANG_UP, Endpoint


def wait(endpoint: Endpoint, flags: int, end: int) -> bool:
    """Wait until an endpoint is ready for something, at most until `end`, in nanoseconds.

    Returns whether it is.
    """
    wanted = flags | ERROR | HANG_UP
    return wait_until(lambda: bool(endpoint.readiness() & wanted), [endpoint.watchers], end)


def wait_until(
    is_ready: Callable[[], bool], told: Iterable[list[Callable[[], object]]], end: int
) -> bool:
    """Wait until something is so, at most until `end`; return whether it is.

    `told` are lists of what is called whenever that may have changed.
    """
    actor = here.actor
    assert actor is not None, "a simulated socket is used by a thread of its run"

    def wake() -> None:
        if nothing.locked() and is_ready():
            nothing.release()

    if is_ready():
        return True
    nothing = Lock()
    nothing.acquire()
    told = tuple(told)
    for watchers in told:
        watchers.append(wake)
    try:
        return nothing.acquire_until(actor, end)
    finally:
        for watchers in told:
            watchers.remove(wake)
