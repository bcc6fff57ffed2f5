"""A run has the network that it is given, or else the one that its program uses first."""

import asyncio

import vtloop
from vtloop.net import Network


def conversation(network):
    """Return a program that connects from one machine to another, and how long that takes."""

    async def main():
        with network.host("db"):
            server = await asyncio.start_server(lambda reader, writer: writer.close(), "db", 80)
        _, writer = await asyncio.open_connection("db", 80)
        writer.close()
        server.close()
        return vtloop.now()

    return main


def test_the_network_that_a_program_uses_first_is_its_runs():
    assert vtloop.simulate(conversation(Network(latency=1))).value == 2


def test_one_that_is_used_later_or_beside_the_one_that_is_given_changes_nothing_and_is_told_of():
    other = Network()

    async def main():
        value = await conversation(Network(latency=1))()
        with other.host("web"):
            return value

    given = vtloop.simulate(conversation(other), network=Network(latency=1), until=10)
    for run in (vtloop.simulate(main), given):
        (notice,) = run.notices
        assert "used Network() in a run that has another network" in notice
