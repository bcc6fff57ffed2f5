"""A second cancellation, while the first is cleaned up, leaks a connection (asyncpg 464).

The connection goes back to its pool after an await, so a cleanup that is cancelled itself never
gives it back. Here as a model of a pool. A similar case is httpx 3782.
"""

import asyncio


async def roll_back() -> None:
    await asyncio.sleep(1)


async def query(pool: asyncio.Semaphore) -> None:
    await pool.acquire()
    try:
        await asyncio.sleep(1)
    except BaseException:
        await roll_back()
        pool.release()
        raise
    pool.release()


async def careful_query(pool: asyncio.Semaphore) -> None:
    async with pool:
        try:
            await asyncio.sleep(1)
        except BaseException:
            await roll_back()
            raise


async def main() -> None:
    pool = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(query(pool))


async def fixed() -> None:
    pool = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(careful_query(pool))
