"""aiohttp: 50 connections at once, a pool of 10 for 50 requests, and a closed port."""

import asyncio
import socket

from aiohttp import ClientConnectorError, ClientSession, ClientTimeout, TCPConnector, web


async def main(log, hour):
    forever = ClientTimeout()
    peers = set()
    now = most = 0

    async def work(request):
        nonlocal now, most
        peers.add(request.transport.get_extra_info("peername"))
        now += 1
        most = max(most, now)
        await asyncio.sleep(hour)
        now -= 1
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/", work)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    url = f"http://127.0.0.1:{port}/"
    for limit in 0, 10:
        peers.clear()
        most = 0
        async with ClientSession(connector=TCPConnector(limit=limit), timeout=forever) as session:

            async def ask(session=session):
                async with session.get(url) as response:
                    return await response.text()

            answers = await asyncio.gather(*(ask() for _ in range(50)))
        log(set(answers), len(peers), "connections, at most", most, "at once")
    await runner.cleanup()
    async with ClientSession() as session:
        try:
            await session.get(url)
        except ClientConnectorError as error:
            log(type(error.os_error).__name__, error.os_error.errno, error.port == port)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        async with ClientSession() as session:
            try:
                await session.get(f"http://localhost:{port}/")
            except ClientConnectorError as error:
                log(type(error.os_error).__name__, "of a name")


TOLD = """\
3600 {'done'} 50 connections, at most 50 at once
21600 {'done'} 10 connections, at most 10 at once
21600 ConnectionRefusedError 111 True
21600 ConnectionRefusedError of a name
"""
