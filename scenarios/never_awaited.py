"""A coroutine that nobody awaits.

Calling a coroutine function runs none of its code: it gives a coroutine object, just as calling a
generator function gives a generator. The object runs when it is awaited. If it is dropped before
that, Python warns that it was never awaited.
"""

import asyncio
import warnings
from collections.abc import Iterator


def count() -> Iterator[int]:
    print("count runs")
    yield 1


async def greet() -> None:
    print("greet runs")


async def main() -> None:
    print("== called ==")
    generator = count()
    coroutine = greet()
    print(f"count() gives a {type(generator).__name__}")
    print(f"greet() gives a {type(coroutine).__name__}")
    await asyncio.sleep(1)

    print("== dropped ==")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del generator, coroutine
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}")

    print("== awaited ==")
    await greet()


if __name__ == "__main__":
    asyncio.run(main())
