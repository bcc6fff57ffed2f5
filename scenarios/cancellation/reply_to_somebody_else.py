"""A request that is cancelled before its reply leaves the reply to the next one (redis-py 2624).

A connection answers in order, so whoever has sent must also receive, or nobody may use the
connection again. Here as a model of a client.
"""

import asyncio


class Connection:
    """Answers each request after a second, in order."""

    def __init__(self) -> None:
        self._replies: list[asyncio.Future[str]] = []

    def send(self, text: str) -> None:
        loop = asyncio.get_running_loop()
        reply = loop.create_future()
        self._replies.append(reply)
        loop.call_later(1, reply.set_result, f"reply to {text}")

    async def receive(self) -> str:
        reply = await asyncio.shield(self._replies[0])
        del self._replies[0]
        return reply


class Client:
    """Has one connection at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._connection = Connection()

    async def request(self, text: str) -> str:
        async with self._lock:
            self._connection.send(text)
            return await self._connection.receive()


class CarefulClient(Client):
    """Gives up a connection on which a reply may be left."""

    async def request(self, text: str) -> str:
        try:
            return await super().request(text)
        except BaseException:
            self._connection = Connection()
            raise


async def talk(client: Client) -> None:
    async with asyncio.TaskGroup() as group:
        for text in ("one", "two", "three"):
            group.create_task(ask(client, text))


async def ask(client: Client, text: str) -> None:
    reply = await client.request(text)
    assert reply == f"reply to {text}", f"{text} got the {reply}"


async def main() -> None:
    await talk(Client())


async def fixed() -> None:
    await talk(CarefulClient())
