"""httpx over a server on asyncio's streams: keep-alive, a stream, timeouts and a retry."""

import asyncio

import httpx

from tests.ecosystem.network.servers.streams import Server


class Pages(Server):
    """Answers GET: /slow after an hour, /parts in chunks, each an hour after the other."""

    def __init__(self, hour):
        self.hour = hour
        self.served = 0

    async def serve(self, reader, writer):
        self.served += 1
        number = self.served
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1]
            if path == b"/slow":
                await asyncio.sleep(self.hour)
            if path == b"/parts":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for part in b"one", b"two", b"":
                    await asyncio.sleep(self.hour)
                    writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            elif path == b"/cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
                return
            else:
                text = b"%b on connection %d" % (path, number)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            await writer.drain()


async def main(log, hour):
    async with (
        Pages(hour) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=2 * hour) as client,
    ):
        for path in "/", "/slow":
            log((await client.get(path)).text)
        async with client.stream("GET", "/parts") as response:
            async for part in response.aiter_bytes():
                log(part)
        try:
            await client.get("/slow", timeout=hour / 2)
        except httpx.ReadTimeout as error:
            log(type(error).__name__)
        try:
            await client.get("/cut")
        except httpx.RemoteProtocolError as error:
            log(str(error))
        log((await client.get("/")).text)
        server.drop_all()
        await asyncio.sleep(hour)
        log((await client.get("/")).text)
    transport = httpx.AsyncHTTPTransport(retries=1)
    async with httpx.AsyncClient(transport=transport) as client:
        try:
            await client.get(f"http://127.0.0.1:{server.port}")
        except httpx.ConnectError as error:
            log(str(error))


TOLD = """\
0 / on connection 1
3600 /slow on connection 1
7200 b'one'
10800 b'two'
16200 ReadTimeout
16200 peer closed connection without sending complete message body (received 4 bytes, expected 9)
16200 / on connection 3
19800 / on connection 4
19800 All connection attempts failed
"""
