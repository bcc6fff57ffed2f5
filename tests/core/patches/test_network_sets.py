"""Sets of connections have the same order in every process, and hashes never change."""

import asyncio
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

import vtloop
from tests.support.processes import printed_by


class Client(asyncio.Protocol):
    """A protocol of a program's own."""


class Slotted(asyncio.Protocol):
    __slots__ = ()


class Equal(asyncio.Protocol):
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return 7


async def chat(log):
    """Serve clients that each say something, which all of them hear, in the order of a set."""
    writers, readers, transports, servers, protocols = (set() for _ in range(5))

    class Ears(asyncio.Protocol):
        def connection_made(self, transport):
            protocols.add(self)
            self.name = len(protocols)

    async def serve(reader, writer):
        writers.add(writer)
        readers.add(reader)
        transports.add(writer.transport)
        while line := await reader.readline():
            if line == b"bye\n":
                break
            for one in writers:
                one.write(line)
                log(one.get_extra_info("peername")[1], line)
        for one in readers:
            log(one.at_eof())
        for one in transports:
            log(one.is_closing())
        writers.discard(writer)
        writer.close()

    async def talk(number, there):
        reader, writer = await asyncio.open_connection(*there)
        await asyncio.sleep(1)
        writer.write(b"%d\n" % number)
        await asyncio.sleep(number)
        writer.write(b"bye\n")
        await reader.read()
        writer.close()

    loop = asyncio.get_running_loop()
    for port in range(8000, 8010):
        servers.add(await asyncio.start_server(serve, "127.0.0.1", port))
    there = ("127.0.0.1", 8000)
    await asyncio.gather(*(talk(number, there) for number in range(20)))
    ears = await loop.create_server(Ears, "127.0.0.1", 9000)
    for _ in range(20):
        transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", 9000)
        transports.add(transport)
    await asyncio.sleep(1)
    log([one.name for one in protocols])
    for one in transports:
        one.abort()
    sockets = {socket.socket() for _ in range(20)}
    log([one.fileno() for one in sockets])
    for one in sockets:
        one.close()
    for server in servers:
        log(server.sockets[0].getsockname())
        server.close()
        await server.wait_closed()
    ears.close()


def digest():
    lines = []
    run = vtloop.simulate(partial(chat, lambda *words: lines.append(str(words))))
    run.result()
    return run.digest(), hash_of_all(lines)


def hash_of_all(lines):
    from hashlib import sha256

    return sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.once
def test_a_chat_is_the_same_in_eight_processes():
    with ThreadPoolExecutor(2) as pool:
        run = partial(printed_by, "-m", __name__)
        printed = {*pool.map(lambda seed: run(hash_seed=seed), range(8))}
    assert len(printed) == 1


def test_what_is_hashed_in_a_run_keeps_its_number_after_it():
    kept = set()

    async def main():
        for _ in range(10):
            kept.add(Client())

    vtloop.run(main)
    assert all(one in kept for one in [*kept])
    assert sorted(map(hash, kept)) == [*range(1, 11)]


def test_what_was_hashed_before_keeps_its_hash_in_a_run():
    before, later = Client(), Client()
    kept = {before}
    assert hash(before) == object.__hash__(before)

    async def main():
        assert before in kept
        return hash(later), hash(before)

    assert vtloop.run(main) == (1, object.__hash__(before))


def test_what_has_no_room_for_a_number_or_a_hash_of_its_own_does_as_ever():
    async def main():
        slotted = Slotted()
        assert hash(slotted) == object.__hash__(slotted)
        assert hash(Equal("x")) == 7
        assert {Equal("x"), Equal("x"), Equal("y")} == {Equal("x"), Equal("y")}

    vtloop.run(main)


if __name__ == "__main__":
    print(*digest())
    sys.exit()
