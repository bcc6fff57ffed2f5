"""Each fault does what its sentence says to aiohttp and httpx, which know nothing of it."""

import asyncio

import pytest

import vtloop
from vtloop import net

aiohttp = pytest.importorskip("aiohttp")
httpx = pytest.importorskip("httpx")
web = pytest.importorskip("aiohttp.web")

URL = "http://api:8080/"


async def serve(is_up):
    """Serve two pages until the task is cancelled."""

    async def hello(request):
        return web.Response(text="hello")

    async def large(request):
        return web.Response(text="x" * 100_000)

    app = web.Application()
    app.add_routes([web.get("/", hello), web.get("/large", large)])
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "api", 8080).start()
    is_up.set()
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def start(network):
    """Return the task of a server that is up, on a host."""
    is_up = asyncio.Event()
    with network.host("api"):
        task = asyncio.create_task(serve(is_up))
    await is_up.wait()
    return task


def run(program, network=None):
    """Return what a program returns, given the network and a client's session, and what it took."""
    network = net.Network() if network is None else network

    async def main():
        await start(network)
        loop = asyncio.get_running_loop()
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            began = loop.time()
            value = await program(network, session)
            return value, round(loop.time() - began, 3)

    return vtloop.run(main(), network=network)


async def get(session, path=""):
    """Return the text of a page, or the name of the error."""
    try:
        async with session.get(URL + path) as response:
            return await response.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__


def test_during_a_partition_a_request_waits_for_its_timeout():
    async def program(network, session):
        with network.rule(net.partition("api")):
            return await get(session)

    text, took = run(program)
    assert (text, took) in [("ConnectionTimeoutError", 30.0), ("ServerTimeoutError", 30.0)] or (
        text == "TimeoutError" and took == 30.0
    )


def test_a_partition_of_ten_seconds_makes_a_request_a_little_later_than_that():
    async def program(network, session):
        network.schedule(net.partition("api"), lasting=10)
        return await get(session)

    assert run(program) == ("hello", 15.0)  # TCP asks again after 1, 3, 7 and 15 seconds


def test_a_partition_of_an_hour_ends_and_requests_get_through_again():
    async def program(network, session):
        network.schedule(net.partition("api"), lasting=3600)
        errors = 0
        while await get(session) != "hello":
            errors += 1
            await asyncio.sleep(60)
        return errors

    assert run(program) == (40, 3600.0)


def test_a_link_that_is_slow_by_two_seconds_makes_an_answer_slow_by_four():
    async def program(network, session):
        await get(session)  # so that there is a connection
        with network.rule(net.slow("api", latency=2)):
            return await get(session)

    assert run(program) == ("hello", 4.0)


def test_a_server_that_refuses_is_an_error_at_once():
    async def program(network, session):
        with network.rule(net.refused("api:8080")):
            return await get(session)

    assert run(program) == ("ClientConnectorError", 0.0)


def test_a_connection_that_is_reset_after_a_kilobyte_ends_in_the_middle_of_an_answer():
    async def program(network, session):
        with network.rule(net.reset_after(1000, "api")):
            return await get(session), await get(session, "large")

    (small, large), _ = run(program)
    assert small == "hello"
    assert large in ("ClientPayloadError", "ClientOSError", "ServerDisconnectedError")


def test_a_black_hole_swallows_requests_on_connections_that_are_there():
    async def program(network, session):
        await get(session)
        with network.rule(net.black_hole("api")):
            return await get(session)

    assert run(program) == ("TimeoutError", 30.0)


def test_a_half_open_connection_of_a_pool_is_used_again_in_vain():
    async def program(network, session):
        await get(session)
        with network.rule(net.half_open("api")):
            network.crash("api")
            network.restart("api")
            await start(network)
            text = await get(session)  # the reset that it is answered with gets lost
        return text, await get(session)

    assert run(program) == (("TimeoutError", "hello"), 30.0)


def test_answers_that_come_byte_by_byte_are_read_as_well_as_others():
    async def program(network, session):
        with network.rule(net.split(1)):
            return await get(session)

    assert run(program) == ("hello", 0.0)


def test_requests_that_are_held_by_a_clog_are_answered_when_it_ends():
    async def program(network, session):
        network.schedule(net.clog("api"), lasting=20)
        return await asyncio.gather(*[get(session) for _ in range(3)])

    assert run(program) == (["hello"] * 3, 20.0)


def test_a_server_that_crashes_keeps_its_clients_waiting_and_one_that_is_back_answers_them():
    async def program(network, session):
        await get(session)
        network.crash("api")
        waited = await get(session)
        network.restart("api")
        await start(network)
        return waited, await get(session)

    assert run(program) == (("TimeoutError", "hello"), 30.0)


def test_httpx_tries_again_to_connect_where_its_transport_is_told_so():
    async def program(network, session):
        network.schedule(net.refused("api"), lasting=1)
        transport = httpx.AsyncHTTPTransport(retries=5)
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get(URL)).text

    assert run(program) == ("hello", 1.5)  # 0 s, 0.5 s and then 1 s after one another
