"""The page: one file, whose data are the timeline's. tests/viewers opens it in a browser."""

import asyncio
import json
import re
from html.parser import HTMLParser

import pytest

from tests.support import timelines
from vtloop.timeline.participants import shown
from vtloop.views.html import contents, page, save

VOID = {"meta", "input", "br", "link"}


class Reader(HTMLParser):
    """Reads a page: its tags, whether they match, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.scripts = [], [], [], []
        self.title = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data
        if self.open[-1:] == ["title"]:
            self.title += data


@pytest.mark.parametrize("make", [timelines.of_everything, timelines.of_hostile_names])
def test_the_page_is_one_file_that_refers_to_no_other(make):
    text = page(make())
    reader = Reader(text)
    assert reader.open == []
    assert reader.tags.count("script") == 2
    assert not {"link", "img", "iframe", "object", "embed"} & set(reader.tags)
    assert not {"src", "href", "srcset", "action"} & {name for name, _ in reader.attributes}
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|import\(", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("make", [timelines.of_everything, timelines.of_hostile_names])
def test_the_data_in_the_page_are_the_timeline_s(make):
    timeline = make()
    data = json.loads(Reader(page(timeline)).scripts[0])
    assert data == json.loads(json.dumps(contents(timeline)))
    for lane, task, numbers in zip(shown(timeline), data["tasks"], data["spans"], strict=True):
        assert task[:5] == [lane.label, lane.coroutine, lane.depth, lane.created, lane.ended]
        spans = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
        waits = [
            (start, end, data["words"][words], tuple(data["stacks"][stack]))
            for start, end, state, words, stack in spans
            if data["states"][state] == "waiting"
        ]
        assert waits == [
            (span.start, span.end, span.what, tuple(map(str, timeline.stack(span))))
            for span in lane.spans
            if span.state == "waiting" and span.end > span.start
        ]
        running = [span for span in spans if data["states"][span[2]] == "running"]
        assert len(running) == len(lane.steps)


def test_hostile_names_stay_text():
    text = page(timelines.of_hostile_names())
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "</script><script>" not in text
    labels = {task[0] for task in json.loads(Reader(text).scripts[0])["tasks"]}
    assert set(filter(None, timelines.HOSTILE)) <= labels


def test_the_title_tells_what_ran():
    assert Reader(page(timelines.of_everything())).title == "main#1, 9 tasks, 1.900000002 s"


def test_equal_runs_make_equal_files(tmp_path):
    for name in ("one.html", "other.html"):
        save(timelines.of_everything(), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_the_page_of_a_later_loop_begins_where_that_loop_did():
    timeline = timelines.of_a_second_loop(lambda: asyncio.sleep(2), start=5)
    assert Reader(page(timeline)).title == "sleep#1, 1 task, 2 s"
    assert (contents(timeline)["start"], contents(timeline)["end"]) == (5 * 10**9, 7 * 10**9)
