"""Where asyncio saves time: on waiting, and only there.

Ten waits of 1 s take 1 s together, because a waiting task needs no thread. Ten blocking calls of
1 s take 10 s, and nothing else runs meanwhile: the ticker, due at +0.5, has to stand still as well.
`time.sleep` stands for any blocking call or computation here; the global interpreter lock would
let no two computations run at once either. In threads, ten calls that block while waiting take 1 s.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


async def wait(number: int) -> None:
    await asyncio.sleep(1)
    print(f"{number} done")


async def block(number: int) -> None:
    time.sleep(1)
    print(f"{number} done")


async def offload(number: int) -> None:
    await asyncio.to_thread(time.sleep, 1)
    print(f"{number} done")


async def tick() -> None:
    await asyncio.sleep(0.5)
    print("tick")


async def ten_waits() -> None:
    await asyncio.gather(tick(), *(wait(number) for number in range(1, 11)))


async def ten_blocking_calls() -> None:
    await asyncio.gather(tick(), *(block(number) for number in range(1, 11)))


async def ten_blocking_calls_in_threads() -> None:
    # The default pool may have fewer than ten threads: the number of processors plus four.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=10))
    await asyncio.gather(tick(), *(offload(number) for number in range(1, 11)))


if __name__ == "__main__":
    print("== ten waits ==")
    asyncio.run(ten_waits())

    print("== ten blocking calls ==")
    asyncio.run(ten_blocking_calls())

    print("== ten blocking calls in threads ==")
    asyncio.run(ten_blocking_calls_in_threads())
