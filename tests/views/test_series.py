"""A chart can stop at a moment, with all of it where it is in the whole; a series shows a run."""

import asyncio
import json
import re
import xml.etree.ElementTree as ET

import pytest

import vtloop
from vtloop import chart
from vtloop.errors import SimulationError
from vtloop.integrations.cli.main import main
from vtloop.integrations.options import _WRITTEN
from vtloop.views.chart import moments, svg
from vtloop.views.options import LOOKS
from vtloop.views.words import words_of

pytestmark = pytest.mark.ends

SVG = "{http://www.w3.org/2000/svg}"
SECOND = 1_000_000_000

PROGRAM = """
import asyncio

async def worker(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)
        print("ready", seconds)

async def hasty():
    try:
        async with asyncio.timeout(1.5):
            await asyncio.sleep(10)
    except TimeoutError:
        print("late")

async def main():
    lock, queue = asyncio.Lock(), asyncio.Queue()
    asyncio.get_running_loop().call_later(1, queue.put_nowait, "item")
    await asyncio.gather(worker(lock, 1), worker(lock, 2), hasty(), queue.get())
"""


@pytest.fixture(scope="module")
def timeline():
    names = {}
    exec(PROGRAM, names)
    return vtloop.simulate(names["main"]).timeline


def drawn(figure):
    """Return what stands in an SVG, by the ids of shapes: what they look like; and the texts."""
    root = ET.fromstring(svg.to_bytes(figure, "svg"))
    shapes = {}
    for element in root.iter():
        if element.get("id") and "title" in {child.tag.removeprefix(SVG) for child in element}:
            shapes[element.get("id")] = {key: said for key, said in element.items() if key != "id"}
    texts = [
        (text.get("x"), text.get("y"), "".join(text.itertext())) for text in root.iter(f"{SVG}text")
    ]
    return root.get("viewBox"), shapes, texts


@pytest.mark.parametrize("axis", ["time", "both", "steps"])
def test_what_has_ended_by_then_is_where_it_is_in_the_whole(timeline, axis):
    size, whole, texts = drawn(chart.figure(timeline, axis=axis, title=""))
    names = {text for _, _, text in texts}
    for until in (0, 0.5, 1, 2.5):
        part_size, part, said = drawn(chart.figure(timeline, axis=axis, title="", until=until))
        assert part_size == size
        assert part.keys() - whole.keys() == {"until"}
        same = [name for name in part.keys() & whole.keys() if part[name] == whole[name]]
        assert len(same) > len(part) / 2
        labels = [text for text in texts if float(text[0]) < 60]
        assert {*labels} <= {*said}
        assert {text for _, _, text in said} <= names | {*_words_of_bars(timeline)}


def _words_of_bars(timeline):
    for lane in timeline.lanes.values():
        for span in lane.spans:
            if span.state == "waiting":
                yield from words_of("en").waits(timeline, span)


def test_at_the_end_it_is_the_whole(timeline):
    assert drawn(chart.figure(timeline, title="", until=3)) == drawn(
        chart.figure(timeline, title="")
    )
    assert drawn(chart.figure(timeline, title="", until=99)) == drawn(
        chart.figure(timeline, title="")
    )


@pytest.mark.parametrize("until", [0, 0.25, 1, 1.2, 2])
def test_nothing_is_drawn_beyond_the_moment(timeline, until):
    figure = chart.figure(timeline, until=until, legend=False)
    (ax,) = figure.axes
    cut = next(line for line in ax.lines if line.get_gid() == "until").get_xdata()[0]
    for shape in ax.patches:
        name = str(shape.get_gid())
        if re.match(r"task|primitive|thing", name):
            assert shape.get_path().transformed(shape.get_patch_transform()).vertices[
                :, 0
            ].max() <= (cut + 1e-6)
    printed = [text.get_text() for text in ax.texts]
    assert ("ready 1" in printed) == (until >= 1)
    assert ("late" in printed) == (until >= 1.5)


def test_a_wait_that_is_cut_short_later_does_not_look_so_yet(timeline):
    texts = [text.get_text() for text in chart.figure(timeline, until=1.2).axes[0].texts]
    assert any(text in ("sleep 10 s", "10 s") for text in texts)
    assert not any("cut" in text for text in texts)


def test_the_title_and_the_words_for_a_screen_reader_tell_the_moment(timeline):
    figure = chart.figure(timeline, until=0.5, words="ru")
    title, description = figure.about
    assert title.endswith(", до 0,5 с")
    assert "worker#2, начиная с 0 с: спит 1 с начиная с 0 с." in description
    assert "ready" not in description


