"""What is written where: the formats of views, and the commands `vtloop chart` and `trace`."""

import asyncio
import gzip
import json
import re
import sys
import textwrap
from pathlib import Path

import pytest

import vtloop
from vtloop.errors import SimulationError
from vtloop.integrations.cli.main import main
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import load
from vtloop.views.chart import figure
from vtloop.views.formats import FORMATS, write

pytestmark = pytest.mark.ends

BEGINNINGS = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "html": b"<!",
    "perfetto": b"{",
    "marbles": b"seconds",
    "gantt": b"gantt",
    "sequence": b"sequenceDiagram",
    "trace": b'{"vtloop trace"',
}

PROGRAM = """
    import asyncio, sys

    async def say_after(delay, what):
        await asyncio.sleep(delay)
        print(what)

    async def main():
        await asyncio.gather(say_after(1, "hello"), say_after(2, "world"))

    asyncio.run(main())
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Write a script into an empty current directory, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write_it(source=PROGRAM):
        (tmp_path / "program.py").write_text(textwrap.dedent(source))
        return "program.py"

    return write_it


async def nap():
    await asyncio.sleep(1)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_written_as_what_it_is(tmp_path, format):
    path = tmp_path / f"run{FORMATS[format][0]}"
    write(vtloop.simulate(nap).timeline, path, format)
    assert path.read_bytes().startswith(BEGINNINGS[format])


def test_the_suffix_says_the_format(tmp_path):
    for suffix, _ in FORMATS.values():
        path = tmp_path / f"run{suffix}"
        vtloop.simulate(nap).chart(path)
        named = [BEGINNINGS[name] for name, (known, _) in FORMATS.items() if known == suffix]
        assert path.read_bytes().startswith(named[0])


def test_an_unknown_suffix_is_refused_with_the_formats_that_there_are(tmp_path):
    with pytest.raises(SimulationError, match=r"'\.xyz', while there is none .*svg, png"):
        vtloop.simulate(nap).chart(tmp_path / "run.xyz")


async def says():
    await asyncio.sleep(1)
    print("<on>")


def test_a_run_tells_its_schedule_as_text():
    run = vtloop.simulate(says)
    assert run.marbles(width=60) == vtloop.marbles.marbles(run.timeline, width=60)
    assert "says#1   |-1s-a|" in run.marbles()


def test_a_notebook_shows_a_run_by_what_it_printed_and_its_chart():
    shown = vtloop.simulate(says)._repr_html_()
    told = re.sub(' style="[^"]*monospace[^"]*"', "", shown)
    assert told.startswith(
        "<pre>&lt;Run returned None after 1 s&gt;</pre>\n"
        "<details><summary>1 line printed</summary>"
        "<pre>     1.000  says#1       | &lt;on&gt;\n</pre></details>\n<svg"
    )
    assert "<details>" not in vtloop.simulate(nap)._repr_html_(), "nothing was printed"


def test_a_run_is_shown_with_what_it_returned_as_far_as_that_is_short():
    async def returns_much():
        return ["\x1b[31m"] * 100_000

    shown = repr(vtloop.simulate(returns_much))
    assert len(shown) < 250
    assert shown.startswith(r"<Run returned ['\x1b[31m', ")
    assert shown.endswith(".. after 0 s>")


def test_a_notebook_shows_a_timeline_by_its_chart():
    timeline = vtloop.simulate(nap).timeline
    assert timeline._repr_svg_() == figure(timeline)._repr_svg_()
    assert timeline._repr_svg_().startswith("<svg")


def test_without_matplotlib_a_notebook_shows_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "vtloop.views.chart", None)
    run = vtloop.simulate(says)
    assert "| &lt;on&gt;\n</pre></details>\n<pre" in run._repr_html_()
    assert "says#1   |-1s-a|" in run._repr_html_(), "in marbles"
    assert run.timeline._repr_svg_() is None
    assert repr(run.timeline) == "<Timeline of 1 task from 0 s to 1 s>"


def test_the_chart_of_a_script_is_named_after_it(program, capsys):
    assert main(["chart", program()]) == 0
    out, err = capsys.readouterr()
    assert out == "hello\nworld\n"
    assert err == "vtloop: wrote program.svg\n"
    assert b"say_after" in Path("program.svg").read_bytes()


def test_options_may_come_after_the_script_and_its_arguments_after_two_dashes(program):
    name = program(PROGRAM.replace('"hello"', "sys.argv[1]"))
    assert main(["chart", name, "-o", "chart.txt", "--", "--good day"]) == 0
    assert "--good day" in Path("chart.txt").read_text()


def test_a_saved_trace_gives_the_same_chart(program):
    name = program()
    assert main(["trace", name, "-o", "saved.jsonl"]) == 0
    assert main(["chart", "saved.jsonl", "-o", "from_trace.svg"]) == 0
    assert main(["chart", name, "-o", "from_script.svg"]) == 0
    assert Path("from_trace.svg").read_text() == Path("from_script.svg").read_text()


def test_a_trace_knows_what_the_script_printed(program):
    main(["trace", program()])
    assert [(line.at, line.who, line.text) for line in load("program.jsonl").printed] == [
        (1_000_000_000, "say_after#2", "hello"),
        (2_000_000_000, "say_after#3", "world"),
    ]


def test_each_loop_of_a_script_has_a_file_of_its_own(program, capsys):
    twice = textwrap.dedent(PROGRAM) + "asyncio.run(main())\n"
    main(["chart", program(twice), "--format", "perfetto"])
    assert capsys.readouterr().err == ("vtloop: wrote program.json\nvtloop: wrote program-2.json\n")
    first, second = (
        json.loads(Path(name).read_text()) for name in ("program.json", "program-2.json")
    )
    assert first != second, "the clock has gone on"


def test_a_second_loop_of_a_script_begins_where_the_first_one_ended(program):
    main(["trace", program(textwrap.dedent(PROGRAM) + "asyncio.run(main())\n")])
    timelines = [Timeline(load(name)) for name in ("program.jsonl", "program-2.jsonl")]
    assert timelines[1].start == timelines[0].end == 2_000_000_000


def test_a_trace_of_a_script_knows_the_wall_clock(program):
    main(["trace", program(), "--wall-clock", "09:24:00"])
    assert load("program.jsonl").header["wall_clock"] == "2000-01-01T09:24:00"


def test_a_script_that_fails_still_has_its_chart(program, capsys):
    failing = textwrap.dedent(PROGRAM).replace("print(what)", "raise ValueError(what)")
    with pytest.raises(ValueError, match="hello"):
        main(["chart", program(failing), "-o", "chart.txt"])
    assert "ValueError" in Path("chart.txt").read_text()


@pytest.mark.parametrize("arguments", [["chart", "program.py"], ["trace", "program.py"]])
def test_a_script_without_a_loop_has_no_view(program, capsys, arguments):
    program("print('nothing to see')")
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "ran no event loop" in capsys.readouterr().err


def test_what_is_no_trace_is_refused(program, capsys):
    Path("notes.jsonl").write_text("[]\n")
    with pytest.raises(SystemExit) as ended:
        main(["chart", "notes.jsonl"])
    assert ended.value.code == 2
    assert "while it is no trace" in capsys.readouterr().err


# Standard output

VIEW_OF_PROGRAM = """\
seconds        0              1              2
main#1         |-----gather() of 2 tasks-----|
  say_after#2  |------1s------a|
  say_after#3  |--------------2s-------------b|
