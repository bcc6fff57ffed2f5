"""A write that fans out to three replicas takes as long as the slowest; a quorum does not.

The way to the third replica is slow. Who waits for all three waits for that one. Who is content
with any two of them, a majority, goes on when the second has confirmed.
"""

import asyncio

from vtloop.net import Network

network = Network()
for replica, latency in (("one", 0.05), ("two", 0.1), ("three", 0.45)):
    network.link("client", replica, latency=latency)

REPLICAS = ("one", "two", "three")


async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"stored\n")
    writer.close()


async def write_to(replica: str) -> None:
    reader, writer = await asyncio.open_connection(replica, 80)
    try:
        writer.write(b"x = 1\n")
        await reader.readline()
        print(f"stored in {replica}")
    finally:
        writer.close()


async def write_to_all() -> None:
    async with asyncio.TaskGroup() as group:
        for replica in REPLICAS:
            group.create_task(write_to(replica), name=f"to {replica}")
    print("all have it")


async def write_to_a_majority() -> None:
    writes = [asyncio.create_task(write_to(replica), name=f"to {replica}") for replica in REPLICAS]
    confirmed = asyncio.as_completed(writes)
    await next(confirmed)
    await next(confirmed)
    print("two have it")
    await next(confirmed)


async def main(*, majority: bool = False) -> None:
    servers = []
    for replica in REPLICAS:
        with network.host(replica):
            servers.append(await asyncio.start_server(store, replica, 80))
    with network.host("client"):
        write = write_to_a_majority() if majority else write_to_all()
        await asyncio.create_task(write, name="client")
    for server in servers:
        server.close()


if __name__ == "__main__":
    print("== all three ==")
    asyncio.run(main())

    print("== two of three ==")
    asyncio.run(main(majority=True))
