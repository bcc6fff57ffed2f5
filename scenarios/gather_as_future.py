"""`gather` gives a future, and a future is the low-level result of an operation.

The future exists before the operation is over: it can be looked at while it is pending, and
awaiting it gives the result. The second half makes one by hand: whoever carries the operation out
sets the result, whoever awaits the future gets it.
"""

import asyncio


async def printer(number: int) -> None:
    await asyncio.sleep(number)
    print(number)


async def gathered() -> None:
    future = asyncio.gather(printer(1), printer(2))
    print(future)
    print(await future)


async def by_hand() -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    loop.call_later(1, future.set_result, "the result")
    print(f"done: {future.done()}")
    print(await future)
    print(f"done: {future.done()}")


if __name__ == "__main__":
    print("== gathered ==")
    asyncio.run(gathered())

    print("== by hand ==")
    asyncio.run(by_hand())
