"""A TaskGroup ends when all its tasks have ended, and one failure cancels the others.

This is what people expect of `gather` when one of its coroutines raises: the siblings are
cancelled at once. The block then raises all failures together, as an ExceptionGroup.
"""

import asyncio


async def sleeper(seconds: int, *, fails: bool = False) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"sleeper {seconds} cancelled")
        raise
    if fails:
        print(f"sleeper {seconds} raises")
        raise ArithmeticError
    print(f"sleeper {seconds} finished")


async def all_well() -> None:
    async with asyncio.TaskGroup() as group:
        for seconds in (1, 2, 3):
            group.create_task(sleeper(seconds))
    print("the group is done")


async def one_raises() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for seconds in (1, 2, 3):
                group.create_task(sleeper(seconds, fails=seconds == 2))
    except* ArithmeticError as group_of_errors:
        print(f"the group raises {list(group_of_errors.exceptions)}")
    await asyncio.sleep(2)


if __name__ == "__main__":
    print("== all well ==")
    asyncio.run(all_well())

    print("== one raises ==")
    asyncio.run(one_raises())
