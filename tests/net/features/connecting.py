"""Clients: how they find a server, and what they hear when there is none."""

import asyncio
import socket
from unittest import mock

from tests.support.links import Told, a_moment, client_context, closed, needs_ipv6, since


def close_at_once(reader, writer):
    writer.close()


def unused(family=socket.AF_INET, host="127.0.0.1"):
    """Return an address that nobody listens on."""
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[:2]


def finding(*addresses):
    """Let every name be found at these addresses, in their order."""

    async def getaddrinfo(host, port, **options):
        return [
            (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", to)
            for to in addresses
            for host in to[:1]
        ]

    return mock.patch.object(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def greet(reader, writer):
    writer.write(b"hello")
    await closed(writer)


async def read_from(log, *args, **options):
    """Tell what a server sends."""
    with log.error():
        reader, writer = await asyncio.open_connection(*args, **options)
        log(await reader.read(), writer.get_extra_info("peername"))
        await closed(writer)


async def nobody_listens_on_ipv4(log):
    await read_from(log, *unused())


@needs_ipv6
async def nobody_listens_on_ipv6(log):
    await read_from(log, *unused(socket.AF_INET6, "::1"))


async def a_socket_that_is_bound_and_does_not_listen_refuses(log):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        await read_from(log, *sock.getsockname())


async def a_server_is_found_by_a_name(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        await read_from(log, "localhost", server.sockets[0].getsockname()[1])


async def a_port_may_be_a_text(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        await read_from(log, "127.0.0.1", str(server.sockets[0].getsockname()[1]))


async def a_name_that_nobody_has_is_an_error_of_names(log):
    try:
        await asyncio.open_connection("no-such-host.invalid", 80)
    except socket.gaierror as error:
        log(type(error).__name__, isinstance(error, OSError))


@needs_ipv6
async def an_address_of_the_other_family_is_an_error_of_names(log):
    for host, family in (("127.0.0.1", socket.AF_INET6), ("::1", socket.AF_INET)):
        with log.error():
            await asyncio.open_connection(host, 80, family=family)


async def all_addresses_refuse(log):
    first, second = unused(), unused(host="127.0.0.2")
    with finding(first, second):
        await read_from(log, "two", 80)


@since(3, 12)
async def all_addresses_refuse_and_all_errors_are_wanted(log):
    with finding(unused(), unused(host="127.0.0.2")):
        await read_from(log, "two", 80, all_errors=True)


async def no_address_is_found(log):
    with finding():
        await read_from(log, "none", 80)


async def the_second_address_is_tried_after_the_first(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        with finding(unused(), server.sockets[0].getsockname()):
            await read_from(log, "two", 80)


async def happy_eyeballs_take_the_first_that_answers(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        there = server.sockets[0].getsockname()
        for addresses in ([there], [unused(), there], [there, unused()]):
            with finding(*addresses):
                await read_from(log, "some", 80, happy_eyeballs_delay=0.25)
        with finding(unused(), unused()):
            await read_from(log, "none", 80, happy_eyeballs_delay=0.25)


@needs_ipv6
async def interleaved_families_take_turns(log):
    async with await asyncio.start_server(greet, ["127.0.0.1", "::1"], 0) as server:
        two = sorted((sock.getsockname() for sock in server.sockets), key=len)
        for delay in (None, 0.25):
            with finding(unused(), two[0], two[1]):
                await read_from(log, "both", 80, interleave=1, happy_eyeballs_delay=delay)


async def a_client_may_choose_its_own_address(log):
    seen = asyncio.Queue()

    def see(_, writer):
        seen.put_nowait(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(see, "127.0.0.1", 0) as server:
        there = server.sockets[0].getsockname()
        mine = unused()
        for local in (("127.0.0.1", 0), ("127.0.0.9", 0), mine, ("localhost", 0)):
            _, writer = await asyncio.open_connection(*there, local_addr=local, family=2)
            name = writer.get_extra_info("sockname")
            log(name, await seen.get() == name, name == mine)
            await closed(writer)


async def an_address_of_one_s_own_that_is_taken_is_an_error(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        there = server.sockets[0].getsockname()
        await read_from(log, *there, local_addr=there)
        await read_from(log, *there, local_addr=("192.0.2.1", 0))


async def a_connected_socket_is_handed_over(log):
    loop = asyncio.get_running_loop()
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        sock = socket.socket()
        sock.setblocking(False)
        await loop.sock_connect(sock, server.sockets[0].getsockname())
        name = sock.getsockname()
        reader, writer = await asyncio.open_connection(sock=sock)
        log(await reader.read(), writer.get_extra_info("sockname") == name)
        await closed(writer)
        log(sock.fileno())


async def an_accepted_socket_is_handed_over(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        accepting = asyncio.create_task(loop.sock_accept(listening))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        sock, address = await accepting
        log(address == writer.get_extra_info("sockname"), sock.gettimeout())
        transport, protocol = await loop.connect_accepted_socket(
            lambda: Told(log.of("server:")), sock
        )
        transport.write(b"hello")
        log(await reader.readexactly(5), transport.get_extra_info("peername") == address)
        await closed(writer)
        log(await protocol.lost)


async def what_is_no_client_s_socket_is_refused(log):
    loop = asyncio.get_running_loop()
    connect = loop.create_connection
    with socket.socket() as sock, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        with log.error("both"):
            await connect(asyncio.Protocol, "127.0.0.1", 1, sock=sock)
        with log.error("neither"):
            await connect(asyncio.Protocol)
        with log.error("server_hostname"):
            await connect(asyncio.Protocol, "127.0.0.1", 1, server_hostname="x")
        with log.error("timeout"):
            await connect(asyncio.Protocol, "127.0.0.1", 1, ssl_handshake_timeout=1)
        with log.error("name"):
            await connect(asyncio.Protocol, sock=sock, ssl=client_context())
        with log.error("timeout of an accepted one"):
            await loop.connect_accepted_socket(asyncio.Protocol, sock, ssl_handshake_timeout=1)
        for accept in (connect, loop.connect_accepted_socket):
            try:
                await accept(asyncio.Protocol, sock=datagrams)
            except ValueError as error:
                log(str(error).split(",")[0])


async def a_client_that_is_cancelled_leaves_nothing_behind(log):
    sock = socket.create_server(("127.0.0.1", 0))
    connecting = asyncio.create_task(asyncio.open_connection(*sock.getsockname()))
    await asyncio.sleep(0)
    connecting.cancel()
    with log.error():
        await connecting
    sock.close()


async def many_clients_have_ports_of_their_own(log):
    served = []

    def keep(_, writer):
        served.append(writer)

    async with await asyncio.start_server(keep, "127.0.0.1", 0) as server:
        there = server.sockets[0].getsockname()
        streams = await asyncio.gather(*(asyncio.open_connection(*there) for _ in range(50)))
        names = {writer.get_extra_info("sockname") for _, writer in streams}
        await a_moment()
        peers = {writer.get_extra_info("peername") for writer in served}
        log(len(names), names == peers, there in names)
        for writer in [*served, *(writer for _, writer in streams)]:
            await closed(writer)
