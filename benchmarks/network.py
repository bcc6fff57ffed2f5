"""Programs over a network, the same for every loop: over the machine's own, or a simulated one.

Each takes the number of operations to do. Server and client run on one loop, in one process.
"""

from __future__ import annotations

import asyncio
import importlib
from asyncio import StreamReader, StreamWriter
from typing import Any

HOST, PORT = "127.0.0.1", 28_765  # a port that no system gives away by itself
KIBIBYTE = 1024
PIECE = bytes(64 * KIBIBYTE)
BODY = bytes(KIBIBYTE)


async def echo(count: int) -> None:
    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(KIBIBYTE):
            writer.write(data)
            await writer.drain()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(answer, HOST, PORT)
    reader, writer = await asyncio.open_connection(HOST, PORT)
    for _ in range(count):
        writer.write(BODY)
        await writer.drain()
        await reader.readexactly(KIBIBYTE)
    writer.close()
    await writer.wait_closed()
    await ended.wait()
    server.close()


async def stream(count: int) -> None:
    sizes: asyncio.Queue[int] = asyncio.Queue()

    async def take(reader: StreamReader, writer: StreamWriter) -> None:
        size = 0
        while data := await reader.read(len(PIECE)):
            size += len(data)
        writer.close()
        sizes.put_nowait(size)

    server = await asyncio.start_server(take, HOST, PORT)
    _, writer = await asyncio.open_connection(HOST, PORT)
    for _ in range(count):
        writer.write(PIECE)
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await sizes.get() == count * len(PIECE)
    server.close()


async def requests(count: int) -> None:
    """Ask a server of aiohttp, by its client, over one connection."""
    aiohttp: Any = importlib.import_module("aiohttp")
    web: Any = importlib.import_module("aiohttp.web")

    async def answer(request: Any) -> Any:
        return web.Response(body=BODY)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, HOST, PORT).start()
    async with aiohttp.ClientSession() as session:
        for _ in range(count):
            async with session.get(f"http://{HOST}:{PORT}/") as response:
                assert await response.read() == BODY
    await runner.cleanup()
