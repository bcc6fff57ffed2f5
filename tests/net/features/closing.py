"""The end of a connection: FIN against RST, half-close, and what is written too late."""

import asyncio
import contextlib
import logging
import socket
import struct

from tests.support.links import ALL, PLAIN, Link, Unix, a_moment, over, two_ends

MIB = 1 << 20
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@over(*ALL)
async def a_close_is_an_eof_for_the_peer(log):
    async with two_ends(log) as (client, server):
        client.transport.write(b"last words")
        client.transport.close()
        log(await client.lost, await server.lost, bytes(server.data))


@over(*PLAIN)
async def who_keeps_open_after_the_eof_can_still_write(log):
    async with two_ends(log, client_keeps=True, server_keeps=True) as (client, server):
        client.transport.write(b"question")
        client.transport.write_eof()
        await server.eof.wait()
        log(client.transport.is_closing(), server.transport.is_closing())
        server.transport.write(b"answer")
        server.transport.write_eof()
        await client.eof.wait()
        log(bytes(server.data), bytes(client.data), client.transport.is_closing())
        client.transport.close()
        server.transport.close()
        log(await client.lost, await server.lost)


@over(*PLAIN)
async def who_does_not_keep_open_is_closed_by_the_eof_of_the_peer(log):
    async with two_ends(log, client_keeps=True) as (client, server):
        client.transport.write_eof()
        log(await server.lost)
        await client.eof.wait()
        log(client.transport.is_closing())


@over(*PLAIN)
async def a_close_with_unread_data_is_a_reset(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(b"never read")
        await a_moment()
        server.transport.close()
        log(await server.lost, await client.lost)


@over(*PLAIN)
async def a_reset_overtakes_nothing_that_was_sent_before(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(b"never read")
        server.transport.write(b"sent before")
        log(await client.received(11))
        await a_moment()
        server.transport.close()
        log(await server.lost, await client.lost)


@over(*PLAIN)
async def an_abort_with_nothing_unread_is_a_fin(log):
    async with two_ends(log) as (client, server):
        client.transport.write(b"sent at once")
        client.transport.abort()
        log(await client.lost, await server.lost, bytes(server.data))


@over(Link)
async def who_does_not_linger_resets(log):
    async with two_ends(log) as (client, server):
        sock = client.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        client.transport.abort()
        log(await client.lost, await server.lost)


@over(Link)
async def a_reset_comes_after_what_was_sent_before_it(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(b"sent before")
        sock = client.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        client.transport.close()
        await client.lost
        await a_moment()
        server.transport.resume_reading()
        log(await server.lost, bytes(server.data))


@over(Link)
async def who_writes_to_a_peer_that_is_gone_hears_of_a_broken_pipe(log):
    async with two_ends(log, client_keeps=True) as (client, server):
        server.transport.close()
        await server.lost
        await client.eof.wait()
        client.transport.write(b"answered by a reset")
        await a_moment()
        log(client.transport.is_closing())
        client.transport.write(b"too late")
        log(await client.lost)


@over(Unix)
async def who_writes_to_a_peer_that_is_gone_hears_of_it_at_once(log):
    async with two_ends(log, client_keeps=True) as (client, server):
        server.transport.close()
        await server.lost
        await client.eof.wait()
        client.transport.write(b"too late")
        log(await client.lost)


@over(*PLAIN)
async def five_writes_to_a_lost_connection_are_warned_of(log):
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    try:
        async with two_ends(log) as (client, server):
            server.transport.abort()
            await client.lost
            for _ in range(7):
                client.transport.write(b"unheard")
            log(messages)
    finally:
        logger.removeHandler(handler)


@over(*PLAIN)
async def both_may_close_at_once(log):
    async with two_ends(log) as (client, server):
        client.transport.close()
        server.transport.close()
        log(await client.lost, await server.lost)


@over(*PLAIN)
async def what_was_sent_before_the_fin_is_read_after_the_sender_is_gone(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(b"from the dead")
        client.transport.close()
        await client.lost
        await a_moment()
        log(bytes(server.data), server.eof.is_set())
        server.transport.resume_reading()
        log(await server.lost, bytes(server.data))


@over(*PLAIN)
async def a_connection_outlives_its_server(log):
    loop = asyncio.get_running_loop()
    accepted = loop.create_future()
    server = await log.link.start_server(lambda *streams: accepted.set_result(streams))
    reader, writer = await log.link.open_connection(server)
    _, served_writer = await accepted
    server.close()
    served_writer.write(b"still here")
    log(await reader.readexactly(10))
    for each in (writer, served_writer):
        each.close()
        with contextlib.suppress(ConnectionError):
            await each.wait_closed()
    await server.wait_closed()


@over(*PLAIN)
async def a_reset_ends_a_write_of_many_bytes(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        client.transport.write(bytes(16 * MIB))
        log(client.can_write.is_set())
        server.transport.close()
        log(await server.lost, await client.lost, client.transport.get_write_buffer_size())


@over(*PLAIN)
async def connection_lost_comes_after_the_call_that_closes(log):
    async with two_ends(log) as (client, _):
        client.transport.close()
        log(client.lost.done())
        await asyncio.sleep(0)
        log(client.lost.done())


@over(*PLAIN)
async def a_transport_closes_itself_when_its_protocol_fails(log):
    loop = asyncio.get_running_loop()
    async with two_ends(log) as (client, server):
        loop.set_exception_handler(
            lambda _, context: log(context["message"], context["exception"], sorted(context))
        )

        def data_received(data):
            raise ValueError(f"cannot read {data!r}")

        server.data_received = data_received
        client.transport.write(b"this")
        log(await server.lost, await client.lost)


@over(*PLAIN)
async def a_failure_in_eof_received_closes_too(log):
    loop = asyncio.get_running_loop()
    async with two_ends(log) as (client, server):
        loop.set_exception_handler(
            lambda _, context: log(context["message"], context["exception"], sorted(context))
        )

        def eof_received():
            raise ValueError("no end")

        server.eof_received = eof_received
        client.transport.write_eof()
        log(await server.lost, await client.lost)
