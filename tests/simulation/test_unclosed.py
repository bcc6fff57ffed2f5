"""A run tells what was left open in its network, and the program's own line that opened it."""

import asyncio
import gc
import socket
import ssl
from functools import partial
from pathlib import Path

import anyio
import pytest

import vtloop
from vtloop.net import Network

CERTIFICATE = Path(__file__).parents[1] / "support" / "certificate.pem"


# As on any loop, Python complains as well when such a thing is thrown away.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def kept():
    """What a program does not close."""
    kept = []
    yield kept
    kept.clear()
    gc.collect()


def told(main, **options):
    """Return what a program left open, without the name of this file."""
    run = vtloop.simulate(main, **options)
    run.result()
    return [text.replace("tests/simulation/test_unclosed.py:", "line ") for text in run.unclosed]


def line_of(function, after):
    """Return the line that is so many after that with the name of a function."""
    return function.__code__.co_firstlineno + after


def keep(kept):
    """Return what takes a connection, and does not close it."""
    return lambda *ends: kept.append(ends)


async def silent(reader, writer):
    await reader.read()
    writer.close()


def test_each_thing_that_is_left_open_is_told_with_its_addresses_and_its_line(kept, tmp_path):
    async def main():
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(keep(kept), "localhost", 80)
        _, writer = await asyncio.open_connection("127.0.0.1", 80)
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 53)
        )
        path = str(tmp_path / "s")
        unix = await asyncio.start_unix_server(keep(kept), path)
        _, to_unix = await asyncio.open_unix_connection(path)
        pair = socket.socketpair()
        kept.extend([server, writer, transport, unix, to_unix, *pair, socket.socket()])
        await asyncio.sleep(1)

    def at(after):
        return f"opened at line {line_of(main, after)} in {main.__qualname__.split('.')[-1]}"

    assert told(main) == [
        f"the server at [::1]:80, 127.0.0.1:80, {at(2)}, was left open",
        f"the connection 127.0.0.1:49152 → 127.0.0.1:80, {at(3)}, was left open",
        f"the socket of datagrams 127.0.0.1:49152 → 127.0.0.1:53, {at(4)}, was left open",
        f"the server at {tmp_path / 's'}, {at(8)}, was left open",
        f"the connection to {tmp_path / 's'}, {at(9)}, was left open",
        f"a pair of sockets, {at(10)}, was left open",
        f"a socket that is not connected, {at(11)}, was left open",
    ]


def test_what_was_closed_just_now_is_not_told_of():
    async def main():
        server = await asyncio.start_server(silent, "127.0.0.1", 80)
        _, writer = await asyncio.open_connection("127.0.0.1", 80)
        writer.write(b"x" * 1_000_000)
        writer.close()
        server.close()

    assert told(main) == []


def test_an_end_whose_peer_has_closed_is_told_of_only_when_it_has_heard(kept):
    async def main(seconds):
        server = await asyncio.start_server(keep(kept), "127.0.0.1", 80)
        _, writer = await asyncio.open_connection("127.0.0.1", 80)
        await asyncio.sleep(2)
        writer.close()
        server.close()
        await asyncio.sleep(seconds)

    network = Network(latency=1)
    assert told(partial(main, 0.5), network=network) == []
    assert told(partial(main, 2), network=network) == [
        "the server's end of the connection 127.0.0.1:49152 → 127.0.0.1:80, whose server was "
        f"opened at line {line_of(main, 1)} in main, was left open"
    ]


def test_a_connection_of_tls_whose_close_is_not_answered_counts_as_closed(kept):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def main(close):
        server = await asyncio.start_server(keep(kept), "127.0.0.1", 443, ssl=context)
        _, writer = await asyncio.open_connection("127.0.0.1", 443, ssl=trusting)
        vtloop.net.current_network().link("", "", latency=60)
        kept.append(writer)
        if close:
            writer.close()
        server.close()

    assert told(partial(main, True)) == []
    assert told(partial(main, False)) == [
        f"the connection 127.0.0.1:49152 → 127.0.0.1:443, opened at line {line_of(main, 2)} in "
        "main, was left open"
    ]


def test_what_a_library_opens_in_tasks_of_its_own_is_told_with_the_line_of_the_program(kept):
    async def main():
        server = await asyncio.start_server(keep(kept), "127.0.0.1", 80)
        kept.append(await asyncio.open_connection("localhost", 80, happy_eyeballs_delay=0.1))
        kept.append(await anyio.connect_tcp("localhost", 80))
        server.close()

    assert [text.rpartition(", opened")[2] for text in told(main)] == [
        f" at line {line_of(main, 2)} in main, was left open",
        f" at line {line_of(main, 3)} in main, was left open",
    ]
