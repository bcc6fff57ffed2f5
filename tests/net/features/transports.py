"""Transports: each of their methods, and what they tell of themselves."""

import socket

from tests.support.links import ALL, PLAIN, TLS, Link, Told, Unix, a_moment, over, two_ends

MIB = 1 << 20


@over(*ALL)
async def whatever_is_bytes_is_written_in_order(log):
    async with two_ends(log) as (client, server):
        client.transport.write(b"bytes ")
        client.transport.write(bytearray(b"bytearray "))
        client.transport.write(memoryview(b"a view of it")[:6])
        client.transport.writelines([b" and", bytearray(b" lines"), memoryview(b"!")])
        client.transport.write(b"")
        client.transport.writelines([])
        log(await server.received(29))


@over(*ALL)
async def what_is_not_bytes_is_refused(log):
    async with two_ends(log) as (client, _):
        for wrong in ("text", 1, None, [b"list"]):
            with log.error(type(wrong).__name__):
                client.transport.write(wrong)


@over(Link, Unix)
async def nothing_is_written_after_the_eof(log):
    async with two_ends(log, server_keeps=True) as (client, server):
        client.transport.write(b"all")
        client.transport.write_eof()
        client.transport.write_eof()
        with log.error():
            client.transport.write(b"more")
        with log.error():
            client.transport.writelines([b"more"])
        await server.eof.wait()
        log(bytes(server.data), client.transport.is_closing(), server.transport.is_closing())


@over(TLS)
async def tls_has_no_half_close(log):
    async with two_ends(log) as (client, _):
        log(client.transport.can_write_eof())
        with log.error():
            client.transport.write_eof()


