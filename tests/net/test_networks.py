"""A network is the same for each run, and a program finds that of the run it is in."""

import asyncio
import socket

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


def test_a_name_that_a_server_listens_on_is_that_of_its_machine():
    async def main():
        with pytest.raises(socket.gaierror, match=r"or a server listen on it, or give its address"):
            await asyncio.open_connection("db.example", 80)
        await served("db.example")
        await served("DB.example.")
        assert [answer[4] for answer in socket.getaddrinfo("db.example", 80, 0, 1)] == [
            ("10.1.0.1", 80),
            ("fd01::1", 80, 0, 0),
        ]
        assert socket.gethostbyaddr("10.1.0.1")[0] == "db.example"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("db.example", 80, family=socket.AF_INET)
        with socket.socket() as sock:
            sock.bind(("other.example", 80))
            assert sock.getsockname() == ("10.1.0.2", 80)

    vtloop.run(main())
    vtloop.run(main())


def test_a_name_belongs_to_the_host_whose_server_listens_on_it():
    network = Network(latency=1)

    async def main():
        with network.host("backend", "10.1.0.1"):
            server = await asyncio.start_server(lambda _, writer: writer.close(), "api.example", 80)
        async with server:
            assert server.sockets[0].getsockname() == ("10.1.0.2", 80)
            _, writer = await asyncio.open_connection("api.example", 80)
            writer.close()
        with pytest.raises(OSError, match=r"could not bind on any|assign requested address"):
            await served("api.example")
        return vtloop.now()

    assert vtloop.run(main(), network=network) == 2


@pytest.mark.parametrize("name", ["no-such-host.invalid", "256.0.0.1", " 127.0.0.1", "%"])
def test_what_can_be_no_name_of_a_host_is_not_listened_on(name):
    async def main():
        with pytest.raises(socket.gaierror):
            await asyncio.start_server(print, name, 80)

    vtloop.run(main())
