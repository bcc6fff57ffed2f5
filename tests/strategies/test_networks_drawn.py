"""What a network leaves to chance is drawn by Hypothesis, swept, shrunk and replayed."""

import asyncio
import re

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import vtloop
from tests.support.examples import QUICKLY
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from vtloop import net
from vtloop.choices import Choices
from vtloop.strategies import fates, network_faults, networks
from vtloop.sweep import replay, sweep

quickly = settings(QUICKLY, max_examples=100)
pytestmark = [
    pytest.mark.ends,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def count(datagrams):
    """Return the numbers that arrive of some datagrams, sent one after the other."""
    loop = asyncio.get_running_loop()
    got = []

    class Receiver(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            got.append(int(data))

    receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=("127.0.0.1", 53))
    sender, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 53)
    )
    for number in range(datagrams):
        sender.sendto(b"%d" % number)
        await asyncio.sleep(0.01)
    await asyncio.sleep(10)
    sender.close()
    receiver.close()
    return got


async def asks_for_all():
    assert await count(5) == [0, 1, 2, 3, 4]


LOSSY = net.Network()
LOSSY.schedule(net.loss(0.5))


def failure_of(test):
    with pytest.raises(AssertionError) as error:
        test()
    return "\n".join(getattr(error.value, "__notes__", []))


def least_choices(program, network):
    """Return the choices to which Hypothesis shrinks those with which a program fails."""
    chosen = []

    @quickly
    @given(fates(network=network))
    def never_fails(fate):
        try:
            fate.explore(program)
        finally:
            chosen[:] = [fate.choices]

    failure_of(never_fails)
    return chosen[0]


def test_one_lost_message_is_what_hypothesis_shrinks_a_lossy_network_to():
    choices = least_choices(asks_for_all, LOSSY)
    assert [(one.kind, one.value) for one in choices.deviations] == [("loss", 1)]
    with pytest.raises(LookupError, match="were not met"):
        replay(asks_for_all, choices)  # on a network that loses nothing
    again = replay(asks_for_all, str(choices), network=LOSSY)
    assert again.outcome.ended == "raised"


def test_ties_and_the_network_are_one_sequence():
    network = net.Network()
    network.schedule(net.duplication(0.5))

    async def main():
        order = []

        async def late(number):
            await asyncio.sleep(1)
            order.append(number)

        await asyncio.gather(late(0), late(1))
        assert order == [0, 1] or len(await count(2)) == 2

    choices = least_choices(main, network)
    assert [one.kind for one in choices.deviations] == ["tie", "double"]


def test_a_drawn_network_shrinks_to_the_one_thing_that_matters():
    @quickly
    @given(networks("127.0.0.1"))
    def never_late(network):
        vtloop.run(asks_for_all(), network=network)

    told = failure_of(never_late)
    assert "network=Network(jitter=0.5, chooser=Drawn())," in told  # so that one overtakes another


def test_a_network_is_drawn_without_faults_in_the_least_case():
    network = find(networks("db"), lambda network: True)
    assert repr(network) == "Network(chooser=Drawn())"
    assert find(network_faults("db"), lambda fault: fault.name == "loss").places == ("db",)


def test_faults_are_drawn_while_the_program_runs():
    @quickly
    @given(fates(), st.data())
    def always_ends(fate, data):
        async def main():
            network = net.Network()
            with network.rule(fate.draw(network_faults())):
                pass

        fate.explore(main)

    always_ends()


async def asks_a_slow_server():
    async def answer(reader, writer):
        try:
            writer.write(await reader.readline())
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 80):
        reader, writer = await asyncio.open_connection("127.0.0.1", 80)
        try:
            writer.write(b"hello\n")
            await reader.readline()
        finally:
            writer.close()


def test_a_sweep_cancels_while_a_message_is_under_way_on_a_slow_link():
    at_once = sweep(asks_a_slow_server, victim=1, classes="AB")
    slow = sweep(asks_a_slow_server, victim=1, classes="AB", network=net.Network(latency=1))
    by_name = sweep(asks_a_slow_server, victim=1, classes="AB", network=f"{__name__}:SLOW")
    tried = re.compile(r"(\d+) of \d+ moments tried")
    assert int(tried.match(str(slow))[1]) > 0
    assert str(slow) == str(by_name)
    assert str(slow) != str(at_once)


SLOW = net.Network(latency=1)


def test_a_network_goes_to_other_processes_by_its_name_only():
    import pickle

    from vtloop.net.network import EVERYWHERE

    assert pickle.loads(pickle.dumps(EVERYWHERE)) is EVERYWHERE
    with pytest.raises(TypeError, match="pass its name"):
        pickle.dumps(SLOW)


def test_a_token_of_a_network_is_that_of_choices():
    network = net.Network(jitter=1, seed=3)
    run = vtloop.simulate(asks_for_all, network=network)
    assert Choices.parse(str(run.choices)) == run.choices
    assert {one.kind for one in run.choices.deviations} == {"jitter"}
