"""aioquic: QUIC over UDP, streams of one connection, and a client that waits for nobody."""

import asyncio

from aioquic.asyncio.client import connect
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration

import vtloop.net
from tests.ecosystem.network import certificate

# Timers here wait for the clock to pass a deadline; and QUIC measures how long answers take.
OPTIONS = {"timer_slack": 0.000001, "network": vtloop.net.Network(latency=0.02)}


async def main(log, hour):
    def serve_stream(reader, writer):
        async def answer():
            data = await reader.read()
            if data == b"slow":
                await asyncio.sleep(hour)
            writer.write(data[::-1])
            writer.write_eof()

        answers.append(asyncio.create_task(answer()))

    answers = []
    here = QuicConfiguration(is_client=False, alpn_protocols=["echo"], idle_timeout=4 * hour)
    here.load_cert_chain(certificate.PATH, certificate.PATH)
    server = await serve("127.0.0.1", 0, configuration=here, stream_handler=serve_stream)
    port = server._transport.get_extra_info("sockname")[1]
    there = QuicConfiguration(alpn_protocols=["echo"], idle_timeout=4 * hour)
    there.load_verify_locations(certificate.PATH)
    there.server_name = "localhost"

    async def ask(client, data):
        reader, writer = await client.create_stream()
        writer.write(data)
        writer.write_eof()
        return await reader.read()

    async with connect("127.0.0.1", port, configuration=there) as client:
        log(await ask(client, b"live"))
        log(len(await ask(client, b"x" * 200_000)))
        log(await asyncio.gather(ask(client, b"slow"), ask(client, b"stop")))
        await client.ping()
    server.close()
    await asyncio.gather(*answers)
    await asyncio.sleep(hour)
    alone = QuicConfiguration(alpn_protocols=["echo"], idle_timeout=hour)
    try:
        async with connect("127.0.0.1", port, configuration=alone):
            pass
    except ConnectionError as error:
        log(type(error).__name__)


TOLD = """\
0.080004 b'evil'
0.433246 200000
3600.473249 [b'wols', b'pots']
10800.712269 ConnectionError
"""
