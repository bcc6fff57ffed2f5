"""A cache is filled with what was true before it was cleared (aiocache 95).

A reader that misses reads from the database, and puts the value into the cache when it has come. A
writer changes the database and clears the cache. If it does so in between, the reader fills the
cache with the old value, which stays. As a rule reading is over before.

The fix: a reader fills the cache only if it was not cleared since.
"""

import asyncio

from scenarios.races.pauses import Pause


class Store:
    def __init__(self) -> None:
        self.database = "old"
        self.cached: str | None = None
        self.cleared = 0

    async def write(self, value: str, pause: Pause) -> None:
        for _ in range(5):
            await pause()
        self.database = value
        await pause()
        self.cached = None
        self.cleared += 1

    async def read(self, pause: Pause) -> str:
        if self.cached is None:
            value = self.database
            await pause()  # the value is on its way
            self.cached = value
        return self.cached


class CarefulStore(Store):
    async def read(self, pause: Pause) -> str:
        if self.cached is None:
            value, cleared = self.database, self.cleared
            await pause()
            if self.cleared > cleared:
                return value
            self.cached = value
        return self.cached


async def use(store: Store, pause: Pause) -> None:
    await asyncio.gather(store.read(pause), store.write("new", pause))
    value = await store.read(pause)
    assert value == "new", f"the cache was cleared after a change, and has the {value} value"


async def broken(pause: Pause) -> None:
    await use(Store(), pause)


async def fixed(pause: Pause) -> None:
    await use(CarefulStore(), pause)
