"""What a cancelled task leaves open in the network is found, and told apart from asyncio's own."""

import asyncio
import socket

import pytest

from tests.support.swept import calls
from vtloop.net import Network
from vtloop.sweep import replay, sweep

# A transport of Python 3.14 for which there is no server any more cannot be collected in peace.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored.*_SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning"
)

OPEN = "left open", "left open by asyncio"


def left_open(program, classes="AB", **options):
    """Return the oracles and the subjects of what a sweep tells of sockets that are left open."""
    report = sweep(program, classes=classes, **options)
    found = {(one.finding.oracle, one.finding.subject) for one in report.problems}
    return {one for one in found if one[0] in OPEN}


def serving(ask):
    """Return a program in which a task, `ask`, talks to a server that greets after a second."""

    async def greet(reader, writer):
        try:
            await asyncio.sleep(1)
        finally:
            writer.close()

    async def program():
        async with await asyncio.start_server(greet, "127.0.0.1", 80):
            await asyncio.wait([asyncio.create_task(ask(), name="ask")])

    return program


async def closes_if_nothing_happens():
    reader, writer = await asyncio.open_connection("127.0.0.1", 80)
    await reader.read()
    writer.close()


async def closes_in_any_case():
    reader, writer = await asyncio.open_connection("127.0.0.1", 80)
    try:
        await reader.read()
    finally:
        writer.close()


async def never_closes():
    reader, _ = await asyncio.open_connection("127.0.0.1", 80)
    await reader.read()


class StaysConnected(asyncio.Protocol):
    def eof_received(self):
        return True


async def keeps_its_transport():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(StaysConnected, "127.0.0.1", 80)
    await asyncio.sleep(0.5)
    transport.close()


async def keeps_its_socket():
    loop = asyncio.get_running_loop()
    end = socket.socket()
    end.setblocking(False)
    await loop.sock_connect(end, ("127.0.0.1", 80))
    await loop.sock_recv(end, 1)
    end.close()


@pytest.mark.parametrize(
    ("ask", "line"),
    [(closes_if_nothing_happens, 1), (keeps_its_transport, 2), (keeps_its_socket, 2)],
)
def test_a_client_that_is_cancelled_leaves_its_connection_open(ask, line):
    first = ask.__code__.co_firstlineno
    where = f"{__name__.replace('.', '/')}.py:{first + line} in {ask.__name__}"
    program = serving(ask)
    assert left_open(program, victim="ask") == {("left open", f"socket opened at {where}")}
    problems = sweep(program, classes="AB", victim="ask").errors
    problem = next(one for one in problems if one.finding.oracle == "left open")
    assert problem.finding in replay(program, problem.token).findings
    assert problem.finding.words.endswith(" was left open; close it however its block ends")


def test_what_is_closed_in_any_case_is_not_held_against_anybody():
    assert left_open(serving(closes_in_any_case), victim="ask") == set()
    slow = Network(latency=0.1)
    assert left_open(serving(closes_in_any_case), victim="ask", network=slow) == set()


def test_what_is_left_open_without_any_cancellation_is_blamed_on_none():
    program = serving(never_closes)
    report = sweep(program, classes="AB", victim="ask")
    assert [one.finding.oracle for one in report.errors if "open" in one.finding.oracle] == []
    assert [one.oracle for one in report.before] == ["left open"]


def test_a_server_that_asyncio_makes_for_nobody_is_by_design():
    report = sweep(calls, victim=1, classes="ABC")
    assert report.ok
    (problem,) = report.problems
    assert problem.finding.oracle == "left open by asyncio"
    assert problem.finding.words.startswith("the server at 127.0.0.1:80 was left open by asyncio")
    assert problem.finding in replay(calls, problem.token).findings


def test_tasks_of_asyncio_that_accept_connections_are_no_victims():
    report = sweep(calls, classes="AS")
    assert report.ok
    assert "calls#1" in report.victims
    assert all("_accept_connection2" not in name for name in report.victims)
    by_name = sweep(calls, victim="BaseSelectorEventLoop._accept_connection2", classes="A")
    assert {one.finding.oracle for one in by_name.errors} == {"cancel swallowed"}


def test_tasks_of_a_start_server_are_left_by_design():
    async def greet(reader, writer):
        try:
            await asyncio.sleep(2)
        finally:
            writer.close()

    async def program():
        server = await asyncio.start_server(greet, "127.0.0.1", 80)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", 80)
            try:
                await asyncio.sleep(3)
            finally:
                writer.close()
        finally:
            server.close()

    report = sweep(program, victim=1, classes="AB")
    words = {one.finding.words for one in report.problems if one.finding.subject == "greet"}
    assert words == {"start_server() leaves greet#4 running, as documented"}
    assert not [one for one in report.errors if one.finding.oracle == "orphan"]


def test_a_sweep_is_silent_of_what_its_cases_leave_open(recwarn):
    sweep(serving(closes_if_nothing_happens), classes="AB", victim="ask")
    assert not recwarn.list
