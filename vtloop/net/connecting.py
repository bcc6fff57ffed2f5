"""How a connection is made: who asks, who answers, and when it is asked again.

TCP asks again when it hears nothing, a second later, then two, four… seconds after that (RFC 6298;
Linux asks six times). So a connection through a partition that heals is made a little later, and
one to a host that is silent fails with ETIMEDOUT.
"""

from __future__ import annotations

import errno
from typing import NamedTuple

from vtloop.net import addresses
from vtloop.net.endpoints import failure
from vtloop.net.interfaces import Kernel
from vtloop.net.listeners import Listener
from vtloop.net.messages import Message
from vtloop.net.streams import CONNECTING, NEW, Stream
from vtloop.values.clock import NANOSECONDS

_RETRIES = 6


def connect_unix(kernel: Kernel, client: Stream, path: str | bytes) -> None:
    """Connect two sockets of one machine, at once."""
    listener = kernel.paths.find(path)
    if not isinstance(listener, Listener) or not listener.is_listening:
        raise failure(errno.ECONNREFUSED)
    if listener.type != client.type:
        raise failure(errno.EPROTOTYPE)
    if not listener.has_room:
        raise failure(errno.EAGAIN)
    client.remote = listener.local
    server = listener.make_end(listener.local, client.local)
    server.connected(client)
    client.connected(server)
    kernel.wire.note_at_once(Message("connect", client, server))
    kernel.wire.note_at_once(Message("accept", server, client))
    listener.add(server)


class _ClosedPort(NamedTuple):
    """Where nobody listens, as the source of a message."""

    kernel: Kernel
    host: str
    name: str

    def printed_name(self) -> str:
        """Return its address as texts show it."""
        return self.name


class Attempt:
    """A TCP connection that is being made."""

    def __init__(self, kernel: Kernel, client: Stream, host: str, ip: str, port: int) -> None:
        self._kernel, self._client = kernel, client
        self._host, self._ip, self._port = host, ip, port
        client.remote = ip, port
        client.state = CONNECTING
        self._tries = 0
        self._next_try = 0  # its number on the wire
        self._ask()

    def _ask(self) -> None:
        client, kernel = self._client, self._kernel
        if client.state != CONNECTING:
            return
        if self._tries > _RETRIES:
            client.failed(errno.ETIMEDOUT)
            return
        name = addresses.printable((self._ip, self._port))
        message = Message("connect", client, None, b"", name, self._host)
        kernel.wire.send(message, self._asked, self._refused)
        if client.state == CONNECTING:  # no answer yet
            wait = NANOSECONDS << self._tries
            self._tries += 1
            self._next_try = kernel.wire.later(kernel.clock.now + wait, self._ask)

    def _asked(self, message: Message) -> None:
        """Let the host that was asked answer."""
        client, kernel = self._client, self._kernel
        if client.state != CONNECTING:
            return
        found = kernel.ports.find(self._host, client.type, self._ip, self._port)
        if not isinstance(found, Listener) or not found.is_listening:
            nobody = _ClosedPort(kernel, self._host, addresses.printable((self._ip, self._port)))
            refusal = Message("refuse", nobody, client)
            kernel.wire.send(refusal, lambda _: self._refused(), self._refused)
            return
        server = found.coming.get(client.local)
        if server is None:
            if not found.has_room:  # it will be asked again
                return
            assert client.local is not None
            server = found.make_end((self._ip, self._port), client.local)
            server.peer = client
            found.coming[client.local] = server
        answer = Message("accept", server, client)
        kernel.wire.send(
            answer,
            lambda _: self._accepted(server, found),
            lambda: self._turned_away(server, found),
        )

    def _turned_away(self, server: Stream, listener: Listener) -> None:
        """Take note that the answer was reset, so that there is no connection at either end."""
        listener.coming.pop(server.remote, None)
        server.close()
        self._refused()

    def _refused(self) -> None:
        if self._client.state == CONNECTING:
            self._kernel.wire.call_off(self._next_try)
            self._client.failed(errno.ECONNREFUSED)

    def _accepted(self, server: Stream, listener: Listener) -> None:
        client = self._client
        self._kernel.wire.call_off(self._next_try)
        if client.state != CONNECTING:
            if client.closed and listener.coming.pop(client.local, None) is not None:
                server.failed(errno.ECONNRESET)
            return
        client.connected(server)
        self._kernel.wire.send_silently(client, server, lambda: self._made(server, listener))

    def _made(self, server: Stream, listener: Listener) -> None:
        if server.state == NEW:
            listener.coming.pop(server.remote, None)
            server.connected(self._client)
            listener.add(server)
