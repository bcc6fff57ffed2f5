"""A request is tried again, and both tries are carried out.

The shop takes 1 second as a rule. After 3 seconds the client takes the request for lost, and sends
it again. Should it only be slow, the shop has two orders.

The fix: the client makes up a key, which is the same in each try, and the shop has one order for a
key.
"""

import asyncio

from scenarios.races.pauses import Pause

USUAL = 1.0
PATIENCE = 3.0
TRIES = 3


class Shop:
    def __init__(self) -> None:
        self.orders: list[str] = []

    def take(self, key: str) -> None:
        self.orders.append(key)


class CarefulShop(Shop):
    def take(self, key: str) -> None:
        if key not in self.orders:
            self.orders.append(key)


async def buy(shop: Shop, pause: Pause) -> None:
    sent: list[asyncio.Task[None]] = []

    async def request(key: str) -> None:
        await asyncio.sleep(USUAL)
        await pause()
        shop.take(key)

    for _ in range(TRIES):
        sent.append(asyncio.create_task(request("a book for Ada")))
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(sent[-1])
            break
        except TimeoutError:
            continue
    await asyncio.gather(*sent)  # what was sent arrives some time
    assert len(shop.orders) == 1, f"Ada wanted one book, and gets {len(shop.orders)}"


async def broken(pause: Pause) -> None:
    await buy(Shop(), pause)


async def fixed(pause: Pause) -> None:
    await buy(CarefulShop(), pause)
