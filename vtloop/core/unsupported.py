"""The methods of an event loop that are refused, or are a simulated network's to answer.

A simulation cannot honestly do real input and output, so each such method of the event loop is in
one of two tables. `REFUSED` names what the method would touch and what to do instead;
`NETWORK` names the question that the loop's network answers, when it has one (see `network`).
Together with what `VirtualLoop` implements, the tables cover `asyncio.AbstractEventLoop`; a test
holds them to that on each Python. To let a network answer a method, move its row from `REFUSED` to
`NETWORK`, with a method of `Network` as the question.

Refusals come at the call, before anything is awaited. Most are `NotImplementedError`s: libraries
take their own fallback (aiohttp without signal handlers). Where that waits in a thread for the real
thing, in real time, it is none: anyio and gRPC do so for loops that cannot watch a file. A method
that is async in asyncio counts as a coroutine function all the same, so that a mock of it can be
awaited.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from vtloop.core.network import Network
from vtloop.errors import NotOffered, NotSimulated
from vtloop.private.events import count_as_coroutine_function
from vtloop.values.clock import exactly

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class Refusal(NamedTuple):
    """What a refused method would touch, and what a program can do instead."""

    touches: str
    instead: str


_SOCKET = Refusal(
    "real sockets",
    "test against an in-memory stand-in (an asyncio.Queue, a fake transport)",
)
_LOOKUP = Refusal("real name lookups", "use a fixed address, or a fake resolver")
_DESCRIPTOR = Refusal(
    "real file descriptors",
    "read in a thread with asyncio.to_thread, or feed the data from a task",
)
_PIPE = Refusal("real pipes", "feed an asyncio.StreamReader by hand with feed_data()")
_PROCESS = Refusal(
    "real child processes",
    "run it with subprocess.run in asyncio.to_thread, or replace it by a coroutine that sleeps",
)
_SIGNAL = Refusal(
    "real signals",
    "stop the program through an asyncio.Event or by cancelling its main task; Ctrl-C works",
)

REFUSED: dict[str, Refusal] = {
    "add_reader": _DESCRIPTOR,
    "remove_reader": _DESCRIPTOR,
    "add_writer": _DESCRIPTOR,
    "remove_writer": _DESCRIPTOR,
    "sock_recv": _SOCKET,
    "sock_recv_into": _SOCKET,
    "sock_recvfrom": _SOCKET,
    "sock_recvfrom_into": _SOCKET,
    "sock_sendall": _SOCKET,
    "sock_sendto": _SOCKET,
    "sock_connect": _SOCKET,
    "sock_accept": _SOCKET,
    "sock_sendfile": _SOCKET,
    "connect_accepted_socket": _SOCKET,
    "sendfile": _SOCKET,
    "start_tls": _SOCKET,
    "connect_read_pipe": _PIPE,
    "connect_write_pipe": _PIPE,
    "subprocess_shell": _PROCESS,
    "subprocess_exec": _PROCESS,
    "add_signal_handler": _SIGNAL,
    "remove_signal_handler": _SIGNAL,
}

NETWORK: dict[str, tuple[str, Refusal]] = {
    "create_connection": ("connect", _SOCKET),
    "create_unix_connection": ("connect", _SOCKET),
    "create_server": ("listen", _SOCKET),
    "create_unix_server": ("listen", _SOCKET),
    "create_datagram_endpoint": ("datagram", _SOCKET),
    "getaddrinfo": ("resolve", _LOOKUP),
    "getnameinfo": ("resolve", _LOOKUP),
}


# For these the fallbacks of libraries are as real as what is refused.
WITHOUT_FALLBACK = {"add_reader", "add_writer"}


class Unsupported(asyncio.AbstractEventLoop):
    """The event loop's real input and output: refused, or answered by `_network`."""

    _network: Network | None

    # For type checkers: what is made below, from the tables.
    add_reader: Any
    remove_reader: Any
    add_writer: Any
    remove_writer: Any
    sock_recv: Any
    sock_recv_into: Any
    sock_recvfrom: Any
    sock_recvfrom_into: Any
    sock_sendall: Any
    sock_sendto: Any
    sock_connect: Any
    sock_accept: Any
    sock_sendfile: Any
    connect_accepted_socket: Any
    sendfile: Any
    start_tls: Any
    connect_read_pipe: Any
    connect_write_pipe: Any
    subprocess_shell: Any
    subprocess_exec: Any
    add_signal_handler: Any
    remove_signal_handler: Any
    create_connection: Any
    create_unix_connection: Any
    create_server: Any
    create_unix_server: Any
    create_datagram_endpoint: Any
    getaddrinfo: Any
    getnameinfo: Any


def _refuse(method: str, refusal: Refusal, time: float) -> NoReturn:
    error = NotSimulated if method in WITHOUT_FALLBACK else NotOffered
    raise error(
        f"loop.{method}() was called at virtual time {exactly(time)} while running in a "
        f"simulation, which has no {refusal.touches}; {refusal.instead}"
    )


def _refusing(method: str, refusal: Refusal) -> Callable[..., NoReturn]:
    def refused(self: Unsupported, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(method, refusal, self.time())

    refused.__doc__ = f"Refused: it needs {refusal.touches}. Raises NotSimulated."
    return refused


def _asking_the_network(method: str, question: str, refusal: Refusal) -> Callable[..., Any]:
    def asked(self: Unsupported, *args: Any, **kwargs: Any) -> Any:
        if self._network is None:
            _refuse(method, refusal, self.time())
        return getattr(self._network, question)(method, *args, **kwargs)

    asked.__doc__ = f"Ask the simulated network to {question}; raises NotSimulated without one."
    return asked


def _install(method: str, function: Callable[..., Any]) -> None:
    function.__name__ = method
    function.__qualname__ = f"{Unsupported.__name__}.{method}"
    if inspect.iscoroutinefunction(getattr(asyncio.AbstractEventLoop, method)):
        count_as_coroutine_function(function)
    setattr(Unsupported, method, function)


for _method, _refusal in REFUSED.items():
    _install(_method, _refusing(_method, _refusal))
for _method, (_question, _refusal) in NETWORK.items():
    _install(_method, _asking_the_network(_method, _question, _refusal))
