"""timeout(0) takes an earlier cancellation for its own, and raises TimeoutError (gh-134471).

The cancellation must have been requested in the same step, before the block is entered: then both
are delivered at once. So only a sweep of class C comes upon it.
"""

import asyncio


async def worker(patience: float) -> str:
    try:
        async with asyncio.timeout(patience):
            await asyncio.sleep(1)
            return "done"
    except TimeoutError:
        return "no time"


async def careful_worker(patience: float) -> str:
    return "no time" if patience <= 0 else await worker(patience)


async def main() -> None:
    await worker(0)


async def fixed() -> None:
    await careful_worker(0)
