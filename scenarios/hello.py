"""Hello, two seconds, world.

`await asyncio.sleep(2)` gives the thread back to the event loop, which resumes the coroutine two
seconds later. Nothing else runs here, so nothing else happens in between.
"""

import asyncio


async def main() -> None:
    print("hello")
    await asyncio.sleep(2)
    print("world")


if __name__ == "__main__":
    asyncio.run(main())
