"""An idle end of a connection finds out by keep-alive that the other one is not there any more."""

import asyncio
import contextlib
import errno
import socket

import pytest

import vtloop
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from vtloop import net
from vtloop.errors import DeadlockError
from vtloop.net import DROP, Network, current_network

# A host that crashes closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

KEEP_ALIVE = {
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 60,
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): 10,
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): 3,
}
TIMED_OUT_AT = 60 + 3 * 10


@contextlib.asynccontextmanager
async def connected(options=KEEP_ALIVE):
    """Give the client's ends of a connection to a host db, with these options, and its writer."""
    accepted = asyncio.Queue()
    with current_network().host("db"):
        server = await asyncio.start_server(lambda *ends: accepted.put_nowait(ends), "db", 80)
    reader, writer = await asyncio.open_connection("db", 80)
    for (level, name), value in options.items():
        writer.get_extra_info("socket").setsockopt(level, name, value)
    _, its_writer = await accepted.get()
    try:
        yield reader, writer, its_writer
    finally:
        for one in (writer, its_writer, server):
            one.close()
        await asyncio.sleep(0)  # until they have lost their connections


def ended(program, network=None):
    """Return with which error a client stops waiting for data, and when.

    The program is called when it is connected, with its network, its writer and the server's.
    """

    async def main():
        async with connected() as (reader, *writers):
            doing = asyncio.create_task(program(current_network(), *writers))
            try:
                await reader.readexactly(1)
            except (OSError, EOFError) as error:
                return getattr(error, "errno", None), vtloop.now()
            finally:
                doing.cancel()

    return vtloop.run(main(), network=network or Network())


async def forever():
    await asyncio.Event().wait()


async def crash(network, *ends):
    network.crash("db")


async def cut_off(network, *ends):
    with network.rule(net.partition("db")):
        await forever()


async def lose_all_answers(network, *ends):
    with network.rule(net.black_hole("", "db")):
        await forever()


async def hold_all(network, *ends):
    with network.rule(net.clog("db")):
        await forever()


async def drop_by_a_rule_of_its_own(network, *ends):
    with network.rule(lambda message: DROP):
        await forever()


@pytest.mark.parametrize(
    "program", [crash, cut_off, lose_all_answers, hold_all, drop_by_a_rule_of_its_own]
)
def test_a_peer_that_is_silent_is_given_up_after_some_probes(program):
    assert ended(program) == (errno.ETIMEDOUT, TIMED_OUT_AT)


def test_it_is_asked_for_the_first_time_when_it_was_idle_since_it_was_heard_of():
    async def program(network, writer, its_writer):
        await asyncio.sleep(50)
        writer.write(b"still here")
        await asyncio.sleep(20)
        network.crash("db")

    assert ended(program) == (errno.ETIMEDOUT, 50 + TIMED_OUT_AT)


def test_who_is_silent_for_a_while_only_is_kept():
    async def program(network, writer, its_writer):
        with network.rule(net.partition("db")):
            await asyncio.sleep(75)
        await asyncio.sleep(10_000)
        its_writer.close()

    assert ended(program) == (None, 10_075)


def test_a_fault_that_is_scheduled_is_noticed_at_the_first_probe_within_it():
    network = Network()
    network.schedule(net.partition("db"), after=1000)
    assert ended(lambda *_: forever(), network) == (errno.ETIMEDOUT, 17 * 60 + 3 * 10)
    network = Network()
    network.schedule(net.partition("db"), after=61, lasting=40)  # between two probes
    with pytest.raises(DeadlockError, match="at virtual time 0 s"):
        ended(lambda *_: forever(), network)


def test_a_host_that_is_up_again_answers_a_probe_with_a_reset():
    async def program(network, *ends):
        network.crash("db")
        network.restart("db")

    assert ended(program) == (errno.ECONNRESET, 60)


def test_the_end_of_a_connection_that_nobody_hears_of_is_noticed_nevertheless():
    async def program(network, writer, its_writer):
        with network.rule(net.half_open("db")):
            its_writer.close()
            await forever()

    last_try = 925  # to tell of the end
    assert ended(program) == (errno.ETIMEDOUT, last_try + 35 + 3 * 10)


@pytest.mark.parametrize("rule", [net.slow(latency=1), net.partition("elsewhere"), None])
def test_an_idle_connection_keeps_no_run_alive(rule):
    async def main():
        async with connected() as (reader, *_):
            if rule is not None:
                current_network().schedule(rule)
            await reader.read()

    with pytest.raises(DeadlockError, match="at virtual time 0 s"):
        vtloop.run(main(), network=Network())


def test_a_rule_that_lets_a_probe_through_is_asked_once():
    asked = []

    async def main():
        async with connected() as (reader, *_):
            with current_network().rule(lambda message: asked.append(message.now)):
                await reader.read()

    with pytest.raises(DeadlockError):
        vtloop.run(main(), network=Network())
    assert asked == [60_000_000_000] * 2, "a probe and its answer"


def test_without_keep_alive_nobody_asks():
    async def main():
        async with connected({}) as (reader, *_):
            current_network().crash("db")
            await reader.read()

    with pytest.raises(DeadlockError):
        vtloop.run(main(), network=Network())


def test_an_accepted_connection_has_the_keep_alive_of_its_server():
    calls = []

    async def main():
        with socket.socket() as listening:
            for (level, name), value in KEEP_ALIVE.items():
                listening.setsockopt(level, name, value)
            listening.bind(("10.0.0.1", 80))
            heard = asyncio.get_running_loop().create_future()

            async def serve(reader, writer):
                try:
                    await reader.read()
                except OSError as error:
                    heard.set_result((error.errno, vtloop.now()))
                writer.close()

            async with await asyncio.start_server(serve, sock=listening):
                with current_network().host("far"):
                    await asyncio.create_task(call(), name="call")
                current_network().crash("far")
                try:
                    return await heard
                finally:
                    calls[0][1].close()
                    await asyncio.sleep(0)

    async def call():
        calls.append(await asyncio.open_connection("10.0.0.1", 80))

    assert vtloop.run(main(), network=Network()) == (errno.ETIMEDOUT, TIMED_OUT_AT)


def test_probes_are_told_of_nowhere():
    async def main():
        async with connected() as (reader, *_):
            with current_network().rule(net.partition("db")), contextlib.suppress(TimeoutError):
                await reader.read()

    run = vtloop.simulate(main, network=Network())
    run.result()
    kinds = [(one.kind, one.sent) for one in run.timeline.messages]
    assert {kind for kind, at in kinds if 0 < at < run.timeline.end} == set()
    assert ("connect", 0) in kinds


def test_a_timeout_of_the_user_takes_the_place_of_the_number_of_tries():
    async def main(milliseconds, says_something):
        timeout = {(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): milliseconds}
        async with connected(KEEP_ALIVE | timeout) as (reader, writer, _):
            current_network().crash("db")
            if says_something:
                writer.write(b"anybody there?")
            try:
                await reader.read()
            except TimeoutError as error:
                return error.errno, vtloop.now()

    def gives_up(*options):
        return vtloop.run(main(*options), network=Network())

    assert gives_up(65_000, False) == (errno.ETIMEDOUT, 70)
    assert gives_up(30_500, True) == (errno.ETIMEDOUT, 30.5)
    assert gives_up(2_000_000, True) == (errno.ETIMEDOUT, 2000)
