"""In SVG text is text, for a search, a reader and a translator, and a chart takes few bytes."""

import asyncio
import io
import re
import warnings
import xml.etree.ElementTree as ET

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path

import vtloop
from vtloop import chart
from vtloop.errors import SimulationWarning
from vtloop.views.chart import fonts, paths, slim, svg
from vtloop.views.chart.words import drawable, shortened, width
from vtloop.views.formats import write

pytestmark = pytest.mark.ends

SVG = "{http://www.w3.org/2000/svg}"
ODD = "价格: $5 <b> & 📦\x1b"


async def work():
    lock = asyncio.Lock()

    async def worker(seconds):
        async with lock:
            await asyncio.sleep(seconds)
            print("готово", ODD)

    async def hasty():
        try:
            async with asyncio.timeout(0.5):
                await lock.acquire()
        except TimeoutError:
            print("поздно")

    tasks = [asyncio.create_task(worker(n + 0.5), name=f"работник {n}") for n in range(3)]
    tasks.append(asyncio.create_task(hasty(), name="📥 загрузка"))
    await asyncio.gather(*tasks)


@pytest.fixture(scope="module")
def timeline():
    return vtloop.simulate(work).timeline


def texts(written):
    return ["".join(text.itertext()) for text in ET.fromstring(written).iter(f"{SVG}text")]


@pytest.mark.parametrize("axis", ["time", "steps", "both"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_svg_has_each_text_of_the_figure_as_text(timeline, axis, theme):
    figure = chart.figure(timeline, axis=axis, theme=theme, words="ru")
    written = svg.to_bytes(figure, "svg").decode()
    drawn = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert drawn
    assert {text for text in drawn if text} <= {*texts(written)}
    assert "спит" in texts(written)  # of the legend
    assert "📥 загрузка" in texts(written)
    assert "\ufffd" not in written


def test_an_svg_takes_an_eighth_of_what_matplotlib_writes(timeline):
    figure = chart.figure(timeline)
    output = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), rc_context({"svg.fonttype": "path"}):
        figure.savefig(output, format="svg")
    assert len(svg.to_bytes(figure, "svg")) * 8 < len(output.getvalue())


def test_text_has_no_outlines_but_the_ones_that_are_asked_for(timeline, tmp_path):
    chart.save(timeline, tmp_path / "text.svg")
    with pytest.warns(SimulationWarning, match="📦|📥"):
        chart.save(timeline, tmp_path / "outlines.svg", outlines=True)
    text, outlines = (
        (tmp_path / f"{name}.svg").read_text("utf-8") for name in ("text", "outlines")
    )
    assert "DejaVuSans-" in outlines
    assert "DejaVuSans-" not in text
    assert texts(outlines) == []
    with pytest.raises(TypeError, match="outlines="):
        write(timeline, tmp_path / "run.png", outlines=True)


def test_a_rim_is_a_stroke_below_the_text(timeline):
    written = svg.to_bytes(chart.figure(timeline), "svg").decode()
    printed = re.findall(r'<text id="print-\d+-text"[^>]*>', written)
    assert printed
    assert all('paint-order="stroke" stroke="#fff"' in text for text in printed)


def test_a_figure_is_as_it_was_once_it_is_saved(timeline):
    figure = chart.figure(timeline)
    first = svg.to_bytes(figure, "svg")
    with pytest.warns(SimulationWarning):
        svg.to_bytes(figure, "png")
    assert svg.to_bytes(figure, "svg") == first


def test_a_screen_reader_has_a_title_and_the_schedule_in_words(timeline):
    root = ET.fromstring(svg.to_bytes(chart.figure(timeline, words="ru"), "svg"))
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "work: 5 задач, 4,5 с")
    lines = description.text.splitlines()
    assert lines[1].startswith("работник 0, от 0 с до 0,5 с, завершилась: спит 0,5 с от 0 с")
    assert "Lock «lock» от 0 с до 0,5 с" in description.text
    assert len(lines) == 5


def test_a_comparison_has_both_schedules_in_words(timeline):
    figure = chart.compare(timeline, timeline, titles=("before", "after"))
    root = ET.fromstring(svg.to_bytes(figure, "svg"))
    assert root[0].text == "before / after"
    assert [root[1].text.count(word) for word in ("before", "after")] == [1, 1]


