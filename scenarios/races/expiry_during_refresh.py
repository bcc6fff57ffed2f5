"""A rate is refreshed in time, as a rule, and who needs it believes that it is always there.

A rate is kept for 10 seconds. After 8 it is fetched again, which takes 1 second. Should that take
more than 2, the old one is gone before the new one is there, and who converts in between finds
none.

The fix: who finds no rate fetches one.
"""

import asyncio

from scenarios.races.pauses import Pause

KEPT = 10.0
EARLY = 8.0
FETCH = 1.0


class Rates:
    def __init__(self, pause: Pause) -> None:
        self.pause = pause
        self.rate: float | None = None
        self.store(1.1)

    def store(self, rate: float | None) -> None:
        self.rate = rate
        if rate is not None:
            self.expiry = asyncio.get_running_loop().call_later(KEPT, self.store, None)

    async def refresh(self) -> None:
        await asyncio.sleep(FETCH)
        await self.pause()
        self.expiry.cancel()
        self.store(1.2)

    async def refresh_early(self) -> None:
        await asyncio.sleep(EARLY)
        await self.refresh()


async def broken(pause: Pause) -> None:
    rates = Rates(pause)

    async def convert() -> None:
        await asyncio.sleep(KEPT + FETCH)
        assert rates.rate is not None, "the rate has expired, and is being fetched"

    await asyncio.gather(rates.refresh_early(), convert())


async def fixed(pause: Pause) -> None:
    rates = Rates(pause)

    async def convert() -> None:
        await asyncio.sleep(KEPT + FETCH)
        rate = rates.rate
        if rate is None:
            await rates.refresh()
            rate = rates.rate
        assert rate is not None, "the rate has expired, and is being fetched"

    await asyncio.gather(rates.refresh_early(), convert())
