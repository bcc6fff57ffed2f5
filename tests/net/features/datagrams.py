"""Datagrams: endpoints of asyncio's, and what comes back from a port that is closed."""

import asyncio
import contextlib
import socket

from tests.support.links import a_moment, needs_ipv6


class Datagrams(asyncio.DatagramProtocol):
    """Keeps what it receives, and tells of the rest."""

    def __init__(self, tell):
        self.tell, self.received, self.errors = tell, asyncio.Queue(), asyncio.Queue()
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.tell("made")

    def datagram_received(self, data, address):
        self.received.put_nowait((data, address))

    def error_received(self, error):
        self.errors.put_nowait(error)

    def connection_lost(self, error):
        self.tell("lost", error)
        self.lost.set_result(error)

    @property
    def name(self):
        return self.transport.get_extra_info("sockname")

    @property
    def peer(self):
        return self.transport.get_extra_info("peername")


@contextlib.asynccontextmanager
async def endpoint(log, who="", **options):
    """Yield the protocol of an endpoint of datagrams."""
    loop = asyncio.get_running_loop()
    if not options:
        options = {"local_addr": ("127.0.0.1", 0)}
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: Datagrams(log.of(who)), **options
    )
    try:
        yield protocol
    finally:
        transport.close()
        await protocol.lost


async def a_datagram_goes_there_and_back(log):
    async with (
        endpoint(log, "server:") as server,
        endpoint(log, "client:", remote_addr=server.name) as client,
    ):
        client.transport.sendto(b"ping")
        data, address = await server.received.get()
        log(data, address == client.name)
        server.transport.sendto(b"pong", address)
        log(await client.received.get() == (b"pong", server.name))


async def an_endpoint_knows_its_names(log):
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:
        log(server.name, server.peer, client.peer == server.name, client.name)
        sock = client.transport.get_extra_info("socket")
        log(type(sock).__name__, sock.family, sock.type, sock.proto)
        log(client.transport.get_extra_info("nothing", 7), type(client.transport).__name__)
        log(client.transport.is_closing(), client.transport.get_write_buffer_size())


async def datagrams_stay_apart_and_in_order(log):
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:
        for data in (b"one", b"two", b"three"):
            client.transport.sendto(data)
        log([(await server.received.get())[0] for _ in range(3)])


async def an_empty_datagram_is_sent_where_python_does(log):
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:
        client.transport.sendto(b"")
        client.transport.sendto(b"after it")
        log((await server.received.get())[0])


async def a_datagram_of_the_greatest_size_arrives(log):
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:
        client.transport.sendto(bytes(65507))
        log(len((await server.received.get())[0]))
        client.transport.sendto(bytes(65508))
        log(await client.errors.get())


async def whatever_is_bytes_is_sent(log):
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:
        client.transport.sendto(bytearray(b"bytearray"))
        client.transport.sendto(memoryview(b"a view of it")[:6])
        log([(await server.received.get())[0] for _ in range(2)])
        with log.error():
            client.transport.sendto("text")


async def a_closed_port_is_heard_of_by_who_is_connected(log):
    async with endpoint(log) as server:
        name = server.name
    async with endpoint(log, "client:", remote_addr=name) as client:
        client.transport.sendto(b"anybody?")
        log(await client.errors.get())
        log(client.transport.is_closing())


async def a_closed_port_is_not_heard_of_by_others(log):
    async with endpoint(log) as server:
        name = server.name
    async with endpoint(log) as client, endpoint(log) as other:
        client.transport.sendto(b"anybody?", name)
        await a_moment()
        log(client.errors.empty())
        client.transport.sendto(b"you then", other.name)
        log((await other.received.get())[0])


async def who_is_connected_sends_nowhere_else(log):
    async with (
        endpoint(log) as server,
        endpoint(log) as other,
        endpoint(log, remote_addr=server.name) as client,
    ):
        client.transport.sendto(b"to its own", server.name)
        log((await server.received.get())[0])
        with log.error():
            try:
                client.transport.sendto(b"to another", other.name)
            except ValueError as error:
                log(str(error).split("(")[0])


async def who_is_connected_hears_nobody_else(log):
    async with (
        endpoint(log) as server,
        endpoint(log) as other,
        endpoint(log, remote_addr=server.name) as client,
    ):
        other.transport.sendto(b"from another", client.name)
        server.transport.sendto(b"from its own", client.name)
        log((await client.received.get())[0])
        await a_moment()
        log(client.received.empty())