@over(Link, Unix)
async def eof_is_written_after_what_is_still_in_the_buffer(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        client.transport.write(bytes(16 * MIB))
        client.transport.write_eof()
        log(client.transport.get_write_buffer_size() > 0)
        server.transport.resume_reading()
        await server.eof.wait()
        log(len(server.data))


@over(*ALL)
async def reading_can_be_paused(log):
    async with two_ends(log) as (client, server):
        log(server.transport.is_reading())
        server.transport.pause_reading()
        server.transport.pause_reading()
        log(server.transport.is_reading())
        await a_moment()
        client.transport.write(b"held back")
        await a_moment()
        log(bytes(server.data))
        server.transport.resume_reading()
        server.transport.resume_reading()
        log(server.transport.is_reading(), await server.received(9))


@over(Link, Unix)
async def an_eof_is_held_back_while_reading_is_paused(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        client.transport.write(b"data")
        client.transport.write_eof()
        await a_moment()
        log(bytes(server.data), server.eof.is_set())
        server.transport.resume_reading()
        await server.eof.wait()
        log(bytes(server.data))


@over(*PLAIN)
async def a_transport_that_is_closing_does_not_read(log):
    async with two_ends(log) as (client, _):
        client.transport.close()
        log(client.transport.is_closing(), client.transport.is_reading())
        client.transport.pause_reading()
        client.transport.resume_reading()
        client.transport.close()
        log(client.transport.is_reading(), await client.lost)


@over(*ALL)
async def the_limits_of_the_write_buffer_are_seen_at_once(log):
    async with two_ends(log) as (client, _):
        transport = client.transport
        log(transport.get_write_buffer_limits(), transport.get_write_buffer_size())
        transport.set_write_buffer_limits(high=1000, low=10)
        log(transport.get_write_buffer_limits())
        transport.set_write_buffer_limits(high=1000)
        log(transport.get_write_buffer_limits())
        transport.set_write_buffer_limits(low=1000)
        log(transport.get_write_buffer_limits())
        transport.set_write_buffer_limits(high=0)
        log(transport.get_write_buffer_limits())
        transport.set_write_buffer_limits()
        log(transport.get_write_buffer_limits())
        with log.error():
            transport.set_write_buffer_limits(high=1, low=2)
        with log.error():
            transport.set_write_buffer_limits(high=-1)


@over(*ALL)
async def a_protocol_is_told_to_pause_and_to_resume_writing(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(bytes(16 * MIB))
        log(client.can_write.is_set(), client.transport.get_write_buffer_size() > 64 * 1024)
        server.transport.resume_reading()
        await client.can_write.wait()
        log(client.transport.get_write_buffer_size() <= 16 * 1024)
        log(len(await server.received(16 * MIB)))


@over(*PLAIN)
async def with_a_limit_of_zero_all_that_is_not_sent_at_once_pauses(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=0)
        client.transport.write(b"small")
        log(client.can_write.is_set(), client.transport.get_write_buffer_size())
        while client.can_write.is_set():
            client.transport.write(bytes(MIB))
            await a_moment()
        server.transport.resume_reading()
        await client.can_write.wait()
        log(client.transport.get_write_buffer_size())


@over(*ALL)
async def addresses_are_each_other_s(log):
    async with two_ends(log) as (client, server):
        names = "sockname", "peername"
        mine, yours = (client.transport.get_extra_info(name) for name in names)
        its, others = (server.transport.get_extra_info(name) for name in names)
        log(mine, yours, mine == others, yours == its, mine == yours)


@over(*ALL)
async def an_unknown_name_has_the_default(log):
    async with two_ends(log) as (client, server):
        for transport in (client.transport, server.transport):
            log(transport.get_extra_info("nothing"), transport.get_extra_info("nothing", 7))
            for name in ("pipe", "subprocess", "cipher", "peercert", "ssl_object", "sslcontext"):
                log(name, type(transport.get_extra_info(name, "default")).__name__)


@over(*ALL)
async def the_socket_of_a_transport_can_be_looked_at(log):
    async with two_ends(log) as (client, server):
        for end in (client, server):
            sock = end.transport.get_extra_info("socket")
            log(type(sock).__name__, sock.family, sock.type, sock.proto, sock.fileno() > 2)
            log(sock.getsockname() == end.transport.get_extra_info("sockname"))
            log(sock.getpeername() == end.transport.get_extra_info("peername"))
            log(sock.gettimeout(), sock.settimeout(0), sock.setblocking(False))
            with log.error():
                sock.settimeout(1)
            with log.error():
                sock.setblocking(True)
            log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == sock.type)
            log(sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
            log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))


@over(Link)
async def a_connection_of_asyncio_s_does_not_wait_to_send_small_packets(log):
    async with two_ends(log) as (client, server):
        for end in (client, server):
            sock = end.transport.get_extra_info("socket")
            log(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@over(*ALL)
async def the_socket_of_a_transport_that_is_lost_has_no_descriptor(log):
    async with two_ends(log) as (client, _):
        sock = client.transport.get_extra_info("socket")
        client.transport.close()
        await client.lost
        log(sock.fileno())
        with log.error():
            sock.getsockname()


@over(*ALL)
async def another_protocol_takes_over(log):
    async with two_ends(log) as (client, server):
        other = Told(log.of("other:"))
        log(server.transport.get_protocol() is server)
        client.transport.write(b"one")
        log(await server.received(3))
        server.transport.set_protocol(other)
        log(server.transport.get_protocol() is other)
        client.transport.write(b"two")
        log(await other.received(3), bytes(server.data))
        server.transport.set_protocol(server)


@over(*ALL)
async def close_sends_what_is_in_the_buffer_first(log):
    async with two_ends(log) as (client, server):
        client.transport.write(bytes(16 * MIB))
        client.transport.close()
        log(await client.lost, await server.lost, len(server.data))


@over(*PLAIN)
async def abort_drops_what_is_in_the_buffer(log):
    async with two_ends(log) as (client, server):
        server.eof_received = lambda: None  # how much came is the kernel's
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(bytes(16 * MIB))
        client.transport.abort()
        log(client.transport.is_closing(), client.transport.get_write_buffer_size())
        log(await client.lost)
        server.transport.resume_reading()
        log(await server.lost, 0 < len(server.data) < 16 * MIB)


@over(*ALL)
async def a_transport_may_be_aborted_twice_and_closed_after_it(log):
    async with two_ends(log) as (client, _):
        client.transport.abort()
        client.transport.abort()
        client.transport.close()
        log(client.transport.is_closing(), await client.lost)


@over(*ALL)
async def what_is_written_to_a_closed_transport_is_dropped(log):
    async with two_ends(log) as (client, server):
        client.transport.close()
        await client.lost
        for _ in range(3):
            client.transport.write(b"unheard")
        log(client.transport.get_write_buffer_size(), await server.lost, bytes(server.data))
