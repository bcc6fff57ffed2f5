"""Servers: where they listen, when they serve, and how they end."""

import asyncio
import contextlib
import socket

from tests.support.links import ALL, PLAIN, Link, Told, a_moment, closed, needs_ipv6, over, since


def close_at_once(reader, writer):
    writer.close()


async def is_served(log, host, port):
    """Tell whether somebody answers there."""
    with log.error(host):
        reader, writer = await asyncio.open_connection(host, port)
        log("read", await reader.read())
        await closed(writer)


def address_of(server):
    return server.sockets[0].getsockname()


@over(*ALL)
async def a_server_says_where_it_listens(log):
    server = await log.link.start_server(close_at_once)
    [sock] = server.sockets
    log(type(sock).__name__, sock.family, sock.type, sock.proto, sock.fileno() > 2)
    log(sock.getsockname(), server.is_serving(), type(server.sockets).__name__)
    with log.error():
        sock.getpeername()
    log(server.get_loop() is asyncio.get_running_loop())
    server.close()
    await server.wait_closed()
    log(server.sockets, server.is_serving(), sock.fileno())


@over(*ALL)
async def a_block_closes_its_server(log):
    async with await log.link.start_server(close_at_once) as server:
        log(server.is_serving())
    log(server.is_serving(), server.sockets)
    server.close()
    await server.wait_closed()


@over(Link)
async def a_client_is_refused_before_and_after(log):
    server = await asyncio.start_server(close_at_once, "127.0.0.1", 0, start_serving=False)
    host, port = address_of(server)
    log(server.is_serving())
    await is_served(log, host, port)
    await server.start_serving()
    await server.start_serving()
    log(server.is_serving())
    await is_served(log, host, port)
    server.close()
    await server.wait_closed()
    await is_served(log, host, port)
    with log.error():
        await server.start_serving()


@over(*PLAIN)
async def serving_for_ever_ends_by_cancellation_and_closes(log):
    server = await log.link.start_server(close_at_once, start_serving=False)
    serving = asyncio.create_task(server.serve_forever())
    await a_moment()
    log(server.is_serving())
    with log.error("twice"):
        await server.serve_forever()
    serving.cancel()
    with log.error():
        await serving
    log(server.is_serving(), server.sockets)
    with log.error("after"):
        await server.serve_forever()


@over(*PLAIN)
async def serving_for_ever_ends_when_the_server_is_closed(log):
    server = await log.link.start_server(close_at_once)
    serving = asyncio.create_task(server.serve_forever())
    await a_moment()
    server.close()
    with log.error():
        await serving
    await server.wait_closed()


@over(*PLAIN)
async def wait_closed_waits_for_connections_where_python_does(log):
    accepted = asyncio.get_running_loop().create_future()
    server = await log.link.start_server(lambda *streams: accepted.set_result(streams))
    _, writer = await log.link.open_connection(server)
    _, served_writer = await accepted
    server.close()
    waiting = asyncio.create_task(server.wait_closed())
    await a_moment()
    log(waiting.done())
    await closed(served_writer)
    await closed(writer)
    await waiting


async def _clients_are_ended(log, end):
    def serve():
        return Told(log.of("server:"))

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0)
    _, client = await loop.create_connection(lambda: Told(log.of("client:")), *address_of(server))
    await a_moment()
    server.close()
    end(server)
    log(await client.lost)
    await server.wait_closed()


@since(3, 13)
async def a_server_closes_its_clients(log):
    await _clients_are_ended(log, lambda server: server.close_clients())


@since(3, 13)
async def a_server_aborts_its_clients(log):
    await _clients_are_ended(log, lambda server: server.abort_clients())


async def port_0_is_a_port_that_nobody_has(log):
    servers = [await asyncio.start_server(close_at_once, "127.0.0.1", 0) for _ in range(5)]
    ports = [address_of(server)[1] for server in servers]
    log(len(set(ports)), min(ports) >= 1024)
    for server in servers:
        server.close()
        await server.wait_closed()


async def a_port_that_is_taken_is_refused(log):
    async with await asyncio.start_server(close_at_once, "127.0.0.1", 0) as server:
        host, port = address_of(server)
        for other in (host, "0.0.0.0"):
            with log.error(other):
                await asyncio.start_server(close_at_once, other, port)
        async with await asyncio.start_server(close_at_once, "127.0.0.2", port) as another:
            log(address_of(another))


async def a_port_is_free_again_after_its_server(log):
    server = await asyncio.start_server(close_at_once, "127.0.0.1", 0)
    host, port = address_of(server)
    await is_served(log, host, port)
    server.close()
    await server.wait_closed()
    async with await asyncio.start_server(close_at_once, host, port):
        await is_served(log, host, port)


async def a_server_listens_on_several_hosts(log):
    async with await asyncio.start_server(close_at_once, ["127.0.0.1", "127.0.0.2"], 0) as server:
        for sock in sorted(server.sockets, key=lambda sock: sock.getsockname()):
            host, port = sock.getsockname()
            log(host)
            await is_served(log, host, port)


