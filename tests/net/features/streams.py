"""Streams: what asyncio's readers and writers see."""

import asyncio

from tests.support.links import (
    ALL,
    PLAIN,
    Link,
    Unix,
    a_moment,
    closed,
    over,
    two_streams,
)

MIB = 1 << 20


@over(*ALL)
async def lines_go_both_ways(log):
    async with two_streams(log) as ((reader, writer), (served_reader, served_writer)):
        writer.write(b"one\ntwo\nthree")
        served_writer.write(b"1\n2\n")
        log(await served_reader.readline(), await served_reader.readuntil(b"\n"))
        log(await served_reader.readexactly(5), await reader.readuntil(b"2\n"))


@over(*ALL)
async def two_mebibytes_come_back_whole(log):
    async with two_streams(log) as ((reader, writer), (served_reader, served_writer)):

        async def echo():
            for _ in range(32):
                served_writer.write(await served_reader.readexactly(MIB // 16))
                await served_writer.drain()

        echoing = asyncio.create_task(echo())
        sent = bytes(range(256)) * (2 * MIB // 256)
        writer.write(sent)
        log(await reader.readexactly(2 * MIB) == sent)
        await echoing


@over(Link, Unix)
async def an_end_that_wrote_its_eof_still_reads(log):
    async with two_streams(log) as ((reader, writer), (served_reader, served_writer)):
        writer.write(b"question")
        log(writer.can_write_eof())
        writer.write_eof()
        log(await served_reader.read(), served_reader.at_eof())
        served_writer.write(b"answer")
        served_writer.write_eof()
        log(await reader.read(), reader.at_eof(), writer.is_closing())


@over(*ALL)
async def drain_waits_until_the_peer_reads(log):
    async with two_streams(log) as ((_, writer), (served_reader, _)):
        writer.write(bytes(16 * MIB))
        draining = asyncio.create_task(writer.drain())
        await a_moment()
        log(draining.done())
        log(len(await served_reader.readexactly(16 * MIB)))
        await draining
        log(writer.transport.get_write_buffer_size() <= 64 * 1024)


@over(*PLAIN)
async def drain_ends_when_the_connection_is_reset(log):
    async with two_streams(log) as ((_, writer), (_, served_writer)):
        writer.write(bytes(16 * MIB))
        draining = asyncio.create_task(writer.drain())
        await a_moment()
        served_writer.transport.abort()
        with log.error("drain:"):
            await draining


@over(*ALL)
async def read_returns_what_there_is(log):
    async with two_streams(log) as ((reader, writer), (served_reader, served_writer)):
        writer.write(b"abcdef")
        log(await served_reader.readexactly(1))
        log(await served_reader.read(2), await served_reader.read(100))
        log(await reader.read(0))
        served_writer.close()
        log(await reader.read(100), await reader.read(), reader.at_eof())


@over(*ALL)
async def what_is_missing_at_the_end_is_told(log):
    async with two_streams(log) as ((reader, _), (_, served_writer)):
        served_writer.write(b"ab")
        served_writer.close()
        with log.error():
            await reader.readexactly(3)
        with log.error():
            await reader.readuntil(b"\n")
        log(await reader.readline(), await reader.readline())


@over(Link)
async def a_line_longer_than_the_limit_is_refused(log):
    async with two_streams(log, limit=10) as ((reader, writer), (served_reader, served_writer)):
        writer.write(b"0123456789abcdef\nx\n")
        served_writer.write(b"0123456789abcdef0123456789\nx\n")
        await a_moment()
        with log.error():
            await served_reader.readline()
        with log.error():
            await reader.readuntil(b"\n")
        log(await reader.readexactly(27), await reader.readline())


@over(*ALL)
async def a_reader_is_iterated_by_lines(log):
    async with two_streams(log) as ((reader, _), (_, served_writer)):
        served_writer.writelines([b"one\n", b"two\n", b"end"])
        served_writer.close()
        log([line async for line in reader])


@over(Link)
async def two_readers_at_once_are_refused(log):
    async with two_streams(log) as ((reader, _), (_, served_writer)):
        first = asyncio.create_task(reader.readline())
        await a_moment()
        with log.error():
            await reader.read(1)
        served_writer.write(b"for the first\n")
        log(await first)


@over(*ALL)
async def a_read_that_was_cancelled_loses_nothing(log):
    async with two_streams(log) as ((reader, _), (_, served_writer)):
        with log.error():
            await asyncio.wait_for(reader.readexactly(4), 0.003)
        served_writer.write(b"data")
        log(await reader.readexactly(4))


@over(*ALL)
async def a_writer_that_is_closed_says_so(log):
    async with two_streams(log) as ((_, writer), (served_reader, _)):
        log(writer.is_closing())
        writer.write(b"last words")
        writer.close()
        log(writer.is_closing())
        with log.error("wait_closed:"):
            await writer.wait_closed()
        log(await served_reader.read())


@over(*PLAIN)
async def drain_after_close_is_an_error(log):
    async with two_streams(log) as ((_, writer), _):
        writer.close()
        await writer.wait_closed()
        writer.write(b"unheard")
        with log.error():
            await writer.drain()


@over(*PLAIN)
async def a_reset_reaches_who_reads(log):
    async with two_streams(log) as ((reader, writer), (served_reader, served_writer)):
        served_writer.transport.pause_reading()
        await a_moment()
        writer.write(b"never read")
        await a_moment()
        served_writer.close()
        with log.error("read:"):
            log(await reader.read())
        log(reader.exception())
        with log.error("drain:"):
            await writer.drain()
        writer.close()
        with log.error("wait_closed:"):
            await writer.wait_closed()
        log(await served_reader.read())


@over(*ALL)
async def ten_clients_at_once_are_each_served(log):
    async def answer(reader, writer):
        writer.write(await reader.readline() * 2)
        await closed(writer)

    async def ask(number):
        reader, writer = await log.link.open_connection(server)
        writer.write(b"%d\n" % number)
        answer = await reader.read()
        await closed(writer)
        return answer

    server = await log.link.start_server(answer)
    async with server:
        log(*await asyncio.gather(*map(ask, range(10))))


@over(Link)
async def an_error_in_the_handler_of_a_client_is_told_to_the_loop(log):
    told = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.put_nowait(context))

    async def handle(reader, writer):
        await reader.readline()
        writer.close()
        raise ValueError("in the handler")

    async with await log.link.start_server(handle) as server:
        reader, writer = await log.link.open_connection(server)
        writer.write(b"go\n")
        context = await told.get()
        log(context["message"], context["exception"], sorted(context))
        log(await reader.read())
        await closed(writer)


@over(*ALL)
async def a_reader_of_one_s_own_is_fed_by_its_protocol(log):
    loop = asyncio.get_running_loop()

    def greet(_, writer):
        writer.write(b"hello")
        writer.close()

    server = await log.link.start_server(greet)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, same = await log.link.connect(lambda: protocol, server)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    log(same is protocol, await reader.read(), writer.transport is transport)
    await closed(writer)
    server.close()
    await server.wait_closed()
