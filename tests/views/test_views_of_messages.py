"""Messages in all views but charts: what is sent, when it is there, and what is lost or held."""

import asyncio
import json
import re

import pytest

import vtloop
from tests.support.wired import conversation
from vtloop import marbles, mermaid, perfetto
from vtloop.net import Network
from vtloop.timeline.spans import WAITING
from vtloop.views import html
from vtloop.views.message_words import one_by_one, summary
from vtloop.views.words import words_of


@pytest.fixture(scope="module")
def timeline():
    return vtloop.simulate(conversation).timeline


def test_marbles_mark_what_takes_time_and_note_what_it_is(timeline):
    text = marbles.marbles(timeline, width=140)
    client = next(line for line in text.splitlines() if line.startswith("  client"))
    assert re.fullmatch(r"  client +\|\^-+.*-\*\^-+.*-\*\^-+.*-/\^-+.*-\*\^\|", client)
    assert "^    0 s  client sends a request to connect to server, there at 0.1 s" in text
    assert "^ 0.45 s  client sends 5 bytes to server (lost: partition)" in text
    assert "client sends 7 bytes to server, there at 1.3 s (held until 1.2 s)" in text
    assert "client sends 9 bytes to server (held to the end)" in text
    assert "^ sent   * received" in text


def test_marbles_are_silent_of_what_is_there_at_once():
    text = marbles.marbles(vtloop.simulate(lambda: conversation(0)).timeline)
    assert "request to connect" not in text
    assert text.count("client sends") == 3  # that are lost or held


def test_a_sequence_tells_when_messages_are_there(timeline):
    text = mermaid.sequence(timeline)
    assert "t3-)t2: a request to connect, there at 0.1 s" in text
    assert "t2-)t3: 2,000 bytes, there at 0.45 s" in text
    assert "t3-xt2: 5 bytes (lost#58; partition)" in text
    assert "data from 127.0.0.1#58;8080, cut after 0.5 s :done" in mermaid.gantt(timeline)


def test_perfetto_has_flows_that_tell_what_they_carry(timeline):
    events = perfetto.perfetto(timeline)["traceEvents"]
    carried = [one["args"]["carries"] for one in events if one["ph"] == "s" and "args" in one]
    assert carried == [
        "a request to connect",
        "an answer: connected",
        "100 bytes",
        "2,000 bytes",
        "7 bytes",
        "2,000 bytes",
    ]
    fates = [one["args"]["fate"] for one in events if one.get("cat") == "message"]
    assert fates == ["lost: partition", "held until 1.2 s", "held to the end"]


def test_a_page_has_what_messages_carry_and_where_they_are_lost(timeline):
    page = html.page(timeline)
    data = json.loads(re.search(r'<script id="timeline"[^>]*>(.*?)</script>', page, re.S)[1])
    assert list(data["carried"].values())[3] == "2,000 bytes"
    (client,) = (row for row in data["rows"] if row["label"] == "client")
    assert [(at, until) for at, _, _, until, *_ in client["stubs"]] == [
        (450_000_000, None),
        (950_000_000, 1_200_000_000),
        (1_450_000_000, timeline.end),
    ]
    assert client["stubs"][0][4].endswith(
        "bytes from 127.0.0.1:49152 to 127.0.0.1:8080: lost: partition"
    )


@pytest.mark.parametrize("words", ["en", "ru"])
def test_every_view_speaks_of_messages_in_any_language(timeline, words):
    for view in (marbles.marbles, mermaid.sequence, mermaid.gantt, perfetto.perfetto, html.page):
        assert view(timeline, words=words)


def test_many_messages_are_summed_up(timeline):
    english = words_of("en")
    assert summary(english, timeline.messages) == "6 messages, 4,121 bytes"
    assert summary(english, timeline.messages[:1]) == "a request to connect"
    assert one_by_one(english, timeline.messages).splitlines()[-1] == "… 2 more"
    secret = [one._replace(size=None) for one in timeline.messages[2:4]]
    assert summary(english, secret) == "2 messages"
    assert summary(english, secret[:1]) == "data"


def test_every_view_says_on_which_host_a_task_is():
    timeline = vtloop.simulate(lambda: conversation(hosts=("web", "db"))).timeline
    assert "\nserver @ db " in marbles.marbles(timeline)
    sequence = mermaid.sequence(timeline)
    assert "    box transparent db\n    participant t2 as server\n    end\n" in sequence
    events = perfetto.perfetto(timeline)["traceEvents"]
    names = [one["args"]["name"] for one in events if one["name"] == "thread_name"]
    assert names == ["conversation#1", "server @ db", "client @ web"]
    assert '"host":"db"' in html.page(timeline)


def test_a_wait_names_the_host_with_its_port_as_far_as_there_is_room():
    async def serve(reader, writer):
        await asyncio.sleep(1)
        writer.close()

    async def main():
        network = Network()
        with network.host("db"):
            server = await asyncio.start_server(serve, "db", 5432)
        reader, writer = await asyncio.open_connection("db", 5432)
        await reader.read()
        writer.close()
        server.close()

    timeline = vtloop.simulate(main).timeline
    (span,) = (one for one in timeline["main"].spans if (one.kind, one.state) == ("data", WAITING))
    assert list(words_of("en").waits(timeline, span)) == [
        "data from db:5432",
        "data from db",
        "data from 10.0.0.2:5432",
        "read",
    ]
