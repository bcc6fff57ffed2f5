"""Half-open connections exhaust a pool: their other end has crashed, and nobody says so.

Whose query was under way waits for an answer that never comes, and keeps a connection meanwhile.
The database is back after 2 s, but nobody asks it anything: both connections of the pool are taken.
With a timeout for each query they are replaced, and all are served.
"""

import asyncio

from vtloop.net import Network

network = Network(latency=0.1)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async for _ in reader:
        await asyncio.sleep(1)
        writer.write(b"rows\n")
    writer.close()


class Pool:
    def __init__(self, size: int) -> None:
        self.permits = asyncio.Semaphore(size)
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def query(self, timeout: float | None) -> None:
        async with self.permits:
            if self.idle:
                reader, writer = self.idle.pop()
            else:
                reader, writer = await asyncio.open_connection("db", 5432)
            try:
                async with asyncio.timeout(timeout):
                    writer.write(b"select\n")
                    await reader.readline()
            except BaseException:  # whoever comes next is to get none with an answer under way
                writer.close()
                raise
            self.idle.append((reader, writer))

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


async def user(pool: Pool, timeout: float | None) -> None:
    try:
        await pool.query(timeout)
    except TimeoutError:
        print("no answer, once more")
        await pool.query(timeout)
    print("served")


async def main(timeout: float | None = None) -> None:
    with network.host("db"):
        await asyncio.start_server(serve, "db", 5432)
    with network.host("web"):
        pool = Pool(2)
        users = [asyncio.create_task(user(pool, timeout), name=f"user {n}") for n in (1, 2, 3)]
    await asyncio.sleep(0.5)
    network.crash("db")
    print("db crashes")
    await asyncio.sleep(2)
    network.restart("db")
    with network.host("db"):
        server = await asyncio.start_server(serve, "db", 5432)
    print("db is back")
    done, pending = await asyncio.wait(users, timeout=5)
    print(f"{len(done)} are served, {len(pending)} wait")
    pool.close()
    await asyncio.sleep(0.5)
    server.close()


if __name__ == "__main__":
    print("== without a timeout ==")
    asyncio.run(main())

    print("== with a timeout of 3 s ==")
    asyncio.run(main(timeout=3))
