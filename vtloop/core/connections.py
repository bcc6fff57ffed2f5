"""asyncio's own connection code, on simulated sockets.

`create_connection`, `create_server`, TLS and all else that a loop does with sockets is what the
Python that runs has for its selector loops: it needs a selector, and sockets, and these are
simulated (see the room `net`). So the differences between Pythons come for free. What is written
anew is what would leave the process, and what would use a thread for that.
"""

from __future__ import annotations

import asyncio
import os
import socket
import weakref
from asyncio.log import logger
from collections.abc import Callable
from functools import cached_property
from typing import Any

from vtloop.core.network import kernel_of
from vtloop.core.signals import Signals
from vtloop.core.threads.all_threads import Threads
from vtloop.core.unsupported import answer_by
from vtloop.net.selector import Selector
from vtloop.values.clock import Clock

_SELECTOR_LOOP: Any = asyncio.SelectorEventLoop

ANSWERED = (
    "create_connection",
    "create_unix_connection",
    "create_server",
    "create_unix_server",
    "create_datagram_endpoint",
    "connect_accepted_socket",
    "start_tls",
    "sendfile",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendto",
    "sock_connect",
    "sock_accept",
    "sock_sendfile",
    "add_reader",
    "remove_reader",
    "add_writer",
    "remove_writer",
)
"""The public methods that are asyncio's own."""

# What these call in turn, by the names that they have in the Pythons so far.
INNER = (
    "_accept_connection",
    "_accept_connection2",
    "_add_callback",
    "_add_reader",
    "_add_writer",
    "_check_sendfile_params",
    "_connect_sock",
    "_create_connection_transport",
    "_create_server_getaddrinfo",
    "_ensure_fd_no_transport",
    "_ensure_resolved",
    "_getaddrinfo_debug",
    "_make_datagram_transport",
    "_make_socket_transport",
    "_make_ssl_transport",
    "_process_events",
    "_remove_reader",
    "_remove_writer",
    "_sendfile_fallback",
    "_sendfile_native",
    "_sock_accept",
    "_sock_add_cancellation_callback",
    "_sock_connect",
    "_sock_connect_cb",
    "_sock_read_done",
    "_sock_recv",
    "_sock_recv_into",
    "_sock_recvfrom",
    "_sock_recvfrom_into",
    "_sock_sendall",
    "_sock_sendfile_fallback",
    "_sock_sendfile_native",
    "_sock_sendfile_native_impl",
    "_sock_sendfile_update_filepos",
    "_sock_sendto",
    "_sock_write_done",
    "_start_serving",
)


class Connections(Signals):
    """An event loop's sockets."""

    _clock: Clock
    _io: dict[int, None]
    _process_events: Callable[[Any], None]
    _remove_reader: Callable[[int], bool]

    @property
    def threads(self) -> Threads:
        """The threads of the run that the loop is a part of."""
        raise NotImplementedError

    # What connections need is made when it is first used, as most runs have none. `__getattr__`
    # would do that too, but of a class that has one every attribute is looked up more slowly.

    @cached_property
    def _selector(self) -> Any:
        kernel = kernel_of(self._clock)
        assert kernel is not None
        return Selector(kernel.descriptors, self._io, weakref.ref(self))

    @cached_property
    def _transports(self) -> Any:
        kernel = kernel_of(self._clock)
        assert kernel is not None
        return kernel.transports

    @cached_property
    def _unix_server_sockets(self) -> dict[Any, int]:
        return {}

    def socket_is_ready(self) -> None:
        """Take note that a socket may be ready."""
        raise NotImplementedError

    def _poll(self) -> None:
        """Make ready what is to be called for sockets that are ready."""
        self._process_events(self._selector.select(0))

    def _close_connections(self) -> None:
        """Let go of the sockets that are watched, as the loop is closed."""
        self._forget_signals()
        for sock in tuple(self.__dict__.get("_unix_server_sockets", ())):
            self._stop_serving(sock)
        selector = self.__dict__.get("_selector")
        if selector is not None:
            selector.close()

    def _stop_serving(self, sock: Any) -> None:
        """Close a listening socket, and remove its path as far as asyncio does (since 3.13)."""
        number = self._unix_server_sockets.pop(sock, None)
        path = None if number is None else sock.getsockname()
        self._remove_reader(sock.fileno())
        sock.close()
        if path is not None:
            try:
                if os.stat(path).st_ino == number:
                    os.unlink(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                logger.error("Unable to clean up listening UNIX socket %r: %r", path, error)

    for _name in INNER:
        if hasattr(_SELECTOR_LOOP, _name):
            locals()[_name] = getattr(_SELECTOR_LOOP, _name)


async def _getaddrinfo(
    self: Any,
    host: Any,
    port: Any,
    *,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> Any:
    """Return what `socket.getaddrinfo` does, a step later; stock asyncio asks in a thread."""
    await asyncio.sleep(0)
    return socket.getaddrinfo(host, port, family, type, proto, flags)


async def _getnameinfo(self: Any, sockaddr: Any, flags: int = 0) -> Any:
    """Return what `socket.getnameinfo` does, a step later."""
    await asyncio.sleep(0)
    return socket.getnameinfo(sockaddr, flags)


for _method in ANSWERED:
    if hasattr(_SELECTOR_LOOP, _method):
        answer_by(_method, getattr(_SELECTOR_LOOP, _method))
answer_by("getaddrinfo", _getaddrinfo)
answer_by("getnameinfo", _getnameinfo)
