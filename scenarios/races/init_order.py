"""A client uses a connection that is there, and not yet logged in.

Who sends first makes the connection and logs in. Who sends next finds a connection. As a rule the
login is over by then; if it takes longer, the server sees a command of somebody unknown.

The fix: others see the connection when it is ready, and one at a time makes it.
"""

import asyncio

from scenarios.races.pauses import Pause


class Connection:
    def __init__(self) -> None:
        self.logged_in = False
        self.received: list[str] = []

    async def log_in(self, pause: Pause) -> None:
        await pause()  # who are you?
        await pause()  # welcome
        self.logged_in = True

    def send(self, command: str) -> None:
        assert self.logged_in, f"{command!r} was sent before the login"
        self.received.append(command)


async def broken(pause: Pause) -> None:
    connection: Connection | None = None

    async def send(command: str, late: int) -> None:
        nonlocal connection
        for _ in range(late):
            await pause()
        if connection is None:
            connection = Connection()
            await connection.log_in(pause)
        connection.send(command)

    await asyncio.gather(send("select", 0), send("insert", 6))


async def fixed(pause: Pause) -> None:
    connection: Connection | None = None
    making = asyncio.Lock()

    async def send(command: str, late: int) -> None:
        nonlocal connection
        for _ in range(late):
            await pause()
        async with making:
            if connection is None:
                new = Connection()
                await new.log_in(pause)
                connection = new
        connection.send(command)

    await asyncio.gather(send("select", 0), send("insert", 6))
