"""Protocols: when each method is called, with what, and buffered ones."""

import asyncio
import contextlib

from tests.support.links import ALL, PLAIN, Told, a_moment, over, two_ends


class Buffered(asyncio.BufferedProtocol):
    """Tells what it is asked for, and keeps what it gets."""

    def __init__(self, tell, size):
        self.tell, self.buffer, self.data = tell, bytearray(size), b""
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.tell("made")

    def get_buffer(self, sizehint):
        self.tell("get_buffer", type(sizehint).__name__)
        return self.buffer

    def buffer_updated(self, count):
        self.tell("updated", count)
        self.data += self.buffer[:count]

    def eof_received(self):
        self.tell("eof after", len(self.data))

    def connection_lost(self, error):
        self.tell("lost", error)
        self.lost.set_result(error)


@contextlib.asynccontextmanager
async def served(log, protocol_of_server, protocol_of_client=None):
    """Yield both protocols, connected."""
    made = []

    def factory():
        made.append(protocol_of_server())
        return made[0]

    server = await log.link.serve(factory)
    make_client = protocol_of_client or (lambda: Told(log.of("client:")))
    transport, client = await log.link.connect(make_client, server)
    while not made or not hasattr(made[0], "transport"):
        await asyncio.sleep(0.001)
    try:
        yield client, made[0]
    finally:
        transport.close()
        await made[0].lost
        await a_moment()
        server.close()
        await server.wait_closed()


@over(*ALL)
async def a_buffered_protocol_is_given_bytes_in_its_own_buffer(log):
    async with served(log, lambda: Buffered(log.of("server:"), 100)) as (client, server):
        client.transport.write(b"ten bytes.")
        client.transport.close()
        log(await server.lost, bytes(server.data))


@over(*PLAIN)
async def a_small_buffer_is_filled_again_and_again(log):
    async with served(log, lambda: Buffered(log.of("server:"), 4)) as (client, server):
        client.transport.write(b"ten bytes.")
        client.transport.close()
        log(await server.lost, bytes(server.data))


@over(*PLAIN)
async def a_buffer_of_nothing_is_an_error(log):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log(context["message"], context["exception"]))
    async with served(log, lambda: Buffered(log.of("server:"), 0)) as (client, server):
        client.transport.write(b"ten bytes.")
        log(await server.lost, await client.lost)


@over(*PLAIN)
async def a_failure_in_buffer_updated_closes(log):
    class Failing(Buffered):
        def buffer_updated(self, count):
            raise ValueError(f"{count} bytes too many")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log(context["message"], context["exception"]))
    async with served(log, lambda: Failing(log.of("server:"), 10)) as (client, server):
        client.transport.write(b"ten bytes.")
        log(await server.lost, await client.lost)


@over(*PLAIN)
async def a_plain_protocol_hands_over_to_a_buffered_one(log):
    async with two_ends(log) as (client, server):
        buffered = Buffered(log.of("buffered:"), 64)
        server.transport.pause_reading()
        await a_moment()
        server.transport.set_protocol(buffered)
        server.transport.resume_reading()
        client.transport.write(b"for the other")
        client.transport.close()
        log(await buffered.lost, bytes(buffered.data), bytes(server.data))
        server.lost.set_result(None)


@over(*ALL)
async def methods_are_called_in_order(log):
    async with served(log, lambda: Told(log.of("server:"))) as (client, server):
        client.transport.write(b"data")
        log(await server.received(4))
        client.transport.close()
        await client.lost
        await server.lost


@over(*ALL)
async def the_client_is_made_before_it_is_returned(log):
    server = await log.link.serve(asyncio.Protocol)
    transport, client = await log.link.connect(lambda: Told(log), server)
    log("connected", client.transport is transport, transport.get_protocol() is client)
    transport.close()
    await client.lost
    server.close()
    await a_moment()


@over(*PLAIN)
async def what_has_arrived_meanwhile_is_read_at_once(log):
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        await a_moment()
        for part in (b"one,", b"two,", b"three"):
            client.transport.write(part)
            await a_moment()
        server.transport.resume_reading()
        await server.received(13)
        log(server.chunks)


@over(*PLAIN)
async def what_is_written_by_lines_arrives_at_once(log):
    async with two_ends(log) as (client, server):
        client.transport.writelines([b"one,", b"two,", b"three"])
        await server.received(13)
        log(server.chunks)


@over(*PLAIN)
async def what_was_read_apart_arrives_apart(log):
    async with two_ends(log) as (client, server):
        for count, part in ((3, b"one"), (6, b"two"), (11, b"three")):
            client.transport.write(part)
            await server.received(count)
        log(server.chunks)


@over(*PLAIN)
async def a_read_is_of_256_kibibytes_at_most(log):
    async with two_ends(log) as (client, server):
        client.tell = lambda *_: None  # whether so much fits into the kernel's buffers is chance
        client.transport.write(bytes(2_000_000))
        await server.received(2_000_000)
        log(max(map(len, server.chunks)) <= 256 * 1024)


@over(*PLAIN)
async def a_protocol_needs_no_base_class(log):
    class Bare:
        def __init__(self):
            self.calls = []
            self.lost = asyncio.get_running_loop().create_future()

        def __getattr__(self, name):
            if name in ("get_buffer", "buffer_updated", "transport"):
                raise AttributeError(name)

            def called(*args):
                self.calls.append(name)
                if name == "connection_made":
                    self.transport = args[0]
                if name == "connection_lost":
                    self.lost.set_result(args[0])

            return called

    async with served(log, Bare) as (client, server):
        client.transport.write(b"data")
        await a_moment()
        client.transport.close()
        log(await server.lost, server.calls)
