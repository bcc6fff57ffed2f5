"""A list of free pages looks as it did before, and is another one (ABA).

Who takes a page reads which is the first and which comes after it, and then makes that one the
first, if the first is still the same. Meanwhile another may have taken two pages and given the
first one back. It is the first again, so all seems well, but the page after it is in use, and is
given to a second owner.

The fix: what is compared is a version, which each change makes a new one.
"""

import asyncio

from scenarios.races.pauses import Pause


class FreePages:
    def __init__(self) -> None:
        self.first = 0
        self.after = {0: 1, 1: 2, 2: 3, 3: 4}
        self.version = 0
        self.used: set[int] = set()

    def state(self) -> int:
        return self.first

    async def take(self, pause: Pause) -> int:
        while True:
            seen, page, after = self.state(), self.first, self.after[self.first]
            await pause()  # until the store has compared and set it
            if self.state() == seen:
                self.first = after
                self.version += 1
                assert page not in self.used, f"page {page} has two owners"
                self.used.add(page)
                return page

    def give_back(self, page: int) -> None:
        self.used.remove(page)
        self.after[page] = self.first
        self.first = page
        self.version += 1


class CarefulFreePages(FreePages):
    def state(self) -> int:
        return self.version


async def share(pages: FreePages, pause: Pause) -> None:
    async def keeps_two() -> None:
        await pages.take(pause)
        await pages.take(pause)

    async def keeps_the_second() -> None:
        for _ in range(5):
            await pause()
        first = await pages.take(pause)
        await pages.take(pause)
        pages.give_back(first)

    await asyncio.gather(keeps_two(), keeps_the_second())


async def broken(pause: Pause) -> None:
    await share(FreePages(), pause)


async def fixed(pause: Pause) -> None:
    await share(CarefulFreePages(), pause)
