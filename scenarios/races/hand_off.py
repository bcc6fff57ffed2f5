"""A pool gives a connection to somebody who has just gone (psycopg 509, emcache 48).

A connection that is given back is handed to the first who waits, by the result of a future. If that
task is cancelled after this, and before it has run, it gets the cancellation and not the result:
nobody has the connection, and who comes next waits for ever. As a rule the task has run by then,
and gives the connection back as it ends.

The fix: who is cancelled looks whether something was handed over, and passes it on.
"""

import asyncio
from collections import deque

from scenarios.races.pauses import Pause


class Pool:
    def __init__(self) -> None:
        self.idle = ["connection"]
        self.waiters: deque[asyncio.Future[str]] = deque()

    async def acquire(self) -> str:
        if self.idle:
            return self.idle.pop()
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        return await self.handed_over(waiter)

    async def handed_over(self, waiter: asyncio.Future[str]) -> str:
        return await waiter

    def release(self, connection: str) -> None:
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self.idle.append(connection)


class CarefulPool(Pool):
    async def handed_over(self, waiter: asyncio.Future[str]) -> str:
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                self.release(waiter.result())
            raise


async def serve(pool: Pool, pause: Pause) -> None:
    async def query(pauses: int) -> None:
        connection = await pool.acquire()
        try:
            for _ in range(pauses):
                await pause()
        finally:
            pool.release(connection)

    async def hang_up(request: asyncio.Task[None]) -> None:
        for _ in range(4):
            await pause()
        request.cancel()

    first, second = (asyncio.create_task(query(pauses)) for pauses in (2, 3))
    await asyncio.gather(first, second, hang_up(second), return_exceptions=True)
    await query(1)


async def broken(pause: Pause) -> None:
    await serve(Pool(), pause)


async def fixed(pause: Pause) -> None:
    await serve(CarefulPool(), pause)
