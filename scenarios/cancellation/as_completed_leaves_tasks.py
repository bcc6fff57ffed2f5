"""as_completed() leaves what it waits for running when its caller is cancelled: by design."""

import asyncio


async def worker() -> None:
    await asyncio.sleep(1)


async def main() -> None:
    for next_one in asyncio.as_completed([worker(), worker()]):
        await next_one


async def fixed() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker()) for _ in range(2)]
        for task in tasks:
            await task
