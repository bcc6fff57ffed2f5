"""A retry with backoff gets through a partition, as each try has a timeout of its own.

What is sent into a partition is lost, and nobody is told. TCP asks once more after 1 s. After 2 s
the try is given up, and the pauses between tries double: 1 s, 2 s, 4 s. The fourth one gets
through.
"""

import asyncio

from vtloop.net import Network, partition

network = Network(latency=0.1)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"100\n")
    writer.close()


async def ask() -> str:
    reader, writer = await asyncio.open_connection("bank", 80)
    try:
        writer.write(b"balance\n")
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def ask_until_answered(tries: int = 5) -> None:
    for attempt in range(tries):
        try:
            async with asyncio.timeout(2):
                balance = await ask()
        except (TimeoutError, ConnectionError):
            pause = 2**attempt
            print(f"no answer, again in {pause} s")
            await asyncio.sleep(pause)
        else:
            print(f"the balance is {balance}")
            return


async def main() -> None:
    with network.host("bank"):
        server = await asyncio.start_server(serve, "bank", 80)
    with network.host("shop"), network.rule(partition("shop", "bank")):
        shop = asyncio.create_task(ask_until_answered(), name="shop")
        await asyncio.sleep(10)
    print("the network is mended")
    await shop
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
