"""wait() leaves what it waits for running when it is cancelled: by design."""

import asyncio


async def worker() -> None:
    await asyncio.sleep(1)


async def main() -> None:
    tasks = {asyncio.create_task(worker()), asyncio.create_task(worker())}
    await asyncio.wait(tasks)


async def fixed() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(worker())
        group.create_task(worker())
