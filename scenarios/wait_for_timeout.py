"""`wait_for` cancels what takes too long, waits for its end, and only then raises TimeoutError.

An hour's sleep under a timeout of 1 s is over after 1 s. If the cancelled task needs 2 s to clean
up, the exception comes after them, at +3: when the caller goes on, the other one has ended.
"""

import asyncio


async def eternity() -> None:
    await asyncio.sleep(3600)
    print("yay!")


async def cleans_up() -> None:
    try:
        await asyncio.sleep(3600)
        print("yay!")
    finally:
        print("cleanup starts")
        await asyncio.sleep(2)
        print("cleanup finished")


async def in_vain() -> None:
    await asyncio.wait_for(asyncio.create_task(cleans_up()), timeout=1)


async def main() -> None:
    # Tasks, for the same transcript on every Python: from a bare coroutine wait_for makes a task
    # itself up to 3.11, and runs it inside its caller's since 3.12.
    print("== an hour under a timeout of 1 s ==")
    try:
        await asyncio.wait_for(asyncio.create_task(eternity()), timeout=1)
    except TimeoutError:
        print("timeout!")

    print("== a cleanup of 2 s ==")
    try:
        await in_vain()
    except TimeoutError:
        print("timeout!")


if __name__ == "__main__":
    asyncio.run(main())
