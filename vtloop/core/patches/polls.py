"""`select`, `poll` and `epoll`, asked about simulated sockets: they wait in virtual time.

Libraries ask before they use a connection again: is there something to read, so has it been closed?
Servers with threads ask which of their sockets has something.

Real files may be watched beside simulated sockets, such as the pipe by which one thread wakes
another. These are looked at whenever a thread of the run has written to a file (see `os_files`).
"""

from __future__ import annotations

import errno
import functools
import select
import selectors
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from vtloop.core.network import kernel_here
from vtloop.core.patches.real_things import FILES, tells
from vtloop.core.threads.actor import here, looks
from vtloop.core.threads.sockets import in_words, wait_until
from vtloop.net.descriptors import FIRST, File
from vtloop.net.endpoints import (
    END,
    ERROR,
    HANG_UP,
    READ,
    READABLE,
    WRITABLE,
    WRITE,
    Endpoint,
    failure,
)
from vtloop.net.kernel import Kernel
from vtloop.net.selector import number_of
from vtloop.patching.redirect import real
from vtloop.patching.replacements import Replacement
from vtloop.values.clock import NEVER


def is_simulated(file: Any) -> bool:
    """Return whether a file, or its descriptor, is of a simulated socket."""
    try:
        return number_of(file) >= FIRST
    except ValueError:
        return False


def _wait(
    is_ready: Callable[[], bool],
    told: Iterable[list[Callable[[], object]]],
    seconds: float | None,
    wanted: Iterable[tuple[Endpoint, int]],
) -> None:
    actor = here.actor
    if actor is None or is_ready():
        return
    if seconds is not None and seconds <= 0:
        looks(actor, "asked whether a socket is ready")
        return
    end = NEVER if seconds is None else actor.clock.after(seconds)
    wait_until(is_ready, told, end, lambda: in_words(wanted))


# select


_real_select: Any = vars(select)["select"]
_told_select: Any = tells(_real_select, FILES)


@functools.wraps(_real_select)
def simulated_select(
    rlist: Any, wlist: Any, xlist: Any, timeout: Any = None, /
) -> tuple[list[Any], list[Any], list[Any]]:
    """Stand in for `select.select`."""
    lists = [*rlist], [*wlist], [*xlist]
    kernel = kernel_here()
    if kernel is None or not any(is_simulated(file) for files in lists for file in files):
        return _told_select(*lists, timeout)  # type: ignore[no-any-return]
    find = kernel.descriptors.find
    reads, writes = (
        [(file, find(number_of(file))) for file in files if is_simulated(file)]
        for files in lists[:2]
    )
    others = [[file for file in files if not is_simulated(file)] for files in lists]

    def found() -> tuple[list[Any], list[Any], list[Any]]:
        some = _real_select(*others, 0) if any(others) else ([], [], [])
        return (
            [file for file, one in reads if one.endpoint.readiness() & READABLE] + some[0],
            [file for file, one in writes if one.endpoint.readiness() & WRITABLE] + some[1],
            some[2],
        )

    told_by = [one.endpoint.watchers for _, one in (*reads, *writes)]
    if any(others):
        told_by.append(kernel.wait_for_files)
    wanted = [(one.endpoint, READ) for _, one in reads]
    wanted += [(one.endpoint, WRITE) for _, one in writes]
    _wait(lambda: any(found()), told_by, timeout, wanted)
    return found()


# poll and epoll

_real_poll: Any = real(vars(select)["poll"]) if hasattr(select, "poll") else None
_real_epoll: Any = getattr(select, "epoll", object())  # which is kept nowhere
_ERRORS: int = sum(getattr(select, name, 0) for name in ("POLLERR", "POLLHUP", "POLLNVAL"))
_INVALID: int = getattr(select, "POLLNVAL", 0)
_ALL = sum(getattr(select, name, 0) for name in ("POLLIN", "POLLPRI", "POLLOUT"))
_EDGE, _ONCE = getattr(select, "EPOLLET", 0), getattr(select, "EPOLLONESHOT", 0)
_EVENTS: list[tuple[int, int]] = [
    (flag, getattr(select, name))
    for flag, name in (
        (READ, "POLLIN"),
        (WRITE, "POLLOUT"),
        (ERROR, "POLLERR"),
        (HANG_UP, "POLLHUP"),
        (END, "POLLRDHUP"),
    )
    if hasattr(select, name)
]


