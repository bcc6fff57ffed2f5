"""Tasks of a host that crashes end there and then, with a mark of their own, in every view."""

import asyncio
import json
import re

import pytest

pytest.importorskip("matplotlib")

import vtloop
from tests.views.test_chart import legend_of, shapes_of
from vtloop import chart, marbles, mermaid
from vtloop.claims import task
from vtloop.net import Network
from vtloop.views import html

SECOND = 1_000_000_000


async def main():
    network = Network()
    with network.host("db"):
        asyncio.create_task(asyncio.sleep(60), name="serving")
    await asyncio.sleep(1)
    with network.host("db"):
        asyncio.create_task(asyncio.sleep(60), name="about to start")
    network.crash("db")
    await asyncio.sleep(1)


@pytest.fixture(scope="module")
def run():
    return vtloop.simulate(main)


def test_a_lane_ends_with_the_crash_and_its_wait_is_cut_short(run):
    for name in ("serving", "about to start"):
        lane = run.timeline[name]
        assert (lane.ended, lane.outcome, lane.spans[-1].end) == (SECOND, "crashed", SECOND)
    assert run.timeline["serving"].spans[-1].cut
    assert run["serving"].outcome == "crashed"


def test_a_claim_that_it_ends_otherwise_says_so(run):
    verdict = task("serving").is_cancelled(at=1).of(run)
    assert not verdict
    assert "serving crashed with its host at 1 s" in verdict.actual


def test_a_chart_has_a_mark_there(run):
    figure = chart.figure(run.timeline)
    number = run.timeline["serving"].number
    assert shapes_of(figure)[f"task-{number}-end"] == "serving crashed with its host at 1 s"
    (mark,) = (one for one in figure.axes[0].lines if one.get_gid() == f"task-{number}-end")
    assert mark.get_xdata()[0] < 1.5
    assert "crashes with its host" in legend_of(figure)


def test_marbles_have_a_sign_for_it(run):
    text = marbles.marbles(run.timeline)
    assert re.search(r"^serving @ db +\|-+60s, cut short-+%$", text, re.MULTILINE)
    assert "% crashed" in text


def test_mermaid_and_pages_tell_of_it(run):
    assert "crashes with its host" in mermaid.sequence(run.timeline)
    page = html.page(run.timeline)
    data = json.loads(re.search(r'<script id="timeline"[^>]*>(.*?)</script>', page, re.S)[1])
    (row,) = (row for row in data["rows"] if row["label"] == "serving")
    assert row["ended"][:2] == [SECOND, "crashed"]


@pytest.mark.parametrize("words", ["en", "ru"])
@pytest.mark.parametrize("axis", ["time", "steps", "both"])
def test_it_is_drawn_across_any_axis_and_in_any_language(run, words, axis):
    assert chart.figure(run.timeline, axis=axis, words=words)
    assert marbles.marbles(run.timeline, words=words)
