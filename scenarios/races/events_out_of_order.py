"""A parcel that was delivered is on its way again.

Each event is saved by a task of its own, so that the next one can be received meanwhile. They are
received in order, and saved in order as a rule. If the connection on which the first is saved is
slow, what it writes is what remains.

The fix: one task saves them, in the order in which they came.
"""

import asyncio

from scenarios.races.pauses import Pause

EVENTS = ("sent", "on its way", "delivered")


async def broken(pause: Pause) -> None:
    state = "ordered"

    async def save(event: str) -> None:
        nonlocal state
        await pause()  # until a connection is there
        state = event

    saving = []
    for event in EVENTS:
        saving.append(asyncio.create_task(save(event)))
        await pause()  # until the next event comes
    await asyncio.gather(*saving)
    assert state == "delivered", f"the parcel was delivered, and then it is {state}"


async def fixed(pause: Pause) -> None:
    state = "ordered"
    events: asyncio.Queue[str] = asyncio.Queue()

    async def save_all() -> None:
        nonlocal state
        for _ in EVENTS:
            event = await events.get()
            await pause()
            state = event

    saving = asyncio.create_task(save_all())
    for event in EVENTS:
        events.put_nowait(event)
        await pause()
    await saving
    assert state == "delivered", f"the parcel was delivered, and then it is {state}"
