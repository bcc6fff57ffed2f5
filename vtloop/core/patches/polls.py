"""`select`, `poll` and `epoll`, asked about simulated sockets: they wait in virtual time.

Libraries ask before they use a connection again: is there something to read, so has it been closed?
"""

from __future__ import annotations

import errno
import functools
import select
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.core.threads.actor import here
from vtloop.core.threads.sockets import wait_for_any
from vtloop.net.descriptors import FIRST
from vtloop.net.endpoints import (
    ERROR,
    HANG_UP,
    READ,
    READABLE,
    WRITABLE,
    WRITE,
    Endpoint,
    failure,
)
from vtloop.net.selector import number_of
from vtloop.patching.redirect import real
from vtloop.values.clock import NEVER


def is_simulated(file: Any) -> bool:
    """Return whether a file, or its descriptor, is of a simulated socket."""
    try:
        return number_of(file) >= FIRST
    except ValueError:
        return False


def _endpoint(number: int) -> Endpoint | None:
    """Return the endpoint of a descriptor; None if that is closed."""
    kernel = kernel_here()
    if kernel is None or not kernel.descriptors.has(number):
        return None
    return kernel.descriptors.find(number).endpoint


def _open_endpoint(file: Any) -> Endpoint:
    endpoint = _endpoint(number_of(file))
    if endpoint is None:
        raise failure(errno.EBADF)
    return endpoint


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
        reads = [(file, _open_endpoint(file)) for file in rlist]
        writes = [(file, _open_endpoint(file)) for file in wlist]
        _wait([(end, READ) for _, end in reads] + [(end, WRITE) for _, end in writes], timeout)
        return (
            [file for file, end in reads if end.readiness() & READABLE],
            [file for file, end in writes if end.readiness() & WRITABLE],
            [],
        )

    return simulated_select


def waits(selector: Any, told: Any) -> Any:
    """Return what stands in for `select` of a class of selectors; `told` does for real files."""
    original = selector.select

    @functools.wraps(original)
    def simulated_wait(self: Any, timeout: float | None = None) -> Any:
        files = self.get_map()
        return (original if all(map(is_simulated, files)) else told)(self, timeout)

    return simulated_wait


_real_poll: Any = real(vars(select)["poll"]) if hasattr(select, "poll") else None
_real_epoll: Any = getattr(select, "epoll", None)
_ALL = sum(getattr(select, name, 0) for name in ("POLLIN", "POLLPRI", "POLLOUT"))
_ALWAYS = sum(getattr(select, name, 0) for name in ("POLLERR", "POLLHUP", "POLLNVAL"))


class Poll:
    """What stands in for `select.poll()`; with real files it is a real one as well."""

    def __init__(self) -> None:
        self._wanted: dict[int, int] = {}

    @functools.cached_property
    def _real(self) -> Any:
        """The real one, once there is a real file."""
        return _real_poll()

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
            raise failure(errno.ENOENT)
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
        if not self._wanted and "_real" in vars(self):
            return self._real.poll(timeout)  # type: ignore[no-any-return]
        found = self._find(None if timeout is None or timeout < 0 else timeout / 1000)
        return found + (self._real.poll(0) if "_real" in vars(self) else [])

    def _find(self, seconds: float | None) -> list[tuple[int, int]]:
        """Return what simulated sockets are ready for; wait until one is."""
        ends = {number: _endpoint(number) for number in self._wanted}
        wanted = [(end, _flags(self._wanted[number])) for number, end in ends.items() if end]
        if len(wanted) == len(ends):
            _wait(wanted, seconds)
        found = []
        for number, end in ends.items():
            events = select.POLLNVAL if end is None else _events(end.readiness())
            if events := events & (self._wanted[number] | _ALWAYS):
                found.append((number, events))
        return found


class Epoll(Poll):
    """What stands in for `select.epoll()`, on the threads of a run."""

    closed = False

    def __new__(cls, *args: Any) -> Any:
        return object.__new__(cls) if kernel_here() is not None else _real_epoll(*args)

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        super().__init__()

    @functools.cached_property
    def _real(self) -> Any:
        return _real_epoll()

    def register(self, fd: Any, eventmask: int = _ALL) -> None:
        """See `select.epoll`."""
        if is_simulated(fd):
            if number_of(fd) in self._wanted:
                raise failure(errno.EEXIST)
            if _endpoint(number_of(fd)) is None:
                raise failure(errno.EBADF)
        super().register(fd, eventmask)

    def unregister(self, fd: Any) -> None:
        """See `select.epoll`."""
        if is_simulated(fd) and number_of(fd) not in self._wanted:
            raise failure(errno.ENOENT)
        super().unregister(fd)

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        """See `select.epoll`; `timeout` is in seconds."""
        for number in [one for one in self._wanted if _endpoint(one) is None]:
            del self._wanted[number]  # it is closed
        found = super().poll(timeout if timeout is None else timeout * 1000)
        return found[:maxevents] if maxevents > 0 else found

    def fileno(self) -> int:
        """See `select.epoll`."""
        return self._real.fileno()  # type: ignore[no-any-return]

    def close(self) -> None:
        """See `select.epoll`."""
        self.closed = True
        self._wanted.clear()
        if "_real" in vars(self):
            self._real.close()

    def __enter__(self) -> Epoll:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    fromfd = getattr(_real_epoll, "fromfd", None)


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
