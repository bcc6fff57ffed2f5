"""aiohttp's TestServer and TestClient, with cookies, a redirect and a background task."""

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer


async def main(log, hour):
    count = 0

    async def enter(request):
        response = web.HTTPFound("/home")
        response.set_cookie("name", "Ada", max_age=int(10 * hour) or 1)
        raise response

    async def home(request):
        return web.Response(text=f"{request.cookies.get('name')} after {count}")

    async def beats(app):
        async def beat():
            nonlocal count
            while True:
                await asyncio.sleep(hour)
                count += 1

        task = asyncio.create_task(beat())
        yield
        task.cancel()
        log("the heart stands still")

    app = web.Application()
    app.cleanup_ctx.append(beats)
    app.add_routes([web.get("/enter", enter), web.get("/home", home)])
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/home")
        log(await response.text())
        await asyncio.sleep(2.5 * hour)
        response = await client.get("/enter")
        log(response.status, response.url.path, await response.text())
        log([step.status for step in response.history])


TOLD = """\
0 None after 0
9000 200 /home Ada after 2
9000 [302]
9000 the heart stands still
"""