class _Watched(NamedTuple):
    """A simulated socket, and for what events it is watched."""

    file: File
    mask: int


class Poll:
    """What stands in for `select.poll()`."""

    def __init__(self, kernel: Kernel, beside: Any) -> None:
        """`beside` is the real one, for real files."""
        self._kernel = kernel
        self._beside = beside
        self._has_files = False  # whether a real one was registered
        self._watched: dict[int, _Watched] = {}

    def register(self, fd: Any, eventmask: int = _ALL) -> None:
        """See `select.poll`."""
        if is_simulated(fd):
            number = number_of(fd)
            self._watched[number] = _Watched(self._kernel.descriptors.find(number), eventmask)
        else:
            self._beside.register(fd, eventmask)
            self._has_files = True

    def modify(self, fd: Any, eventmask: int) -> None:
        """See `select.poll`."""
        if not is_simulated(fd):
            self._beside.modify(fd, eventmask)
            return
        number = number_of(fd)
        if number not in self._watched:
            raise failure(errno.ENOENT)
        self._watched[number] = self._watched[number]._replace(mask=eventmask)

    def unregister(self, fd: Any) -> None:
        """See `select.poll`."""
        if is_simulated(fd):
            del self._watched[number_of(fd)]
        else:
            self._beside.unregister(fd)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """See `select.poll`; `timeout` is in milliseconds."""
        if not self._watched:
            return self._beside.poll(timeout)  # type: ignore[no-any-return]
        self._wait(None if timeout is None or timeout < 0 else timeout / 1000)
        return self._found()

    def _wait(self, seconds: float | None) -> None:
        told = self._told()
        if self._has_files:
            told.append(self._kernel.wait_for_files)
        wanted = (
            (file.endpoint, READ if mask & select.POLLIN else WRITE)
            for file, mask in self._watched.values()
        )
        _wait(lambda: bool(self._found()), told, seconds, wanted)

    def _told(self) -> list[list[Callable[[], object]]]:
        return [watched.file.endpoint.watchers for watched in self._watched.values()]

    def _found(self) -> list[tuple[int, int]]:
        """Return what is ready."""
        found = [(number, event) for number in self._looked_at() if (event := self._events(number))]
        return found + self._beside.poll(0) if self._has_files else found

    def _looked_at(self) -> Iterable[int]:
        return self._watched

    def _events(self, number: int) -> int:
        file, mask = self._watched[number]
        if not self._kernel.descriptors.is_open(number, file):
            return _INVALID
        flags = file.endpoint.readiness()
        return sum(event for ready, event in _EVENTS if flags & ready) & (mask | _ERRORS)


