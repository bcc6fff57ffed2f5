"""A proxy for HTTP: one plain request a connection, or a tunnel."""

import asyncio
from urllib.parse import urlsplit

from tests.ecosystem.network.servers.streams import Server


class Proxy(Server):
    """Passes on what it is asked for; `asked` has the first line of each request."""

    def __init__(self):
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.partition(b"\r\n")
        self.asked.append(line.decode())
        method, target, version = line.decode().split()
        if method == "CONNECT":
            host, _, port = target.partition(":")
            there, back = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            url = urlsplit(target)
            there, back = await asyncio.open_connection(url.hostname, url.port)
            back.write(f"{method} {url.path} {version}\r\n".encode() + b"Via: proxy\r\n" + rest)
        await asyncio.gather(pump(reader, back), pump(there, writer))


async def pump(reader, writer):
    """Pass on all that comes, and then the end."""
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # the other side has gone
    finally:
        writer.close()
