"""A timeline knows of each message which task sent it, which one read it, and when."""

import asyncio
import contextlib

import vtloop
from tests.support.wired import conversation, on, wires
from vtloop.net import Network
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import load

SECOND = 1_000_000_000


def told(timeline, message):
    """Return who sent a message to whom, and after how many seconds it arrived."""
    late = None if message.arrived is None else (message.arrived - message.sent) / SECOND
    names = [timeline.lanes[task].label for task in (message.sender, message.receiver)]
    return message.kind, *names, late


def arrows_of(timeline, kind="message"):
    return [
        (timeline.lanes[one.source].label, timeline.lanes[one.target].label, len(one.messages))
        for one in timeline.arrows
        if one.kind == kind and "main" not in timeline.lanes[one.source].label
    ]


def test_each_message_has_its_sender_its_receiver_and_its_times():
    timeline = vtloop.simulate(conversation).timeline
    assert [told(timeline, one) for one in timeline.messages] == [
        ("connect", "client", "server", 0.1),
        ("accept", "server", "client", 0.1),
        ("data", "client", "server", 0.1),
        ("data", "server", "client", 0.1),
        ("data", "client", "server", None),
        ("data", "client", "server", 0.35),
        ("data", "server", "client", 0.1),
        ("data", "client", "server", None),
    ]
    *_, lost, held, _, never = timeline.messages
    assert (lost.why, lost.lost) == ("partition", lost.sent)
    assert (held.held, held.released - held.sent) == (True, SECOND // 4)
    assert (never.held, never.released) == (True, None)
    assert (held.size, held.source, held.destination) == (7, "127.0.0.1:49152", "127.0.0.1:8080")


def test_an_arrow_leads_from_the_step_that_sent_to_the_one_that_was_woken():
    timeline = vtloop.simulate(conversation).timeline
    arrows = [one for one in timeline.arrows if one.kind == "message"]
    assert len(arrows) == 6
    assert [one.source_step >= 0 for one in arrows] == [True, False, *[True] * 4]  # not the answer
    for arrow in (one for one in arrows if one.source_step >= 0):
        steps = [timeline.trace.step(step) for step in (arrow.source_step, arrow.target_step)]
        assert [step.who for step in steps] == [arrow.source, arrow.target]
        assert [step.at for step in steps] == [arrow.start, arrow.end]


def test_messages_that_lead_from_one_step_to_the_same_other_one_have_one_arrow():
    async def main():
        there, _ = wires()

        async def server():
            await there.receive()

        serving = asyncio.create_task(server(), name="server")
        await asyncio.sleep(0)
        asyncio.create_task(client(there), name="client")
        await serving

    async def client(there):
        there.send(1)
        there.send(2)

    timeline = vtloop.simulate(main).timeline
    assert arrows_of(timeline) == [("client", "server", 2)]
    assert arrows_of(timeline, "wake") == []  # the message tells of it


def test_what_is_read_and_wakes_nobody_is_for_the_task_at_that_end():
    async def main():
        there, back = wires(latency=1)

        async def server():
            await there.receive()
            back.send()
            await asyncio.sleep(10)

        serving = asyncio.create_task(server(), name="server")
        await asyncio.sleep(0)
        await asyncio.create_task(client(there), name="client")
        await serving

    async def client(there):
        there.send()
        await asyncio.sleep(5)
        there.send()
        there.send(kind="end")

    timeline = vtloop.simulate(main).timeline
    assert [told(timeline, one)[2] for one in timeline.messages] == [
        "server",
        "client",
        "server",
        "server",
    ]
    assert [one.received_in >= 0 for one in timeline.messages] == [True, False, False, False]
    # Nobody has waited for the end of the data.
    carried = [(one, other) for one, other, _ in arrows_of(timeline)]
    assert carried == [("client", "server"), ("server", "client"), ("client", "server")]


def test_what_a_receiver_makes_room_for_is_not_sent_by_itself():
    async def main():
        there, _ = wires(latency=1)

        async def server():
            await there.receive()
            there.send()  # as a kernel does that had no room for it before
            await there.receive()

        serving = asyncio.create_task(server(), name="server")
        await asyncio.create_task(client(there), name="client")
        await serving

    async def client(there):
        there.send()

    timeline = vtloop.simulate(main).timeline
    assert [told(timeline, one)[1:3] for one in timeline.messages] == [("client", "server")] * 2
    assert arrows_of(timeline) == [("client", "server", 1)] * 2


def test_a_task_may_send_something_to_itself():
    async def main():
        there, _ = wires()
        there.send()
        await there.receive()

    timeline = vtloop.simulate(main).timeline
    (message,) = timeline.messages
    assert (message.sender, message.receiver) == (1, 1)
    assert not timeline.arrows


def test_messages_come_back_from_a_file(tmp_path):
    run = vtloop.simulate(conversation)
    run.trace.save(tmp_path / "run.jsonl.gz")
    read = load(tmp_path / "run.jsonl.gz")
    assert Timeline(read).messages == run.timeline.messages != []
    assert read.digest() == run.trace.digest()


def test_a_run_without_a_network_has_no_messages():
    timeline = vtloop.simulate(lambda: asyncio.sleep(1)).timeline
    assert timeline.messages == []


def test_tasks_of_a_host_stand_together_after_those_of_the_program():
    async def main():
        with on("web"):
            client = asyncio.create_task(parent(), name="client")
        with on("db"):
            asyncio.create_task(asyncio.sleep(1), name="server")
        asyncio.create_task(asyncio.sleep(1), name="own")
        await client

    async def parent():
        await asyncio.create_task(asyncio.sleep(1), name="child")

    timeline = vtloop.simulate(main).timeline
    assert [(one.label, one.host, one.depth) for one in timeline.lanes.values()] == [
        ("main#1", "", 0),
        ("own", "", 1),
        ("client", "web", 0),
        ("child", "web", 1),
        ("server", "db", 0),
    ]
    spawned = [(one.source, one.target) for one in timeline.arrows if one.kind == "spawn"]
    assert sorted(spawned) == [(1, 2), (1, 3), (1, 4), (2, 5)]  # also from host to host


def talk(serve, use):
    """Return the timeline of a client that uses a connection to a server on another host."""

    async def main():
        network = Network(latency=0.1)
        with network.host("db"):
            server = await asyncio.start_server(serve, "db", 80)
        with network.host("web"):
            await asyncio.create_task(use(), name="client")
        server.close()

    return vtloop.simulate(main).timeline


async def hang_up(reader, writer):
    writer.close()


def ends_told(timeline):
    ends = [one for one in timeline.arrows if one.messages]
    return [one for one in ends if timeline.messages[one.messages[0]].kind == "end"]


def test_the_end_of_a_connection_is_told_where_it_finds_the_other_end_in_use():
    async def looks_late():
        reader, writer = await asyncio.open_connection("db", 80)
        await asyncio.sleep(1)
        assert not await reader.read()
        writer.close()

    timeline = talk(hang_up, looks_late)
    (arrow,) = ends_told(timeline)
    assert timeline.lanes[arrow.target].label == "client"
    assert arrow.end == 0.4 * SECOND


def test_the_end_of_a_connection_is_not_told_where_nobody_uses_it_any_more():
    async def closes_as_well():
        _, writer = await asyncio.open_connection("db", 80)
        writer.close()
        await asyncio.sleep(1)

    timeline = talk(hang_up, closes_as_well)
    assert timeline["client"].number not in [arrow.target for arrow in ends_told(timeline)]


def test_who_is_refused_has_asked_nobody():
    async def serve(reader, writer):
        await reader.read()
        writer.close()

    async def use():
        _, writer = await asyncio.open_connection("db", 80)
        with contextlib.suppress(OSError):
            await asyncio.open_connection("db", 81)
        writer.close()
        await asyncio.sleep(1)

    timeline = talk(serve, use)
    asked = [one for one in timeline.messages if one.kind == "connect"]
    receivers = {one.destination.rpartition(":")[2]: one.receiver for one in asked}
    assert receivers["80"] == timeline["serve"].number
    assert receivers["81"] == 0


def test_the_names_of_hosts_are_known_by_their_addresses():
    async def use():
        _, writer = await asyncio.open_connection("db", 80)
        writer.close()

    assert talk(hang_up, use).hosts == {"10.0.0.2": "db", "10.0.0.3": "web"}
    assert vtloop.simulate(lambda: conversation(hosts=("web", "db"))).timeline.hosts == {}
