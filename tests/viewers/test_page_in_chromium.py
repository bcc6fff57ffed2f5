"""The page in a real browser: it zooms, pans, searches and tells, by mouse and by keyboard.

What it shows is what charts show: the same colours, words and rows; and who does not see it is told
the same in a table.
"""

import re

import pytest

from vtloop.timeline.participants import shown
from vtloop.views.html import save
from vtloop.views.style import STATES, THEMES
from vtloop.views.words import words_of


@pytest.fixture
def open_page(browser, runs, tmp_path):
    """Open a page; it may neither complain nor ask for another file."""
    complaints, requests, pages = [], [], []

    def opened(name, height=500, words="en", among=runs, **settings):
        path = tmp_path / f"{name}.html"
        save(among[name], path, words=words)
        there = browser.new_page(viewport={"width": 1200, "height": height}, **settings)
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
    assert "waits for its TaskGroup: 4 tasks" in tooltip
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
    assert "waits for a sleep of 100 s" in told[2]
    there.keyboard.press("Escape")
    assert there.locator("#tooltip").is_hidden()


def test_it_tells_who_has_woken_a_task(open_page):
    there = open_page("everything")
    there.fill("#search", "consumes")
    there.focus("#chart")
    told = []
    for key in ("ArrowDown", *["ArrowRight"] * 2):
        there.keyboard.press(key)
        told.append(there.inner_text("#tooltip"))
    assert "waits for an item of Queue 'queue'" in told[1]
    assert "main#1 wakes consumes#3" in told[1]


def test_it_tells_what_a_task_holds_while_it_waits(open_page):
    there = open_page("everything")
    there.fill("#search", "holds#5")
    there.focus("#chart")
    told = []
    for key in ("ArrowDown", *["ArrowRight"] * 4):
        there.keyboard.press(key)
        told.append(there.inner_text("#tooltip"))
    sleeping = next(text for text in told if "waits for a sleep" in text)
    assert "holds#5 holds Semaphore 'semaphore'" in sleeping
    assert "holds#5 is in section inside" in sleeping
    assert not any("holds Sem" in text for text in told if "ready to run" in text)


def found(there, words):
    """Wait until it tells how many rows it has found."""
    there.wait_for_function(
        "words => document.getElementById('found').textContent === words", arg=words
    )


def test_it_finds_tasks_by_name(open_page):
    there = open_page("many")
    there.fill("#search", "ticks#50")
    found(there, "11 of 1001 rows")


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
    assert grounds == {scheme: rgb(theme.paper) for scheme, theme in THEMES.items()}


def test_a_run_that_takes_no_time_can_be_looked_at(open_page):
    there = open_page("instant")
    there.focus("#chart")
    for key in ("ArrowDown", "Enter", "+", "ArrowRight", "-", "0", "ArrowRight"):
        there.keyboard.press(key)
    there.keyboard.press("ArrowRight")
    assert "returns" in there.inner_text("#tooltip")
    assert there.inner_text("#status").startswith("step 0 – step ")


