"""The page in a real browser: it zooms, pans, searches and tells, by mouse and by keyboard."""

import re

import pytest

from vtloop.views.html import save


@pytest.fixture
def open_page(browser, runs, tmp_path):
    """Open a page; it may neither complain nor ask for another file."""
    complaints, requests, pages = [], [], []

    def opened(name, **settings):
        path = tmp_path / f"{name}.html"
        save(runs[name], path)
        there = browser.new_page(viewport={"width": 1200, "height": 500}, **settings)
        pages.append(there)
        there.on("pageerror", lambda error: complaints.append(str(error)))
        there.on("console", lambda message: complaints.append(message.text))
        there.on("request", lambda request: requests.append(request.url))
        there.goto(path.as_uri())
        there.wait_for_function("() => document.getElementById('status').textContent")
        return there

    yield opened
    assert complaints == []
    assert requests == [there.url for there in pages]
    for there in pages:
        there.close()


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


def test_it_zooms_by_button_wheel_and_key(open_page):
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


def test_it_begins_where_a_later_loop_did(open_page):
    assert window(open_page("later")) == (5, 7)


def test_it_pans_by_dragging(open_page):
    there = open_page("everything")
    start, _ = changed(there, lambda: there.click("#in"))
    x, y = chart(there)

    def drag():
        there.mouse.move(x, y)
        there.mouse.down()
        there.mouse.move(x - 100, y, steps=4)
        there.mouse.up()

    assert changed(there, drag)[0] > start


def test_it_tells_for_what_a_task_waits_and_where(open_page):
    there = open_page("everything")
    there.mouse.move(*chart(there))
    tooltip = there.inner_text("#tooltip")
    assert "main#1" in tooltip
    assert "waits for its TaskGroup: holds#5, holds#6, holds#7, holds#8" in tooltip
    assert "in main: async with asyncio.TaskGroup() as group:" in tooltip


def test_it_goes_through_the_spans_by_keyboard(open_page):
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


def test_it_tells_what_a_task_holds_while_it_waits(open_page):
    there = open_page("everything")
    there.fill("#search", "holds#5")
    there.focus("#chart")
    told = []
    for key in ("ArrowDown", *["ArrowRight"] * 4):
        there.keyboard.press(key)
        told.append(there.inner_text("#tooltip"))
    sleeping = next(text for text in told if "waits for a sleep" in text)
    assert "holds Semaphore 'semaphore'" in sleeping
    assert "in section inside" in sleeping
    assert not any("holds Sem" in text for text in told if "ready to run" in text)


def test_it_finds_tasks_by_name(open_page):
    there = open_page("many")
    there.fill("#search", "ticks#50")
    there.wait_for_function(
        "() => document.getElementById('found').textContent === '11 of 1001 tasks'"
    )


def test_it_shows_hostile_names_as_text(open_page):
    there = open_page("hostile")
    there.focus("#chart")
    told = ""
    for _ in range(11):
        there.keyboard.press("ArrowDown")
        told += there.inner_text("#tooltip")
    assert "</script><script>alert(1)</script> (" in told


def test_it_zooms_around_the_chosen_span_and_takes_the_old_tooltip_away(open_page):
    there = open_page("everything")
    there.focus("#chart")
    assert there.locator("#keys").is_visible()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        there.keyboard.press(key)
    told = there.inner_text("#tooltip")
    chosen = float(re.search(r"^(?:at )?([\d.]+) s\b", told, re.MULTILINE)[1])
    assert chosen > 0
    for _ in range(4):
        start, end = changed(there, lambda: there.keyboard.press("+"))
        assert start < chosen < end
    assert there.locator("#tooltip").is_hidden()


def test_it_is_dark_where_the_reader_s_system_is(open_page):
    grounds = {
        scheme: open_page("everything", color_scheme=scheme).evaluate(
            "() => getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}


def test_a_run_that_takes_no_time_can_be_looked_at(open_page):
    there = open_page("instant")
    there.focus("#chart")
    for key in ("ArrowDown", "Enter", "+", "ArrowRight", "-", "0"):
        there.keyboard.press(key)
    there.keyboard.press("ArrowRight")
    assert "returned" in there.inner_text("#tooltip")
