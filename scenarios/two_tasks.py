"""Two tasks run side by side, and what becomes of the one that nobody awaits.

`create_task` schedules a coroutine at once, so delays of 1 s and 2 s overlap and both are over
after 2 s. If only the first task is awaited, the caller is finished after 1 s. The second task then
lives as long as its loop: a notebook's loop goes on after the cell, and `world` still comes;
`asyncio.run` cancels whatever is left over, and `world` is never printed.
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


async def await_one() -> None:
    first, _second = say_both()
    print(f"started {time.strftime('%X')}")
    await first
    print(f"finished {time.strftime('%X')}")


async def await_both() -> None:
    first, second = say_both()
    print(f"started {time.strftime('%X')}")
    await first
    await second
    print(f"finished {time.strftime('%X')}")


if __name__ == "__main__":
    print("== first awaited, in a notebook ==")
    with asyncio.Runner() as notebook:  # a notebook keeps its loop from cell to cell
        notebook.run(await_one())
        notebook.run(asyncio.sleep(2))

    print("== first awaited, by asyncio.run ==")
    asyncio.run(await_one())

    print("== both awaited ==")
    asyncio.run(await_both())
