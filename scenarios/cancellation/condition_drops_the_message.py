"""Condition.wait() raises a CancelledError of its own, without the message (gh-111693).

It does so when it is cancelled while it waits for the lock again, after its notification.
"""

import asyncio


async def worker(condition: asyncio.Condition) -> None:
    async with condition:
        await condition.wait()


async def main() -> None:
    condition = asyncio.Condition()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(condition))
        await asyncio.sleep(1)
        async with condition:
            condition.notify_all()
            await asyncio.sleep(1)


async def careful_worker(news: asyncio.Event, lock: asyncio.Lock) -> None:
    await news.wait()
    async with lock:
        pass


async def fixed() -> None:
    news, lock = asyncio.Event(), asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        group.create_task(careful_worker(news, lock))
        await asyncio.sleep(1)
        async with lock:
            news.set()
            await asyncio.sleep(1)
