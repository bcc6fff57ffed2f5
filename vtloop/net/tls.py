"""TLS over a socket that blocks: what is below `ssl.SSLSocket`, for simulated sockets.

An `SSLSocket` is written in Python, over an object in C that reads and writes a descriptor by
itself. `Tls` stands in for that object: OpenSSL works in memory, and its records pass through the
simulated socket, so that waits for them take virtual time.

- From the socket as much is read as OpenSSL reads: the head of a record, then its body. So `select`
  tells of records that are still there, and what follows an `unwrap` is left to the program.
- A write that does not get through at once goes on when it is called again with the same bytes.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from vtloop.net.endpoints import READ, WRITE
from vtloop.net.sockets import SimulatedSocket

_Result = TypeVar("_Result")

_HEAD = 5  # bytes of the head of a record, of which the last two tell the length of its body
_RECORD = 1 << 14  # bytes of a program's that fit into one record


class Tls:
    """One end of a connection with TLS; what it does not do itself is OpenSSL's."""

    def __init__(
        self,
        sock: SimulatedSocket,
        context: Any,
        server_side: bool,
        server_hostname: str | None,
        **options: Any,
    ) -> None:
        self._reference = weakref.ref(sock)  # which has this object
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._openssl = context._wrap_bio(
            self._incoming, self._outgoing, server_side, server_hostname, **options
        )
        self._head = b""  # what has come of the head of a record
        self._rest = 0  # bytes that are to come of its body
        self._unsent = b""
        self._written = 0  # bytes of a write that are done with

    def __getattr__(self, name: str) -> Any:
        return getattr(self._openssl, name)

    @property
    def context(self) -> Any:
        """The `SSLContext`; a server chooses another one by the name that it is asked for."""
        return self._openssl.context

    @context.setter
    def context(self, context: Any) -> None:
        self._openssl.context = context

    @property
    def session(self) -> Any:
        """The session, which a client may take up again."""
        return self._openssl.session

    @session.setter
    def session(self, session: Any) -> None:
        self._openssl.session = session

    # What takes its time

    def do_handshake(self) -> None:
        """See `ssl.SSLSocket.do_handshake`."""
        end = self._socket()._end_of_wait()
        self._perform(self._openssl.do_handshake, "handshake", end)
        self._send(end, "handshake")

    def read(self, *arguments: Any) -> Any:
        """See `ssl.SSLSocket.read`."""
        end = self._socket()._end_of_wait()
        return self._perform(partial(self._openssl.read, *arguments), "read", end)

    def write(self, data: Any) -> int:
        """See `ssl.SSLSocket.write`."""
        end = self._socket()._end_of_wait()
        with memoryview(data) as view, view.cast("B") as content:
            if self._written > len(content):
                raise ssl.SSLError(ssl.SSL_ERROR_SSL, "[SSL: BAD_LENGTH] bad length")
            while True:
                self._send(end, "write")
                if self._written == len(content) > 0:
                    break
                part = content[self._written : self._written + _RECORD]
                self._written += self._perform(partial(self._openssl.write, part), "write", end)
                if not content:
                    break
        written, self._written = self._written, 0
        return written

    def shutdown(self) -> SimulatedSocket:
        """See `ssl.SSLSocket.unwrap`."""
        end = self._socket()._end_of_wait()
        self._perform(self._openssl.shutdown, "read", end)
        self._send(end, "write")
        return self._socket()

    def _perform(self, call: Callable[[], _Result], operation: str, end: int) -> _Result:
        """Let OpenSSL do something, as soon as all has come that it needs for that."""
        while True:
            try:
                result = call()
            except ssl.SSLWantReadError:
                self._send(end, operation)
                self._read_on(end, operation)
            except ssl.SSLError:
                self._send_what_fits()  # OpenSSL tells the other end why
                raise
            else:
                self._send_what_fits()
                return result

    # Records

    def _socket(self) -> SimulatedSocket:
        sock = self._reference()
        assert sock is not None, "the method of a socket is called"
        return sock

    def _read_on(self, end: int, operation: str) -> None:
        """Give OpenSSL what has come of a record."""
        wanted = self._rest or _HEAD - len(self._head)
        endpoint = self._socket()._endpoint
        data, _ = self._when_ready(READ, lambda: endpoint.receive(wanted), end, operation)
        if not data:
            self._incoming.write_eof()
            return
        self._incoming.write(data)
        if self._rest:
            self._rest -= len(data)
            return
        self._head += data
        if len(self._head) == _HEAD:
            self._rest = int.from_bytes(self._head[-2:])
            self._head = b""

    def _send(self, end: int, operation: str) -> None:
        """Send all that OpenSSL has to say."""
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._when_ready(WRITE, self._send_some, end, operation)

    def _send_some(self) -> None:
        sent = self._socket()._endpoint.send(self._unsent)
        self._unsent = self._unsent[sent:]

    def _send_what_fits(self) -> None:
        self._unsent += self._outgoing.read()
        try:
            while self._unsent:
                self._send_some()
        except OSError:  # no room, or nobody to send it to: the next call meets it too
            pass

    def _when_ready(
        self, flags: int, call: Callable[[], _Result], end: int, operation: str
    ) -> _Result:
        try:
            return self._socket()._perform(flags, call, 0, end)
        except BlockingIOError:
            kind, number, what = _WANTED[flags]
            raise kind(number, f"The operation did not complete ({what})") from None
        except TimeoutError as error:
            if error.errno is not None:  # it is the connection that has timed out
                raise
            raise TimeoutError(f"The {operation} operation timed out") from None


_WANTED: dict[int, tuple[type[ssl.SSLError], int, str]] = {
    READ: (ssl.SSLWantReadError, int(ssl.SSL_ERROR_WANT_READ), "read"),
    WRITE: (ssl.SSLWantWriteError, int(ssl.SSL_ERROR_WANT_WRITE), "write"),
}
