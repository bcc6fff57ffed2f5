"""Two requests refresh a token that has expired, both with the same refresh token (authlib 266).

The server takes each refresh token once, and takes a second use for a theft. A request that finds
the access token expired refreshes it, which takes a while. Another one that comes meanwhile finds
it expired as well. As a rule requests are not that close together.

The fix: a lock, and whoever gets it looks again whether the token has expired.
"""

import asyncio

from scenarios.races.pauses import Pause


class Session:
    def __init__(self) -> None:
        self.expired = True
        self.refresh_token = 1
        self.taken_next = 1
        self.refreshing = asyncio.Lock()

    async def refresh(self, pause: Pause) -> None:
        sent = self.refresh_token
        await pause()  # to the server
        assert sent == self.taken_next, f"refresh token {sent} is used for the second time"
        self.taken_next += 1
        await pause()  # and back
        self.refresh_token = self.taken_next
        self.expired = False


async def broken(pause: Pause) -> None:
    session = Session()

    async def request(late: int) -> None:
        for _ in range(late):
            await pause()
        if session.expired:
            await session.refresh(pause)

    await asyncio.gather(request(0), request(4))


async def fixed(pause: Pause) -> None:
    session = Session()

    async def request(late: int) -> None:
        for _ in range(late):
            await pause()
        async with session.refreshing:
            if session.expired:
                await session.refresh(pause)

    await asyncio.gather(request(0), request(4))
