"""A task that is suspended in asyncio's own code for connections waits for an address.

Told once in the words of a deadlock, and once in the trace.
"""

import asyncio
import inspect
import socket
import sys

import pytest

import vtloop
from vtloop.core.network_waits import IN_NETWORK, address_in
from vtloop.core.waits import describe
from vtloop.timeline.spans import WAITING
from vtloop.values.waits import WAITS, Subject


class Transport(asyncio.Transport):
    def __init__(self, **names):
        self.names = names

    def get_extra_info(self, name, default=None):
        return self.names.get(name, default)

    def is_closing(self):
        return False


class Writer(asyncio.StreamWriter):
    def __del__(self):
        """Do not ask to be closed, as others do."""


def stream(**names):
    """Return both ends of a stream over a transport that knows its addresses."""
    loop, transport = asyncio.get_running_loop(), Transport(**names)
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    protocol.connection_made(transport)
    return reader, Writer(transport, protocol, reader, loop)


async def on_a_line():
    reader, _ = stream(peername=("10.0.0.2", 5432))
    await reader.readline()


async def on_some_bytes():
    reader, _ = stream(peername=("::1", 80, 0, 0))
    await reader.readexactly(3)


async def on_a_unix_stream():
    reader, _ = stream(peername="", sockname="/run/db")
    await reader.read()


async def on_a_stream_that_is_fed_by_hand():
    await asyncio.StreamReader().read(1)


async def on_room():
    _, writer = stream(peername=("10.0.0.2", 5432))
    writer._protocol.pause_writing()
    await writer.drain()


async def on_the_end_of_a_connection():
    _, writer = stream(peername=("10.0.0.2", 5432))
    await writer.wait_closed()


ALL = [
    (on_a_line, "data from 10.0.0.2:5432"),
    (on_some_bytes, "data from [::1]:80"),
    (on_a_unix_stream, "data from /run/db"),
    (on_a_stream_that_is_fed_by_hand, "data from a stream"),
    (on_room, "room to send to 10.0.0.2:5432"),
    (on_the_end_of_a_connection, "the connection to 10.0.0.2:5432 to close"),
]


@pytest.mark.parametrize(("program", "words"), ALL, ids=lambda of: getattr(of, "__name__", ""))
def test_a_wait_for_the_network_is_told_by_address(program, words):
    async def main():
        task = asyncio.create_task(program(), name="waiter")
        await asyncio.sleep(1)
        wait = describe(task)
        task.cancel()
        await asyncio.wait([task])
        return wait

    run = vtloop.simulate(main)
    assert run.value.waits_for == words
    assert program.__name__ in run.value.place
    (span,) = [span for span in run.timeline["waiter"].spans if span.state == WAITING]
    assert span.what == words
    assert WAITS[span.kind].subject is Subject.ADDRESS


def test_a_deadlock_names_the_connection():
    error = vtloop.simulate(on_a_line).error
    assert isinstance(error, vtloop.errors.DeadlockError)
    assert "waits for data from 10.0.0.2:5432" in str(error)


async def suspended(function, *args, **kwargs):
    """Return for what a coroutine waits that is suspended where it waits first."""
    coro = function(*args, **kwargs)
    try:
        coro.send(None)
        frame = coro.cr_frame
        return IN_NETWORK[frame.f_code].kind, address_in(frame, frame.f_locals)
    finally:
        coro.close()


class Loop:
    """As much of a loop as lets asyncio's functions come to where they wait."""

    _debug = False

    def __getattr__(self, name):
        return lambda *args, **kwargs: None

    def create_future(self):
        return asyncio.get_running_loop().create_future()

    async def _ensure_resolved(self, address, **options):
        return [(None, None, None, None, address)]


class Socket:
    """A socket on which nothing can be done yet."""

    family, type, proto = socket.AF_UNIX, socket.SOCK_STREAM, 0

    def fileno(self):
        return 7

    def getsockname(self):
        return "10.0.0.1", 80

    def getpeername(self):
        return "10.0.0.2", 5432

    def _not_yet(self, *args):
        raise BlockingIOError

    send = sendto = recv = recv_into = recvfrom = recvfrom_into = _not_yet


