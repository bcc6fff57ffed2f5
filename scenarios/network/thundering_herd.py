"""Who is disconnected together comes back together: a herd, which a pause by chance spreads.

After a restart the server knows nobody, and has to log in one after the other, 1 s each. All three
come back at one instant. The last gives up before its turn, and is logged in all the same, in vain.
With a pause by chance before they come back nobody gives up.
"""

import asyncio
import random

from vtloop.net import Network

network = Network(latency=0.1)


class Server:
    def __init__(self) -> None:
        self.knows_them = True
        self.one_by_one = asyncio.Lock()
        self.connections: list[asyncio.StreamWriter] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        if not self.knows_them:
            async with self.one_by_one:
                await asyncio.sleep(1)
        writer.write(b"welcome\n")
        await reader.read()
        writer.close()

    def restart(self) -> None:
        self.knows_them = False
        while self.connections:
            self.connections.pop().close()


async def log_in() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("server", 80)
    try:
        async with asyncio.timeout(2.5):
            await reader.readline()
    except TimeoutError:
        writer.close()
        raise
    return reader, writer


async def client(spread: float) -> None:
    reader, writer = await log_in()
    await reader.read()
    writer.close()
    while True:
        await asyncio.sleep(round(random.uniform(0, spread), 1))
        try:
            reader, writer = await log_in()
        except TimeoutError:
            print("gives up")
        else:
            print("is back")
            writer.close()
            return


async def main(spread: float = 0) -> None:
    with network.host("server"):
        server = Server()
        listener = await asyncio.start_server(server.handle, "server", 80)
    with network.host("clients"):
        clients = [
            asyncio.create_task(client(spread), name=name) for name in ("anna", "boris", "clara")
        ]
    await asyncio.sleep(1)
    print("the server restarts")
    server.restart()
    await asyncio.gather(*clients)
    await asyncio.sleep(0.5)
    listener.close()


if __name__ == "__main__":
    print("== at once ==")
    asyncio.run(main())

    print("== within 4 s ==")
    asyncio.run(main(spread=4))
