"""A worker that takes items with wait_for(queue.get()) goes on after it was cancelled (gh-86296).

The item has come and the cancellation comes before the worker runs: it gets the item, and the
cancellation is lost. A worker in a loop cannot be stopped then.
"""

import asyncio


async def worker(queue: asyncio.Queue[int]) -> None:
    for _ in range(2):
        await asyncio.wait_for(queue.get(), timeout=5)


async def careful_worker(queue: asyncio.Queue[int]) -> None:
    for _ in range(2):
        async with asyncio.timeout(5):
            await queue.get()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(queue))
        for item in range(2):
            await asyncio.sleep(1)
            queue.put_nowait(item)


async def fixed() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(careful_worker(queue))
        for item in range(2):
            await asyncio.sleep(1)
            queue.put_nowait(item)
