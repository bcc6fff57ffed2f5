"""Crawls the archive of a newsletter politely, from the addresses on standard input.

The archive is kept on tape and lives in memory here: years link to months, months back to years. A
few links are dead, and one tape is stuck for good. The exit status is 1 if a page did not answer.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

log = logging.getLogger("crawl")

YEARS, MONTHS = range(1997, 2002), range(1, 13)
DEAD = {"/1998/02", "/2001/11"}
STUCK = "/1999/07"


class CrawlError(Exception):
    """Something about the crawl went wrong."""


class BadAddress(CrawlError):
    """An address to start from is not one of the archive's."""


class NotFound(CrawlError):
    """The archive has no such page."""


class Archive:
    """The site: takes 1 to 3 minutes to answer, depending on the page."""

    def __init__(self, minute: float) -> None:
        self.minute = minute
        self.connections = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        """A connection, which takes a moment to open and to close."""
        await asyncio.sleep(0.2 * self.minute)
        self.connections += 1
        try:
            yield
            await asyncio.sleep(0.1 * self.minute)
        finally:
            self.connections -= 1

    async def get(self, path: str) -> list[str]:
        """Fetch a page's links; some lead back, some lead nowhere."""
        async with self.connection():
            if path == STUCK:
                await asyncio.Event().wait()
            await asyncio.sleep((1 + len(path) % 3) * self.minute)
            match path.strip("/").split("/"):
                case [""]:
                    return [f"/{year}" for year in YEARS]
                case [year] if int(year) in YEARS:
                    return ["/"] + [f"/{year}/{month:02}" for month in MONTHS]
                case [year, _] if path not in DEAD:
                    return [f"/{year}"]
            raise NotFound(path)


class Crawler:
    """Follows links with four workers, at most one new request a minute."""

    def __init__(self, archive: Archive, minute: float, most: int) -> None:
        self.archive, self.minute, self.most = archive, minute, most
        self.slots = asyncio.Semaphore(3)
        self.turn = asyncio.Lock()
        self.waiting: asyncio.Queue[str] = asyncio.Queue()
        self.seen: set[str] = set()
        self.outcomes: dict[str, str] = {}
        self.enough = asyncio.Event()

    def add(self, path: str) -> None:
        if path not in self.seen:
            self.seen.add(path)
            self.waiting.put_nowait(path)

    async def visit(self, path: str) -> str:
        async with self.slots:
            async with self.turn:
                await asyncio.sleep(self.minute)
            try:
                async with asyncio.timeout(45 * self.minute):
                    links = await self.archive.get(path)
            except NotFound:
                return "dead"
            except TimeoutError:
                log.warning("%s does not answer", path)
                return "silent"
        for link in links:
            self.add(link)
        return "read"

    async def work(self) -> None:
        while True:
            path = await self.waiting.get()
            outcome = await self.visit(path)
            if not self.enough.is_set():
                self.outcomes[path] = outcome
            if len(self.outcomes) == self.most:
                self.enough.set()
            self.waiting.task_done()

    async def show_progress(self) -> None:
        try:
            while True:
                await asyncio.sleep(10 * self.minute)
                log.info("%d pages, %d waiting", len(self.outcomes), self.waiting.qsize())
        finally:
            await asyncio.sleep(0)
            log.info("the crawl has ended with %d pages", len(self.outcomes))

    async def crawl(self, start: list[str]) -> None:
        """Crawl until no link is left or there are enough pages, then let go of everything."""
        for address in start:
            if not address.startswith("/"):
                raise BadAddress(f"{address!r} is not in the archive")
            self.add(address)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.work(), name=f"worker-{n}") for n in range(4)]
            tasks.append(group.create_task(self.show_progress(), name="progress"))
            ends = {group.create_task(self.waiting.join()), group.create_task(self.enough.wait())}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in [*tasks, *ends]:
                task.cancel()


async def run(start: list[str], minute: float, pages: int) -> int:
    archive = Archive(minute)
    crawler = Crawler(archive, minute, pages)
    await crawler.crawl(start)
    if crawler.enough.is_set():
        print(f"stopped at {pages} pages")
    else:
        for path, outcome in sorted(crawler.outcomes.items()):
            if outcome != "read":
                print(f"{path} is {outcome}")
        print(*sorted(Counter(crawler.outcomes.values()).items()))
    print(f"{archive.connections} connections are open")
    return 1 if "silent" in crawler.outcomes.values() else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Crawl the archive from addresses on stdin.")
    parser.add_argument("--pages", type=int, default=500, help="stop at so many")
    parser.add_argument("--time-unit", type=float, default=60, help="seconds to the minute")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    start = [line.strip() for line in sys.stdin if line.strip()]
    return asyncio.run(run(start, options.time_unit, options.pages))


if __name__ == "__main__":
    sys.exit(main())
