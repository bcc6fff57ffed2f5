"""Connections: one end of a stream of bytes, as the kernels of both hosts keep it.

- What is sent waits with the sender until the receiver's window has room for it, then travels as a
  message, and waits with the receiver until it is read. Both buffers are finite.
- Messages of one direction arrive in the order in which they were sent. Nothing of a stream is
  ever lost: what a fault drops is sent again, as TCP does, until it is given up.
- Who closes with bytes unread resets the connection; so does who gets bytes and has closed.
- The numbers of errors are Linux'.
"""

from __future__ import annotations

import errno
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from vtloop.net.endpoints import END, ERROR, HANG_UP, READ, WRITE, Endpoint, failure
from vtloop.net.interfaces import Kernel
from vtloop.net.keep_alive import ITS_OPTIONS, KEPT_ALIVE, KeepAlive
from vtloop.net.messages import Message

_TLS_HANDSHAKE = b"\x16\x03"  # how its first record begins

# Where the connection of a socket stands.
NEW, CONNECTING, CONNECTED, ENDED = "new", "connecting", "connected", "ended"


class Flow:
    """One direction of a stream, once something of it takes time."""

    __slots__ = ("last", "under_way", "waiting")

    def __init__(self) -> None:
        self.last = 0
        """When the last message arrives that is under way."""
        self.under_way = 0
        """How many are."""
        self.waiting: deque[tuple[Message, Callable[[Message], object]]] = deque()
        """Those that were dropped or are held, and those behind them; each with what it calls."""