def rgb(colour):
    """Return a colour as a browser tells it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


# Return the colours in the bars of the rows, each with how many pixels have it.
COLOURS = """() => {
    const found = new Map();
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    for (const row of view.rows) {
        const y = RULER + row.top + row.above + 3;
        const { data } = copy.getImageData(names, y, width - names, 1);
        for (let at = 0; at < data.length; at += 4) {
            const colour = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
            found.set(colour, (found.get(colour) ?? 0) + 1);
        }
    }
    return Object.fromEntries(found);
}"""


@pytest.mark.parametrize("scheme", THEMES)
def test_waits_have_the_colours_of_charts(open_page, scheme):
    there = open_page("everything", height=900, color_scheme=scheme)
    there.wait_for_timeout(100)
    found = there.evaluate(COLOURS)
    looks = THEMES[scheme].states
    for state in ("running", "ready", "sleep", "primitive", "task", "left"):
        assert found.get(rgb(looks[state].face), 0) > 4, state


RARE = "other", "network"


def test_the_legend_tells_what_occurs_and_nothing_else(open_page):
    legend = open_page("everything").locator("#legend li").all_inner_texts()
    states = {words for state, (words, _) in STATES.items() if state not in RARE}
    assert states <= {*legend}
    assert {"holds it", "how many wait for it", "cancel is requested", "wakes"} <= {*legend}
    assert open_page("instant").locator("#legend li").all_inner_texts() == [
        "runs",
        "ready to run",
        "starts",
        "returns",
    ]


def test_the_schedule_is_told_in_a_table_in_order(open_page):
    there = open_page("everything")
    there.click("summary")
    there.wait_for_function("() => document.querySelector('tbody tr')")
    rows = [row.all_inner_texts() for row in map(cells, there.locator("tbody tr").all())]
    assert [
        "0 s",
        "0.600000002 s",
        "sleeper",
        "waits for a sleep of 100 s, cut after 0.600000002 s",
    ] in rows
    assert ["0 s", "", "holds#5", "prints holds for 0.100000001"] in rows
    assert [
        "0 s",
        "0.100000001 s",
        "Semaphore 'semaphore'",
        "holds#5 holds Semaphore 'semaphore'",
    ] in rows
    told = [what for *_, what in rows]
    assert told.index("main#1 creates holds#8") < told.index("prints holds for 0.100000001")
    (request,) = (what for what in told if "to cancel sleeper" in what)
    assert request.startswith("main#1 requests")


def cells(row):
    return row.locator("th, td")


def test_who_does_not_see_it_finds_the_same_in_the_accessibility_tree(open_page):
    there = open_page("everything")
    there.click("summary")
    there.wait_for_function("() => document.querySelector('tbody tr')")
    tree = there.locator("body").aria_snapshot()
    for text in (
        'heading "main: 9 tasks, 1.900000002 s"',
        'button "Zoom in"',
        'searchbox "Find"',
        'application "Schedule of the run"',
        "waits for a primitive",
        "waits for its TaskGroup: 4 tasks",
        "prints from a callback",
        "ValueError",
    ):
        assert text in tree, text
    assert there.locator("#chart").get_attribute("aria-describedby") == "keys"
    assert "Enter zooms" in there.locator("#keys").text_content()


def test_a_chart_is_as_high_as_its_rows_and_the_words_have_the_rest(open_page):
    there = open_page("everything", height=1100)
    assert abs(there.evaluate("() => canvas.clientHeight - tall() - 2 * RULER")) <= 1
    assert there.locator("tbody tr").count() > 20
    box, words = (there.locator(place).bounding_box() for place in ("#box", "#words"))
    assert words["y"] - box["y"] - box["height"] < 120
    assert words["y"] + words["height"] >= 1100


def test_it_tells_what_is_done_with_a_queue_and_how_full_it_is(open_page):
    there = open_page("everything", height=900)
    there.focus("#chart")
    for key in ("End", *["ArrowDown"] * 11):
        there.keyboard.press(key)
    assert there.inner_text("#tooltip").splitlines()[:2] == [
        "Queue 'queue'",
        "main#1 puts",
    ]
    box = there.locator("#chart").bounding_box()
    y = there.evaluate("() => toY(view.chosen) + view.chosen.height / 2")
    there.mouse.move(box["x"] + 250, box["y"] + y)
    assert "waiting: 1" in there.inner_text("#tooltip")


def test_it_finds_by_keyboard_and_lets_go(open_page):
    there = open_page("everything")
    there.focus("#chart")
    assert there.evaluate("() => document.activeElement.matches(':focus-visible')")
    there.keyboard.press("/")
    there.keyboard.type("semaph")
    found(there, "1 of 13 rows")
    there.keyboard.press("Enter")
    assert "holds#5 holds Semaphore 'semaphore'" in there.inner_text("#tooltip")
    there.keyboard.press("ArrowRight")
    assert "holds#6 holds Semaphore 'semaphore'" in there.inner_text("#tooltip")
    there.keyboard.press("/")
    there.keyboard.press("Escape")
    found(there, "13 of 13 rows")


def test_it_speaks_russian(open_page):
    there = open_page("everything", words="ru", height=1100)
    there.wait_for_function("() => document.querySelector('tbody tr')")
    text = there.inner_text("body")
    assert "ждёт: сон 0,25 с" in text
    assert "main: 9 задач, 1,900000002 с" in text
    assert not re.search(r"\b(waits|zoom|schedule|sleeps)\b", text, re.IGNORECASE)


def test_the_pages_of_scenarios_have_their_rows_and_the_words_of_their_waits(
    browser, scenario_runs, tmp_path
):
    assert len(scenario_runs) > 20
    say, complaints = words_of("en"), []
    there = browser.new_page()
    there.on("pageerror", lambda error: complaints.append(str(error)))
    for name, timeline in scenario_runs.items():
        save(timeline, tmp_path / "run.html")
        there.goto((tmp_path / "run.html").as_uri())
        told = there.evaluate("() => { table.open = true; fillTable(); return table.textContent; }")
        for lane in shown(timeline):
            assert lane.label in told, name
            for span in lane.spans:
                if span.state == "waiting" and span.end > span.start:
                    assert f"waits for {say.wait(timeline, span)}" in told, name
    assert complaints == []
    there.close()


def test_many_rows_begin_with_an_overview_that_says_what_it_leaves_out(open_page):
    there = open_page("many")
    assert there.get_attribute("#thin", "aria-pressed") == "true"
    assert "narrower than a pixel" in there.inner_text("#left-out")
    there.focus("#chart")
    there.keyboard.press("o")
    assert there.get_attribute("#thin", "aria-pressed") == "false"


def test_the_tasks_of_a_host_stand_below_its_name(open_page):
    there = open_page("hosts")
    headings = "() => view.rows.map((row) => [row.name, row.heading ? row.host : ''])"
    all_of_them = [["conversation#1", ""], ["server", "db"], ["client", "web"]]
    assert there.evaluate(headings) == all_of_them
    assert abs(there.evaluate("() => canvas.clientHeight - tall() - 2 * RULER")) <= 1
    there.fill("input", "web")
    assert there.evaluate(headings) == [["client", "web"]]
    there.fill("input", "")
    there.click("#thin")
    assert there.evaluate(headings) == [[name, ""] for name, _ in all_of_them]
