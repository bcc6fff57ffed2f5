"""A graceful shutdown lets requests in flight end, for some time, and takes no new ones.

At +1 s the server is told to stop. It closes its port, so who comes at +2 s is refused. Who is
being served has 3 s more: the quick request is answered, the slow one is cut off.
"""

import asyncio

from vtloop.net import Network

network = Network(latency=0.1)


class Server:
    def __init__(self) -> None:
        self.handlers: set[asyncio.Task[None]] = set()
        self.told_to_stop = asyncio.Event()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.create_task(self.handle(reader, writer))
        self.handlers.add(handler)
        handler.add_done_callback(self.handlers.discard)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seconds = int(await reader.readline())
            await asyncio.sleep(seconds)
            writer.write(b"done\n")
        except asyncio.CancelledError:
            print("a request is cut off")
        finally:
            writer.close()

    async def run(self) -> None:
        server = await asyncio.start_server(self.accept, "server", 80)
        await self.told_to_stop.wait()
        server.close()
        print(f"no new requests, {len(self.handlers)} in flight")
        _, late = await asyncio.wait(self.handlers, timeout=3)
        for handler in late:
            handler.cancel()
        if late:
            await asyncio.wait(late)
        print("stopped")


async def request(seconds: int) -> None:
    try:
        reader, writer = await asyncio.open_connection("server", 80)
    except OSError:  # of each address of the server
        print("refused")
        return
    writer.write(f"{seconds}\n".encode())
    answer = await reader.readline()
    print(answer.decode().strip() or "no answer")
    writer.close()


async def main() -> None:
    with network.host("server"):
        server = Server()
        running = asyncio.create_task(server.run(), name="server")
    with network.host("client"):
        quick = asyncio.create_task(request(2), name="quick")
        slow = asyncio.create_task(request(60), name="slow")
        await asyncio.sleep(1)
        server.told_to_stop.set()
        await asyncio.sleep(1)
        newcomer = asyncio.create_task(request(2), name="newcomer")
    await asyncio.gather(running, quick, slow, newcomer)


if __name__ == "__main__":
    asyncio.run(main())
