"""`gather(..., return_exceptions=True)` waits for all and hands exceptions over as results.

Nothing is raised and nothing is cancelled. The list has the order of the arguments, and it is
there when the slowest is done, at +3.
"""

import asyncio


async def sleeper(seconds: int) -> int:
    await asyncio.sleep(seconds)
    if seconds % 2 == 0:
        print(f"sleeper {seconds} raises")
        raise ArithmeticError
    print(f"sleeper {seconds} finished")
    return seconds


async def main() -> None:
    print(await asyncio.gather(sleeper(1), sleeper(2), sleeper(3), return_exceptions=True))


if __name__ == "__main__":
    asyncio.run(main())
