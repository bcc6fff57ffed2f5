"""Programs for sweeps, in a module that imports nothing else, as other processes import it too."""

import asyncio

from vtloop.net import Network
from vtloop.sweep import conserved

SLOW = Network(latency=1)

sent: list[int] = []
waiting: list[int] = []
in_hand: list[int] = []
received: list[int] = []


async def nap():
    await asyncio.sleep(1)


async def two_naps():
    async with asyncio.TaskGroup() as group:
        group.create_task(nap(), name="first")
        group.create_task(nap())


async def careless():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.sleep(1)
    lock.release()


async def query(pool):
    await pool.acquire()
    await asyncio.sleep(1)
    pool.release()


async def leaky():
    pool = asyncio.Semaphore(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(query(pool))
        group.create_task(query(pool))


async def safe():
    lock = asyncio.Lock()
    async with lock:
        await asyncio.sleep(1)


async def at_once():
    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(1))


async def calls():
    """Ask a server of its own for all that it says."""

    def answer(reader, writer):
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 80):
        reader, writer = await asyncio.open_connection("127.0.0.1", 80)
        try:
            await reader.read()
        finally:
            writer.close()


async def exits():
    raise SystemExit(3)


async def relay():
    """Send two numbers. What is in the receiver's hand when it is cancelled is lost."""

    async def receive():
        while len(received) < 2:
            await asyncio.sleep(1)
            in_hand.append(waiting.pop())
            try:
                await asyncio.sleep(1)
                received.append(in_hand[0])
            finally:
                in_hand.clear()

    for number in range(2):
        sent.append(number)
        waiting.append(number)
    await asyncio.create_task(receive())


def relay_anew():
    """Begin with nothing sent."""
    for numbers in (sent, waiting, in_hand, received):
        numbers.clear()
    return relay()


def all_sent():
    return sent


def all_there():
    return [*waiting, *in_hand, *received]


nothing_lost = conserved(all_sent, all_there)


def fails_at_the_second():
    assert len(received) < 2, "there is a second"


def judges_nothing(outcome):
    pass
