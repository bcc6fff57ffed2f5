"""aiohttp's run_app, a request that is on when a signal comes, and a clean end."""

import asyncio
import os
import signal
import socket
import sys
import time

from aiohttp import ClientSession, ClientTimeout, web

hour = float(sys.argv[1])


async def slow(request):
    asyncio.get_running_loop().call_later(hour, os.kill, os.getpid(), signal.SIGTERM)
    await asyncio.sleep(2 * hour)
    return web.Response(text="finished")


async def visitor(app):
    async def visit():
        await asyncio.sleep(hour)
        url, patient = f"http://127.0.0.1:{port}/", ClientTimeout(total=None)
        async with ClientSession(timeout=patient) as session, session.get(url) as response:
            print("visitor:", await response.text())

    visiting = asyncio.create_task(visit())
    yield
    await visiting
    print("cleaned up")


app = web.Application()
app.router.add_get("/", slow)
app.cleanup_ctx.append(visitor)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
began = time.monotonic()
web.run_app(app, host="127.0.0.1", port=port, print=None, shutdown_timeout=3 * hour)
print("ended after", round((time.monotonic() - began) // hour), "hours")
