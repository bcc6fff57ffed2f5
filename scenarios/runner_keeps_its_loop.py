"""A Runner keeps one loop for several runs, and cleans up once, at its end.

`asyncio.run` makes a loop, runs one coroutine and closes the loop. A Runner does the same in three
parts, with as many runs in the middle as you like. Context variables and tasks left behind are
still there in the next run, but tasks move only while a run is on. Closing the runner cancels what
is left.
"""

import asyncio
from contextvars import ContextVar

visitor: ContextVar[str] = ContextVar("visitor", default="nobody")


async def count_to(number: int) -> None:
    try:
        for i in range(1, number + 1):
            await asyncio.sleep(1)
            print(f"count {i}")
    except asyncio.CancelledError:
        print("count cancelled")
        raise


async def first() -> asyncio.Task[None]:
    visitor.set("anna")
    counting = asyncio.create_task(count_to(10))
    await asyncio.sleep(1.5)
    print("first run returns")
    return counting


async def second() -> None:
    print(f"second run meets {visitor.get()}")
    await asyncio.sleep(2)
    print("second run returns")


if __name__ == "__main__":
    with asyncio.Runner() as runner:
        counting = runner.run(first())
        print(f"between the runs, count done: {counting.done()}")
        runner.run(second())
    print(f"runner closed, count cancelled: {counting.cancelled()}")
