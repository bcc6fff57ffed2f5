"""Messages of real programs on the simulated network, as they are recorded and told."""

import asyncio
import contextlib

import pytest

import vtloop
import vtloop.net
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.processes import printed_by
from vtloop import marbles
from vtloop.claims import connected, received, sent, task

SERVER = "127.0.0.1:8080"


async def answer(reader, writer):
    with contextlib.closing(writer):
        while await reader.readline():
            await asyncio.sleep(0.05)
            writer.write(b"x" * 99 + b"\n")
            await writer.drain()


async def ask(times=2):
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    for _ in range(times):
        writer.write(b"hello\n")
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 8080)
    await asyncio.create_task(ask(), name="client")
    server.close()
    await server.wait_closed()


def simulated(program, **link):
    return vtloop.simulate(program, network=vtloop.net.Network(**link))


@pytest.fixture(scope="module")
def run():
    return simulated(main, latency=0.1)


def test_a_refusal_comes_from_the_port_where_nobody_listens():
    async def knock():
        with contextlib.suppress(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", 8080)

    asked, refused = simulated(knock, latency=0.1).timeline.messages
    assert (asked.kind, refused.kind) == ("connect", "refuse")
    assert (asked.destination, refused.source) == (SERVER, SERVER)
    assert asked.source == refused.destination


def test_streams_tell_who_sends_what_to_whom_and_when(run):
    timeline = run.timeline
    names = {0: "?", **{number: lane.label for number, lane in timeline.lanes.items()}}
    told = [
        (one.kind, names[one.sender].partition("#")[0], names[one.receiver].partition("#")[0])
        for one in timeline.messages
    ]
    there, back = ("data", "client", "answer"), ("data", "answer", "client")
    asked = [("connect", "client", "answer"), ("accept", "answer", "client")]
    assert told[:6] == [*asked, there, back, there, back]
    assert {one.arrived - one.sent for one in timeline.messages[:6]} == {100_000_000}
    assert [one.size for one in timeline.messages[2:4]] == [6, 100]


def test_claims_are_made_of_a_real_program(run):
    (connected(SERVER, by="client").at(0.2) & sent(SERVER).at(0.2, 0.45)).check(run)
    received(SERVER, by="client").at(0.45, 0.7).check(run)
    task("client").waits(0.5, on=f"data from {SERVER}").check(run)


def test_the_views_have_neither_asyncios_tasks_nor_timers_of_the_network(run):
    text = marbles.marbles(run.timeline)
    assert "_accept_connection2" not in text
    assert "deadline" not in text
    assert "client sends 6 bytes to answer#" in text


def test_what_is_there_at_once_is_one_arrow_for_the_wake_up_and_the_message():
    timeline = simulated(main).timeline
    client = timeline["client"].number
    kinds = {one.kind for one in timeline.arrows if client in (one.source, one.target)}
    assert "message" in kinds
    assert "wake" not in kinds


def test_a_deadlock_of_two_ends_names_both():
    async def silent(reader, writer):
        with contextlib.closing(writer), contextlib.suppress(asyncio.CancelledError):
            await reader.readline()

    async def program():
        async with await asyncio.start_server(silent, "127.0.0.1", 8080):
            reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
            with contextlib.closing(writer):
                await reader.readline()

    said = str(simulated(program).error)
    assert "program#1 waits for data from 127.0.0.1:8080, which silent#" in said
    assert "waits for data from 127.0.0.1:49152, which program#1 is to send" in said
    assert "They wait in a circle" in said


def test_tasks_are_on_the_host_on_which_they_began():
    network = vtloop.net.Network(latency=0.1)

    async def program():
        with network.host("db"):
            server = await asyncio.start_server(answer, "db", 5432)
        with network.host("web"):
            client = asyncio.create_task(query(), name="client")
        await client
        server.close()
        await server.wait_closed()

    async def query():
        reader, writer = await asyncio.open_connection("db", 5432)
        writer.write(b"hello\n")
        await reader.readline()
        writer.close()
        await writer.wait_closed()

    run = vtloop.simulate(program, network=network)
    hosts = {lane.label.partition("#")[0]: lane.host for lane in run.timeline.lanes.values()}
    assert (hosts["program"], hosts["client"], hosts["answer"]) == ("", "web", "db")
    sent("db", by="client").at(0.2).check(run)


@pytest.mark.ends
def test_messages_are_the_same_in_every_process():
    code = (
        "import vtloop; from tests.recording.test_messages_of_programs import main, simulated;"
        "print(simulated(main, latency=0.1).trace.digest())"
    )
    assert printed_by("-c", code, hash_seed=1) == printed_by("-c", code, hash_seed=2)
