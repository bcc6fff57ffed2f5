"""A lock lets its holders in one after the other, in the order in which they asked.

Holders of 1, 2 and 3 seconds take 6 s together in every order; only the moments in between depend
on it. The lecture saw them come as 1, 3, 2, because stock asyncio walks a set of coroutines by
memory address, which is a matter of chance. In order of creation they come as 1, 2, 3.
"""

import asyncio
import time
from collections.abc import Iterable
from itertools import permutations


async def hold(lock: asyncio.Lock, seconds: int) -> None:
    async with lock:
        print(f"{seconds} enters")
        await asyncio.sleep(seconds)
        print(f"{seconds} at {time.strftime('%X')}")


async def in_order(order: Iterable[int]) -> None:
    lock = asyncio.Lock()
    print(f"before start {time.strftime('%X')}")
    tasks = [asyncio.create_task(hold(lock, seconds)) for seconds in order]
    for next_done in asyncio.as_completed(tasks):
        await next_done


async def from_a_set() -> None:
    lock = asyncio.Lock()
    print(f"before start {time.strftime('%X')}")
    for next_done in asyncio.as_completed({hold(lock, 1), hold(lock, 2), hold(lock, 3)}):
        await next_done


async def hold_quietly(lock: asyncio.Lock, seconds: int) -> float:
    async with lock:
        await asyncio.sleep(seconds)
        return asyncio.get_running_loop().time()


async def ends(order: Iterable[int]) -> list[int]:
    """When each of the holders lets go, in whole seconds after the start."""
    lock = asyncio.Lock()
    start = asyncio.get_running_loop().time()
    tasks = [asyncio.create_task(hold_quietly(lock, seconds)) for seconds in order]
    return [round(await next_done - start) for next_done in asyncio.as_completed(tasks)]


def words(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


if __name__ == "__main__":
    print("== the lecture's order ==")
    asyncio.run(in_order((1, 3, 2)))

    asyncio.run(asyncio.sleep(54))  # until the clock shows the same second again

    print("== a set, first come first served ==")
    asyncio.run(from_a_set())

    print("== every order ==")
    for order in permutations((1, 2, 3)):
        print(f"order {words(order)}: ended at {words(asyncio.run(ends(order)))}")
