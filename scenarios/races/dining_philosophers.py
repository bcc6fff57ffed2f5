"""Three philosophers with a fork between each two, and each waits for the next.

Each takes the left fork and then the right one. As a rule they do not come at the same time. If the
first two are slow to take the second fork, each of them has one fork in the end, and waits for
another.

The fix: the fork with the lower number is taken first, so they cannot wait in a circle.
"""

import asyncio

from scenarios.races.pauses import Pause

PLACES = 3


async def dine(first: asyncio.Lock, second: asyncio.Lock, thoughts: int, pause: Pause) -> None:
    for _ in range(thoughts):
        await pause()
    async with first:
        await pause()  # the hand moves to the other side
        async with second:
            await pause()


async def broken(pause: Pause) -> None:
    forks = [asyncio.Lock() for _ in range(PLACES)]
    await asyncio.gather(
        *(dine(forks[n], forks[(n + 1) % PLACES], 3 * n, pause) for n in range(PLACES))
    )


async def fixed(pause: Pause) -> None:
    forks = [asyncio.Lock() for _ in range(PLACES)]
    pairs = [sorted((n, (n + 1) % PLACES)) for n in range(PLACES)]
    await asyncio.gather(
        *(dine(forks[low], forks[high], 3 * n, pause) for n, (low, high) in enumerate(pairs))
    )