class Stream(Endpoint):
    """One end of a connection, also before it is one."""

    def __init__(
        self, kernel: Kernel, family: int, type: int = socket.SOCK_STREAM, proto: int = 0
    ) -> None:
        super().__init__(kernel, family, type, proto)
        self.state = NEW
        self.peer: Stream | None = None
        """The other end, as far as bytes may get there."""
        self.flow: Flow | None = None
        """What is under way from here."""
        self._unsent: deque[bytes] = deque()  # what the receiver's window had no room for
        self._queued = 0  # bytes that have not arrived
        self._in_flight = 0  # of these, those that have been sent
        self._sent = 0  # bytes that have been sent at all
        self._unread: deque[bytes] = deque()
        self._unread_size = 0
        self._ends_to_read: deque[Message] = deque()  # messages that are not read to their end yet
        self._at_end = False  # nothing more comes
        self.knows_end = False
        """Whether the program has read up to the end, and knows that nothing more comes."""
        self._closed_to_read = self._closed_to_write = False
        self._end_is_sent = False
        self.keep_alive: KeepAlive | None = None
        """What asks whether the other end is there, if that is wanted."""
        self.is_secret = False
        """Whether TLS runs over it, so that lengths may differ by some bytes from run to run."""

    # Connecting: see `connecting`

    def connect(self, address: Any) -> None:
        self.raise_error()
        if self.state == CONNECTING:
            raise failure(errno.EALREADY)
        if self.state == CONNECTED:
            raise failure(errno.EISCONN)
        self.kernel.connect(self, address)

    def connected(self, peer: Stream) -> None:
        """Be one end of a connection from now on."""
        self.peer, self.state = peer, CONNECTED
        if KEPT_ALIVE in self.options:
            self._set_keep_alive()
        self.changed()

    def failed(self, number: int) -> None:
        """Take note that the connection could not be made, or has broken."""
        self.error = number
        self._end()

    def listen(self, backlog: int) -> Endpoint:
        if self.state != NEW:
            raise failure(errno.EINVAL)
        if self.local is None:
            if self.is_unix:
                raise failure(errno.EINVAL)
            self.bind(self._anywhere())
        if not self.is_unix:
            self.kernel.ports.check_to_listen(self)
        listener: Endpoint = self.kernel.listen(self, backlog)
        return listener

    @property
    def _is_open(self) -> bool:
        """Whether a connection of TCP is one still: one way at least is not closed."""
        return self.state == CONNECTED and not (self._at_end and self._end_is_sent)

    def peer_name(self) -> Any:
        if self.state == NEW if self.is_unix else not self._is_open:
            raise failure(errno.ENOTCONN)
        return self.remote_name()

    # Keep-alive

    def set_option(self, level: int, name: int, value: Any) -> None:
        super().set_option(level, name, value)
        if (level, name) in ITS_OPTIONS:
            self._set_keep_alive()

    def _set_keep_alive(self) -> None:
        """Begin to ask whether the other end is there, or end it, as options say."""
        is_on = self.state == CONNECTED and not self.closed and self.options.get(KEPT_ALIVE)
        if self.keep_alive is None:
            if not is_on or self.is_unix:
                return
            self.keep_alive = KeepAlive(self, self.kernel)
            self.kernel.kept_alive[self.keep_alive] = None
        if is_on:
            self.keep_alive.look()
        else:
            self.keep_alive.stop()
            del self.kernel.kept_alive[self.keep_alive]
            self.keep_alive = None

    @property
    def is_waiting_for_answer(self) -> bool:
        """Whether bytes are under way that the other end has not got."""
        return self._queued > 0

    @property
    def is_over(self) -> bool:
        """Whether there is no connection at this end any more."""
        return self.state == ENDED

    # Sending

    def send(self, data: bytes | memoryview) -> int:
        if self.is_unix:
            self._check_path_to_peer()
        elif self.error or self.state != CONNECTED or self._closed_to_write:
            self.raise_error()
            raise failure(errno.EAGAIN if self.state == CONNECTING else errno.EPIPE)
        room = self.send_capacity - self._queued
        size = len(data)
        if room <= 0 < size:
            raise failure(errno.EAGAIN)
        if data[:2] == _TLS_HANDSHAKE:
            self.is_secret = True
        sent = 0
        while sent < size and room > 0 and not self.error:
            part = bytes(data[sent : sent + room])
            self._unsent.append(part)
            self._queued += len(part)
            sent += len(part)
            self._push()
            room = self.send_capacity - self._queued  # what has arrived at once has made some
        return sent

    def _check_path_to_peer(self) -> None:
        """Raise the error of a send to a UNIX socket that takes nothing more."""
        if self.state == NEW:
            raise failure(errno.ENOTCONN)
        peer = self.peer
        if self._closed_to_write or peer is None or peer.closed or peer._closed_to_read:
            raise failure(errno.EPIPE)

    def _push(self) -> None:
        """Send what the receiver's window has room for."""
        peer = self.peer
        while self._unsent and peer is not None:
            window = peer.receive_capacity - peer._unread_size - self._in_flight
            if window <= 0:
                return
            data = self._unsent.popleft()
            if len(data) > window:
                self._unsent.appendleft(data[window:])
                data = data[:window]
            self._in_flight += len(data)
            message = Message("data", self, peer, data)
            message.offset, self._sent = self._sent, self._sent + len(data)
            self._transmit(message)
        if self._closed_to_write and not self._end_is_sent and peer is not None:
            self._end_is_sent = True
            self._transmit(Message("end", self, peer))

    def _transmit(self, message: Message) -> None:
        self.kernel.wire.send_in_order(message)

    # Arrivals

    def arrive(self, message: Message) -> None:
        """Take a message that has come to this end."""
        match message.kind:
            case "data":
                self._data_arrived(message)
            case "end":
                self._at_end = True
                self._note_unread(message)
                self.changed()
                if self.state == ENDED and message.source.peer is self:
                    self._transmit(Message("reset", self, message.source))
            case "reset":
                self._reset_arrived()

    def _data_arrived(self, message: Message) -> None:
        sender, size = message.source, len(message.data)
        assert isinstance(sender, Stream)
        had_room = sender._has_room
        sender._in_flight -= size
        sender._queued -= size
        if sender.keep_alive is not None:
            sender.keep_alive.hear()
        if self.closed or self.state == ENDED:
            if sender.peer is self:
                self._transmit(Message("reset", self, sender))
            return
        if self._closed_to_read and self._end_is_sent and not self.is_unix:
            self.reset()  # nobody is going to read it, and nothing more is to be said
            self.failed(errno.ECONNRESET)
            return
        if self.keep_alive is not None:
            self.keep_alive.hear()
        self._unread.append(message.data)
        self._unread_size += size
        self._note_unread(message)
        self.changed()
        if not had_room:
            sender.changed()

    def _note_unread(self, message: Message) -> None:
        if message.number:
            message.end = self._unread_size
            self._ends_to_read.append(message)

    def _reset_arrived(self) -> None:
        if self.state == ENDED:
            return
        # A peer that had said its last word before is told of otherwise.
        self.error = errno.EPIPE if self._at_end and not self.is_unix else errno.ECONNRESET
        self._end()

    def _end(self) -> None:
        peer = self.peer
        self.state, self.peer = ENDED, None
        self._set_keep_alive()
        if peer is not None and peer.keep_alive is not None:
            peer.keep_alive.look()
        self._unsent.clear()
        self._queued = self._in_flight = 0
        self.changed()

    # Receiving

    def receive(self, size: int, peek: bool = False) -> tuple[bytes, Any]:
        unread = self._unread
        if not unread:
            return self._receive_nothing(), None
        data = unread.popleft()
        if len(data) < size and unread:  # as much as has come, in one read
            parts, length = [data], len(data)
            while unread and length < size:
                parts.append(unread.popleft())
                length += len(parts[-1])
            data = b"".join(parts)
        if len(data) > size:
            unread.appendleft(data[size:])
            data = data[:size]
        if peek:
            unread.appendleft(data)
            return data, None
        self._unread_size -= len(data)
        if self._ends_to_read:
            self._tell_of_read(len(data))
        peer = self.peer
        # The window is told to be open again once that is worth a message.
        is_open = self._unread_size * 2 <= self.receive_capacity
        if is_open and peer is not None and peer._unsent:
            peer._push()
        return data, None

    def _receive_nothing(self) -> bytes:
        if self._at_end:
            self.knows_end = True
            self._tell_of_read(0)
            if self.is_unix:
                self.raise_error()
            return b""
        self.raise_error()
        if self.state == NEW and self.is_unix:
            raise failure(errno.EINVAL)
        if self._closed_to_read or self.state == ENDED:
            return b""
        if self.state == NEW:
            raise failure(errno.ENOTCONN)
        raise failure(errno.EAGAIN)

    def _tell_of_read(self, size: int) -> None:
        """Tell of the messages that have been read to their ends."""
        for message in self._ends_to_read:
            message.end -= size
        while self._ends_to_read and self._ends_to_read[0].end <= 0:
            self.kernel.wire.received(self._ends_to_read.popleft())

    # Ready

    def readiness(self) -> int:
        flags = READ if self._unread else 0
        if self._at_end or self._closed_to_read:
            flags |= READ | END
        if self.state == CONNECTED:
            if self._has_room:
                flags |= WRITE
            if self._at_end and (self._closed_to_write or self._peer_has_closed_path):
                flags |= HANG_UP
        elif self.state == ENDED:
            flags |= READ | WRITE | HANG_UP | END
        elif self.state == NEW:
            flags |= WRITE | HANG_UP
        return flags | ERROR if self.error else flags

    @property
    def _has_room(self) -> bool:
        """Whether enough of the buffer is free that more may be sent, as Linux has it."""
        return self._queued * 3 <= self.send_capacity * 2

    @property
    def _peer_has_closed_path(self) -> bool:
        """Whether it is a UNIX socket whose peer is closed both ways."""
        return self.is_unix and self.peer is not None and self.peer.closed

    def awaited(self, flags: int) -> tuple[str, str]:
        is_connecting = self.state == CONNECTING
        return ("connection", self.printed_remote()) if is_connecting else super().awaited(flags)

    # The end

    def shutdown(self, how: int) -> None:
        is_over = not self.is_unix and not self._is_open
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            self._closed_to_read = True
        if how in (socket.SHUT_WR, socket.SHUT_RDWR) and not self._closed_to_write:
            self._closed_to_write = True
            self._push()
        self.changed()
        if is_over:  # what it says is heeded even so, as by Linux
            raise failure(errno.ENOTCONN)

    def close(self) -> None:
        self.closed = True
        self._set_keep_alive()
        peer = self.peer
        linger = self.options.get((socket.SOL_SOCKET, socket.SO_LINGER))
        if self.state == CONNECTED and peer is not None:
            if self._unread_size or (linger == (1, 0) and not self.is_unix):
                self.reset()
            else:
                self._closed_to_write = True
                self._push()
        elif self.state == CONNECTING:
            self.state = ENDED
        self.kernel.unbind(self)

    def vanish(self) -> None:
        super().vanish()
        self._end()

    def reset(self) -> None:
        """Let the other end know that the connection is no more."""
        peer = self.peer
        if peer is not None:
            self._transmit(Message("reset", self, peer))
        self._end()


def pair(kernel: Kernel, family: int, type: int, proto: int) -> tuple[Stream, Stream]:
    """Return two ends of a connection, as `socketpair` makes them."""
    one, other = (Stream(kernel, family, type, proto) for _ in range(2))
    one.connected(other)
    other.connected(one)
    return one, other
