"""The methods of an event loop that are refused, or are answered by a simulated network.

A simulation cannot honestly do real input and output, so each such method of the event loop is in
one of two tables. Both name what the method would touch and what to do instead. Those of `REFUSED`
are refused always; those of `NETWORK` if the run is to have no network, else `connections` answers.
Together with what `VirtualLoop` implements, the tables cover `asyncio.AbstractEventLoop`; a test
holds them to that on each Python.

Refusals come at the call, before anything is awaited. Most are `NotImplementedError`s: libraries
take their own fallback (aiohttp without signal handlers). Where that waits in a thread for the real
thing, in real time, it is none: anyio and gRPC do so for loops that cannot watch a file. A method
that is async in asyncio counts as a coroutine function all the same, so that a mock of it can be
awaited.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from vtloop.errors import NotOffered, NotSimulated
from vtloop.private.events import count_as_coroutine_function
from vtloop.values.clock import Clock, exactly

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class Refusal(NamedTuple):
    """What a refused method would touch, and what a program can do instead."""

    touches: str
    instead: str


_SOCKET = Refusal(
    "real sockets",
    "leave out network=None or --no-network, so that it has a network in memory",
)
_LOOKUP = Refusal(
    "real name lookups", "leave out network=None or --no-network, so that it has names of its own"
)
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
    "connect_read_pipe": _PIPE,
    "connect_write_pipe": _PIPE,
    "subprocess_shell": _PROCESS,
    "subprocess_exec": _PROCESS,
}
if not hasattr(asyncio.SelectorEventLoop, "_handle_signal"):  # on Windows; else `signals` answers
    REFUSED |= {"add_signal_handler": _SIGNAL, "remove_signal_handler": _SIGNAL}

NETWORK: dict[str, Refusal] = {
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
    "create_connection": _SOCKET,
    "create_unix_connection": _SOCKET,
    "create_server": _SOCKET,
    "create_unix_server": _SOCKET,
    "create_datagram_endpoint": _SOCKET,
    "getaddrinfo": _LOOKUP,
    "getnameinfo": _LOOKUP,
}


# For these the fallbacks of libraries are as real as what is refused.
WITHOUT_FALLBACK = {"add_reader", "add_writer"}


class Unsupported(asyncio.AbstractEventLoop):
    """The event loop's real input and output, refused; `connections` answers some of it."""

    _clock: Clock

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


def answer_by(method: str, function: Callable[..., Any]) -> None:
    """Let a function answer a method if the run has a network; without one it is refused."""
    refusal = NETWORK[method]

    @functools.wraps(function)
    def answered(self: Unsupported, *args: Any, **kwargs: Any) -> Any:
        if self._clock.network is None:
            _refuse(method, refusal, self.time())
        return function(self, *args, **kwargs)

    answered.__doc__ = function.__doc__ or f"See `asyncio.loop.{method}`."
    _install(method, answered)


def _install(method: str, function: Callable[..., Any]) -> None:
    function.__name__ = method
    function.__qualname__ = f"{Unsupported.__name__}.{method}"
    if inspect.iscoroutinefunction(getattr(asyncio.AbstractEventLoop, method)):
        count_as_coroutine_function(function)
    setattr(Unsupported, method, function)


for _method, _refusal in REFUSED.items():
    _install(_method, _refusing(_method, _refusal))
for _method, _refusal in NETWORK.items():
    _install(_method, _refusing(_method, _refusal))
