"""A job that takes longer than its queue believes is done twice.

Whoever takes a job hides it from the others for 30 seconds, and says when it is done. A job takes
10 seconds as a rule. Should it take more than 30, the queue gives it to somebody else, and the
customer is charged by both.

The fix: charging looks by the number of the job whether it has happened.
"""

import asyncio
from collections.abc import Callable

from scenarios.races.pauses import Pause

HIDDEN = 30.0
WORK = 10.0
LONG = 60.0


async def serve(charge: Callable[[list[str], str], None], pause: Pause) -> None:
    jobs: asyncio.Queue[str] = asyncio.Queue()
    charged: list[str] = []
    first_is_done = asyncio.Event()

    async def worker() -> None:
        while True:
            job = await jobs.get()
            again = asyncio.get_running_loop().call_later(HIDDEN, jobs.put_nowait, job)
            await asyncio.sleep(WORK)
            await pause()
            charge(charged, job)
            again.cancel()
            first_is_done.set()

    workers = [asyncio.create_task(worker()) for _ in range(2)]
    jobs.put_nowait("order 7")
    await first_is_done.wait()
    await asyncio.sleep(LONG)
    for one in workers:
        one.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert charged == ["order 7"], f"charged were {charged}"


async def broken(pause: Pause) -> None:
    def charge(charged: list[str], job: str) -> None:
        charged.append(job)

    await serve(charge, pause)


async def fixed(pause: Pause) -> None:
    def charge(charged: list[str], job: str) -> None:
        if job not in charged:
            charged.append(job)

    await serve(charge, pause)
