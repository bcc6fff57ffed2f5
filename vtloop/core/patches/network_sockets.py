"""Sockets and names: those of the run's network on its threads, the real ones on all others."""

from __future__ import annotations

import functools
import os
import socket
from types import FrameType
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.net.descriptors import FIRST
from vtloop.patching.redirect import real
from vtloop.private.events import MAKE_SELF_PIPE
from vtloop.private.interpreter import getframe
from vtloop.private.sockets import WRAP_SOCKET

_new = socket.socket.__new__


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


def dup(fd: Any) -> Any:
    """Stand in for `socket.dup`, which duplicates a descriptor."""
    kernel = kernel_here()
    if kernel is not None and isinstance(fd, int) and fd >= FIRST:
        return kernel.descriptors.duplicate(fd)
    return real_dup(fd)


real_close, real_dup = real(vars(socket)["close"]), real(vars(socket)["dup"])


def wraps_sockets(ssl: Any) -> Any:
    """Return what stands in for how an `ssl.SSLContext` encrypts what goes over a socket."""
    original = getattr(ssl.SSLContext, WRAP_SOCKET)

    @functools.wraps(original)
    def wrap_socket(self: Any, sock: Any, *side_and_name: Any, **more: Any) -> Any:
        if kernel_here() is not None:
            from vtloop.net.sockets import SimulatedSocket  # here, as these are slow to import
            from vtloop.net.tls import SocketTls

            if isinstance(sock, SimulatedSocket):
                return SocketTls(sock, self, *side_and_name, **more)
        return original(self, sock, *side_and_name, **more)

    return wrap_socket


def sendfile(out_fd: int, in_fd: int, offset: int | None, count: int, *more: Any) -> Any:
    """Stand in for `os.sendfile`: to a simulated socket, the bytes go by way of memory."""
    kernel = kernel_here()
    if kernel is None or not kernel.descriptors.has(out_fd):
        return real_sendfile(out_fd, in_fd, offset, count, *more)
    endpoint = kernel.descriptors.find(out_fd).endpoint
    count = min(count, endpoint.send_capacity)
    if offset is not None:
        return endpoint.send(os.pread(in_fd, count, offset))
    offset = os.lseek(in_fd, 0, os.SEEK_CUR)
    sent = endpoint.send(os.pread(in_fd, count, offset))
    os.lseek(in_fd, offset + sent, os.SEEK_SET)
    return sent


real_sendfile: Any = real(vars(os)["sendfile"]) if hasattr(os, "sendfile") else None
IN_PYTHON = ("getaddrinfo",)
BUILTIN = ("getnameinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "gethostname")