ON_SOCKETS = [
    ("sock_recv", (1,), ("data", "10.0.0.2:5432")),
    ("sock_recv_into", (bytearray(1),), ("data", "10.0.0.2:5432")),
    ("sock_recvfrom", (1,), ("datagram", "10.0.0.1:80")),
    ("sock_recvfrom_into", (bytearray(1),), ("datagram", "10.0.0.1:80")),
    ("sock_sendall", (b"x",), ("room", "10.0.0.2:5432")),
    ("sock_sendto", (b"x", ("10.0.0.9", 1)), ("room", "10.0.0.9:1")),
    ("sock_accept", (), ("client", "10.0.0.1:80")),
    ("sock_connect", ("/run/db",), ("connection", "/run/db")),
]


@pytest.mark.parametrize(("name", "args", "found"), ON_SOCKETS, ids=lambda of: str(of)[:20])
def test_a_wait_on_a_socket_is_told_by_address(name, args, found):
    function = getattr(asyncio.selector_events.BaseSelectorEventLoop, name)
    assert vtloop.run(suspended(function, Loop(), Socket(), *args)) == found


def test_a_socket_that_is_closed_is_called_so():
    closed = socket.socket()
    closed.close()
    function = asyncio.selector_events.BaseSelectorEventLoop.sock_accept
    assert vtloop.run(suspended(function, Loop(), closed)) == ("client", "a closed socket")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="it waited for nothing before")
def test_a_server_that_is_closed_is_told_by_where_its_last_clients_are():
    async def main():
        accepted = asyncio.Queue()
        server = await asyncio.start_server(
            lambda _, writer: accepted.put_nowait(writer), "127.0.0.1", 8080
        )
        _, client = await asyncio.open_connection("127.0.0.1", 8080)
        writer = await accepted.get()
        server.close()
        closing = asyncio.create_task(server.wait_closed())
        await asyncio.sleep(1)
        words = describe(closing).waits_for
        for end in (client, writer):
            end.transport.abort()
        await closing
        return words

    assert vtloop.run(main) == "the clients at 127.0.0.1:8080 to leave"


@pytest.mark.parametrize("code", IN_NETWORK, ids=lambda code: code.co_name)
def test_each_function_has_the_variables_that_tell_for_whom_it_waits(code):
    kind, variables, _ = IN_NETWORK[code]
    assert WAITS[kind].subject is Subject.ADDRESS
    assert {*variables} <= {*inspect.getargs(code).args, *code.co_varnames}


CLIENT, SERVER = ("10.0.0.1", 49152), ("10.0.0.2", 5432)


async def ask(ready):
    reader, writer = stream(sockname=CLIENT, peername=SERVER)
    ready.set()
    await reader.readline()
    writer.close()


async def answer(ready):
    await ready.wait()
    reader, writer = stream(sockname=SERVER, peername=CLIENT)
    await reader.readline()
    writer.close()


def test_a_deadlock_says_who_should_have_written():
    async def main():
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(ready), name="client")
            group.create_task(answer(ready), name="server")

    said = str(vtloop.simulate(main).error)
    assert "client waits for data from 10.0.0.2:5432, which server is to send" in said
    assert "server waits for data from 10.0.0.1:49152, which client is to send" in said
    assert "They wait in a circle: client → server → client" in said


def test_who_has_the_other_end_is_also_seen_in_an_object():
    class Session:
        def __init__(self):
            self.reader, self.writer = stream(sockname=SERVER, peername=CLIENT)

        async def serve(self):
            await asyncio.get_running_loop().create_future()

    async def main():
        serving = asyncio.create_task(Session().serve(), name="session")
        await ask(asyncio.Event())
        await serving

    said = str(vtloop.simulate(main).error)
    assert "waits for data from 10.0.0.2:5432, which session is to send" in said