class Epoll(Poll):
    """What stands in for `select.epoll`; on threads of no run that makes a real one."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _real_epoll(*args, **kwargs) if kernel_here() is None else super().__new__(cls)

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        kernel = kernel_here()
        assert kernel is not None
        super().__init__(kernel, _real_epoll(sizehint, flags))
        self._watchers: dict[int, Callable[[], object]] = {}
        self._ready: dict[int, None] = {}  # in the order in which they have become ready
        self._waiting: list[Callable[[], object]] = []

    @staticmethod
    def fromfd(fd: int) -> Any:
        """See `select.epoll`."""
        return _real_epoll.fromfd(fd)

    def __enter__(self) -> Epoll:
        self.fileno()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """See `select.epoll`."""
        return bool(self._beside.closed)

    def fileno(self) -> int:
        """See `select.epoll`."""
        number: int = self._beside.fileno()  # ValueError if it is closed
        return number

    def close(self) -> None:
        """See `select.epoll`."""
        self._beside.close()
        for number in tuple(self._watched):
            self._forget(number)

    def register(self, fd: Any, eventmask: int = _ALL) -> None:
        """See `select.epoll`."""
        self._check(fd)
        number = number_of(fd) if is_simulated(fd) else -1
        if number in self._watched:
            raise failure(errno.EEXIST)
        super().register(fd, eventmask)
        if number in self._watched:
            self._watch(number)

    def modify(self, fd: Any, eventmask: int) -> None:
        """See `select.epoll`."""
        self._check(fd)
        super().modify(fd, eventmask)
        if is_simulated(fd):
            self._changed(number_of(fd))

    def unregister(self, fd: Any) -> None:
        """See `select.epoll`."""
        self._check(fd)
        if not is_simulated(fd):
            super().unregister(fd)
        elif number_of(fd) in self._watched:
            self._forget(number_of(fd))
        else:
            raise failure(errno.ENOENT)

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        """See `select.epoll`; `timeout` is in seconds."""
        self.fileno()
        self._forget_closed()
        if not self._watched or maxevents == 0 or maxevents < -1:
            return self._beside.poll(timeout, maxevents)  # type: ignore[no-any-return]
        self._wait(None if timeout is None or timeout < 0 else timeout)
        found = self._found()
        found = found if maxevents == -1 else found[:maxevents]
        for number, _ in found:
            if number in self._watched:
                self._has_told_of(number)
        return found

    def _has_told_of(self, number: int) -> None:
        del self._ready[number]
        watched = self._watched[number]
        if watched.mask & _ONCE:
            self._watched[number] = watched._replace(mask=_ONCE)
        elif not watched.mask & _EDGE:
            self._ready[number] = None  # it is looked at again, after the others

    def _told(self) -> list[list[Callable[[], object]]]:
        return [self._waiting]  # others may register what has come meanwhile

    def _looked_at(self) -> Iterable[int]:
        return self._ready

    def _events(self, number: int) -> int:
        file, mask = self._watched[number]
        is_open = self._kernel.descriptors.is_open(number, file)
        return super()._events(number) if is_open and mask != _ONCE else 0

    def _watch(self, number: int) -> None:
        reference = weakref.ref(self)

        def watcher() -> None:
            epoll = reference()
            if epoll is not None:
                epoll._changed(number)

        self._watchers[number] = watcher
        self._watched[number].file.endpoint.watchers.append(watcher)
        self._changed(number)

    def _changed(self, number: int) -> None:
        if not self._events(number):
            self._ready.pop(number, None)
            return
        self._ready.setdefault(number)
        for wake in tuple(self._waiting):
            wake()

    def _check(self, fd: Any) -> None:
        """Raise the error that it is to be closed, or that there is no such socket."""
        self.fileno()
        self._forget_closed()
        if is_simulated(fd):
            self._kernel.descriptors.find(number_of(fd))

    def _forget(self, number: int) -> None:
        file = self._watched.pop(number).file
        file.endpoint.watchers.remove(self._watchers.pop(number))
        self._ready.pop(number, None)

    def _forget_closed(self) -> None:
        for number, watched in tuple(self._watched.items()):
            if not self._kernel.descriptors.is_open(number, watched.file):
                self._forget(number)


def poll() -> Any:
    """Stand in for `select.poll`."""
    kernel = kernel_here()
    return _real_poll() if kernel is None else Poll(kernel, _real_poll())


# Selectors

OTHER_SELECTORS: tuple[Any, ...] = tuple(
    getattr(selectors, name)
    for name in ("KqueueSelector", "DevpollSelector")
    if hasattr(selectors, name)
)
"""Those whose own way to ask is not simulated."""


def kept_in_classes(module: ModuleType) -> Iterator[Replacement]:
    """Yield what is replaced in classes of a module that keep `select.epoll` or `select.select`."""
    names = vars(module)
    if names.get("select") is not select:
        return
    for kind in list(names.values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for name, value in list(vars(kind).items()):
                if value is _real_epoll:
                    yield Replacement(kind, name, Epoll)
                elif value is _real_select:
                    yield Replacement(kind, name, staticmethod(simulated_select))


def tells_unless_simulated(kind: type) -> Any:
    """Return what stands in for `select` of a class of selectors: it tells of real files."""
    original: Any = getattr(kind, "select")  # noqa: B009
    told = tells(original, FILES)

    def select_from(self: Any, timeout: Any = None) -> Any:
        if any(key.fd >= FIRST for key in self.get_map().values()):
            return original(self, timeout)
        return told(self, timeout)

    return select_from


def makes_polls(kind: Any) -> Any:
    """Return what stands in for `__new__` of a class of selectors: in a run it uses `poll`."""

    def new(cls: Any) -> Any:
        if cls is not kind or kernel_here() is None:
            return object.__new__(cls)
        return selectors.PollSelector()

    return staticmethod(new)