PATTERNS = {"||||": "V", "----": "H", "////": "L", "xxxx": "L", "....": "circle"}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_its_smallest_tile(pattern):
    figure = svg.Chart()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.bar([0], [1], hatch=pattern, facecolor="#123456", edgecolor="#654321")
    root = ET.fromstring(svg.to_bytes(figure, "svg"))
    (tile,) = root.iter(f"{SVG}pattern")
    assert float(tile.get("width")) <= 6
    assert tile[0].get("fill") == "#123456"
    assert PATTERNS[pattern] in ET.tostring(tile).decode()
    assert "#654321" in ET.tostring(tile).decode()
    filled = [path.get("fill") for path in root.iter(f"{SVG}path")]
    assert f"url(#{tile.get('id')})" in filled


def test_lines_that_go_both_ways_cross_in_their_tile():
    one = paths.tile_of([("M", (0, 6)), ("L", (6, 0))], {"stroke": "#000000"})
    both = [("M", (0, 6)), ("L", (6, 0)), ("M", (0, 0)), ("L", (6, 6))]
    assert len(paths.tile_of(both, {"stroke": "#000000"})[2]) > len(one[2])


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M 0 0 \nL 10.123456 0 \nL 10.123456 5.5 \nL 0 5.5 \nz\n", "M0 0H10.12V5.5H0z"),
        ("M 1 -2 L -3 -4 L -3.5 -0.001", "M1-2L-3-4-3.5 0"),
        ("M 0.5 0.25 L 0.75 0.5", "M.5 .25L.75 .5"),
        ("M 0 0 C 1 2 3 4 5 6 C 7 8 9 10 11 12 z", "M0 0C1 2 3 4 5 6C7 8 9 10 11 12z"),
        ("M 7 7 L 7 7 L 7 9 L 7 9 z", "M7 7V9z"),
    ],
)
def test_a_path_is_written_short(path, written):
    assert paths.written(paths.commands_of(path)) == written


# Fonts


def test_no_font_of_the_list_is_wider_than_the_one_that_was_measured():
    """As far as they are here: those that are not are known by their makers' tables."""
    there = {entry.name for entry in fontManager.ttflist}
    text = "worker#12 ждёт: Lock «замок», 1,5 с; спит 10 s"
    for family in slim.FAMILIES.split(", ")[:-1]:
        if family in there:
            font = FontProperties(family=family, size=100)
            wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
            assert wide <= width(text, 100)


def test_how_wide_a_text_is_does_not_depend_on_the_fonts_of_the_system():
    assert width("漢字", 10) == pytest.approx(20.4)
    assert width("📦", 10) == pytest.approx(12.75)
    assert width("a📦b", 10) == pytest.approx(width("ab", 10) + width("📦", 10))
    assert width("e\u0301\ufe0f", 10) == pytest.approx(width("e\u0301", 10))


def test_a_text_is_cut_between_what_is_shown_together():
    family = "👩\u200d👩\u200d👧"
    assert drawable("a\tb\nc\x1b") == "a b c\\x1b"
    assert drawable("x" * 58 + family) == "x" * 58 + family
    assert drawable("x" * 58 + family + "y") == "x" * 58 + "…"
    assert shortened("ab" + family, width("ab…", 10), 10) == "ab…"


def lacking():
    """Return a character that the first font lacks, and another font of matplotlib's has."""
    return next(
        chr(code)
        for code in range(0x2100, 0x2C00)
        if code not in fonts.characters() and fonts._family(chr(code))
    )


def test_a_sign_is_from_another_font_if_one_has_it():
    char = lacking()
    assert fonts.families(f"a{char}")[1:] == [fonts._family(char)]
    figure = svg.Chart()
    artist = figure.text(0.5, 0.5, f"a {char} b")
    with warnings.catch_warnings(action="error"):
        svg.to_bytes(figure, "png")
    assert artist.get_text() == f"a {char} b"


def test_a_sign_that_no_font_has_is_left_out_with_a_word():
    figure = svg.Chart()
    artist = figure.text(0.5, 0.5, "a \U000f1234 b")  # of private use
    with pytest.warns(SimulationWarning, match="no font here has it, so it is left out; install"):
        for _ in fonts.fit([artist]):
            pass
    assert artist.get_text() == "a b"


def test_on_axes_of_the_users_nothing_is_drawn_that_no_font_has(timeline):
    figure = Figure(figsize=(9, 5))
    with pytest.warns(SimulationWarning, match="left out"):
        ax = chart.draw(timeline, ax=figure.add_subplot())
    assert not any("📦" in text.get_text() for text in ax.texts)
