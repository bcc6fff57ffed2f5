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


NETWORKS = (
    MARKED
    + """
from vtloop.net import DROP, Network, current_network

made = []

def slow():
    made.append(Network(latency=1))
    return made[-1]

FAR = Network(latency=10)

async def fetch(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"ping\\n")
    answer = await reader.read()
    writer.close()
    return answer

async def answered(network):
    with network.host("web"), network.host("db"):
        server = await asyncio.start_server(answer, "db", 5432)
    assert await fetch("db", 5432) == b"ping\\n"
    server.close()
    return vtloop.now()

@pytest.fixture
def far_from_db(vt_network):
    with vt_network.host("db") as ip:
        assert ip == "10.0.0.2"
    vt_network.link("", "db", latency=60)

@pytest.mark.vtloop(network=slow)
async def test_of_a_function(vt_network):
    assert await answered(vt_network) == 4

@pytest.mark.vtloop(network=slow)
async def test_of_a_function_again():
    assert await answered(made[-1]) == 4
    assert len(made) == 2

@pytest.mark.parametrize("number", range(2))
@pytest.mark.vtloop(network=FAR)
async def test_of_a_network(number, vt_network):
    assert current_network() is vt_network
    with FAR.host("first" if number else "db"):
        pass
    with vt_network.host("db") as ip:
        assert ip == ("10.0.0.3" if number else "10.0.0.2")
    assert await answered(FAR) == 40

async def test_of_no_marker(vt_network):
    assert await answered(vt_network) == 0

async def test_that_a_fixture_changes(far_from_db, vt_network):
    assert await answered(vt_network) == 240

async def test_that_none_has_changed(vt_network):
    with vt_network.host("other") as ip:
        assert ip == "10.0.0.2"
    with vt_network.rule(lambda message: DROP):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await fetch("127.0.0.1", 80)

@pytest.mark.vtloop(network=None)
async def test_without():
    with pytest.raises(vtloop.errors.NotSimulated, match="network=None"):
        await asyncio.open_connection("127.0.0.1", 80)

@pytest.mark.vtloop(network=None)
async def test_asks_for_none(vt_network):
    pass

@pytest.mark.vtloop(network="none")
async def test_wrong():
    pass

@pytest.mark.vtloop(network=lambda: 7)
async def test_of_a_wrong_function():
    pass

def test_that_is_not_async(vt, vt_network):
    vt_network.link("", "", latency=2)
    server = vt.complete(asyncio.start_server(answer, "127.0.0.1", 80))
    assert vt.complete(fetch("127.0.0.1", 80)) == b"ping\\n"
    assert vt.now() == 8
    server.close()

@pytest.fixture(scope="module")
async def wide(request):
    yield current_network()

async def test_on_the_shared_loop(wide, vt_network):
    assert wide is vt_network
    assert await answered(vt_network) == 0

@pytest.mark.vtloop(network=slow)
async def test_with_its_own_on_the_shared_loop(wide):
    pass

@pytest.mark.vtloop_sweep
async def test_swept(vt_network):
    pass

@pytest.mark.vtloop_sweep
@pytest.mark.vtloop(network=slow)
async def test_swept_elsewhere():
    pass
"""
)


def test_a_test_has_the_network_that_its_marker_says_and_asks_for_it_by_a_fixture(run_tests):
    done = run_tests(NETWORKS)
    told = {
        "test_asks_for_none": "asks for vt_network while network=None; give it a network, with",
        "test_wrong": "cannot be used: network='none' was given; pass a vtloop.net.Network, a func",
        "test_of_a_wrong_function": "which returned 7; let it return a vtloop.net.Network, or",
        "test_with_its_own_on_the_shared_loop": "while it shares its loop, and so the network, wi",
        "test_swept": "is marked vtloop_sweep while it asks for vt_network, which is the network",
        "test_swept_elsewhere": "while its network is another one than the usual, which only",
    }
    failed = {name for name, outcome in done.outcomes.items() if outcome in ("failed", "error")}
    assert failed == told.keys()
    for test, words in told.items():
        assert words in " ".join(done.section(test).split())


def test_a_network_for_all_tests_is_said_in_the_configuration(run_tests):
    networks = """
from vtloop.net import Network

def far():
    return Network(latency=10)
"""
    tests = (
        MARKED
        + """
async def made():
    server = await asyncio.start_server(answer, "127.0.0.1", 80)
    _, writer = await asyncio.open_connection("127.0.0.1", 80)
    writer.close()
    server.close()
    return vtloop.now()

async def test_first():
    assert await made() == 20

@pytest.mark.vtloop(network=vtloop.net.Network())
async def test_marked():
    assert await made() == 0

@pytest.fixture(scope="module")
async def wide():
    return await made()

async def test_on_the_shared_loop(wide):
    assert wide == 20
"""
    )
    done = run_tests(tests, config="vtloop_network = conftest:far", conftest=networks)
    done.result.assert_outcomes(passed=3)
    done = run_tests(tests, config="vtloop_network = none")
    assert {name for name, outcome in done.outcomes.items() if outcome == "passed"} == {
        "test_marked"
    }
    done = run_tests(tests, config="vtloop_network = conftest:near")
    assert "vtloop_network = 'conftest:near' was given; it is 'none', or the name" in done.text
