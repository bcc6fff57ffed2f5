"""`select` and `poll`, asked about simulated sockets: they wait in virtual time.

Libraries ask before they use a connection again: is there something to read, so has it been closed?
"""

from __future__ import annotations

import select
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.core.threads.actor import here
from vtloop.core.threads.sockets import wait_for_any
from vtloop.net.descriptors import FIRST
from vtloop.net.endpoints import ERROR, HANG_UP, READ, READABLE, WRITABLE, WRITE, Endpoint
from vtloop.net.selector import number_of
from vtloop.patching.redirect import real
from vtloop.values.clock import NEVER


def is_simulated(file: Any) -> bool:
    """Return whether a file, or its descriptor, is of a simulated socket."""
    try:
        return number_of(file) >= FIRST
    except ValueError:
        return False


def _endpoint(number: int) -> Endpoint:
    kernel = kernel_here()
    assert kernel is not None
    return kernel.descriptors.find(number).endpoint


def _wait(wanted: list[tuple[Endpoint, int]], seconds: Any) -> None:
    actor = here.actor
    if actor is None or (seconds is not None and seconds <= 0):
        return
    wait_for_any(wanted, NEVER if seconds is None else actor.clock.after(seconds))


def selects(told: Any) -> Any:
    """Return what stands in for `select.select`; `told` does for files that are real."""

    def simulated_select(
        rlist: Any, wlist: Any, xlist: Any, timeout: Any = None, /
    ) -> tuple[list[Any], list[Any], list[Any]]:
        rlist, wlist, xlist = list(rlist), list(wlist), list(xlist)
        files = [*rlist, *wlist, *xlist]
        if kernel_here() is None or not files or not all(map(is_simulated, files)):
            return told(rlist, wlist, xlist, timeout)  # type: ignore[no-any-return]
        reads = [(file, _endpoint(number_of(file))) for file in rlist]
        writes = [(file, _endpoint(number_of(file))) for file in wlist]
        _wait([(end, READ) for _, end in reads] + [(end, WRITE) for _, end in writes], timeout)
        return (
            [file for file, end in reads if end.readiness() & READABLE],
            [file for file, end in writes if end.readiness() & WRITABLE],
            [],
        )

    return simulated_select


_real_poll: Any = real(vars(select)["poll"]) if hasattr(select, "poll") else None
_ALL = sum(getattr(select, name, 0) for name in ("POLLIN", "POLLPRI", "POLLOUT"))


class Poll:
    """What stands in for `select.poll()`; with a real file it is a real one."""

    def __init__(self) -> None:
        self._wanted: dict[int, int] = {}
        self._real = _real_poll()

    def register(self, fd: Any, eventmask: int = _ALL) -> None:
        """See `select.poll`."""
        if is_simulated(fd):
            self._wanted[number_of(fd)] = eventmask
        else:
            self._real.register(fd, eventmask)

    def modify(self, fd: Any, eventmask: int) -> None:
        """See `select.poll`."""
        if not is_simulated(fd):
            self._real.modify(fd, eventmask)
        elif number_of(fd) not in self._wanted:
            raise FileNotFoundError(2, "No such file or directory")
        else:
            self._wanted[number_of(fd)] = eventmask

    def unregister(self, fd: Any) -> None:
        """See `select.poll`."""
        if is_simulated(fd):
            del self._wanted[number_of(fd)]
        else:
            self._real.unregister(fd)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """See `select.poll`; `timeout` is in milliseconds."""
        if not self._wanted:
            return self._real.poll(timeout)  # type: ignore[no-any-return]
        wanted = [(_endpoint(number), _flags(mask)) for number, mask in self._wanted.items()]
        seconds = None if timeout is None or timeout < 0 else timeout / 1000
        _wait(wanted, seconds)
        found = self._real.poll(0)
        for number, mask in self._wanted.items():
            flags = _endpoint(number).readiness()
            events = _events(flags) & (mask | select.POLLERR | select.POLLHUP)
            if events:
                found.append((number, events))
        return found  # type: ignore[no-any-return]


def _flags(mask: int) -> int:
    return (READ if mask & select.POLLIN else 0) | (WRITE if mask & select.POLLOUT else 0)


def _events(flags: int) -> int:
    pairs = (
        (READ, select.POLLIN),
        (WRITE, select.POLLOUT),
        (ERROR, select.POLLERR),
        (HANG_UP, select.POLLHUP),
    )
    return sum(event for flag, event in pairs if flags & flag)


def poll() -> Any:
    """Stand in for `select.poll`."""
    return _real_poll() if here.actor is None or kernel_here() is None else Poll()
