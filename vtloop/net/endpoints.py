"""What a kernel keeps for a socket, whatever its kind: its address, its options, who watches it.

An endpoint lives as long as a descriptor stands for it, or longer: a connection that was closed
still has to send what was written. Calls never block here: what cannot be done at once raises
BlockingIOError, as with a real socket that does not block (see `waiting` for those that do).
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

from vtloop.net import addresses
from vtloop.net.interfaces import Kernel

READ, WRITE, HANG_UP, ERROR, END = 1, 2, 4, 8, 16
"""What an endpoint is ready for, as flags; `END` is that nothing more comes."""

READABLE, WRITABLE = READ | ERROR | HANG_UP, WRITE | ERROR | HANG_UP
"""For which flags a selector says that it can be read from, and written to."""

SEND_BUFFER = 256 * 1024
RECEIVE_BUFFER = 128 * 1024
"""How many bytes of a connection wait with the sender, and with the receiver, by default."""

ADDRESS_FAMILIES = (socket.AF_INET, socket.AF_INET6)


def failure(number: int) -> OSError:
    """Return the error of a system call, as `_socket` raises it."""
    return OSError(number, os.strerror(number))


class Endpoint:
    """A socket, as far as all kinds are alike."""

    def __init__(self, kernel: Kernel, family: int, type: int, proto: int) -> None:
        self.kernel = kernel
        self.family, self.type, self.proto = family, type, proto
        self.is_unix = family not in ADDRESS_FAMILIES
        """Whether its addresses are paths."""
        self.host = kernel.here()
        """The name of the host that it is on; '' for the machine of the program."""
        self.local: Any = None
        """(ip, port) that it is bound to, or a path; None before."""
        self.remote: Any = None
        self.options: dict[tuple[int, int], Any] = {}
        self.error = 0
        """The number of an error that the next call raises."""
        self.watchers: list[Callable[[], object]] = []
        """Called whenever what it is ready for may have changed."""
        self.closed = False
        self.is_inheritable = False
        self.send_capacity = SEND_BUFFER
        self.receive_capacity = RECEIVE_BUFFER
        kernel.endpoints.add(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.local_name()} to {self.remote_name()}>"

    # Names

    def local_name(self) -> Any:
        """Return what `getsockname` does."""
        if self.is_unix:
            return "" if self.local is None else self.local
        ip, port = self.local or self._anywhere()
        return addresses.shown(self.family, ip, port)

    def remote_name(self) -> Any:
        """Return what `getpeername` does, or would if it is not connected any more."""
        if self.is_unix:
            return "" if self.remote is None else self.remote
        return addresses.shown(self.family, *(self.remote or self._anywhere()))

    def printed_name(self) -> str:
        """Return its own address as texts show it; of a UNIX socket without one, its peer's."""
        return addresses.printable(self.local_name() or self.remote_name())

    def printed_remote(self) -> str:
        """Return the address of its peer as texts show it."""
        return addresses.printable(self.remote_name() or self.local_name())

    def peer_name(self) -> Any:
        """Return what `getpeername` does; OSError if it is not connected."""
        raise failure(errno.ENOTCONN)

    def _anywhere(self) -> tuple[str, int]:
        return ("::" if self.family == socket.AF_INET6 else "0.0.0.0"), 0

    @property
    def dual(self) -> bool:
        """Whether it takes IPv4 too, though it is of IPv6."""
        only = self.options.get((socket.IPPROTO_IPV6, socket.IPV6_V6ONLY), 0)
        return self.family == socket.AF_INET6 and not only

    def bind(self, address: Any) -> None:
        """Take a checked address of its own."""
        if self.local is not None and not self.is_unix:
            raise failure(errno.EINVAL)
        self.kernel.bind(self, address)

    # What it is ready for

    def readiness(self) -> int:
        """Return what it is ready for, as flags."""
        raise NotImplementedError

    def awaited(self, flags: int) -> tuple[str, str]:
        """Return what is waited for until it is ready: a name in `waits.WAITS`, and an address."""
        return ("data" if flags & READ else "room"), self.printed_remote()

    def changed(self) -> None:
        """Tell who watches that it may be ready for more now."""
        for watcher in tuple(self.watchers):
            watcher()

    def raise_error(self) -> None:
        """Raise the error that is due, once."""
        if self.error:
            number, self.error = self.error, 0
            raise failure(number)

    # Options

    def set_option(self, level: int, name: int, value: Any) -> None:
        """Keep the value of an option; the kernel itself heeds few of them."""
        if level == socket.SOL_SOCKET and name in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            value = max(2 * value, _LEAST_BUFFER)  # as Linux does
            if name == socket.SO_SNDBUF:
                self.send_capacity = value
            else:
                self.receive_capacity = value
        elif (level, name) == _ONLY_IPV6 and self.local is not None:
            raise failure(errno.EINVAL)
        self.options[level, name] = value

    def option(self, level: int, name: int) -> Any:
        """Return the value of an option."""
        if level == socket.SOL_SOCKET:
            match name:
                case socket.SO_ERROR:
                    number, self.error = self.error, 0
                    return number
                case socket.SO_TYPE:
                    return self.type
                case socket.SO_SNDBUF:
                    return self.send_capacity
                case socket.SO_RCVBUF:
                    return self.receive_capacity
                case _ if name == getattr(socket, "SO_PROTOCOL", None):
                    return self.proto or self._usual_protocol()
                case _ if name == getattr(socket, "SO_DOMAIN", None):
                    return self.family
                case socket.SO_ACCEPTCONN:
                    return int(self.is_listening)
        return self.options.get((level, name), 0)

    def _usual_protocol(self) -> int:
        if self.is_unix:
            return 0
        return socket.IPPROTO_TCP if self.type == socket.SOCK_STREAM else socket.IPPROTO_UDP

    @property
    def is_listening(self) -> bool:
        """Whether it takes connections."""
        return False

    # What only some kinds can do

    def listen(self, backlog: int) -> Endpoint:
        """Return what takes connections in its place."""
        raise failure(errno.EOPNOTSUPP)

    def accept(self) -> Endpoint:
        """Return the next connection that has come."""
        raise failure(errno.EOPNOTSUPP if self.type != socket.SOCK_STREAM else errno.EINVAL)

    def connect(self, address: Any) -> None:
        """Begin to connect; BlockingIOError if that takes its time."""
        raise NotImplementedError

    def send(self, data: bytes | memoryview) -> int:
        """Take bytes, as many as there is room for; return how many."""
        raise NotImplementedError

    def receive(self, size: int, peek: bool = False) -> tuple[bytes, Any]:
        """Return bytes that have come, at most so many, and who sent them."""
        raise NotImplementedError

    def shutdown(self, how: int) -> None:
        """Close one way or both."""
        raise failure(errno.ENOTCONN)

    def vanish(self) -> None:
        """Be no more, as its host has crashed: nobody is told, as kinds do that close."""
        Endpoint.close(self)

    def close(self) -> None:
        """Let go of it: no descriptor stands for it any more."""
        self.closed = True
        self.kernel.unbind(self)


_LEAST_BUFFER = 4608
_ONLY_IPV6 = socket.IPPROTO_IPV6, socket.IPV6_V6ONLY
