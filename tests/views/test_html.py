"""The page: one file, whose data are the timeline's. tests/viewers opens it in a browser."""

import asyncio
import json
import re
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path

import pytest

import vtloop
from tests.support import timelines
from vtloop.timeline.participants import shown
from vtloop.views import html
from vtloop.views.chart.words import span_words
from vtloop.views.html import page, save
from vtloop.views.html.contents import SAID, contents
from vtloop.views.html.looks import Looks
from vtloop.views.style import THEMES
from vtloop.views.words import words_of

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


def data_of(timeline, **options):
    return json.loads(Reader(page(timeline, **options)).scripts[0])


def tasks_of(data):
    return [row for row in data["rows"] if row["kind"] == "task"]


@pytest.mark.parametrize("make", [timelines.of_everything, timelines.of_hostile_names])
def test_the_data_in_the_page_are_the_timeline_s(make):
    timeline = make()
    data = data_of(timeline)
    assert data == json.loads(json.dumps(contents(timeline, words_of("en"), None)))
    for lane, row in zip(shown(timeline), tasks_of(data), strict=True):
        at, spans = row["start"], []
        for _, length, look in zip(*[iter(row["spans"])] * 3, strict=True):
            state, _, _, sentence, stack = data["looks"][look]
            spans.append((at, at + length, data["states"][state][0], sentence, stack))
            at += length
        kept = [span for span in lane.spans if span.state == "running" or span.end > span.start]
        assert [span[:2] for span in spans] == [(span.start, span.end) for span in kept]
        assert [span[4] for span in spans] == [span.stack for span in kept]
        assert [span[2] for span in spans if span[2] in ("running", "ready")] == [
            span.state for span in kept if span.state != "waiting"
        ]
        wait = words_of("en").wait
        for span, (_, _, _, sentence, _) in zip(kept, spans, strict=True):
            if span.state == "waiting":
                assert sentence.startswith(f"waits for {wait(timeline, span)}")
        assert row["spans"][:1] == [kept[0].step]
        assert sum(row["spans"][::3]) == kept[-1].step


def test_waits_have_the_colours_of_charts():
    data = data_of(timelines.of_everything())
    for name, theme in THEMES.items():
        told = {
            state: tuple(look)
            for (state, *_), look in zip(
                data["states"], data["themes"][name]["states"], strict=True
            )
        }
        assert told == {state: tuple(look) for state, look in theme.states.items()}
    seen = {data["states"][state][0] for state, *_ in data["looks"]}
    assert seen == {"running", "ready", "sleep", "primitive", "task", "other", "left"} - {"other"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_bars_say_what_those_of_charts_do(language):
    timeline, say = timelines.of_everything(), words_of(language)
    looks = Looks(timeline, say)
    for lane in shown(timeline):
        for span, look in list(looks.of(lane)):
            in_chart = dict.fromkeys(span_words(say, timeline, span))
            assert looks.table()[look][2] == tuple(in_chart)


def test_rows_of_primitives_and_sections_tell_who_has_them_and_how_many_wait():
    timeline = timelines.of_everything()
    data = data_of(timeline)
    rows = {row["label"]: row for row in data["rows"] if "pieces" in row}
    assert {label: row["below"] for label, row in rows.items()} == {
        "semaphore": "Semaphore",
        "queue": "Queue",
        "inside": "section",
    }
    pieces = list(zip(*[iter(rows["semaphore"]["pieces"])] * 4, strict=True))
    starts = accumulate(after for after, *_ in pieces)
    assert [(start, length) for start, (*_, length, _) in zip(starts, pieces, strict=True)] == [
        (one.start, one.end - one.start) for one in timeline.holdings
    ]
    labels = [data["rows"][place]["label"] for *_, place in pieces]
    assert labels == [timeline.lanes[one.task].label for one in timeline.holdings]
    assert rows["semaphore"]["has"] == "{who} holds Semaphore 'semaphore'"
    assert rows["queue"]["waiting"][:2] == [0, 1]


def test_what_callbacks_print_has_a_row():
    rows = data_of(timelines.of_everything())["rows"]
    (callbacks,) = (row for row in rows if row["kind"] == "callbacks")
    assert [text for _, _, text in callbacks["prints"]] == ["from a callback"]


def test_a_cancellation_says_who_requests_it():
    data = data_of(timelines.of_everything())
    (sleeper,) = (row for row in tasks_of(data) if row["label"] == "sleeper")
    (request, delivery) = sleeper["cancels"]
    assert request[2:4] == [0, "cancelled by main#1"]
    assert "message 'enough'" in request[4]
    assert delivery[2:] == [
        1,
        "",
        f"CancelledError is thrown into sleeper at {delivery[0] / 1e9} s",
    ]


def test_a_wait_that_is_left_is_told_even_if_it_takes_no_time():
    async def main():
        lock = asyncio.Lock()
        await asyncio.sleep(1)
        async with lock:
            await lock.acquire()

    timeline = vtloop.simulate(main).timeline
    sentences = [sentence for *_, sentence, _ in data_of(timeline)["looks"]]
    assert "waits for Lock 'lock', left pending at the end" in sentences


def test_the_page_speaks_the_language_that_is_asked_for():
    text = page(timelines.of_everything(), words="ru")
    data = json.loads(Reader(text).scripts[0])
    assert '<html lang="ru">' in text
    assert "спит 0,25 с" in {text for _, _, texts, *_ in data["looks"] for text in texts}
    assert data["say"]["Zoom in"] == "Приблизить"
    assert not re.search(
        "waits for|holds (Sem|Lock)|in section|sleep ", json.dumps(data["rows"] + data["looks"])
    )


def test_each_phrase_that_the_scripts_say_is_told_to_them():
    scripts = "".join(path.read_text("utf-8") for path in Path(html.__file__).parent.glob("*.js"))
    joined = re.sub(r'"\s*\+\s*"', "", scripts)
    said = {*re.findall(r'say\("([^"]+)"', joined)}
    assert said
    assert said <= {*SAID}
    assert [phrase for phrase in SAID if f'"{phrase}"' not in joined] == []


def test_hostile_names_stay_text():
    text = page(timelines.of_hostile_names())
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "</script><script>" not in text
    labels = {row["label"] for row in json.loads(Reader(text).scripts[0])["rows"]}
    assert set(filter(None, timelines.HOSTILE)) - {timelines.HOSTILE[5]} <= labels


@pytest.mark.parametrize("title", ["{data}", "a {script} & <b>", ""])
def test_a_title_is_text_whatever_is_in_it(title):
    assert Reader(page(timelines.of_everything(), title=title)).title == title


def test_the_title_tells_what_ran():
    assert Reader(page(timelines.of_everything())).title == "main: 9 tasks, 1.900000002 s"


def test_a_large_run_has_few_bytes_for_each_step():
    timeline = timelines.of_many(20, 200)
    small = len(page(timelines.of_many(1, 1)))
    assert (len(page(timeline)) - small) / len(timeline.trace.steps) < 30


def test_equal_runs_make_equal_files(tmp_path):
    for name in ("one.html", "other.html"):
        save(timelines.of_everything(), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_the_page_of_a_later_loop_begins_where_that_loop_did():
    timeline = timelines.of_a_second_loop(lambda: asyncio.sleep(2), start=5)
    assert Reader(page(timeline)).title == "sleep: 1 task, 2 s"
    data = data_of(timeline)
    assert (data["start"], data["end"]) == (5 * 10**9, 7 * 10**9)
