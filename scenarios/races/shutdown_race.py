"""A connector is closed under a request that looks up a name (aiohttp 12497).

Closing takes the resolver away first, and marks the connector as closed when the resolver has been
closed, which takes a while. A request looks whether the connector is closed just before it needs
the resolver. One that looks in between finds it open, and no resolver. As a rule requests are over
long before.

The fix: the connector is marked as closed first. That it is closed is an answer that a request can
deal with.
"""

import asyncio

from scenarios.races.pauses import Pause

HOSTS = {"example.org": "192.0.2.1"}


class Connector:
    def __init__(self) -> None:
        self.closed = False
        self.resolver: dict[str, str] | None = HOSTS

    async def look_up(self, host: str, pause: Pause) -> str:
        await pause()  # a callback of the user's, which traces
        if self.closed:
            raise ConnectionError("the connector is closed")
        assert self.resolver is not None, "a request looks up a name, and has no resolver any more"
        return self.resolver[host]

    async def close(self, pause: Pause) -> None:
        self.resolver = None
        await pause()  # until the resolver is closed
        self.closed = True


class CarefulConnector(Connector):
    async def close(self, pause: Pause) -> None:
        self.closed = True
        self.resolver = None
        await pause()


async def serve(connector: Connector, pause: Pause) -> None:
    async def request() -> None:
        try:
            assert await connector.look_up("example.org", pause) == "192.0.2.1"
        except ConnectionError:
            pass  # there will be no answer

    async def stop() -> None:
        for _ in range(5):
            await pause()
        await connector.close(pause)

    await asyncio.gather(request(), stop())


async def broken(pause: Pause) -> None:
    await serve(Connector(), pause)


async def fixed(pause: Pause) -> None:
    await serve(CarefulConnector(), pause)
