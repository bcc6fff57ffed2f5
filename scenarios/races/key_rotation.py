"""A key is rotated in four steps, and a token that is still to be signed with it gets lost.

The new key is published, then it is the one to sign with, then it is waited for that no token of
the old key is on its way, and then the old key is withdrawn. A signer reads which key to sign with,
and counts the token as on its way once it is signed. If signing takes as long as the second and the
third step, the old key is thought to be out of use, and the token cannot be verified.

The fix: a token is on its way from the moment at which its key is read.
"""

import asyncio

from scenarios.races.pauses import Pause


class Keys:
    def __init__(self) -> None:
        self.published = {1}
        self.current = 1
        self.on_the_way = {1: 0, 2: 0}
        self.arrived = asyncio.Condition()

    async def verify(self, key: int) -> None:
        async with self.arrived:
            assert key in self.published, f"a token of key {key}, and published is {self.published}"
            self.on_the_way[key] -= 1
            self.arrived.notify_all()

    async def rotate(self, pause: Pause) -> None:
        for _ in range(8):  # until it is time
            await pause()
        self.published.add(2)
        await pause()
        self.current = 2
        async with self.arrived:
            await self.arrived.wait_for(lambda: not self.on_the_way[1])
        await pause()
        self.published.remove(1)


async def broken(pause: Pause) -> None:
    keys = Keys()

    async def log_in(late: int) -> None:
        for _ in range(late):
            await pause()
        key = keys.current
        await pause()  # it is signed
        keys.on_the_way[key] += 1
        await pause()  # it is sent
        await keys.verify(key)

    await asyncio.gather(log_in(0), log_in(2), keys.rotate(pause))


async def fixed(pause: Pause) -> None:
    keys = Keys()

    async def log_in(late: int) -> None:
        for _ in range(late):
            await pause()
        key = keys.current
        keys.on_the_way[key] += 1
        await pause()
        await pause()
        await keys.verify(key)

    await asyncio.gather(log_in(0), log_in(2), keys.rotate(pause))
