"""An async generator that is left in the middle cleans up later, in a task of the loop's own.

`async for` does not close a generator that it leaves by an error, such as CancelledError.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing


async def ticks() -> AsyncIterator[int]:
    try:
        for number in range(2):
            yield number
    finally:
        await asyncio.sleep(1)


async def main() -> None:
    async for _ in ticks():
        await asyncio.sleep(1)


async def fixed() -> None:
    async with aclosing(ticks()) as all_ticks:  # type: ignore[type-var]
        async for _ in all_ticks:
            await asyncio.sleep(1)
