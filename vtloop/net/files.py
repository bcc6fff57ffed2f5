"""What the module `os` does with descriptors, for those of simulated sockets.

Each function but `control` is called what that of `os` is; it takes the kernel, and then what that
does. A call waits if the descriptor does (`os.set_blocking`): timeouts are known to sockets only.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from vtloop.net.descriptors import File
from vtloop.net.endpoints import READ, WRITE
from vtloop.net.kernel import Kernel
from vtloop.values.clock import NEVER

_Result = TypeVar("_Result")

_NOT_INHERITED = 1  # FD_CLOEXEC
_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)


class _Commands:
    """Of `fcntl`, by numbers that all systems have for them."""

    GET_INHERITED, SET_INHERITED, GET_FLAGS, SET_FLAGS = 1, 2, 3, 4


def read(kernel: Kernel, fd: int, length: int, /) -> bytes:
    """See `os.read`."""
    file = kernel.descriptors.find(fd)
    return _perform(kernel, file, READ, lambda: file.endpoint.receive(length)[0])


def readv(kernel: Kernel, fd: int, buffers: Iterable[Any], /) -> int:
    """See `os.readv`."""
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    left = data = read(kernel, fd, sum(map(len, views)))
    for view in views:
        part, left = left[: len(view)], left[len(view) :]
        view[: len(part)] = part
    return len(data)


def write(kernel: Kernel, fd: int, data: Any, /) -> int:
    """See `os.write`; one that waits goes on until all is written."""
    file = kernel.descriptors.find(fd)
    with memoryview(data) as view, view.cast("B") as content:
        sent = 0
        while True:
            rest = content[sent:]
            sent += _perform(kernel, file, WRITE, lambda: file.endpoint.send(rest))  # noqa: B023
            if sent >= len(content) or not file.is_blocking:
                return sent


def writev(kernel: Kernel, fd: int, buffers: Iterable[Any], /) -> int:
    """See `os.writev`."""
    return write(kernel, fd, b"".join(buffers))


def sendfile(kernel: Kernel, out_fd: int, in_fd: int, offset: int | None, count: int) -> int:
    """See `os.sendfile`."""
    size = min(count, _PART)
    data = os.read(in_fd, size) if offset is None else os.pread(in_fd, size, offset)
    return write(kernel, out_fd, data) if data else 0


_PART = 1 << 16


def close(kernel: Kernel, fd: int) -> None:
    """See `os.close`."""
    kernel.descriptors.close(fd)


def dup(kernel: Kernel, fd: int, /) -> int:
    """See `os.dup`."""
    return kernel.descriptors.duplicate(fd)


def dup2(kernel: Kernel, fd: int, fd2: int, inheritable: bool = True) -> int:
    """Refuse what `os.dup2` does."""
    raise OSError(
        errno.EOPNOTSUPP,
        f"os.dup2({fd}, {fd2}) was called with the descriptor of a simulated socket, which takes "
        "the place of no other; use os.dup, or the socket's own dup()",
    )


def fstat(kernel: Kernel, fd: int) -> os.stat_result:
    """See `os.fstat`."""
    kernel.descriptors.find(fd)
    return os.stat_result((stat.S_IFSOCK | 0o777, fd, 0, 1, 0, 0, 0, 0, 0, 0))


def isatty(kernel: Kernel, fd: int, /) -> bool:
    """See `os.isatty`."""
    return False


def get_blocking(kernel: Kernel, fd: int, /) -> bool:
    """See `os.get_blocking`."""
    return kernel.descriptors.find(fd).is_blocking


def set_blocking(kernel: Kernel, fd: int, blocking: bool, /) -> None:
    """See `os.set_blocking`."""
    kernel.descriptors.find(fd).is_blocking = bool(blocking)


def get_inheritable(kernel: Kernel, fd: int, /) -> bool:
    """See `os.get_inheritable`."""
    return kernel.descriptors.find(fd).endpoint.is_inheritable


def set_inheritable(kernel: Kernel, fd: int, inheritable: bool, /) -> None:
    """See `os.set_inheritable`."""
    kernel.descriptors.find(fd).endpoint.is_inheritable = bool(inheritable)


def control(kernel: Kernel, fd: int, command: int, argument: Any = 0) -> int:
    """See `fcntl.fcntl`."""
    file = kernel.descriptors.find(fd)
    match command:
        case _Commands.GET_FLAGS:
            return os.O_RDWR | (0 if file.is_blocking else _NON_BLOCKING)
        case _Commands.SET_FLAGS:
            file.is_blocking = not argument & _NON_BLOCKING
        case _Commands.GET_INHERITED:
            return 0 if file.endpoint.is_inheritable else _NOT_INHERITED
        case _Commands.SET_INHERITED:
            file.endpoint.is_inheritable = not argument & _NOT_INHERITED
        case _:
            raise OSError(
                errno.EOPNOTSUPP,
                f"fcntl({fd}, {command}) was called with the descriptor of a simulated socket, "
                "which knows F_GETFL, F_SETFL, F_GETFD and F_SETFD only",
            )
    return 0


def _perform(kernel: Kernel, file: File, flags: int, call: Callable[[], _Result]) -> _Result:
    while True:
        try:
            return call()
        except BlockingIOError:
            if not file.is_blocking:
                raise
            kernel.wait(file.endpoint, flags, NEVER)
