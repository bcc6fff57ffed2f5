"""A set is iterated with awaits in between, and grows meanwhile (aio-pika 589).

After a reconnection the channels are restored, one after the other. If somebody opens another one
before all are, Python says that the set has changed, and those that come later are not restored. As
a rule nobody needs a new channel that soon.

The fix: a copy is iterated. A channel that is new needs no restoring.
"""

import asyncio

from scenarios.races.pauses import Pause


async def broken(pause: Pause) -> None:
    channels = {1, 2, 3}
    restored: list[int] = []

    async def restore() -> None:
        for channel in channels:
            await pause()
            restored.append(channel)

    async def check_health() -> None:
        for _ in range(5):
            await pause()
        channels.add(4)

    await asyncio.gather(restore(), check_health())
    assert restored == [1, 2, 3]


async def fixed(pause: Pause) -> None:
    channels = {1, 2, 3}
    restored: list[int] = []

    async def restore() -> None:
        for channel in [*channels]:
            await pause()
            restored.append(channel)

    async def check_health() -> None:
        for _ in range(5):
            await pause()
        channels.add(4)

    await asyncio.gather(restore(), check_health())
    assert {1, 2, 3} <= set(restored)
