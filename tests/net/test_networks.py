"""A network is the same for each run, and a program finds that of the run it is in."""

import asyncio

import pytest

import vtloop
from vtloop.net import DROP, Network, current_network


async def served(host, client=""):
    """Let a client connect to a server, which has to be possible within 5 seconds."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), host, 80)
    async with server, asyncio.timeout(5):
        with current_network().host(client):
            _, writer = await asyncio.open_connection(host, 80)
        writer.close()


def no_connections(message):
    return DROP if message.kind == "connect" else None


def test_a_host_of_one_run_is_none_of_the_next():
    network = Network()

    async def address_of(*names):
        for name in names:
            with network.host(name) as ip:
                pass
        return ip

    assert vtloop.run(address_of("db"), network=network) == "10.0.0.2"
    assert vtloop.run(address_of("web", "db"), network=network) == "10.0.0.3"
    assert vtloop.run(address_of("db"), network=network) == "10.0.0.2"


def test_a_rule_ends_with_its_block_though_the_first_socket_is_made_within():
    network = Network()

    async def main():
        with network.rule(no_connections), pytest.raises(TimeoutError):
            await served("127.0.0.1")
        await served("127.0.0.1")
        return vtloop.now()

    assert vtloop.run(main(), network=network) == 5


def test_what_is_said_before_a_run_holds_in_each():
    network = Network()
    with network.host("db"):
        pass
    network.link("", "db", latency=1)

    async def main():
        with network.host("db"):
            await served("db", client="db")
            assert vtloop.now() == 0
            await served("db", client="")
        return vtloop.now()

    assert [vtloop.run(main(), network=network) for _ in range(2)] == [2, 2]


def test_a_program_and_its_threads_find_the_network_of_their_run():
    network = Network(latency=1)

    async def main():
        return current_network(), await asyncio.to_thread(current_network)

    assert vtloop.run(main(), network=network) == (network, network)
    assert isinstance(vtloop.run(main())[0], Network)


def test_where_no_run_goes_on_there_is_no_current_network():
    async def main():
        current_network()

    with pytest.raises(RuntimeError, match="where no run with a network goes on; call it in a"):
        current_network()
    with pytest.raises(RuntimeError, match="where no run with a network goes on"):
        vtloop.run(main(), network=None)


def test_a_server_has_its_addresses_in_the_order_in_which_they_were_given():
    hosts = [f"127.0.0.{number}" for number in range(1, 9)]

    async def main():
        async with await asyncio.start_server(print, hosts, 0) as server:
            return [sock.getsockname() for sock in server.sockets]

    assert vtloop.run(main()) == [(host, 49152 + number) for number, host in enumerate(hosts)]
