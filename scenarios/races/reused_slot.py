"""A late answer is taken for the answer to the next question (pymodbus 2636, redis-py 2624).

Each question has a slot, in which its answer is put; after 5 seconds without an answer the slot is
free for the next question. The device answers within 2 seconds as a rule. Should the first answer
take between 5 and 7, it comes while the second question waits in the same slot.

The fix: slots are numbered anew for each question. An answer to a number for which nobody waits is
dropped.
"""

import asyncio
from collections.abc import Callable
from itertools import count

from scenarios.races.pauses import Pause

USUAL = 2.0
PATIENCE = 5.0


async def ask_twice(new_slot: Callable[[], int], pause: Pause) -> None:
    waiting: dict[int, asyncio.Future[str]] = {}
    asked: list[asyncio.Task[None]] = []

    async def device(slot: int, question: str) -> None:
        await asyncio.sleep(USUAL)
        await pause()
        if slot in waiting and not waiting[slot].done():
            waiting[slot].set_result(question.upper())

    async def ask(question: str) -> str:
        slot = new_slot()
        waiting[slot] = asyncio.get_running_loop().create_future()
        asked.append(asyncio.create_task(device(slot, question)))
        try:
            async with asyncio.timeout(PATIENCE):
                return await waiting[slot]
        except TimeoutError:
            return "no answer"
        finally:
            del waiting[slot]

    for question in ("voltage", "current"):
        answer = await ask(question)
        assert answer in (question.upper(), "no answer"), f"the {question} is told as {answer}"
    await asyncio.gather(*asked)


async def broken(pause: Pause) -> None:
    await ask_twice(lambda: 0, pause)


async def fixed(pause: Pause) -> None:
    numbers = count()
    await ask_twice(lambda: next(numbers), pause)
