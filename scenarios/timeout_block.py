"""`timeout()` puts a deadline on a block of code, not on one coroutine.

At the deadline the block is cancelled, and the cancellation leaves it as TimeoutError. No task is
made for it. The deadline can be moved while the block runs, and of nested blocks the one whose
deadline comes first raises; the others go on.
"""

import asyncio


async def expires() -> None:
    try:
        async with asyncio.timeout(1):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                print("block cancelled")
                raise
    except TimeoutError:
        print("timeout!")


async def moved() -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1) as deadline:
        await asyncio.sleep(0.5)
        deadline.reschedule(loop.time() + 2)
        await asyncio.sleep(1.5)
        print("block finished")
    print(f"expired: {deadline.expired()}")


async def nested() -> None:
    async with asyncio.timeout(3) as outer:
        try:
            async with asyncio.timeout(1):
                await asyncio.sleep(3600)
        except TimeoutError:
            print("timeout! of the inner block")
        await asyncio.sleep(1)
        print("outer block finished")
    print(f"expired: {outer.expired()}")


if __name__ == "__main__":
    print("== expires ==")
    asyncio.run(expires())

    print("== the deadline is moved ==")
    asyncio.run(moved())

    print("== nested ==")
    asyncio.run(nested())
