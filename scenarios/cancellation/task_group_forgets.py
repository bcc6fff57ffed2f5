"""A TaskGroup that is cancelled while a child fails forgets the cancellation (gh-116720).

It raises the child's error, which is right, but the task that was cancelled goes on as if nothing
had been asked of it. A later Python lets the next await raise CancelledError.
"""

import asyncio


async def child() -> None:
    await asyncio.sleep(1)
    raise ValueError("no luck")


async def worker() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
    except* ValueError:
        pass
    await asyncio.sleep(1)


async def careful_worker() -> None:
    await asyncio.gather(child(), return_exceptions=True)
    await asyncio.sleep(1)


async def main() -> None:
    await asyncio.gather(worker(), return_exceptions=True)


async def fixed() -> None:
    await asyncio.gather(careful_worker(), return_exceptions=True)
