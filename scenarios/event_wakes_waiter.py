"""An event: one task waits until another says that something has happened.

The waiter sleeps without asking again and again; `set` wakes it in the same instant.
"""

import asyncio


async def waiter(event: asyncio.Event) -> None:
    print("waiting for it ...")
    await event.wait()
    print("... got it!")


async def main() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(waiter(event))
    await asyncio.sleep(1)
    event.set()
    await waiting


if __name__ == "__main__":
    asyncio.run(main())
