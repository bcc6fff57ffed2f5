"""A cook looks whether there is an order, and sleeps through the bell.

There is none, so the cook writes that down, and then waits for the bell. An order that comes in
between has rung already: both wait for ever, the cook for the bell and the guest for the soup. As a
rule guests take longer to choose.

The fix: the cook looks with the condition held, and waits only if there is still no order. Nobody
can ring between the two.
"""

import asyncio

from scenarios.races.pauses import Pause


class Kitchen:
    def __init__(self) -> None:
        self.bell = asyncio.Condition()
        self.orders: list[str] = []

    async def order(self, dish: str, pause: Pause) -> None:
        for _ in range(4):  # the guest chooses
            await pause()
        async with self.bell:
            self.orders.append(dish)
            self.bell.notify()


async def broken(pause: Pause) -> None:
    kitchen = Kitchen()

    async def cook() -> str:
        if not kitchen.orders:
            await pause()  # "nothing to do" is written to the log
            async with kitchen.bell:
                await kitchen.bell.wait()
        return kitchen.orders.pop()

    dish, _ = await asyncio.gather(cook(), kitchen.order("soup", pause))
    assert dish == "soup"


async def fixed(pause: Pause) -> None:
    kitchen = Kitchen()

    async def cook() -> str:
        if not kitchen.orders:
            await pause()
        async with kitchen.bell:
            await kitchen.bell.wait_for(lambda: kitchen.orders)
        return kitchen.orders.pop()

    dish, _ = await asyncio.gather(cook(), kitchen.order("soup", pause))
    assert dish == "soup"
