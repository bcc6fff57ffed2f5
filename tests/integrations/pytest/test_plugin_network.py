"""The network of tests in virtual time: what they leave open, and which one they have.

Seen from outside: small test files, run by a pytest of their own.
"""

import pytest

from tests.support.pytests import run_beside_others, run_tests

pytestmark = pytest.mark.ends

pytest_plugins = ["pytester"]
__all__ = ["run_beside_others", "run_tests"]

MARKED = """
import asyncio, socket
import pytest, vtloop

pytestmark = pytest.mark.vtloop
kept = []

async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()

async def silent(reader, writer):
    await reader.read()
    writer.close()

def stay(reader, writer):
    kept.append((reader, writer))
"""

LEAKS = (
    MARKED
    + """
@pytest.fixture
async def port():
    server = await asyncio.start_server(stay, "127.0.0.1", 8080)
    yield 8080
    server.close()

async def test_server():
    kept.append(await asyncio.start_server(answer, "localhost", 5432))

async def test_connection(port):
    kept.append(await asyncio.open_connection("127.0.0.1", port))
    await asyncio.sleep(1)

async def test_end_of_the_server():
    server = await asyncio.start_server(stay, "127.0.0.1", 80)
    reader, writer = await asyncio.open_connection("127.0.0.1", 80)
    await asyncio.sleep(1)
    writer.close()
    server.close()

async def test_datagrams():
    kept.append(await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 53)
    ))

async def test_pair():
    kept.append(socket.socketpair())

@pytest.mark.vtloop(leaks="allow")
async def test_allowed():
    kept.append(await asyncio.start_server(answer, "127.0.0.1", 5432))
    kept.append(await asyncio.open_connection("127.0.0.1", 5432))
    kept.append(socket.socketpair())

@pytest.fixture
async def client():
    server = await asyncio.start_server(silent, "127.0.0.1", 80)
    _, writer = await asyncio.open_connection("127.0.0.1", 80)
    yield
    writer.close()
    server.close()

async def test_that_a_fixture_closes(client):
    await asyncio.sleep(1)

async def test_that_has_just_closed():
    server = await asyncio.start_server(silent, "127.0.0.1", 80)
    _, writer = await asyncio.open_connection("127.0.0.1", 80)
    writer.write(b"x" * 300_000)
    writer.close()
    server.close()

async def test_whose_peer_has_not_heard_yet():
    network = vtloop.net.current_network()
    network.link("", "", latency=1)
    server = await asyncio.start_server(stay, "127.0.0.1", 80)
    _, writer = await asyncio.open_connection("127.0.0.1", 80)
    await asyncio.sleep(2)
    writer.close()
    server.close()

@pytest.fixture(scope="module")
async def wide():
    server = await asyncio.start_server(silent, "127.0.0.1", 80)
    _, writer = await asyncio.open_connection("127.0.0.1", 80)
    yield 80
    writer.close()
    server.close()

async def test_on_the_shared_loop(wide):
    kept.append(await asyncio.open_connection("127.0.0.1", wide))  # may be for a fixture

async def test_last_on_the_shared_loop(wide):
    _, writer = await asyncio.open_connection("127.0.0.1", wide)
    await asyncio.sleep(1)
    writer.close()
"""
)


def test_what_a_test_leaves_open_makes_it_fail(run_tests):
    done = run_tests(LEAKS)
    told = {
        "test_server": "the server at [::1]:5432, 127.0.0.1:5432 was left open\n",
        "test_connection": "the connection 127.0.0.1:49152 → 127.0.0.1:8080 was left open\n",
        "test_end_of_the_server": "the server's end of the connection 127.0.0.1:49152 → "
        "127.0.0.1:80 was left open\n",
        "test_datagrams": "the socket of datagrams 127.0.0.1:53 was left open\n",
        "test_pair": "a pair of sockets was left open\n",
        "test_last_on_the_shared_loop": "connection 127.0.0.1:49153 → 127.0.0.1:80 was left open\n",
    }
    failed = {name for name, outcome in done.outcomes.items() if outcome in ("failed", "error")}
    assert failed == told.keys()
    for test, words in told.items():
        assert words in done.section(test)
        assert done.section(test).count("was left open") == 1
