"""Functions of `os` and `fcntl` that take descriptors: those of simulated sockets have no file.

A program reads from `sock.fileno()` by `os.read`, or lets it not block by `fcntl`. What is written
to a real file, such as a pipe by which one thread wakes another, is noted as well: somebody may
wait for that beside simulated sockets (see `polls`).
"""

from __future__ import annotations

import errno
import functools
import os
from types import ModuleType
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.core.threads.actor import here
from vtloop.net.descriptors import FIRST
from vtloop.patching.redirect import real

NAMES = (
    "read",
    "readv",
    "write",
    "writev",
    "sendfile",
    "close",
    "dup",
    "dup2",
    "fstat",
    "isatty",
    "get_blocking",
    "set_blocking",
    "get_inheritable",
    "set_inheritable",
)
_WRITE = ("write", "writev", "close")


def asks(name: str) -> Any:
    """Return what stands in for a function of `os`."""
    original: Any = real(vars(os)[name])
    writes = name in _WRITE

    @functools.wraps(original)
    def asked(fd: Any, *args: Any, **kwargs: Any) -> Any:
        if type(fd) is int and fd >= FIRST and (kernel := kernel_here()) is not None:
            from vtloop.net import files  # here, as most runs have no sockets

            return getattr(files, name)(kernel, fd, *args, **kwargs)
        result = original(fd, *args, **kwargs)
        if writes:
            _has_written()
        return result

    return asked


def _has_written() -> None:
    """Let those look who wait for real files beside sockets."""
    actor = here.actor
    if actor is not None and actor.clock.kernel is not None:
        for wake in tuple(actor.clock.kernel.wait_for_files):
            wake()


def controls(fcntl: ModuleType) -> Any:
    """Return what stands in for `fcntl.fcntl`."""
    original: Any = vars(fcntl)["fcntl"]

    @functools.wraps(original)
    def asked(fd: Any, cmd: int, arg: Any = 0, /) -> Any:
        kernel, number = kernel_here(), _number(fd)
        if kernel is None or number < FIRST:
            return original(fd, cmd, arg)
        from vtloop.net.files import control

        return control(kernel, number, cmd, arg)

    return asked


def refuses_ioctl(fcntl: ModuleType) -> Any:
    """Return what stands in for `fcntl.ioctl`: it refuses what it cannot do with a socket."""
    original: Any = vars(fcntl)["ioctl"]

    @functools.wraps(original)
    def asked(fd: Any, request: Any, *args: Any) -> Any:
        if kernel_here() is not None and _number(fd) >= FIRST:
            raise OSError(
                errno.EOPNOTSUPP,
                f"ioctl({fd!r}, {request}) was called with a simulated socket, which has none; "
                "use the methods of the socket",
            )
        return original(fd, request, *args)

    return asked


def _number(fd: Any) -> int:
    """Return the descriptor of what has one; -1 if that is for the real function to judge."""
    if hasattr(fd, "fileno"):
        fd = fd.fileno()
    return fd if isinstance(fd, int) else -1
