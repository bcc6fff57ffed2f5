"""`wait` gives two sets of tasks, the done and the pending ones, and cancels nothing.

`return_when` says what it waits for: all tasks (the default), the first one to end, or the first
one to raise. The pending tasks run on. What comes back are the tasks that went in; coroutines were
wrapped in tasks once, and are a TypeError since Python 3.11.
"""

import asyncio


async def sleeper(seconds: int, *, fails: bool = False) -> int:
    print(f"sleeper {seconds} starts")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"sleeper {seconds} cancelled")
        raise
    if fails:
        print(f"sleeper {seconds} raises")
        raise ArithmeticError
    print(f"sleeper {seconds} finished")
    return seconds


def sleepers(failing: int | None) -> set[asyncio.Task[int]]:
    return {
        asyncio.create_task(sleeper(seconds, fails=seconds == failing), name=str(seconds))
        for seconds in (1, 2, 3)
    }


def names(tasks: set[asyncio.Task[int]]) -> str:
    return " ".join(sorted(task.get_name() for task in tasks)) or "none"


async def wait(return_when: str, *, failing: int | None = None) -> None:
    tasks = sleepers(failing)
    print(f"== {return_when} ==")
    done, pending = await asyncio.wait(tasks, return_when=return_when)
    print(f"done: {names(done)}, pending: {names(pending)}")
    print(f"the same tasks as before: {done | pending == tasks}")
    await asyncio.gather(*tasks, return_exceptions=True)


async def wait_for_bare_coroutine() -> None:
    print("== a bare coroutine ==")
    coroutine = sleeper(1)
    try:
        await asyncio.wait({coroutine})  # type: ignore[type-var]
    except TypeError as error:
        print(f"TypeError: {error}")
    coroutine.close()


async def main() -> None:
    await wait(asyncio.ALL_COMPLETED)
    await wait(asyncio.FIRST_COMPLETED)
    await wait(asyncio.FIRST_EXCEPTION, failing=2)
    await wait_for_bare_coroutine()


if __name__ == "__main__":
    asyncio.run(main())
