"""Two ends of a connection of each kind, for bodies of tests that are the same for all of them."""

import asyncio
import contextlib
import ssl
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("certificate.pem")  # of localhost, until 2125, and its key


def server_context():
    """Return what a server with the certificate needs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def client_context():
    """Return what a client needs that trusts the certificate."""
    return ssl.create_default_context(cafile=CERTIFICATE)


class Link:
    """A kind of connection: how a server listens, and how a client finds it."""

    name = "TCP"

    def __init__(self, log):
        self.log = log

    def to_listen(self):
        return {"host": "127.0.0.1", "port": 0}

    def to_reach(self, server):
        host, port = server.sockets[0].getsockname()[:2]
        return {"host": host, "port": port}

    async def serve(self, factory, **options):
        """Listen with a factory of protocols."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(factory, **self.to_listen(), **options)

    async def connect(self, factory, server, **options):
        """Return the transport and the protocol of a client."""
        loop = asyncio.get_running_loop()
        return await loop.create_connection(factory, **self.to_reach(server), **options)

    async def start_server(self, callback, **options):
        return await asyncio.start_server(callback, **self.to_listen(), **options)

    async def open_connection(self, server, **options):
        return await asyncio.open_connection(**self.to_reach(server), **options)


class IPv6(Link):
    name = "IPv6"

    def to_listen(self):
        return {"host": "::1", "port": 0}


class TLS(Link):
    name = "TLS"

    def to_listen(self):
        return {**super().to_listen(), "ssl": server_context()}

    def to_reach(self, server):
        return {**super().to_reach(server), "ssl": client_context()}


class Unix(Link):
    name = "UNIX"

    def to_listen(self):
        return {"path": f"{self.log.folder}/s"}

    def to_reach(self, server):
        return self.to_listen()

    async def serve(self, factory, **options):
        loop = asyncio.get_running_loop()
        return await loop.create_unix_server(factory, **self.to_listen(), **options)

    async def connect(self, factory, server, **options):
        loop = asyncio.get_running_loop()
        return await loop.create_unix_connection(factory, **self.to_reach(server), **options)

    async def start_server(self, callback, **options):
        return await asyncio.start_unix_server(callback, **self.to_listen(), **options)

    async def open_connection(self, server, **options):
        return await asyncio.open_unix_connection(**self.to_reach(server), **options)


def over(*links):
    """Let a body be run over links of several kinds."""

    def mark(body):
        body.links = links
        return body

    return mark


def since(*version):
    """Let a body be run from a version of Python on."""

    def mark(body):
        body.since = version
        return body

    return mark


def needs_ipv6(body):
    """Let a body be run where there is IPv6."""
    body.needs_ipv6 = True
    return body


PLAIN = Link, Unix
ALL = Link, IPv6, Unix, TLS


class Told(asyncio.Protocol):
    """A protocol that tells what it is called with, to the log of a participant."""

    def __init__(self, tell, keep_open=False):
        self.tell = tell
        self.data = bytearray()
        self.chunks = []
        self.lost = asyncio.get_running_loop().create_future()
        self.eof = asyncio.Event()
        self.can_write = asyncio.Event()
        self.can_write.set()
        self._keep_open, self._arrived = keep_open, asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self.tell("made")

    def data_received(self, data):
        self.data += data
        self.chunks.append(bytes(data))
        self._arrived.set()

    def eof_received(self):
        self.tell("eof after", len(self.data))
        self.eof.set()
        return self._keep_open

    def pause_writing(self):
        self.tell("pause writing")
        self.can_write.clear()

    def resume_writing(self):
        self.tell("resume writing")
        self.can_write.set()

    def connection_lost(self, error):
        self.tell("lost", error)
        self.lost.set_result(error)

    async def received(self, count):
        """Wait for a number of bytes, and return all there are."""
        while len(self.data) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return bytes(self.data)


@contextlib.asynccontextmanager
async def two_ends(log, client_keeps=False, server_keeps=False):
    """Connect two protocols that tell over the link of the log; yield both."""
    accepted = asyncio.get_running_loop().create_future()

    class Accepted(Told):
        def connection_made(self, transport):
            super().connection_made(transport)
            accepted.set_result(self)

    server = await log.link.serve(lambda: Accepted(log.of("server:"), server_keeps))
    _, client = await log.link.connect(lambda: Told(log.of("client:"), client_keeps), server)
    server_end = await accepted
    try:
        yield client, server_end
    finally:
        for end in (client, server_end):  # who is first to hear of the other's end is chance
            end.tell = _tell_nobody
            end.transport.close()
        await asyncio.gather(client.lost, server_end.lost)
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def two_streams(log, **options):
    """Connect two streams over the link of the log; yield (reader, writer) of client and server."""
    accepted = asyncio.get_running_loop().create_future()

    def accept(*streams):
        accepted.set_result(streams)

    server = await log.link.start_server(accept, **options)
    client = await log.link.open_connection(server, **options)
    ends = [client, await accepted]
    try:
        yield ends
    finally:
        for _, writer in ends:
            await closed(writer)
        server.close()
        await server.wait_closed()


def _tell_nobody(*_):
    pass


async def closed(writer):
    """Close a stream, whatever has become of it."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def a_moment():
    """Let pass what is under way: more than loopback takes, and no instant of virtual time."""
    await asyncio.sleep(0.005)


def three_answers(connection):
    """Return what three requests get over one connection of `http.client`, the last for /last."""
    found = []
    for path in ("/one", "/two", "/last"):
        connection.request("GET", path)
        found.append(connection.getresponse().read())
    connection.close()
    return found
