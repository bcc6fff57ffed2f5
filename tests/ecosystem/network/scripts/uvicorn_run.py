"""uvicorn.run of a starlette app, a request that is on when a signal comes, and a clean end."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

hour = float(sys.argv[1])


async def slow(request):
    asyncio.get_running_loop().call_later(hour, os.kill, os.getpid(), signal.SIGINT)
    await asyncio.sleep(2 * hour)
    return PlainTextResponse("finished")


@contextlib.asynccontextmanager
async def lifespan(app):
    async def visit():
        await asyncio.sleep(hour)
        async with httpx.AsyncClient(timeout=None) as client:
            print("visitor:", (await client.get(f"http://127.0.0.1:{port}/")).text)

    visiting = asyncio.create_task(visit())
    yield
    await visiting
    print("cleaned up")


app = Starlette(routes=[Route("/", slow)], lifespan=lifespan)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
began = time.monotonic()
uvicorn.run(app, host="127.0.0.1", port=port, loop="asyncio", log_config=None)
print("ended after", round((time.monotonic() - began) // hour), "hours")
