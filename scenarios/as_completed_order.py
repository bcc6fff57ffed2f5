"""`as_completed` gives results in order of completion, whatever the order of the set.

Each round of the `for` waits for the next result, no matter whose. Three printers of 3, 2 and 1
seconds arrive as 1, 2, 3; and so they do in each of the six orders they can be created in.
"""

import asyncio
from collections.abc import Iterable
from itertools import permutations


async def printer(number: int) -> int:
    await asyncio.sleep(number)
    print(number)
    return number


async def one_by_one() -> None:
    for next_done in asyncio.as_completed({printer(3), printer(2), printer(1)}):
        print("waiting next")
        await next_done
        print("next coroutine done")


async def sleeper(seconds: int) -> int:
    return await asyncio.sleep(seconds, result=seconds)


async def complete(order: Iterable[int]) -> None:
    arrived = [await done for done in asyncio.as_completed({sleeper(n) for n in order})]
    print(f"order {words(order)}: completed {words(arrived)}")


def words(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


if __name__ == "__main__":
    print("== a set of 3, 2, 1 ==")
    asyncio.run(one_by_one())

    print("== every order ==")
    for order in permutations((1, 2, 3)):
        asyncio.run(complete(order))
