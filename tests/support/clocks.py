"""The clocks that a program sees, and a program whose order shows who breaks a tie."""

import asyncio
import time


def now() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def elapsed() -> float:
    """Return how far the monotonic clock has come since the run began, also in a thread."""
    return time.monotonic() - 2**28


async def wake_twelve_equal_sleepers() -> list[int]:
    """Return in which order twelve tasks go on that sleep until the same instant."""
    woken = []

    async def sleeper(number):
        await asyncio.sleep(1)
        woken.append(number)

    await asyncio.gather(*map(sleeper, range(12)))
    return woken
