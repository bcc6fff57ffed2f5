"""websockets: an echo of 300 kB, pings of an hour, and a peer that is mute after the handshake."""

import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.ecosystem.network.servers.streams import Server


class Mute(Server):
    """Shakes hands, and says nothing from then on."""

    async def serve(self, reader, writer):
        protocol = ServerProtocol()
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
        writer.writelines(protocol.data_to_send())
        while await reader.read(2**16):
            pass


async def main(log, hour):
    async def echo(connection):
        async for message in connection:
            await connection.send(message[::-1])
        log("server:", connection.close_code, connection.close_reason)

    async with serve(echo, "127.0.0.1", 0, ping_interval=hour, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", ping_interval=hour) as client:
            await client.send("stressed")
            log(await client.recv())
            await client.send(b"x" * 300_000)
            log(len(await client.recv()))
            await asyncio.sleep(2.5 * hour)
            log("alive,", client.state.name, client.latency < hour)
            await client.close(1001, "enough")
    async with Mute() as server:
        url = f"ws://127.0.0.1:{server.port}"
        times = {"ping_interval": hour, "ping_timeout": hour / 2, "close_timeout": hour / 4}
        async with connect(url, **times) as client:
            try:
                await client.recv()
            except ConnectionClosedError as error:
                log(error)


TOLD = """\
0 desserts
0 300000
9000 alive, OPEN True
9000 server: 1001 enough
15300 sent 1011 (internal error) keepalive ping timeout; no close frame received
"""
