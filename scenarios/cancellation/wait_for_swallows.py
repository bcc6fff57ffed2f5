"""wait_for() returns the result, and forgets that it was cancelled (gh-86296).

When what it waits for is done, but wait_for() has not run again yet, a cancellation is caught and
the result returned instead. Who cancelled it waits for nothing.
"""

import asyncio


async def answer() -> int:
    await asyncio.sleep(1)
    return 42


async def worker() -> None:
    await asyncio.wait_for(answer(), timeout=2)


async def careful_worker() -> None:
    async with asyncio.timeout(2):
        await answer()


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(worker())


async def fixed() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(careful_worker())
