"""A worker that is cancelled between get() and task_done() leaves join() waiting for ever."""

import asyncio


async def worker(queue: asyncio.Queue[int]) -> None:
    while True:
        await queue.get()
        await asyncio.sleep(1)
        queue.task_done()


async def careful_worker(queue: asyncio.Queue[int]) -> None:
    while True:
        await queue.get()
        try:
            await asyncio.sleep(1)
        finally:
            queue.task_done()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for item in range(3):
        queue.put_nowait(item)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(worker(queue)) for _ in range(2)]
        await queue.join()
        for one in workers:
            one.cancel()


async def fixed() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for item in range(3):
        queue.put_nowait(item)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(careful_worker(queue)) for _ in range(2)]
        await queue.join()
        for one in workers:
            one.cancel()
