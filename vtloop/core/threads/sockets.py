"""Sockets that block: their thread waits in virtual time, as for a lock."""

from __future__ import annotations

from vtloop.core.threads.actor import here
from vtloop.core.threads.thread_locks import Lock
from vtloop.net.endpoints import ERROR, HANG_UP, Endpoint


def wait(endpoint: Endpoint, flags: int, end: int) -> bool:
    """Wait until an endpoint is ready for something, at most until `end`, in nanoseconds.

    Returns whether it is.
    """
    return wait_for_any([(endpoint, flags)], end)


def wait_for_any(wanted: list[tuple[Endpoint, int]], end: int) -> bool:
    """Wait until one of several endpoints is ready; return whether one is."""
    actor = here.actor
    assert actor is not None, "a simulated socket is used by a thread of its run"

    def is_ready() -> bool:
        return any(one.readiness() & (flags | ERROR | HANG_UP) for one, flags in wanted)

    def wake() -> None:
        if nothing.locked() and is_ready():
            nothing.release()

    if is_ready():
        return True
    nothing = Lock()
    nothing.acquire()
    for endpoint, _ in wanted:
        endpoint.watchers.append(wake)
    try:
        return nothing.acquire_until(actor, end)
    finally:
        for endpoint, _ in wanted:
            endpoint.watchers.remove(wake)
