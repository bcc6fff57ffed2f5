"""A semaphore of 2 lets at most two in at once.

Of three holders of 1, 2 and 3 seconds the third has to wait until the first leaves at +1, so it
leaves at +4. Like a lock, a semaphore lets them in in the order in which they asked.
"""

import asyncio
import time


async def hold(semaphore: asyncio.Semaphore, seconds: int) -> None:
    async with semaphore:
        print(f"{seconds} enters")
        await asyncio.sleep(seconds)
        print(f"{seconds} at {time.strftime('%X')}")


async def main() -> None:
    semaphore = asyncio.Semaphore(2)
    print(f"before start {time.strftime('%X')}")
    holders = {hold(semaphore, 1), hold(semaphore, 2), hold(semaphore, 3)}
    for next_done in asyncio.as_completed(holders):
        await next_done


if __name__ == "__main__":
    asyncio.run(main())
