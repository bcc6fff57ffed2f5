"""A timeout fires before the answer of a slow link, which comes all the same.

The answer is not lost, only late: it lies in the connection when the next question is asked, and is
taken for the answer to that. So who gives up waiting has to give up the connection as well.
"""

import asyncio

from vtloop.net import Network, slow

network = Network(latency=0.1)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async for question in reader:
        writer.write(b"answer to " + question)
    writer.close()


class Client:
    def __init__(self, *, keeps: bool) -> None:
        self.keeps = keeps

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("server", 80)

    async def ask(self, question: str) -> None:
        self.writer.write(f"{question}\n".encode())
        try:
            async with asyncio.timeout(1):
                answer = await self.reader.readline()
        except TimeoutError:
            print(f"{question}: timeout!")
            if not self.keeps:
                self.writer.close()
                await self.connect()
        else:
            print(f"{question}: {answer.decode().strip()}")

    async def work(self) -> None:
        await self.connect()
        for question in "AB":
            await self.ask(question)
            await asyncio.sleep(1)
        self.writer.close()


async def main(*, keeps: bool) -> None:
    with network.host("server"):
        server = await asyncio.start_server(serve, "server", 80)
    network.schedule(slow("server", "client", latency=1.5, one_way=True), after=0.2, lasting=1)
    with network.host("client"):
        await asyncio.create_task(Client(keeps=keeps).work(), name="client")
    await asyncio.sleep(0.5)
    server.close()


if __name__ == "__main__":
    print("== the connection is kept ==")
    asyncio.run(main(keeps=True))

    print("== the connection is given up ==")
    asyncio.run(main(keeps=False))
