"""A leader whose lease is over writes all the same.

A leader has a lease of 10 seconds. It reads the last number that was given, works for 4 seconds,
and writes the next. Should the work take more than 10 seconds, another node is the leader, has read
the same number, and both write the same one.

The fix: each lease has a number, and the store refuses the writes of an older one than it has seen.
"""

import asyncio

from scenarios.races.pauses import Pause

LEASE = 10.0
WORK = 4.0


class Store:
    def __init__(self) -> None:
        self.numbers = [0]

    def read(self, lease: int) -> int:
        return self.numbers[-1]

    def write(self, lease: int, number: int) -> None:
        self.numbers.append(number)


class CarefulStore(Store):
    def __init__(self) -> None:
        super().__init__()
        self.newest = 0

    def read(self, lease: int) -> int:
        self.newest = max(lease, self.newest)
        return super().read(lease)

    def write(self, lease: int, number: int) -> None:
        if lease >= self.newest:
            super().write(lease, number)


async def elect(store: Store, pause: Pause) -> None:
    async def lead(lease: int) -> None:
        await asyncio.sleep(lease * LEASE)  # until the lease before it is over
        last = store.read(lease)
        await asyncio.sleep(WORK)
        await pause()
        store.write(lease, last + 1)

    await asyncio.gather(lead(0), lead(1))
    numbers = store.numbers
    assert len(set(numbers)) == len(numbers), f"one of the numbers {numbers} was given twice"


async def broken(pause: Pause) -> None:
    await elect(Store(), pause)


async def fixed(pause: Pause) -> None:
    await elect(CarefulStore(), pause)
