"""A host that crashes is silent, and what ran there never goes on; it can come back."""

import asyncio
import errno
import socket

import pytest

import vtloop
from tests.support.database import DB, Client, now, raised, run, start
from vtloop import net

# Hosts that crash


def test_a_host_that_crashes_is_silent_and_runs_no_finally():
    ended = []

    async def program(network):
        async def work():
            try:
                while True:
                    await asyncio.sleep(1)
                    ended.append(now())
            finally:
                ended.append("finally")

        with network.host("db"):
            asyncio.create_task(work())
        client = await Client.connected()
        await asyncio.sleep(2.5)
        network.crash("db")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(), 60)
        return await raised(asyncio.open_connection(DB, 5432))

    assert run(program) == (errno.ETIMEDOUT, 2.5 + 60 + 127)
    assert ended == [1.0, 2.0]


def test_a_host_that_is_up_again_resets_the_connections_that_it_knows_nothing_of():
    async def program(network):
        client = await Client.connected()
        network.crash("db")
        await asyncio.sleep(10)
        network.restart("db")
        reset = await raised(client.ask())
        refused = await raised(asyncio.open_connection(DB, 5432))
        with network.host("db"):
            await start()
        return reset, refused, await (await Client.connected()).ask()

    assert run(program) == ((errno.ECONNRESET, 10.0), (errno.ECONNREFUSED, 10.0), b"HELLO\n")


def test_what_a_host_has_sent_before_it_crashes_arrives():
    async def program(network):
        client = await Client.connected()
        client.writer.write(b"hello\n")
        await asyncio.sleep(1.5)  # its answer is under way
        network.crash("db")
        return await client.reader.readline(), now()

    assert run(program, net.Network(latency=1)) == (b"HELLO\n", 4.0)


def test_a_task_of_another_host_that_wakes_one_of_a_crashed_host_wakes_nobody():
    async def program(network):
        woken, event = [], asyncio.Event()

        async def wait():
            await event.wait()
            woken.append(now())

        with network.host("db"):
            asyncio.create_task(wait())
        await asyncio.sleep(1)
        network.crash("db")
        event.set()
        await asyncio.sleep(1)
        return woken

    assert run(program) == []


def test_who_waits_for_a_task_of_a_crashed_host_is_told_so():
    async def program(network):
        with network.host("db"):
            task = asyncio.create_task(asyncio.sleep(3), name="nap")
        await asyncio.sleep(1)
        network.crash("db")
        await task

    with pytest.raises(vtloop.DeadlockError, match=r"task nap \(whose host has crashed\)"):
        run(program)


@pytest.mark.parametrize("name", ["nobody", ""])
def test_only_hosts_crash_and_are_restarted(name):
    async def program(network):
        for act in (network.crash, network.restart):
            with pytest.raises(LookupError, match="name one of its hosts"):
                act(name)

    run(program)
    with pytest.raises(RuntimeError, match="while no run of this network goes on"):
        net.Network().crash("db")


def test_threads_of_a_crashed_host_go_on_without_their_sockets():
    got = []

    async def program(network):
        def work():
            with socket.create_connection((DB, 5432)) as sock:
                got.append(sock.recv(10))

        with network.host("db"):
            asyncio.create_task(asyncio.to_thread(work))
        await asyncio.sleep(1)
        network.crash("db")

    run(program)
    assert got == [b""]
