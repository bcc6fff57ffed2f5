"""Two tasks ask over one connection, and one reads the reply to the other.

Replies come in the order of the requests, and each task reads the next one after a while. If the
task that has asked first reads last, the replies are exchanged. As a rule tasks read in the order
in which they have asked.

The fix: who asks has the connection to itself until the reply is read.
"""

import asyncio

from scenarios.races.pauses import Pause


class Connection:
    def __init__(self) -> None:
        self.replies: list[str] = []
        self.free = asyncio.Lock()

    async def ask(self, request: str, pause: Pause) -> None:
        self.replies.append(f"reply to {request}")
        await pause()
        reply = self.replies.pop(0)
        assert reply == f"reply to {request}", f"{request} got the {reply}"

    async def ask_alone(self, request: str, pause: Pause) -> None:
        async with self.free:
            await self.ask(request, pause)


async def broken(pause: Pause) -> None:
    connection = Connection()

    async def client(name: str) -> None:
        for number in range(2):
            await connection.ask(f"{name}{number}", pause)

    await asyncio.gather(client("A"), client("B"))


async def fixed(pause: Pause) -> None:
    connection = Connection()

    async def client(name: str) -> None:
        for number in range(2):
            await connection.ask_alone(f"{name}{number}", pause)

    await asyncio.gather(client("A"), client("B"))
