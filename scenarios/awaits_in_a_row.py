"""Two awaits in a row take the sum of their times.

`await` starts a coroutine and waits for its end. The second call is not even made before the first
has returned, so delays of 1 s and 2 s take 3 s: the code is linear, as if it were not asynchronous.
"""

import asyncio
import time


async def say_after(delay: float, word: str) -> None:
    print("something")
    await asyncio.sleep(delay)
    print(word)


async def main() -> None:
    print(f"started {time.strftime('%X')}")
    await say_after(1, "hello")
    await say_after(2, "world")
    print(f"finished {time.strftime('%X')}")


if __name__ == "__main__":
    asyncio.run(main())
