"""What befalls messages by chance is made of a seed, and made again from a token."""

import asyncio

import vtloop
from tests.support.database import DB, Client, now, run
from vtloop import choices, net

# By chance


async def count_of_datagrams(network, n=200):
    """Return the numbers of datagrams that arrive of some that are sent each 10 ms, and when."""
    loop = asyncio.get_running_loop()
    got = []

    class Receiver(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            got.append((int(data), now()))

    with network.host("db"):
        receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=(DB, 53))
    sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(DB, 53))
    for number in range(n):
        sender.sendto(b"%d" % number)
        await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    for one in (sender, receiver):
        one.close()
    return [number for number, _ in got]


def test_loss_loses_a_share_of_datagrams_the_same_for_each_seed():
    def got(seed):
        network = net.Network(seed=seed)
        network.schedule(net.loss(0.2, "db"))
        return run(count_of_datagrams, network)

    first = got(1)
    assert 130 < len(first) < 190
    assert got(1) == first != got(2)


def test_what_is_lost_of_a_stream_comes_later():
    async def program(network):
        client = await Client.connected()
        with network.rule(lambda message: net.DROP if message.tries == 0 else net.PASS):
            return await client.ask(), now()

    assert run(program) == (b"HELLO\n", 0.4)


def test_without_a_seed_nothing_happens_by_chance():
    network = net.Network(jitter=1)
    for fault in (net.loss(0.9), net.duplication(0.9), net.reordering(0.9, 1)):
        network.schedule(fault)
    assert run(count_of_datagrams, network) == [*range(200)]


def test_duplication_lets_datagrams_come_twice():
    network = net.Network(seed=1)
    network.schedule(net.duplication(0.5, "db"))
    got = run(count_of_datagrams, network)
    assert sorted(set(got)) == [*range(200)]
    assert 50 < len(got) - 200 < 150


def test_reordering_lets_datagrams_overtake_others():
    network = net.Network(seed=1)
    network.schedule(net.reordering(0.1, 0.05, "db"))
    got = run(count_of_datagrams, network)
    assert sorted(got) == [*range(200)] != got


def test_what_happened_by_chance_is_replayed_by_a_token():
    network = net.Network(jitter=0.05, seed="any")
    network.schedule(net.loss(0.1, "db"))
    network.schedule(net.duplication(0.1, "db"))

    def program(network):
        async def main():
            return await count_of_datagrams(network, 30)

        return main

    first = vtloop.simulate(program(network), network=network)
    token = str(first.choices)
    again = net.Network(jitter=0.05, chooser=choices.Replaying(choices.Choices.parse(token)))
    again.schedule(net.loss(0.1, "db"))
    again.schedule(net.duplication(0.1, "db"))
    for _ in range(2):
        second = vtloop.simulate(program(again), network=again)
        assert second.value == first.value
        assert second.choices == first.choices
    assert {one.kind for one in first.choices.deviations} == {"jitter", "loss", "double"}
