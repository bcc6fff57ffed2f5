"""A TaskGroup of eager tasks waits for ever when a task's task fails at once (gh-128550).

The first task is not in the group yet while it runs eagerly, so it is not cancelled when the one
that it makes fails. Here that fails once the connection is closed, as its keeper does when it is
cancelled.
"""

import asyncio
from typing import Any


class Connection:
    def __init__(self) -> None:
        self.closed = False
        self.sent = asyncio.Event()


async def keep(connection: Connection) -> None:
    try:
        await asyncio.sleep(2)
    except asyncio.CancelledError:
        connection.closed = True
        raise


async def send(connection: Connection) -> None:
    if connection.closed:
        raise ConnectionError("it is closed")
    connection.sent.set()


async def talk(connection: Connection, group: asyncio.TaskGroup) -> None:
    group.create_task(send(connection))
    await connection.sent.wait()


async def careful_talk(connection: Connection, group: asyncio.TaskGroup) -> None:
    if not connection.closed:
        await talk(connection, group)


def be_eager() -> None:
    factory: Any = vars(asyncio)["eager_task_factory"]  # since Python 3.12
    asyncio.get_running_loop().set_task_factory(factory)


async def main() -> None:
    be_eager()
    connection = Connection()
    async with asyncio.TaskGroup() as group:
        group.create_task(keep(connection))
        await asyncio.sleep(1)
        group.create_task(talk(connection, group))


async def fixed() -> None:
    be_eager()
    connection = Connection()
    async with asyncio.TaskGroup() as group:
        group.create_task(keep(connection))
        await asyncio.sleep(1)
        group.create_task(careful_talk(connection, group))
