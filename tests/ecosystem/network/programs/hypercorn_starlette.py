"""starlette over hypercorn: HTTP/2 by httpx, lifespan, an idle connection that is closed."""

import asyncio
import contextlib
import logging
import socket

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def main(log, hour):
    @contextlib.asynccontextmanager
    async def lifespan(app):
        log("begins")
        yield
        log("ends")

    async def hello(request):
        return PlainTextResponse(
            f"hello {request.query_params['name']}, {request.scope['http_version']}"
        )

    async def count(request):
        async def numbers():
            for number in range(3):
                await asyncio.sleep(hour)
                yield f"number {number}"

        return StreamingResponse(numbers())

    app = Starlette(routes=[Route("/", hello), Route("/count", count)], lifespan=lifespan)
    config = Config()
    config.errorlog = logging.getLogger("hypercorn")
    config.keep_alive_timeout = 3 * hour
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config.bind = [f"127.0.0.1:{port}"]
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    await asyncio.sleep(hour)
    for http2 in False, True:
        options = {"base_url": f"http://127.0.0.1:{port}", "timeout": None}
        async with httpx.AsyncClient(**options, http1=not http2, http2=http2) as client:
            log((await client.get("/", params={"name": "Ada"})).text)
            async with client.stream("GET", "/count") as response:
                async for text in response.aiter_text():
                    log(text)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    log("idle:", await reader.read())
    writer.close()
    stop.set()
    await serving


TOLD = """\
0 begins
3600 hello Ada, 1.1
7200 number 0
10800 number 1
14400 number 2
14400 hello Ada, 2
18000 number 0
21600 number 1
25200 number 2
36000 idle: b''
36000 ends
"""