a 1 s  say_after#2  hello
b 2 s  say_after#3  world
"""


@pytest.mark.parametrize("options", [["--format", "marbles"], ["-o", "-"]])
def test_marbles_are_printed_and_what_the_script_prints_goes_elsewhere(program, capsys, options):
    assert main(["chart", program(), *options]) == 0
    assert capsys.readouterr() == (VIEW_OF_PROGRAM, "hello\nworld\n")
    assert [path.name for path in Path().iterdir()] == ["program.py"]


@pytest.mark.parametrize("format", FORMATS)
def test_any_view_can_be_had_from_standard_output_as_it_is_in_a_file(program, capfdbinary, format):
    source = program()
    command = "trace" if format == "trace" else "chart"
    asked = [] if format == "trace" else ["--format", format]
    main([command, source, *asked, "-o", "-"])
    sys.stdout.flush()
    printed = capfdbinary.readouterr().out
    main([command, source, *asked, "-o", "named"])
    assert printed == Path("named").read_bytes()


def test_of_several_loops_marbles_are_printed_one_below_the_other(program, capsys):
    twice = textwrap.dedent(PROGRAM) + "asyncio.run(main())\n"
    main(["chart", program(twice), "-o", "-"])
    assert capsys.readouterr().out.count("\n\nseconds") == 1
    main(["chart", "program.py", "-o", "-", "--format", "gantt"])
    out, err = capsys.readouterr()
    assert out.count("gantt") == 1
    assert "vtloop: printed the first of 2 views; give a FILE\n" in err


def test_a_file_called_minus_can_still_be_written(program):
    main(["chart", program(), "-o", "./-", "--format", "gantt"])
    assert Path("-").read_text().startswith("gantt")


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "program.py", "-o", "run.svg"],
        ["trace", "program.py", "-o", "run.html.gz"],
        ["chart", "program.py", "-o", "run.svg", "--format", "gantt"],
    ],
)
def test_a_view_in_a_file_whose_name_is_for_another_is_refused_before_the_run(
    program, capsys, arguments
):
    program("print('it ran')")
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "while a name that ends in '." in err
    assert [path.name for path in Path().iterdir()] == ["program.py"]


def test_views_are_compressed_if_their_names_say_so(program):
    twice = textwrap.dedent(PROGRAM) + "asyncio.run(main())\n"
    main(["trace", program(twice), "-o", "saved.jsonl.gz"])
    assert load("saved.jsonl.gz").printed[0].text == "hello"
    assert load("saved-2.jsonl.gz").printed[0].at == 3_000_000_000
    main(["chart", "saved.jsonl.gz", "-o", "view.txt.gz"])
    assert gzip.decompress(Path("view.txt.gz").read_bytes()).decode() == VIEW_OF_PROGRAM
