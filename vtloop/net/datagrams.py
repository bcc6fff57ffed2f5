"""Sockets of datagrams: each is a message of its own, which may be lost, doubled or late."""

from __future__ import annotations

import errno
import socket
from collections import deque
from typing import Any

from vtloop.net import addresses
from vtloop.net.endpoints import ERROR, READ, WRITE, Endpoint, failure
from vtloop.net.interfaces import Kernel
from vtloop.net.messages import Message

_EVERYBODY = "255.255.255.255"
_LONGEST = 65507  # bytes of one over IPv4


class Datagrams(Endpoint):
    """A socket of datagrams: of UDP, or of a UNIX path or pair."""

    def __init__(self, kernel: Kernel, family: int, type: int, proto: int) -> None:
        super().__init__(kernel, family, type, proto)
        self.peer: Datagrams | None = None
        """The other one of a pair."""
        self._unread: deque[tuple[Message, Any]] = deque()
        self._unread_size = 0
        self._closed_to_read = self._closed_to_write = False

    def connect(self, address: Any) -> None:
        if address is None:  # AF_UNSPEC
            self.remote = None
            return
        if self.is_unix:
            if self.kernel.paths.find(address) is None:
                raise failure(errno.ECONNREFUSED)
            self.remote = address
            return
        ip, port = self.kernel.target(self, address)
        self.kernel.route(self, ip)
        self.kernel.bind_to_reach(self, ip)
        self.local = self.kernel.source_for(self, ip)
        self.remote = ip, port

    def peer_name(self) -> Any:
        if self.remote is None and self.peer is None:
            raise failure(errno.ENOTCONN)
        return self.remote_name()

    def send(self, data: bytes | memoryview) -> int:
        self.raise_error()
        if self._closed_to_write:
            raise failure(errno.EPIPE)
        if self.peer is None and self.remote is None:
            if self.is_unix:
                raise failure(errno.ENOTCONN)
            self.kernel.bind_to_reach(self, self._anywhere()[0])  # Linux does that first
            raise failure(errno.EDESTADDRREQ)
        return self._send(bytes(data), self.remote)

    def send_to(self, data: bytes | memoryview, address: Any) -> int:
        """Send a datagram to a checked address."""
        self.raise_error()
        if self._closed_to_write:
            raise failure(errno.EPIPE)
        if self.is_unix:
            return self._send(bytes(data), address)
        return self._send(bytes(data), self.kernel.target(self, address))

    def _send(self, data: bytes, to: Any) -> int:
        if len(data) > _LONGEST and not self.is_unix:
            raise failure(errno.EMSGSIZE)
        kernel = self.kernel
        if self.is_unix:
            target = self.peer or kernel.paths.find(to)
            if not isinstance(target, Datagrams) or target.closed:
                raise failure(errno.ECONNREFUSED)
            if target._unread_size + len(data) > target.receive_capacity:
                raise failure(errno.EAGAIN)
            message = Message("datagram", self, target, data)
            kernel.wire.note_at_once(message)
            target.arrive(message, self.local)
            return len(data)
        ip, port = to
        if ip == _EVERYBODY and not self.option(socket.SOL_SOCKET, socket.SO_BROADCAST):
            raise failure(errno.EACCES)
        host = kernel.route(self, ip)
        kernel.bind_to_reach(self, ip)
        source = kernel.source_for(self, ip)
        message = Message("datagram", self, None, data, addresses.printable(to), host)

        def arrive(message: Message) -> None:
            target = kernel.ports.find(message.target_host, self.type, ip, port, source)
            if isinstance(target, Datagrams):
                target.arrive(message, source)
            else:
                refuse()

        def refuse() -> None:
            if self.remote == to and not self.closed:  # ICMP says that the port is unreachable
                self.error = errno.ECONNREFUSED
                self.changed()

        kernel.wire.send(message, arrive, refuse)
        return len(data)

    def arrive(self, message: Message, source: Any) -> None:
        """Take a datagram that has come from an address; it is lost if there is no room."""
        if self.closed or self._unread_size + len(message.data) > self.receive_capacity:
            return
        self._unread.append((message, source))
        self._unread_size += len(message.data)
        self.changed()

    def receive(self, size: int, peek: bool = False) -> tuple[bytes, Any]:
        self.raise_error()
        if not self._unread:
            if self._closed_to_read or (self.peer is not None and self.peer.closed):
                return b"", None
            raise failure(errno.EAGAIN)
        message, source = self._unread[0]
        if not peek:
            self._unread.popleft()
            self._unread_size -= len(message.data)
            self.kernel.wire.received(message)
            if self.peer is not None:
                self.peer.changed()
        if not self.is_unix:
            source = addresses.shown(self.family, *source)
        return message.data[:size], source

    def awaited(self, flags: int) -> tuple[str, str]:
        return "datagram", self.printed_name()

    def readiness(self) -> int:
        flags = WRITE
        if self._unread or self._closed_to_read:
            flags |= READ
        if self.peer is not None and self.peer._unread_size >= self.peer.receive_capacity:
            flags &= ~WRITE
        return flags | ERROR if self.error else flags

    def shutdown(self, how: int) -> None:
        if self.remote is None and self.peer is None:
            raise failure(errno.ENOTCONN)
        self._closed_to_read |= how in (socket.SHUT_RD, socket.SHUT_RDWR)
        self._closed_to_write |= how in (socket.SHUT_WR, socket.SHUT_RDWR)
        self.changed()

    def vanish(self) -> None:
        super().vanish()
        self._unread.clear()

    def close(self) -> None:
        super().close()
        if self.peer is not None:
            self.peer.changed()


def pair(kernel: Kernel, family: int, type: int, proto: int) -> tuple[Datagrams, Datagrams]:
    """Return two sockets of datagrams that are connected, as `socketpair` makes them."""
    one, other = (Datagrams(kernel, family, type, proto) for _ in range(2))
    one.peer, other.peer = other, one
    return one, other
