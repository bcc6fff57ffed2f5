"""Two payments into one account, and one of them is lost.

A payment reads the balance, and writes it back with its amount added once the bank has answered.
That of the interest begins when the wages are paid, as a rule: it has a rate to look up first. If
the wages' answer takes longer, both have read the same balance, and who writes last takes the other
payment back.

The fix: who has read the balance keeps the lock until it is written.
"""

import asyncio

from scenarios.races.pauses import Pause


class Account:
    def __init__(self) -> None:
        self.balance = 100
        self.lock = asyncio.Lock()

    async def pay_in(self, amount: int, pause: Pause) -> None:
        balance = self.balance
        await pause()  # the bank answers
        self.balance = balance + amount

    async def pay_in_alone(self, amount: int, pause: Pause) -> None:
        async with self.lock:
            await self.pay_in(amount, pause)


async def broken(pause: Pause) -> None:
    account = Account()

    async def interest() -> None:
        for _ in range(2):  # the rate is looked up, and the day
            await pause()
        await account.pay_in(5, pause)

    await asyncio.gather(account.pay_in(50, pause), interest())
    assert account.balance == 155, f"100, 50 and 5 make {account.balance}"


async def fixed(pause: Pause) -> None:
    account = Account()

    async def interest() -> None:
        for _ in range(2):
            await pause()
        await account.pay_in_alone(5, pause)

    await asyncio.gather(account.pay_in_alone(50, pause), interest())
    assert account.balance == 155, f"100, 50 and 5 make {account.balance}"