async def a_host_that_is_named_twice_is_listened_on_once(log):
    async with await asyncio.start_server(close_at_once, ["127.0.0.1"] * 2, 0) as server:
        log(len(server.sockets))


@needs_ipv6
async def no_host_is_all_interfaces(log):
    for host in (None, ""):
        async with await asyncio.start_server(close_at_once, host, 0) as server:
            found = sorted((sock.family, sock.getsockname()[0]) for sock in server.sockets)
            log(found)
            for sock in sorted(server.sockets, key=lambda sock: sock.family):
                loopback = "127.0.0.1" if sock.family == socket.AF_INET else "::1"
                await is_served(log, loopback, sock.getsockname()[1])


async def all_interfaces_of_ipv4_have_every_loopback_address(log):
    async with await asyncio.start_server(close_at_once, "0.0.0.0", 0) as server:
        log(address_of(server))
        for host in ("127.0.0.1", "127.1.2.3", "0.0.0.0"):
            await is_served(log, host, address_of(server)[1])


async def who_serves_all_interfaces_sees_which_one_was_called(log):
    seen = asyncio.Queue()

    def see(_, writer):
        seen.put_nowait(writer.get_extra_info("sockname"))
        writer.close()

    async with await asyncio.start_server(see, "0.0.0.0", 0) as server:
        _, writer = await asyncio.open_connection("127.0.0.3", address_of(server)[1])
        log(await seen.get(), writer.get_extra_info("peername"))
        log(writer.get_extra_info("sockname")[0])
        await closed(writer)


async def a_bound_socket_is_handed_over(log):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        host, port = sock.getsockname()
        async with await asyncio.start_server(close_at_once, sock=sock) as server:
            log(address_of(server) == (host, port), sock.gettimeout())
            await is_served(log, host, port)
        log(sock.fileno())


async def a_listening_socket_is_handed_over(log):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        client = asyncio.create_task(is_served(log, *sock.getsockname()))
        await a_moment()
        async with await asyncio.start_server(close_at_once, sock=sock):
            await client


async def what_is_no_server_s_socket_is_refused(log):
    loop = asyncio.get_running_loop()
    with socket.socket() as sock, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        with log.error("both"):
            await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, sock=sock)
        with log.error("neither"):
            await loop.create_server(asyncio.Protocol)
        with contextlib.suppress(ValueError):
            await loop.create_server(asyncio.Protocol, sock=datagrams)
            log("a server of datagrams")
        with log.error("no context"):
            await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=True)
        with log.error("no ssl"):
            await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl_handshake_timeout=1)


async def options_of_a_server_are_those_of_its_socket(log):
    for options in ({}, {"reuse_address": False}, {"reuse_port": True}, {"backlog": 5}):
        async with await asyncio.start_server(close_at_once, "127.0.0.1", 0, **options) as server:
            [sock] = server.sockets
            log(options)
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT, socket.SO_ACCEPTCONN):
                log(sock.getsockopt(socket.SOL_SOCKET, option))


async def a_port_may_be_shared_when_all_say_so(log):
    first = await asyncio.start_server(close_at_once, "127.0.0.1", 0, reuse_port=True)
    host, port = address_of(first)
    second = await asyncio.start_server(close_at_once, host, port, reuse_port=True)
    await is_served(log, host, port)
    with log.error():
        await asyncio.start_server(close_at_once, host, port)
    first.close()
    await is_served(log, host, port)
    second.close()
    await is_served(log, host, port)


@needs_ipv6
async def a_server_of_one_family_has_one_socket(log):
    for family in (socket.AF_INET, socket.AF_INET6):
        async with await asyncio.start_server(close_at_once, None, 0, family=family) as server:
            log([(sock.family, sock.getsockname()[0]) for sock in server.sockets])
            log(len(address_of(server)))


@needs_ipv6
async def a_server_of_both_families_sees_mapped_addresses(log):
    seen = asyncio.Queue()

    def see(_, writer):
        seen.put_nowait((writer.get_extra_info("peername"), writer.get_extra_info("sockname")))
        writer.close()

    sock = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    port = sock.getsockname()[1]
    async with await asyncio.start_server(see, sock=sock):
        for host in ("127.0.0.1", "::1"):
            _, writer = await asyncio.open_connection(host, port)
            log(host, *(await seen.get()), writer.get_extra_info("peername"))
            await closed(writer)


@needs_ipv6
async def a_server_of_asyncio_s_own_on_ipv6_takes_no_ipv4(log):
    async with await asyncio.start_server(close_at_once, "::", 0) as server:
        log(server.sockets[0].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        for host in ("::1", "127.0.0.1"):
            await is_served(log, host, address_of(server)[1])


async def names_and_flags_are_looked_up_for_a_server(log):
    async with await asyncio.start_server(
        close_at_once, "localhost", 0, family=socket.AF_INET, flags=socket.AI_PASSIVE, backlog=100
    ) as server:
        log(address_of(server))
        await is_served(log, *address_of(server))


@needs_ipv6
async def a_server_on_an_address_of_nobody_is_refused(log):
    for host in ("192.0.2.1", "2001:db8::1"):
        with log.error():
            await asyncio.start_server(close_at_once, host, 0)
