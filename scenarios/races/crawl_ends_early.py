"""A crawler is done before it has seen every page.

A worker tells that its page is done, and then finds links on it, which it puts into the queue. If
that page was the only one left, the queue is empty for a moment, and all work is thought to be
done. As a rule another page is still being fetched.

The fix: links are put into the queue first.
"""

import asyncio
from collections.abc import Awaitable, Callable

from scenarios.races.pauses import Pause

LINKS = {"home": ["about"], "news": [], "about": []}
SIZES = {"home": 1, "news": 8, "about": 1}

Pages = asyncio.Queue[str]


async def crawl(work: Callable[[Pages, str], Awaitable[None]], pause: Pause) -> None:
    pages: Pages = asyncio.Queue()
    seen: list[str] = []

    async def worker() -> None:
        while True:
            page = await pages.get()
            for _ in range(SIZES[page]):
                await pause()
            seen.append(page)
            await work(pages, page)

    for start in ("home", "news"):
        pages.put_nowait(start)
    workers = [asyncio.create_task(worker()) for _ in range(2)]
    await pages.join()
    for one in workers:
        one.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert sorted(seen) == sorted(LINKS), f"all is done, and seen were only {seen}"


async def broken(pause: Pause) -> None:
    async def work(pages: Pages, page: str) -> None:
        pages.task_done()
        await pause()  # the page is parsed
        for link in LINKS[page]:
            pages.put_nowait(link)

    await crawl(work, pause)


async def fixed(pause: Pause) -> None:
    async def work(pages: Pages, page: str) -> None:
        await pause()
        for link in LINKS[page]:
            pages.put_nowait(link)
        pages.task_done()

    await crawl(work, pause)
