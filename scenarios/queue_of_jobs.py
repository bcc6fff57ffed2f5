"""A queue hands jobs from a producer to workers, and holds a fast producer back.

Each job goes to one worker, first come first served. The queue has two places: while both are
taken, `put` waits. `join` returns when every job that was put has been reported done.
"""

import asyncio


async def produce(queue: asyncio.Queue[int]) -> None:
    for job in range(1, 7):
        await queue.put(job)
        print(f"job {job} is put")


async def work(queue: asyncio.Queue[int]) -> None:
    while True:
        job = await queue.get()
        await asyncio.sleep(1)
        print(f"job {job} is done")
        queue.task_done()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
    workers = [asyncio.create_task(work(queue), name=name) for name in ("worker A", "worker B")]
    await asyncio.create_task(produce(queue), name="producer")
    await queue.join()
    print("every job is done")
    for worker in workers:
        worker.cancel()


if __name__ == "__main__":
    asyncio.run(main())
