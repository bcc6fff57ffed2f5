"""For whom a task waits that is suspended in asyncio's own code for connections.

Each of these functions knows a transport, a socket or an address by a variable of its own. What it
waits for is told by that address, so that a deadlock names the connection.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from asyncio import BaseTransport, base_events, selector_events, streams
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from vtloop.core.await_stacks import local_variables, stacks_of_tasks
from vtloop.core.recorder import Holder
from vtloop.core.tasks import label, number_of
from vtloop.net.addresses import printable
from vtloop.private.events import code_of

_streams: Any = streams
_base: Any = base_events.BaseEventLoop
_sockets: Any = selector_events.BaseSelectorEventLoop


class OfNetwork(NamedTuple):
    """A function of asyncio's that waits for the other end of a connection, or for a client."""

    kind: str  # a name in `waits.WAITS`
    variables: tuple[str, ...]  # which of its local variables tell for whom
    address: Callable[..., str]  # in words, of the values of these


def _of_transport(transport: Any) -> str:
    if transport is None:  # as of a StreamReader that a program feeds by itself
        return "a stream"
    names = (transport.get_extra_info(name) for name in ("peername", "sockname"))
    return next((printable(name) for name in names if name), "a stream")


def _of_stream(stream: Any) -> str:
    return _of_transport(getattr(stream, "_transport", None))


def _peer(sock: Any) -> str:
    try:
        return printable(sock.getpeername() or sock.getsockname())
    except OSError:
        return "a closed socket"


def _own(sock: Any) -> str:
    try:
        return printable(sock.getsockname())
    except OSError:
        return "a closed socket"


def _of_server(server: Any) -> str:
    """Return where it listens; if it is closed, where those of its clients are that are left."""
    names = map(_own, server.sockets)
    if not server.sockets:
        transports = list(server.get_loop()._transports.values())
        mine = (one for one in transports if getattr(one, "_server", None) is server)
        names = map(printable, dict.fromkeys(one.get_extra_info("sockname") for one in mine))
    return ", ".join(names) or "a server that is closed"


def _asked(host: Any, port: Any, sock: Any) -> str:
    return _peer(sock) if host is None and port is None else printable((host, port))


def _of_unix() -> dict[CodeType, OfNetwork]:
    """Return what there is for UNIX sockets, where there are some."""
    if sys.platform == "win32":
        return {}
    from asyncio import unix_events

    connect: Any = unix_events.SelectorEventLoop.create_unix_connection
    return {code_of(connect): OfNetwork("connection", ("path", "sock"), _asked_of_unix)}


def _asked_of_unix(path: Any, sock: Any) -> str:
    return _peer(sock) if path is None else printable(path)


Ends: TypeAlias = tuple[Any, Any]
"""The addresses of a connection: one's own, and that of the peer."""

_STREAMS = streams.StreamReader, streams.StreamWriter, streams.StreamReaderProtocol


def ends_of(value: Any) -> Ends | None:
    """Return the addresses of a stream, transport or socket; None for what has not got both."""
    own: Any = None
    peer: Any = None
    if isinstance(value, _STREAMS):
        value = getattr(value, "_transport", None)
    if isinstance(value, BaseTransport):
        own, peer = value.get_extra_info("sockname"), value.get_extra_info("peername")
    elif isinstance(value, socket.socket):
        with contextlib.suppress(OSError):
            own, peer = value.getsockname(), value.getpeername()
    return (own, peer) if own and peer else None


def peers_of(frame: FrameType) -> tuple[Holder, ...]:
    """Return the tasks at the other end of what a function of `IN_NETWORK` waits for.

    As far as they are seen: a variable of theirs, or what that consists of, has that end.
    """
    ends = ends_of(local_variables(frame)[IN_NETWORK[frame.f_code].variables[0]])
    if ends is None:
        return ()
    return tuple(
        Holder(number_of(task), label(task))
        for task, frames in stacks_of_tasks()
        if frame not in frames and any(_has_end(local_variables(one), ends[::-1]) for one in frames)
    )


def _has_end(variables: dict[str, Any], ends: Ends) -> bool:
    for value in variables.values():
        inner = getattr(value, "__dict__", None)
        attributes = inner.values() if type(inner) is dict else ()
        if any(ends_of(one) == ends for one in (value, *attributes)):
            return True
    return False


def address_in(frame: FrameType, variables: dict[str, Any]) -> str:
    """Return the address for which a function of `IN_NETWORK` waits, given its variables."""
    _, names, address = IN_NETWORK[frame.f_code]
    return address(*(variables[name] for name in names))


IN_NETWORK: dict[CodeType, OfNetwork] = {
    code_of(_streams.StreamReader._wait_for_data): OfNetwork("data", ("self",), _of_stream),
    code_of(_streams.FlowControlMixin._drain_helper): OfNetwork("room", ("self",), _of_stream),
    code_of(_streams.StreamWriter.wait_closed): OfNetwork("close", ("self",), _of_stream),
    code_of(_base.start_tls): OfNetwork("handshake", ("transport",), _of_transport),
    code_of(_base.connect_accepted_socket): OfNetwork("handshake", ("sock",), _peer),
    code_of(_base.create_connection): OfNetwork("connection", ("host", "port", "sock"), _asked),
    code_of(base_events.Server.serve_forever): OfNetwork("client", ("self",), _of_server),
    code_of(base_events.Server.wait_closed): OfNetwork("leave", ("self",), _of_server),
    **_of_unix(),
    code_of(_sockets.sock_connect): OfNetwork("connection", ("address",), printable),
    code_of(_sockets.sock_accept): OfNetwork("client", ("sock",), _own),
    code_of(_sockets.sock_recv): OfNetwork("data", ("sock",), _peer),
    code_of(_sockets.sock_recv_into): OfNetwork("data", ("sock",), _peer),
    code_of(_sockets.sock_recvfrom): OfNetwork("datagram", ("sock",), _own),
    code_of(_sockets.sock_recvfrom_into): OfNetwork("datagram", ("sock",), _own),
    code_of(_sockets.sock_sendall): OfNetwork("room", ("sock",), _peer),
    code_of(_sockets.sock_sendto): OfNetwork("room", ("address",), printable),
}
