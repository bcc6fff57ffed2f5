"""Programs that are right to be cancelled at any moment: a sweep must find nothing in them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager


async def lock() -> None:
    lock = asyncio.Lock()

    async def worker() -> None:
        async with lock:
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(worker())


async def semaphore_of_one() -> None:
    semaphore = asyncio.Semaphore(1)

    async def worker() -> None:
        async with semaphore:
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(worker())


async def semaphore_of_two() -> None:
    semaphore = asyncio.BoundedSemaphore(2)

    async def worker() -> None:
        async with semaphore:
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(worker())


async def event() -> None:
    event = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(event.wait())
        await asyncio.sleep(1)
        event.set()


async def queue() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(1)

    async def worker() -> None:
        while True:
            await queue.get()
            try:
                await asyncio.sleep(1)
            finally:
                queue.task_done()

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(worker()) for _ in range(2)]
        for item in range(3):
            await queue.put(item)
        await queue.join()
        for one in workers:
            one.cancel()


async def task_group() -> None:
    async def worker() -> None:
        await asyncio.sleep(1)

    async with asyncio.TaskGroup() as outer:
        outer.create_task(worker())
        async with asyncio.TaskGroup() as inner:
            inner.create_task(worker())
            inner.create_task(worker())


async def timeout() -> None:
    for patience in (1, 2, 3):
        try:
            async with asyncio.timeout(patience):
                await asyncio.sleep(2)
        except TimeoutError:
            pass


async def nested_timeouts() -> None:
    try:
        async with asyncio.timeout(2), asyncio.timeout(1):
            await asyncio.sleep(3)
    except TimeoutError:
        await asyncio.sleep(1)


async def gather() -> None:
    async def worker() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.sleep(1)

    await asyncio.gather(worker(), worker(), return_exceptions=True)


async def context_manager() -> None:
    @asynccontextmanager
    async def connection() -> AsyncIterator[None]:
        await asyncio.sleep(1)
        try:
            yield
        finally:
            await asyncio.sleep(1)

    async with connection(), connection():
        await asyncio.sleep(1)


async def generator() -> None:
    async def ticks() -> AsyncIterator[int]:
        for number in range(2):
            await asyncio.sleep(1)
            yield number

    async with aclosing(ticks()) as all_ticks:  # type: ignore[type-var]
        async for _ in all_ticks:
            await asyncio.sleep(1)


async def thread() -> None:
    await asyncio.to_thread(sum, range(10))


async def handing_over() -> None:
    task = asyncio.create_task(asyncio.sleep(1))
    try:
        await asyncio.sleep(0)
        await task
    finally:
        task.cancel()


CONTROLS = (
    lock,
    semaphore_of_one,
    semaphore_of_two,
    event,
    queue,
    task_group,
    timeout,
    nested_timeouts,
    gather,
    context_manager,
    generator,
    thread,
    handing_over,
)
