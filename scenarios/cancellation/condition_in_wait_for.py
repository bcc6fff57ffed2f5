"""wait_for(condition.wait()) comes back without the lock when it is cancelled twice (gh-86766).

wait_for() runs the wait in a task of its own, which must have the lock again before it ends. A
second cancellation does not wait for that, and the block that holds the lock gives back what it
does not have: RuntimeError, "Lock is not acquired".
"""

import asyncio


async def worker(condition: asyncio.Condition) -> None:
    async with condition:
        await asyncio.wait_for(condition.wait(), timeout=5)


async def other(condition: asyncio.Condition) -> None:
    for _ in range(3):
        async with condition:
            await asyncio.sleep(1)
            condition.notify_all()


async def main() -> None:
    condition = asyncio.Condition()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(condition))
        group.create_task(other(condition))


async def careful_worker(news: asyncio.Event, lock: asyncio.Lock) -> None:
    try:
        async with asyncio.timeout(5):
            await news.wait()
    except TimeoutError:  # whoever was to tell them is gone
        return
    async with lock:
        pass


async def careful_other(news: asyncio.Event, lock: asyncio.Lock) -> None:
    for _ in range(3):
        async with lock:
            await asyncio.sleep(1)
            news.set()


async def fixed() -> None:
    news, lock = asyncio.Event(), asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        group.create_task(careful_worker(news, lock))
        group.create_task(careful_other(news, lock))
