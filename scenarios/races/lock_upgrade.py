"""Two readers want to write, and each waits until the other has stopped reading.

Each looks at the stock first, as a reader among others, and becomes the writer if something is to
be ordered. For that it waits until it is the only reader. If both are readers by then, both wait
for ever. As a rule the second one comes when the first is done.

The fix: who might write says so before it reads, and only one at a time may say so.
"""

import asyncio

from scenarios.races.pauses import Pause


class SharedLock:
    def __init__(self) -> None:
        self.readers = 0
        self.changed = asyncio.Condition()

    async def start_reading(self) -> None:
        async with self.changed:
            self.readers += 1

    async def stop_reading(self) -> None:
        async with self.changed:
            self.readers -= 1
            self.changed.notify_all()

    async def until_alone(self) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.readers == 1)


async def restock(stock: list[str], lock: SharedLock, pause: Pause) -> None:
    await lock.start_reading()
    missing = "tea" not in stock
    await pause()  # the supplier is asked for a price
    if missing:
        await lock.until_alone()
        stock.append("tea")
    await lock.stop_reading()


async def broken(pause: Pause) -> None:
    lock, stock = SharedLock(), ["coffee"]

    async def clerk(late: int) -> None:
        for _ in range(late):
            await pause()
        await restock(stock, lock, pause)

    await asyncio.gather(clerk(0), clerk(6))
    assert stock == ["coffee", "tea"]


async def fixed(pause: Pause) -> None:
    lock, stock = SharedLock(), ["coffee"]
    may_write = asyncio.Lock()

    async def clerk(late: int) -> None:
        for _ in range(late):
            await pause()
        async with may_write:
            await restock(stock, lock, pause)

    await asyncio.gather(clerk(0), clerk(6))
    assert stock == ["coffee", "tea"]
