"""TLS on sockets that block, or have a timeout: what `ssl.SSLContext.wrap_socket` makes of them.

OpenSSL reads from real descriptors, so a simulated socket has it read from memory. What comes over
the network is handed to it record by record, as it would read it: what follows the end of TLS stays
with the socket.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from vtloop.net.endpoints import READ, WRITE
from vtloop.net.sockets import SimulatedSocket
from vtloop.private.sockets import wrap_memory

_Result = TypeVar("_Result")

_HEAD = 5  # bytes before each record, of which the last two are the length of what follows


class SocketTls:
    """What `ssl.SSLSocket` asks to encrypt and decrypt, and to read and write: OpenSSL's part.

    It is made as by `SSLContext.wrap_bio`.
    """

    def __init__(
        self, sock: SimulatedSocket, context: ssl.SSLContext, *side_and_name: Any, **more: Any
    ) -> None:
        self._sock = weakref.ref(sock)  # which has this one
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = wrap_memory(context, self._incoming, self._outgoing, *side_and_name, **more)
        self._unsent = b""
        self._head = b""  # as much as has come of the next record's
        self._left = 0  # bytes of the record that have not come

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tls, name)  # what is known of the connection

    @property
    def context(self) -> Any:
        """The context, which may be another one once the name of the server is known."""
        return self._tls.context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        self._tls.context = context

    @property
    def session(self) -> Any:
        """The session, which a client may take up again."""
        return self._tls.session

    @session.setter
    def session(self, session: Any) -> None:
        self._tls.session = session

    def do_handshake(self) -> None:
        """See `SSLSocket.do_handshake`."""
        self._perform("handshake", self._tls.do_handshake)

    def read(self, *size_and_buffer: Any) -> Any:
        """See `SSLSocket.read`."""
        return self._perform("read", partial(self._tls.read, *size_and_buffer))

    def write(self, data: Any) -> int:
        """See `SSLSocket.write`."""
        return int(self._perform("write", partial(self._tls.write, data)))

    def shutdown(self) -> Any:
        """See `SSLSocket.unwrap`: returns the socket, on which there is no TLS any more."""
        self._perform("read", self._tls.shutdown)
        return self._sock()

    def verify_client_post_handshake(self) -> None:
        """See `SSLSocket.verify_client_post_handshake`."""
        self._perform("write", self._tls.verify_client_post_handshake)

    def _perform(self, what: str, call: Callable[[], _Result]) -> _Result:
        """Let OpenSSL do something, with what it reads and writes for that."""
        sock = self._sock()
        assert sock is not None, "a socket calls this that is there"
        end = sock._end_of_wait()
        try:
            self._send(sock, end)
            while True:
                try:
                    result = call()
                except ssl.SSLWantReadError:
                    self._send(sock, end)
                    try:
                        self._receive(sock, end)
                    except BlockingIOError:
                        pass
                    else:
                        continue
                    raise
                except ssl.SSLError:
                    self._send_last(sock)
                    raise
                self._send(sock, end)
                return result
        except TimeoutError:
            raise TimeoutError(f"The {what} operation timed out") from None
        except BlockingIOError:
            raise ssl.SSLWantWriteError(
                ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)"
            ) from None

    # One thread may read while another one writes. They take turns where one waits for the network,
    # so nothing is half done there.

    def _send(self, sock: SimulatedSocket, end: int) -> None:
        """Send what OpenSSL has written."""
        while self._unsent or self._outgoing.pending:
            sock._perform(WRITE, lambda: self._send_some(sock), 0, end)

    def _send_some(self, sock: SimulatedSocket) -> None:
        self._unsent += self._outgoing.read()
        self._unsent = self._unsent[sock._endpoint.send(self._unsent) :]

    def _send_last(self, sock: SimulatedSocket) -> None:
        """Send why the connection fails, if the peer still wants to know."""
        try:
            sock._endpoint.send(self._unsent + self._outgoing.read())
        except OSError:
            pass

    def _receive(self, sock: SimulatedSocket, end: int) -> None:
        """Hand OpenSSL what comes next of a record."""
        data = sock._perform(READ, lambda: sock._endpoint.receive(self._wanted())[0], 0, end)
        if not data:
            self._incoming.write_eof()
            return
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            if len(self._head) == _HEAD:
                self._left, self._head = int.from_bytes(self._head[-2:], "big"), b""
        self._incoming.write(data)

    def _wanted(self) -> int:
        return self._left or _HEAD - len(self._head)
