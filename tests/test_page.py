"""The page: one file, whose data are the timeline's, and which a browser can explore."""

import asyncio
import json
import os
import re
import shutil
from html.parser import HTMLParser

import pytest

from tests import timelines
from vtloop.actors import shown
from vtloop.page import contents, page, save

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


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pages to open. They are made first: playwright leaves an event loop running."""
    directory = tmp_path_factory.mktemp("pages")
    save(timelines.of_everything(), directory / "everything.html")
    save(timelines.of_hostile_names(), directory / "hostile.html")
    save(timelines.of_many(1000, 5), directory / "many.html")
    later = timelines.of_a_second_loop(lambda: asyncio.sleep(2), start=5)
    save(later, directory / "later.html")
    return directory


@pytest.fixture(scope="module")
def browser(files):
    """A headless Chromium: playwright's, or the one that CHROMIUM or the system names."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with playwright.sync_playwright() as started:
        try:
            chromium = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no browser: playwright install chromium ({str(error).splitlines()[0]})")
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, files):
    """Open a page; it may neither complain nor ask for another file."""
    complaints, requests = [], []

    def opened(name):
        there = browser.new_page(viewport={"width": 1200, "height": 500})
        there.on("pageerror", lambda error: complaints.append(str(error)))
        there.on("console", lambda message: complaints.append(message.text))
        there.on("request", lambda request: requests.append(request.url))
        there.goto((files / f"{name}.html").as_uri())
        there.wait_for_function("() => document.getElementById('status').textContent")
        return there

    yield opened
    assert complaints == []
    assert len(requests) == 1


def window(there):
    found = re.fullmatch(r"(\S+) s – (\S+) s", there.inner_text("#status"))
    return float(found[1]), float(found[2])


def changed(there, action):
    """Do something, and wait until another window of time is shown."""
    before = there.inner_text("#status")
    action()
    there.wait_for_function(
        "before => document.getElementById('status').textContent !== before", arg=before
    )
    return window(there)


def chart(there):
    """Return the place of the chart, and that of the first lane in it."""
    box = there.locator("#chart").bounding_box()
    return box["x"] + box["width"] / 4, box["y"] + 42


def test_a_browser_zooms_by_button_wheel_and_key(open_page):
    there = open_page("everything")
    whole = window(there)
    assert whole == (0, 1.900000002)
    closer = changed(there, lambda: there.click("#in"))
    assert whole[0] < closer[0] < closer[1] < whole[1]
    assert changed(there, lambda: there.click("#fit")) == whole
    there.mouse.move(*chart(there))
    wheeled = changed(there, lambda: there.mouse.wheel(0, -300))
    assert wheeled[1] - wheeled[0] < whole[1] - whole[0]
    there.focus("#chart")
    assert changed(there, lambda: there.keyboard.press("0")) == whole
    changed(there, lambda: there.keyboard.press("+"))


def test_a_browser_begins_where_a_later_loop_did(open_page):
    assert window(open_page("later")) == (5, 7)


def test_a_browser_pans_by_dragging(open_page):
    there = open_page("everything")
    start, _ = changed(there, lambda: there.click("#in"))
    x, y = chart(there)

    def drag():
        there.mouse.move(x, y)
        there.mouse.down()
        there.mouse.move(x - 100, y, steps=4)
        there.mouse.up()

    assert changed(there, drag)[0] > start


def test_a_browser_tells_for_what_a_task_waits_and_where(open_page):
    there = open_page("everything")
    there.mouse.move(*chart(there))
    tooltip = there.inner_text("#tooltip")
    assert "main#1" in tooltip
    assert "waits for its TaskGroup: holds#5, holds#6, holds#7, holds#8" in tooltip
    assert "in main: async with asyncio.TaskGroup() as group:" in tooltip


def test_a_browser_goes_through_the_spans_by_keyboard(open_page):
    there = open_page("everything")
    there.focus("#chart")
    told = []
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        there.keyboard.press(key)
        told.append(there.inner_text("#tooltip"))
    assert told[0].startswith("main#1")
    assert told[1].startswith("sleeper (")
    assert "waits for a sleep until 100 s" in told[2]
    there.keyboard.press("Escape")
    assert there.locator("#tooltip").is_hidden()


def test_a_browser_finds_tasks_by_name(open_page):
    there = open_page("many")
    there.fill("#search", "ticks#50")
    there.wait_for_function(
        "() => document.getElementById('found').textContent === '11 of 1001 tasks'"
    )


def test_a_browser_shows_hostile_names_as_text(open_page):
    there = open_page("hostile")
    there.focus("#chart")
    told = ""
    for _ in range(11):
        there.keyboard.press("ArrowDown")
        told += there.inner_text("#tooltip")
    assert "</script><script>alert(1)</script> (" in told
