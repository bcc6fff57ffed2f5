"""An order is given up after 5 seconds, and paid after 6.

The bank answers within 2 seconds as a rule. After 5 the shop gives up, and marks the order as
cancelled. The bank does not know of that: should it be slow, the customer has paid for nothing.

The fix: what the bank does in the end is awaited all the same, and paid back if the order is
cancelled.
"""

import asyncio

from scenarios.races.pauses import Pause

USUAL = 2.0
PATIENCE = 5.0


class Bank:
    def __init__(self) -> None:
        self.paid = 0

    async def charge(self, pause: Pause) -> None:
        await asyncio.sleep(USUAL)
        await pause()
        self.paid += 10


async def broken(pause: Pause) -> None:
    bank = Bank()
    charging = asyncio.create_task(bank.charge(pause))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(charging)
        state, price = "bought", 10
    except TimeoutError:
        state, price = "cancelled", 0
    await charging  # it ends some time, whoever waits
    assert bank.paid == price, f"the order is {state}, and {bank.paid} was paid"


async def fixed(pause: Pause) -> None:
    bank = Bank()
    charging = asyncio.create_task(bank.charge(pause))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(charging)
        state, price = "bought", 10
    except TimeoutError:
        state, price = "cancelled", 0
        await charging
        bank.paid -= 10
    await charging
    assert bank.paid == price, f"the order is {state}, and {bank.paid} was paid"
