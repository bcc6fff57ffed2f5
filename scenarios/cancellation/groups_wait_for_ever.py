"""A TaskGroup forgets that the one around it has failed meanwhile (gh-116720).

The outer group cancels its task, so that it leaves the block; the inner one, which has failed too
and still waits for its tasks, takes that for its own doing. So the block goes on, and waits for
what the outer group has cancelled.
"""

import asyncio


async def feed(news: asyncio.Event) -> None:
    await asyncio.sleep(3)
    news.set()


async def fail() -> None:
    await asyncio.sleep(1)
    raise ValueError("no luck")


async def clean_up() -> None:
    try:
        await asyncio.sleep(1)
    finally:
        await asyncio.sleep(1)


async def main() -> None:
    news = asyncio.Event()
    async with asyncio.TaskGroup() as outer:
        for _ in range(2):
            outer.create_task(feed(news))
        try:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(clean_up())
                inner.create_task(fail())
        except* ValueError:
            pass
        await news.wait()


async def fixed() -> None:
    news = asyncio.Event()
    async with asyncio.TaskGroup() as outer:
        for _ in range(2):
            outer.create_task(feed(news))
        await asyncio.gather(clean_up(), fail(), return_exceptions=True)
        await news.wait()
