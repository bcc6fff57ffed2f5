"""aiohttp: a server and a client, with answers that take an hour, and a client that cannot wait."""

import asyncio

from aiohttp import ClientSession, ClientTimeout, web


async def main(log, hour):
    async def greet(request):
        return web.json_response({"hello": request.match_info["name"], "via": request.method})

    async def echo(request):
        return web.Response(body=await request.read(), headers={"X-Kind": request.content_type})

    async def slow(request):
        await asyncio.sleep(hour)
        return web.Response(text="at last")

    async def drip(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(3):
            await asyncio.sleep(hour)
            await response.write(b"%d " % number)
        await response.write_eof()
        return response

    app = web.Application(client_max_size=2**22)
    app.add_routes([web.get("/greet/{name}", greet), web.post("/echo", echo)])
    app.add_routes([web.get("/slow", slow), web.get("/drip", drip)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url, forever = f"http://127.0.0.1:{runner.addresses[0][1]}", ClientTimeout()
    async with ClientSession(url, timeout=forever) as session:
        async with session.get("/greet/Ada") as response:
            log(response.status, await response.json())
        async with session.post("/echo", data=b"x" * 2**20) as response:
            log(response.headers["X-Kind"], len(await response.read()))
        async with session.get("/nowhere") as response:
            log(response.status, response.reason)
        async with session.get("/slow") as response:
            log(await response.text())
        async with session.get("/drip") as response:
            async for piece in response.content.iter_any():
                log(piece)
        try:
            await session.get("/slow", timeout=ClientTimeout(total=hour / 2))
        except TimeoutError:
            log("too slow")
    await runner.cleanup()  # which waits for a minute for who is still at work
    log("clean")


TOLD = """\
0 200 {'hello': 'Ada', 'via': 'GET'}
0 application/octet-stream 1048576
0 404 Not Found
3600 at last
7200 b'0 '
10800 b'1 '
14400 b'2 '
16200 too slow
16260 clean
"""
