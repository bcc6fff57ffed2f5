"""A worker whose heart beats slowly is taken for dead, and its job is done twice (pgqueuer 430).

A worker tells every 4 seconds that it is alive, and a job takes 20 seconds. A monitor looks after
10 and gives the job to another one if the last beat is older than 8 seconds. A beat that is slow,
while the job goes on, is enough.

The fix: each try has a number, and a result counts only if it is that of the last try.
"""

import asyncio
from collections.abc import Callable

from scenarios.races.pauses import Pause

BEAT = 4.0
PATIENCE = 8.0
LOOK = 10.0
WORK = 20.0


class Job:
    def __init__(self, counts: Callable[[int, int], bool], pause: Pause) -> None:
        self.counts = counts
        self.pause = pause
        self.tries: list[asyncio.Task[None]] = []
        self.last_beat = 0.0
        self.results: list[int] = []

    async def beat(self) -> None:
        for _ in range(int(WORK / BEAT)):
            self.last_beat = asyncio.get_running_loop().time()
            await asyncio.sleep(BEAT)
            await self.pause()

    def begin(self) -> None:
        number = len(self.tries) + 1
        self.tries.append(asyncio.create_task(self.work(number)))

    async def work(self, number: int) -> None:
        await asyncio.sleep(WORK)
        await self.pause()
        if self.counts(number, len(self.tries)):
            self.results.append(number)


async def supervise(job: Job) -> None:
    job.begin()
    beating = asyncio.create_task(job.beat())
    await asyncio.sleep(LOOK)
    silence = asyncio.get_running_loop().time() - job.last_beat
    if silence > PATIENCE and not job.results:
        job.begin()
    await asyncio.gather(beating, *job.tries)
    assert len(job.results) == 1, f"one job has the results of tries {job.results}"


async def broken(pause: Pause) -> None:
    await supervise(Job(lambda number, last: True, pause))


async def fixed(pause: Pause) -> None:
    await supervise(Job(lambda number, last: number == last, pause))
