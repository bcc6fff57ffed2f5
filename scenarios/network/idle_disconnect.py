"""A server hangs up on who is idle for an hour; who says something in time stays connected.

The idle client is told at once, but reads nothing then. It finds the end of the connection in the
place of its next answer, and has to connect again.
"""

import asyncio

from vtloop.net import Network

network = Network()

MINUTE, HOUR = 60, 3600


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            async with asyncio.timeout(HOUR):
                question = await reader.readline()
            if not question:
                break
            writer.write(b"pong\n")
    except TimeoutError:
        print("an hour of silence, hangs up")
    writer.close()


class Client:
    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("server", 80)

    async def ping(self) -> None:
        self.writer.write(b"ping\n")
        if await self.reader.readline():
            print("pong")
        else:
            print("disconnected, connects again")
            self.writer.close()
            await self.connect()
            await self.ping()

    async def work(self, pauses: list[int]) -> None:
        await self.connect()
        for pause in pauses:
            await asyncio.sleep(pause)
            await self.ping()
        self.writer.close()


async def main() -> None:
    with network.host("server"):
        server = await asyncio.start_server(serve, "server", 80)
    with network.host("client"):
        async with asyncio.TaskGroup() as group:
            group.create_task(Client().work([50 * MINUTE, 50 * MINUTE]), name="busy")
            group.create_task(Client().work([90 * MINUTE]), name="idle")
    await asyncio.sleep(MINUTE)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
