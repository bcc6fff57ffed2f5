"""An eager task starts inside `create_task` and runs to its first real wait (Python 3.12).

A lazy task makes its first step only when its creator gives the thread back. With
`asyncio.eager_task_factory` the step comes first, and a coroutine that never has to wait is done
before `create_task` returns: the loop is not asked at all. Times are the same, the order is not.
"""

import asyncio
import sys


async def cached() -> str:
    print("cached runs")
    return "at hand"


async def fetched() -> str:
    print("fetched runs")
    await asyncio.sleep(1)
    print("fetched goes on")
    return "from afar"


async def main() -> None:
    near = asyncio.create_task(cached())
    far = asyncio.create_task(fetched())
    print(f"tasks created, done: {near.done()} {far.done()}")
    print(f"{await near}, {await far}")


async def eager_main() -> None:
    if sys.version_info < (3, 12):
        print("eager tasks need Python 3.12")
    else:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await main()


if __name__ == "__main__":
    print("== lazy ==")
    asyncio.run(main())

    print("== eager ==")
    asyncio.run(eager_main())
