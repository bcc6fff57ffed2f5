"""Sockets, TLS and names: those of the run's network on its threads, the real ones on others."""

from __future__ import annotations

import functools
import socket
from types import FrameType, ModuleType
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.net.descriptors import FIRST
from vtloop.patching.redirect import real
from vtloop.patching.replaced import During, replaces
from vtloop.private.events import MAKE_SELF_PIPE
from vtloop.private.interpreter import getframe
from vtloop.private.sockets import WRAP_SOCKET

_new = socket.socket.__new__
_init = socket.socket.__init__


def _is_for_real(caller: FrameType) -> bool:
    """Return whether a socket is for other processes, or wakes a loop that waits for real files."""
    name: str = caller.f_globals.get("__name__", "")
    return name.startswith("multiprocessing.") or caller.f_code is MAKE_SELF_PIPE


def new(cls: Any, family: Any = -1, type: Any = -1, proto: Any = -1, fileno: Any = None) -> Any:
    """Stand in for `socket.socket.__new__`: a thread of a run gets a simulated socket.

    For a descriptor that is real it gets a real one.
    """
    kernel = None if _is_for_real(getframe(1)) else kernel_here()
    if kernel is None or (fileno is not None and not kernel.descriptors.has(fileno)):
        return _new(cls)
    from vtloop.net.sockets import simulated  # here, as it is slow to import

    return simulated(kernel, cls)


def simulate_in_runs() -> None:
    """Let `socket.socket` make simulated sockets on threads of a run, from now on.

    For good, as to set and unset a `__new__` costs more than many a run: all subclasses hear of it.
    """
    socket.socket.__new__ = staticmethod(new)  # type: ignore[method-assign]


replaces(
    __name__,
    During.PROCESS,
    "a thread of a run gets a simulated socket, any other one what it got before",
    "socket.socket.__new__",
)


def init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Stand in for `socket.socket.__init__`, which a class of a program's may call by this name."""
    if not hasattr(self, "_kernel"):
        _init(self, *args, **kwargs)
        return
    from vtloop.net.sockets import SimulatedSocket

    SimulatedSocket.__init__(self, *args, **kwargs)


def socketpair(*args: Any, **kwargs: Any) -> Any:
    """Stand in for `socket.socketpair`."""
    kernel = None if _is_for_real(getframe(1)) else kernel_here()
    if kernel is None:
        return real_socketpair(*args, **kwargs)
    from vtloop.net.sockets import socketpair as simulated_pair

    return simulated_pair(kernel, *args, **kwargs)


real_socketpair = socket.socketpair


def asks_names(name: str) -> Any:
    """Return what stands in for a function of `socket` that looks a name up."""
    original = real(vars(socket)[name])

    @functools.wraps(original)
    def asked(*args: Any, **kwargs: Any) -> Any:
        kernel = kernel_here()
        if kernel is None:
            return original(*args, **kwargs)
        return getattr(kernel.names, name)(*args, **kwargs)

    return asked


def close(fd: Any) -> None:
    """Stand in for `socket.close`, which closes a descriptor."""
    kernel = kernel_here()
    if kernel is not None and isinstance(fd, int) and fd >= FIRST:
        kernel.descriptors.close(fd)
    else:
        real_close(fd)


real_close = real(vars(socket)["close"])


def dup(fd: Any, /) -> int:
    """Stand in for `socket.dup`, which duplicates a descriptor."""
    kernel = kernel_here()
    if kernel is not None and isinstance(fd, int) and fd >= FIRST:
        return kernel.descriptors.duplicate(fd)
    return real_dup(fd)  # type: ignore[no-any-return]


real_dup = real(vars(socket)["dup"])


def wraps(ssl: ModuleType) -> Any:
    """Return what stands in for how `ssl.SSLContext` puts TLS over a socket."""
    original = getattr(vars(ssl)["SSLContext"], WRAP_SOCKET)

    @functools.wraps(original)
    def wrap_socket(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(sock, "_kernel"):
            return original(self, sock, *args, **kwargs)
        from vtloop.net.tls import Tls

        return Tls(sock, self, *args, **kwargs)

    return wrap_socket


IN_PYTHON = ("getaddrinfo",)
BUILTIN = ("getnameinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "gethostname")
