"""A connector is closed under a request that looks up a name (aiohttp 12497).

Closing takes the resolver away first, and marks the connector as closed after that. A request which
has seen it open, and was busy with something else, goes on in between or later: it has no resolver
any more. As a rule requests are done before.

The fix: it is marked as closed first, and who comes back from an await looks again. That the
connector is closed is an answer that a request can deal with.
"""

import asyncio

from scenarios.races.pauses import Pause

HOSTS = {"example.org": "192.0.2.1"}


class Connector:
    def __init__(self) -> None:
        self.closed = False
        self.resolver: dict[str, str] | None = HOSTS

    async def look_up(self, host: str, pause: Pause) -> str:
        if self.closed:
            raise ConnectionError("the connector is closed")
        await pause()  # a callback of the user's, which traces
        assert self.resolver is not None, "a request looks up a name, and has no resolver any more"
        return self.resolver[host]

    async def close(self, pause: Pause) -> None:
        self.resolver = None
        await pause()  # until the resolver is closed
        self.closed = True


class CarefulConnector(Connector):
    async def look_up(self, host: str, pause: Pause) -> str:
        await pause()
        if self.closed:
            raise ConnectionError("the connector is closed")
        assert self.resolver is not None, "a request looks up a name, and has no resolver any more"
        return self.resolver[host]

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
        for _ in range(3):
            await pause()
        await connector.close(pause)

    await asyncio.gather(request(), stop())


async def broken(pause: Pause) -> None:
    await serve(Connector(), pause)


async def fixed(pause: Pause) -> None:
    await serve(CarefulConnector(), pause)
