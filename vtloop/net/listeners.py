"""Sockets that take connections."""

from __future__ import annotations

import errno
import socket
from collections import deque
from typing import Any

from vtloop.net.endpoints import HANG_UP, READ, WRITE, Endpoint, failure
from vtloop.net.streams import Stream


class Listener(Endpoint):
    """A socket after `listen()`: connections wait here until somebody accepts them."""

    def __init__(self, made_of: Stream, backlog: int) -> None:
        super().__init__(made_of.kernel, made_of.family, made_of.type, made_of.proto)
        self.host, self.local = made_of.host, made_of.local
        self.options, self.watchers = made_of.options, made_of.watchers
        self.send_capacity = made_of.send_capacity
        self.receive_capacity = made_of.receive_capacity
        self._backlog = max(backlog, 0)
        self._waiting: deque[Stream] = deque()
        self.coming: dict[Any, Stream] = {}
        """Connections that are being made, by the address that they come from."""
        self._shut_down = False
        self.kernel.replace(made_of, self)

    @property
    def is_listening(self) -> bool:
        return not self._shut_down

    @property
    def has_room(self) -> bool:
        """Whether another connection may wait."""
        return len(self._waiting) <= self._backlog

    def make_end(self, local: Any, remote: Any) -> Stream:
        """Return the end of a new connection on this side."""
        stream = Stream(self.kernel, self.family, self.type, self.proto)
        stream.host, stream.local, stream.remote = self.host, local, remote
        stream.send_capacity = self.send_capacity
        stream.receive_capacity = self.receive_capacity
        stream.options = {
            key: value for key, value in self.options.items() if key[0] != socket.SOL_SOCKET
        } | {key: self.options[key] for key in _INHERITED if key in self.options}
        if not self.is_unix:
            self.kernel.ports.share(stream)
        return stream

    def add(self, stream: Stream) -> None:
        """Let a connection wait to be accepted."""
        if self.closed or self._shut_down:
            stream.reset()
            return
        self._waiting.append(stream)
        self.changed()

    def accept(self) -> Stream:
        if self._shut_down and not self.is_unix:
            raise failure(errno.EINVAL)
        if not self._waiting:
            raise failure(errno.EAGAIN)
        return self._waiting.popleft()

    def listen(self, backlog: int) -> Listener:
        self._backlog, self._shut_down = max(backlog, 0), False
        return self

    def connect(self, address: Any) -> None:
        raise failure(errno.EINVAL if self.is_unix else errno.EISCONN)

    def send(self, data: bytes | memoryview) -> int:
        raise failure(errno.ENOTCONN if self.is_unix else errno.EPIPE)

    def receive(self, size: int, peek: bool = False) -> tuple[bytes, Any]:
        raise failure(errno.EINVAL if self.is_unix else errno.ENOTCONN)

    def awaited(self, flags: int) -> tuple[str, str]:
        return "client", self.printed_name()

    def readiness(self) -> int:
        if self._shut_down:
            return READ if self.is_unix else WRITE | HANG_UP
        return READ if self._waiting else 0

    def shutdown(self, how: int) -> None:
        """Take no more connections, if nothing more is to be read from it."""
        if self._shut_down and not self.is_unix:
            raise failure(errno.ENOTCONN)
        if how != socket.SHUT_WR:
            self._shut_down = True
            if not self.is_unix:
                self._drop_waiting()
            self.changed()

    def vanish(self) -> None:
        super().vanish()
        self._shut_down = True
        self._waiting.clear()
        self.coming.clear()

    def close(self) -> None:
        super().close()
        self._drop_waiting()

    def _drop_waiting(self) -> None:
        while self._waiting:
            self._waiting.popleft().reset()


_INHERITED = [
    (socket.SOL_SOCKET, option)
    for option in (socket.SO_KEEPALIVE, socket.SO_LINGER, socket.SO_REUSEADDR)
]
