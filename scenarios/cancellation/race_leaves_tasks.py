"""staggered_race() ends before the tasks that it has started, when it is cancelled (gh-128479).

It cancels them and does not wait for their cleanup. asyncio connects with it to several addresses,
each a little later than the one before.
"""

import asyncio
from asyncio.staggered import staggered_race


class Connections:
    def __init__(self) -> None:
        self.open = 0

    async def connect(self) -> None:
        self.open += 1
        try:
            await asyncio.sleep(2)
        finally:
            try:
                await asyncio.sleep(1)
            finally:
                self.open -= 1


async def main() -> None:
    connections = Connections()
    try:
        await staggered_race([connections.connect, connections.connect], 1)
    finally:
        assert not connections.open, "a connection is open"


async def fixed() -> None:
    connections = Connections()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(connections.connect())
                await asyncio.sleep(1)
    finally:
        assert not connections.open, "a connection is open"
