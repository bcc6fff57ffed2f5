"""Messages in charts: arrows that slope with their latency, lost ones and held ones marked."""

import asyncio
import contextlib

import pytest

import vtloop
from tests.support.wired import conversation, wires
from tests.views.test_chart import legend_of, shapes_of
from vtloop import chart
from vtloop.net import Network
from vtloop.views import html

pytestmark = pytest.mark.ends


@pytest.fixture(scope="module")
def timeline():
    return vtloop.simulate(conversation).timeline


@pytest.fixture(scope="module")
def drawn(timeline):
    return chart.figure(timeline)


def line(figure, name):
    (found,) = (one for one in figure.axes[0].lines if one.get_gid() == name)
    return found


def test_an_arrow_slopes_with_the_latency_of_its_messages(timeline, drawn):
    arrows = [(n, one) for n, one in enumerate(timeline.arrows) if one.kind == "message"]
    assert arrows
    for number, arrow in arrows:
        if timeline.released(arrow) is None and arrow.end < timeline.end:
            left, right = line(drawn, f"arrow-{number}").get_xdata()
            assert left == pytest.approx(arrow.start / 1e9)
            assert left + 0.08 < right < left + 0.1  # where the head begins


def test_an_arrow_tells_what_it_carries(timeline, drawn):
    tips = [tip for name, tip in shapes_of(drawn).items() if tip.startswith("server sends 2,000")]
    assert tips[0].splitlines() == [
        "server sends 2,000 bytes to client",
        "from 0.35 s to 0.45 s, 0.1 s",
        "2,000 bytes from 127.0.0.1:8080 to 127.0.0.1:49152",
    ]


def test_lost_and_held_messages_are_marked(drawn):
    shapes = shapes_of(drawn)
    assert shapes["message-5-lost"].endswith(": lost: partition")
    assert shapes["message-6-held"].endswith(": held until 1.2 s")
    assert shapes["message-8-held"].endswith(": held to the end")
    sent, _, let_go = line(drawn, "message-6").get_xdata()
    assert let_go - sent > 0.25  # in seconds, as the instant at which it is sent is opened up


def test_the_legend_tells_of_messages(drawn):
    there = {"message", "message is lost", "message is held", "waits for the network"}
    assert there <= {*legend_of(drawn)}


@pytest.mark.parametrize("axis", ["time", "steps", "both"])
@pytest.mark.parametrize("words", ["en", "ru"])
def test_messages_are_drawn_across_any_axis_and_in_any_language(timeline, axis, words):
    shapes = shapes_of(chart.figure(timeline, axis=axis, words=words))
    assert {"message-5-lost", "message-6-held", "message-8-held"} <= {*shapes}


def test_a_picture_up_to_a_time_has_the_messages_sent_until_then(timeline):
    shapes = shapes_of(chart.figure(timeline, until=0.5))
    assert "message-5-lost" in shapes
    assert "message-6-held" not in shapes


def test_a_connection_that_is_refused_is_marked_where_its_task_hears_of_it():
    async def main():
        with contextlib.suppress(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", 80)

    timeline = vtloop.simulate(main, network=Network(latency=0.5)).timeline
    figure = chart.figure(timeline)
    assert shapes_of(figure)["message-2-refused"].startswith("an answer: refused from 127.0.0.1:80")
    assert line(figure, "message-2-refused").get_xdata()[0] == pytest.approx(1, abs=0.05)
    assert "connection is refused" in legend_of(figure)
    assert '"refused"]' in html.page(timeline)


ALL_LABELS = ["conversation#1", "db", "server", "web", "client"]


def test_rows_of_a_host_stand_below_its_name():
    timeline = vtloop.simulate(lambda: conversation(hosts=("web", "db"))).timeline
    figure = chart.figure(timeline)
    shapes = shapes_of(figure)
    assert [shapes[name] for name in shapes if name.startswith("host-")] == ["host db", "host web"]
    labels = [text for text in figure.axes[0].texts if text.get_text() in ALL_LABELS]
    labels = [text for text in labels if str(text.get_gid()).startswith(("label-", "host-"))]
    labels.sort(key=lambda text: text.get_position()[1])
    assert [text.get_text() for text in labels] == ALL_LABELS
    assert "message-5-lost" in shapes


def test_messages_that_would_lie_on_one_another_are_one_arrow():
    async def main():
        there, back = wires()

        async def server():
            while True:
                await there.receive()
                back.send(10)

        serving = asyncio.create_task(server(), name="server")
        for _ in range(60):  # at one instant: too many to be drawn apart
            there.send(1)
            await back.receive()
        await asyncio.sleep(1)
        serving.cancel()

    shapes = shapes_of(chart.figure(vtloop.simulate(main).timeline))
    said = [tip.splitlines()[0] for tip in shapes.values() if " sends " in tip]
    assert sorted({*said}) == [
        "main#1 sends 60 messages, 60 bytes to server",
        "server sends 60 messages, 600 bytes to main#1",
    ]
    assert len(said) == 4  # a line and a head each
