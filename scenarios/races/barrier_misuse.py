"""Two workers meet at a barrier in each round, and one reads a row of the next round.

Each writes its row, waits until both have, and reads that of the other. Nothing keeps the quicker
one from writing its next row while the slower one has not read yet. As a rule both are as quick.

The fix: they meet again when both have read.
"""

import asyncio

from scenarios.races.pauses import Pause

ROUNDS = 2


def check(row: int, number: int) -> None:
    assert row == number, f"in round {number} the other's row was that of round {row}"


async def broken(pause: Pause) -> None:
    rows = [-1, -1]
    written = asyncio.Barrier(2)

    async def work(me: int) -> None:
        for number in range(ROUNDS):
            rows[me] = number
            await written.wait()
            await pause()  # the other's row is fetched
            check(rows[1 - me], number)
            await pause()  # the next row is computed

    await asyncio.gather(work(0), work(1))


async def fixed(pause: Pause) -> None:
    rows = [-1, -1]
    written, read = asyncio.Barrier(2), asyncio.Barrier(2)

    async def work(me: int) -> None:
        for number in range(ROUNDS):
            rows[me] = number
            await written.wait()
            await pause()
            check(rows[1 - me], number)
            await read.wait()
            await pause()

    await asyncio.gather(work(0), work(1))
