"""A barrier of three: nobody goes on before all three have arrived.

Hikers who need 1, 2 and 3 seconds all leave the hut at +3, with the last one. A barrier can be used
again: on the second leg the quick ones wait once more.
"""

import asyncio


async def hike(hut: asyncio.Barrier, name: str, seconds: int) -> None:
    for leg in (1, 2):
        await asyncio.sleep(seconds)
        print(f"{name} arrives, leg {leg}")
        await hut.wait()
        print(f"{name} goes on, leg {leg}")


async def main() -> None:
    hut = asyncio.Barrier(3)
    async with asyncio.TaskGroup() as group:
        for name, seconds in (("anna", 1), ("boris", 2), ("clara", 3)):
            group.create_task(hike(hut, name, seconds), name=name)


if __name__ == "__main__":
    asyncio.run(main())
