"""A pool opens more connections than it may (aiopg 18, aioredis-py 71).

It looks whether there is room for one more, connects, and then counts it. Two clients that connect
at the same time both see the last room. As a rule the first of them has its connection when the
second one comes, which then waits until one is given back.

The fix: a connection is counted before it is made. Between looking and counting nobody else runs.
"""

import asyncio

from scenarios.races.pauses import Pause

LIMIT = 2


class Pool:
    def __init__(self) -> None:
        self.idle: asyncio.Queue[str] = asyncio.Queue()
        self.size = 0

    async def acquire(self, pause: Pause) -> str:
        if self.idle.empty() and self.size < LIMIT:
            await pause()  # it connects
            self.size += 1
            assert self.size <= LIMIT, f"{self.size} connections, of {LIMIT} at most"
            return f"connection {self.size}"
        return await self.idle.get()


class CarefulPool(Pool):
    async def acquire(self, pause: Pause) -> str:
        if self.idle.empty() and self.size < LIMIT:
            self.size += 1
            number = self.size
            assert number <= LIMIT, f"{number} connections, of {LIMIT} at most"
            await pause()
            return f"connection {number}"
        return await self.idle.get()


async def query(pool: Pool, late: int, pause: Pause) -> None:
    for _ in range(late):
        await pause()
    connection = await pool.acquire(pause)
    for _ in range(6):  # it is asked, and answers
        await pause()
    pool.idle.put_nowait(connection)


async def broken(pause: Pause) -> None:
    pool = Pool()
    await asyncio.gather(*(query(pool, late, pause) for late in (0, 1, 5)))


async def fixed(pause: Pause) -> None:
    pool = CarefulPool()
    await asyncio.gather(*(query(pool, late, pause) for late in (0, 1, 5)))
