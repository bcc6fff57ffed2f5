"""The quiz: two tasks of 1 s and 2 s, and fewer and fewer awaits.

Without the await of the first task everything still takes 2 s, and `hello` still comes at +1: a
task runs because it was created, not because it is awaited. Without any await the caller returns
at once. Each task makes its first step, then the runner closes the loop and cancels both.
"""

import asyncio
import time


async def say_after(delay: float, word: str) -> None:
    print("something")
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError:
        print(f"{word} cancelled")
        raise
    print(word)


def say_both() -> tuple[asyncio.Task[None], asyncio.Task[None]]:
    return (
        asyncio.create_task(say_after(1, "hello")),
        asyncio.create_task(say_after(2, "world")),
    )


async def await_last() -> None:
    _first, second = say_both()
    print(f"started {time.strftime('%X')}")
    await second
    print(f"finished {time.strftime('%X')}")


async def await_none() -> None:
    _first, _second = say_both()
    print(f"started {time.strftime('%X')}")
    print(f"finished {time.strftime('%X')}")


if __name__ == "__main__":
    print("== the first await removed ==")
    asyncio.run(await_last())

    print("== both awaits removed ==")
    asyncio.run(await_none())
