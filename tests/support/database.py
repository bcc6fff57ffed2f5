"""A server that answers lines, on a host of a network, and its clients."""

import asyncio

import pytest

import vtloop
from vtloop import net

DB = "10.0.0.2"


async def answer(reader, writer):
    """Give back each line in capitals."""
    try:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(is_up):
    async with await asyncio.start_server(answer, "db", 5432) as server:
        is_up.set()
        await server.serve_forever()


async def start():
    """Return the task of a server that is up."""
    is_up = asyncio.Event()
    task = asyncio.create_task(serve(is_up))
    await is_up.wait()
    return task


_clients: list["Client"] = []


class Client:
    """A connection to the database."""

    @classmethod
    async def connected(cls):
        client = cls()
        client.reader, client.writer = await asyncio.open_connection("db", 5432)
        _clients.append(client)
        return client

    async def ask(self, line=b"hello\n"):
        self.writer.write(line)
        return await self.reader.readline()

    async def left(self):
        self.writer.close()
        await self.writer.wait_closed()


def run(program, network=None, **options):
    """Return what a program returns that is given the network, where a database is served."""
    network = net.Network() if network is None else network

    async def main():
        with network.host("db"):
            task = await start()
        try:
            return await program(network)
        finally:
            task.cancel()
            while _clients:
                _clients.pop().writer.close()

    return vtloop.run(main(), network=network, **options)


def now():
    return asyncio.get_running_loop().time()


async def raised(awaitable):
    """Return the number of the OSError that is raised, and when."""
    try:
        await awaitable
    except OSError as error:
        return error.errno, now()
    pytest.fail("nothing was raised")
