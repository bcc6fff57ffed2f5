"""A buffer of one place, in which a consumer wakes the other consumer.

Producers and consumers wait on one condition, and each wakes one of those that wait. Two consumers
wait when the first item is put, which wakes one of them. If the second producer comes before that
one has run, it finds the buffer full and waits behind the other consumer. So the item, as it is
taken, wakes a consumer for which there is nothing, and nobody ever wakes the producer.

The fix: everybody is woken, and looks.
"""

import asyncio

from scenarios.races.pauses import Pause


class Buffer:
    def __init__(self) -> None:
        self.items: list[int] = []
        self.changed = asyncio.Condition()

    def tell(self) -> None:
        self.changed.notify()

    async def put(self, item: int) -> None:
        async with self.changed:
            while self.items:
                await self.changed.wait()
            self.items.append(item)
            self.tell()

    async def get(self) -> int:
        async with self.changed:
            while not self.items:
                await self.changed.wait()
            item = self.items.pop()
            self.tell()
            return item


class CarefulBuffer(Buffer):
    def tell(self) -> None:
        self.changed.notify_all()


async def exchange(buffer: Buffer, pause: Pause) -> None:
    async def produce(item: int) -> None:
        for _ in range(3 * item):  # each takes its time
            await pause()
        await buffer.put(item)

    first, second, _, _ = await asyncio.gather(buffer.get(), buffer.get(), produce(1), produce(3))
    assert {first, second} == {1, 3}


async def broken(pause: Pause) -> None:
    await exchange(Buffer(), pause)


async def fixed(pause: Pause) -> None:
    await exchange(CarefulBuffer(), pause)
