"""asyncio's primitives belong to the loop's thread; how other threads take part.

A loop, its tasks, events and queues are not thread-safe. A thread that touches them directly gets
a RuntimeError in debug mode; without it the loop may just notice too late, or never. What a thread
does instead is to ask the loop, with `call_soon_threadsafe` or `run_coroutine_threadsafe`. In the
other direction a task hands a blocking call to a thread, with `to_thread`, and the other tasks go
on meanwhile.
"""

import asyncio
import time


async def waiter(event: asyncio.Event) -> None:
    print("waiting for it ...")
    await event.wait()
    print("... got it!")


async def meddle() -> None:
    loop = asyncio.get_running_loop()

    def work() -> None:
        time.sleep(1)
        loop.call_soon(print, "never called")

    try:
        await asyncio.to_thread(work)
    except RuntimeError as error:
        print(f"RuntimeError: {error}")


async def ask_loop() -> None:
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    def work() -> None:
        time.sleep(1)
        loop.call_soon_threadsafe(event.set)
        time.sleep(1)

    waiting = asyncio.create_task(waiter(event))
    await asyncio.to_thread(work)
    print("the thread is done")
    await waiting


async def answer() -> int:
    await asyncio.sleep(1)
    return 42


async def get_answer() -> None:
    loop = asyncio.get_running_loop()

    def work() -> int:
        return asyncio.run_coroutine_threadsafe(answer(), loop).result()

    print(f"the thread got {await asyncio.to_thread(work)} from the loop")


def blocking_answer() -> int:
    time.sleep(2)
    return 42


async def tick() -> None:
    for _ in range(3):
        await asyncio.sleep(0.5)
        print("tick")


async def hand_over() -> None:
    ticking = asyncio.create_task(tick())
    print(f"the answer is {await asyncio.to_thread(blocking_answer)}")
    await ticking


if __name__ == "__main__":
    print("== call_soon from a thread, in debug mode ==")
    asyncio.run(meddle(), debug=True)

    print("== call_soon_threadsafe from a thread ==")
    asyncio.run(ask_loop())

    print("== run_coroutine_threadsafe from a thread ==")
    asyncio.run(get_answer())

    print("== a blocking call in a thread ==")
    asyncio.run(hand_over())
