"""When one of the gathered raises, its siblings are *not* cancelled.

`gather` passes the first exception to its caller at once, at +2, and leaves the other tasks alone:
the 3 s sibling finishes at +3 if the loop is still running by then. If the caller returns instead,
the runner closes the loop, and it is the runner that cancels the sibling.
"""

import asyncio


async def sleeper(seconds: int) -> int:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"sleeper {seconds} cancelled")
        raise
    if seconds % 2 == 0:
        print(f"sleeper {seconds} raises")
        raise ArithmeticError
    print(f"sleeper {seconds} finished")
    return seconds


async def main(*, stay: float) -> None:
    try:
        await asyncio.gather(sleeper(1), sleeper(2), sleeper(3))
    except ArithmeticError:
        print("error occured, everything canceled")  # the lecture's words
    await asyncio.sleep(stay)
    print("main returns")


if __name__ == "__main__":
    print("== the loop goes on ==")
    asyncio.run(main(stay=2))

    print("== the runner closes first ==")
    asyncio.run(main(stay=0))
