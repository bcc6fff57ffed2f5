"""gather() leaves the siblings of a task that ends with an error running: by design."""

import asyncio


async def worker() -> None:
    await asyncio.sleep(1)


async def main() -> None:
    await asyncio.gather(worker(), worker())


async def fixed() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(worker())
        group.create_task(worker())
