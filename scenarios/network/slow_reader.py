"""A slow reader holds its writer back: `drain` waits until there is room for more.

The writer could write all its blocks at once. When the buffers of both ends are full it waits in
`drain`, and goes on in the rhythm of the reader, who takes a block each second. Without `drain` all
of them would lie in the writer's memory.
"""

import asyncio

from vtloop.net import Network

network = Network(latency=0.2)

BLOCK, BLOCKS = 256 * 1024, 6


async def read_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(BLOCKS):
        await reader.readexactly(BLOCK)
        await asyncio.sleep(1)
    writer.close()


async def write_all() -> None:
    reader, writer = await asyncio.open_connection("printer", 9100)
    for number in range(1, BLOCKS + 1):
        writer.write(bytes(BLOCK))
        await writer.drain()
        print(f"sent {number}")
    await reader.read()
    writer.close()


async def main() -> None:
    with network.host("printer"):
        server = await asyncio.start_server(read_slowly, "printer", 9100)
    with network.host("office"):
        writer = asyncio.create_task(write_all(), name="writer")
    await writer
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