async def a_socket_of_one_s_own_becomes_an_endpoint(log):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        async with endpoint(log, sock=sock) as server, endpoint(log) as client:
            log(server.name == sock.getsockname(), sock.gettimeout())
            client.transport.sendto(b"hello", server.name)
            log((await server.received.get())[0])
        log(sock.fileno())


async def an_endpoint_of_a_family_alone_has_no_name_yet(log):
    async with endpoint(log) as server, endpoint(log, family=socket.AF_INET) as client:
        log(client.name)
        client.transport.sendto(b"hello", server.name)
        data, address = await server.received.get()
        log(data, address[0], address[1] > 0)


async def a_port_that_is_taken_is_refused(log):
    async with endpoint(log) as server:
        with log.error():
            async with endpoint(log, local_addr=server.name):
                pass
        options = {"local_addr": ("127.0.0.1", 0), "reuse_port": True}
        async with (
            endpoint(log, **options) as first,
            endpoint(log, local_addr=first.name, reuse_port=True) as second,
        ):
            log(first.name == second.name)


async def ports_of_datagrams_are_none_of_streams(log):
    async with await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0) as server:
        name = server.sockets[0].getsockname()
        async with endpoint(log, local_addr=name) as same:
            log(same.name == name)


@needs_ipv6
async def datagrams_of_ipv6_have_four_fields(log):
    async with (
        endpoint(log, local_addr=("::1", 0)) as server,
        endpoint(log, remote_addr=server.name[:2]) as client,
    ):
        client.transport.sendto(b"ping")
        data, address = await server.received.get()
        log(data, address, server.name, client.peer == server.name)
        server.transport.sendto(b"pong", address)
        log((await client.received.get())[0])


@needs_ipv6
async def a_socket_of_both_families_reaches_ipv4_by_a_mapped_address(log):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", 0, 0, 0))
    async with endpoint(log) as server, endpoint(log, sock=sock) as client:
        client.transport.sendto(b"ping", ("::ffff:127.0.0.1", server.name[1], 0, 0))
        data, address = await server.received.get()
        log(data, address[0], address[1] == client.name[1])
        server.transport.sendto(b"pong", address)
        data, address = await client.received.get()
        log(data, address == ("::ffff:127.0.0.1", server.name[1], 0, 0), address)


async def all_interfaces_hear_every_address_of_theirs(log):
    async with endpoint(log, local_addr=("0.0.0.0", 0)) as server, endpoint(log) as client:
        for host in ("127.0.0.1", "127.0.0.2"):
            client.transport.sendto(host.encode(), (host, server.name[1]))
            data, address = await server.received.get()
            log(data, address == client.name)
        server.transport.sendto(b"back", client.name)
        log(await client.received.get() == (b"back", ("127.0.0.1", server.name[1])))


async def what_is_sent_before_the_close_arrives(log):
    async with endpoint(log) as server, endpoint(log, "client:", remote_addr=server.name) as client:
        client.transport.sendto(b"last words")
        client.transport.close()
        client.transport.close()
        log(client.transport.is_closing(), await client.lost)
        log((await server.received.get())[0])
        client.transport.abort()


async def wrong_arguments_are_refused(log):
    loop = asyncio.get_running_loop()

    async def refused(**options):
        with log.error():
            await loop.create_datagram_endpoint(asyncio.DatagramProtocol, **options)

    await refused()
    await refused(local_addr="127.0.0.1")
    await refused(local_addr=("127.0.0.1", 0), family=socket.AF_INET6)
    await refused(local_addr=("127.0.0.1", 0), remote_addr=("::1", 1))
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        await refused(sock=sock, local_addr=("127.0.0.1", 0))
    with socket.socket() as sock:
        try:
            await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=sock)
        except ValueError as error:
            log(str(error).split("<")[0])


async def an_error_of_the_protocol_is_told_to_the_loop(log):
    told = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.put_nowait(context))
    async with endpoint(log) as server, endpoint(log, remote_addr=server.name) as client:

        def datagram_received(data, address):
            raise ValueError("unreadable")

        server.datagram_received = datagram_received
        client.transport.sendto(b"hello")
        context = await told.get()
        log(context["exception"], context["message"].partition("(")[0])


async def broadcast_needs_permission(log):
    async with endpoint(log, local_addr=("0.0.0.0", 0), allow_broadcast=True) as allowed:
        sock = allowed.transport.get_extra_info("socket")
        log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST))
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST))
        with log.error():
            sock.sendto(b"x", ("255.255.255.255", 9))
