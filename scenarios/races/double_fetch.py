"""A cache that lets two readers fetch the same page (aiocache 1041).

A page that is not there is fetched, and put there when it has come. A reader that asks meanwhile
does not find it either, and fetches it as well. As a rule the second reader comes later than that.

The fix: what is put into the cache, at once, is the task that fetches. Who comes next awaits it.
"""

import asyncio

from scenarios.races.pauses import Pause


class Origin:
    def __init__(self, pause: Pause) -> None:
        self.pause = pause
        self.asked = 0

    async def fetch(self, page: str) -> str:
        self.asked += 1
        await self.pause()
        return page.upper()


async def broken(pause: Pause) -> None:
    origin = Origin(pause)
    cache: dict[str, str] = {}

    async def read(page: str, clicks: int) -> str:
        for _ in range(clicks):
            await pause()
        if page not in cache:
            cache[page] = await origin.fetch(page)
        return cache[page]

    await asyncio.gather(read("home", 0), read("home", 3))
    assert origin.asked == 1, f"the origin was asked {origin.asked} times for one page"


async def fixed(pause: Pause) -> None:
    origin = Origin(pause)
    cache: dict[str, asyncio.Task[str]] = {}

    async def read(page: str, clicks: int) -> str:
        for _ in range(clicks):
            await pause()
        if page not in cache:
            cache[page] = asyncio.create_task(origin.fetch(page))
        return await cache[page]

    await asyncio.gather(read("home", 0), read("home", 3))
    assert origin.asked == 1, f"the origin was asked {origin.asked} times for one page"