def test_a_chart_on_axes_of_the_users_stops_as_well(timeline):
    whole = chart.draw(timeline, ax=svg.Chart(figsize=(9, 6)).add_subplot())
    part = chart.draw(timeline, ax=svg.Chart(figsize=(9, 6)).add_subplot(), until=0.5)
    assert part.get_xlim() == whole.get_xlim()
    assert len(part.patches) < len(whole.patches)


# Series


def test_a_series_has_a_picture_for_each_moment_all_of_one_size(timeline, tmp_path):
    paths = chart.series(timeline, tmp_path / "slide-{}.svg")
    assert [path.name for path in paths] == [f"slide-{n}.svg" for n in range(1, len(paths) + 1)]
    assert len(paths) == len(timeline.instants)
    sizes = {ET.parse(path).getroot().get("viewBox") for path in paths}
    assert len(sizes) == 1
    last = paths[-1].read_text("utf-8")
    assert 'id="until"' not in last
    assert "until 3 s" in last


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (2, ["1 s", "3 s"]),
        ([0, 1.25], ["0 s", "1.25 s"]),
        (99, ["0 s", "1 s", "1.5 s", "3 s"]),
    ],
)
def test_which_moments_a_series_shows(timeline, at, told):
    found = moments.moments_of(timeline, "time", at)
    assert [words_of("en").seconds(moment.at) for moment in found] == told


def test_by_steps_a_series_shows_each_step_and_numbers_line_up(timeline, tmp_path):
    found = moments.moments_of(timeline, "steps", None)
    assert len(found) > 10
    assert len({moment.step for moment in found}) == len(found)
    paths = chart.series(timeline, tmp_path / "{}.svg", axis="steps", at=10)
    assert [path.stem for path in paths] == [f"{n:02}" for n in range(1, 11)]
    places = [_cut(path) for path in paths[:-1]]
    assert places == sorted({*places})


def _cut(path):
    found = re.search(r'id="until" d="M([\d.]+)', path.read_text("utf-8"))
    return float(found[1])


def test_too_many_moments_are_refused_and_fewer_can_be_asked_for(tmp_path):
    async def many():
        for _ in range(300):
            await asyncio.sleep(1)

    timeline = vtloop.simulate(many).timeline
    with pytest.raises(SimulationError, match="happens at 301 moments; choose a number"):
        chart.series(timeline, tmp_path / "{}.svg")
    assert len(moments.moments_of(timeline, "time", 7)) == 7


@pytest.mark.parametrize(
    ("path", "options", "told"),
    [
        ("a.svg", {}, "pass a file whose name has {}"),
        ("{}/a.svg", {}, "pass a file whose name has {}"),
        ("{}.svg", {"at": 0}, "at=0 was given; pass a number of pictures from 1 on"),
        ("{}.svg", {"at": [-1]}, "at=[-1] was given"),
        ("{}.svg", {"at": []}, "at=[] was given"),
        ("{}.svg", {"theme": "pink"}, "theme='pink' was given"),
    ],
)
def test_a_series_that_cannot_be_is_refused(timeline, tmp_path, path, options, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        chart.series(timeline, tmp_path / path, **options)
    assert [*tmp_path.iterdir()] == []


# The command line


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(f"{PROGRAM}\nasyncio.run(main())\n", "utf-8")
    return "program.py"


def test_every_look_can_be_given_on_a_command_line():
    assert {*LOOKS} <= {*_WRITTEN}


def test_a_series_is_made_by_one_command(program, tmp_path, capsys):
    looks = ["--size", "8x6", "--words", "ru", "--theme", "dark", "--legend", "off"]
    assert main(["chart", program, "-o", "slide-{}.svg", "--series", "3", *looks]) == 0
    assert "wrote slide-1.svg … slide-3.svg" in capsys.readouterr().err
    first = (tmp_path / "slide-1.svg").read_text("utf-8")
    assert "виртуальное время" in first
    assert 'width="576pt"' in first
    assert main(["chart", program, "--series", "0,1.5"]) == 0
    assert {path.name for path in tmp_path.glob("program-*.svg")} == {
        "program-1.svg",
        "program-2.svg",
    }


def test_words_can_be_a_file(program, tmp_path):
    phrases = {"{count} tasks": ["{count} Aufgabe", "{count} Aufgaben"]}
    (tmp_path / "de.json").write_text(json.dumps(phrases), "utf-8")
    assert main(["chart", program, "-o", "run.svg", "--words", "de.json"]) == 0
    assert "5 Aufgaben" in (tmp_path / "run.svg").read_text("utf-8")


def test_a_picture_can_stop_where_the_run_does_not(program, tmp_path):
    assert main(["chart", program, "-o", "part.svg", "--draw-until", "1"]) == 0
    written = (tmp_path / "part.svg").read_text("utf-8")
    assert "until 1 s" in written
    assert ">3</text>" in written  # on the axis
