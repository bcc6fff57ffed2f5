"""The scenarios: each prints its golden transcript, and the catalogue is whole."""

import ast
import re
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction

import pytest

import scenarios.__main__ as command_line
from scenarios.catalogue import HERE, SCENARIOS
from scenarios.claims import NOT_SHOWN
from scenarios.transcript import Line, ScriptFailed, Transcript, record
from tests.support.scenarios import BY_NAME, named

pytestmark = pytest.mark.ends

FOLDERS = ("", "network")
LECTURE_ROWS = range(1, 19)
MACHINERY = {
    *("__init__", "__main__", "claims", "deck", "gallery", "lecture", "transcript"),
}


# --- Golden transcripts and verdicts -------------------------------------------------------------


@pytest.mark.parametrize("scenario", named(SCENARIOS))
def test_a_scenario_prints_its_golden_transcript(scenario):
    output = record(scenario.script, wall_clock=scenario.wall_clock)
    assert output == scenario.golden.read_text("utf-8")


def _times_of_day(output: str) -> list[timedelta]:
    """Return what is printed as HH:MM:SS, from the first of them on."""
    found = [
        timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        for hours, minutes, seconds in re.findall(r"\b(\d\d):(\d\d):(\d\d)\b", output)
    ]
    return [time - found[0] for time in found]


@pytest.mark.parametrize(
    "scenario", named(scenario for scenario in SCENARIOS if scenario.wall_clock)
)
def test_times_of_day_that_a_scenario_prints_differ_by_what_was_waited_for_with_no_option(scenario):
    times = _times_of_day(record(scenario.script))
    assert times == _times_of_day(scenario.golden.read_text("utf-8"))
    assert times[-1] > timedelta(0)


# --- The catalogue is whole ----------------------------------------------------------------------


def test_every_example_of_the_lecture_is_covered_and_the_numbers_are_in_order():
    numbers = [scenario.number for scenario in SCENARIOS]
    assert numbers == list(range(1, len(SCENARIOS) + 1))
    assert set(LECTURE_ROWS) <= set(numbers)
    assert all(scenario.statements for scenario in SCENARIOS)


def test_every_script_is_in_the_catalogue_and_has_a_golden_transcript():
    for suffix in ("py", "txt"):
        found = {path for folder in FOLDERS for path in (HERE / folder).glob(f"*.{suffix}")}
        there = {path.stem for path in found}
        assert there - MACHINERY == set(BY_NAME)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_script_is_plain_asyncio_on_a_network_if_need_be_and_says_what_it_shows(name):
    scenario = BY_NAME[name]
    module = ast.parse(scenario.script.read_text("utf-8"))
    assert ast.get_docstring(module)
    imported = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module if node.module == "vtloop.net" else node.module.split(".")[0])
    imported -= {"vtloop.net"} if scenario.folder == "network" else set()
    assert imported <= sys.stdlib_module_names


# --- Transcripts ---------------------------------------------------------------------------------


def test_a_transcript_is_read_exactly():
    output = "     0.100  worker A     | a | b\n3600.000000001  -  | == end ==\n"
    assert list(Transcript.parse(output).lines) == [
        Line(Fraction(1, 10), "worker A", "a | b"),
        Line(3600 + Fraction(1, 10**9), "-", "== end =="),
    ]


def test_what_is_not_a_transcript_is_refused():
    with pytest.raises(ValueError, match="not a line of a transcript"):
        Transcript.parse("hello\n")


def test_a_script_that_fails_has_no_transcript(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("print('hello')\nraise ZeroDivisionError\n")
    with pytest.raises(ScriptFailed, match=r"(?s)fails.py ended with exit code 1.*ZeroDivision"):
        record(script)


def test_a_script_that_complains_on_standard_error_has_no_transcript(tmp_path):
    script = tmp_path / "complains.py"
    script.write_text("import sys\nprint('task was never retrieved', file=sys.stderr)\n")
    with pytest.raises(ScriptFailed, match="never retrieved"):
        record(script)


# --- The command line ----------------------------------------------------------------------------


def test_a_run_as_expected_exits_with_0_and_says_so(capsys):
    assert command_line.main(["hello", "7"]) == 0
    printed = capsys.readouterr().out
    assert "refuted    “error occured, everything canceled”" in printed
    assert printed.endswith("2 scenarios, 4 claims: 3 hold, 1 refuted; all as expected\n")


def test_a_transcript_unlike_the_golden_one_exits_with_1_and_shows_the_difference(
    capsys, monkeypatch
):
    slow = BY_NAME["hello"].golden.read_text("utf-8").replace("2.000", "3.000")
    monkeypatch.setattr(command_line, "record", lambda script, *, wall_clock: slow)
    assert command_line.main(["hello"]) == 1
    printed = capsys.readouterr().out
    assert "+     3.000" in printed
    assert "not as expected: hello prints something else\n" in printed


def test_a_verdict_that_is_not_expected_exits_with_1_and_says_so(capsys, monkeypatch):
    monkeypatch.setattr("scenarios.claims.HOLDS", NOT_SHOWN)
    assert command_line.main(["hello"]) == 1
    printed = capsys.readouterr().out
    assert "EXPECTED   holds" in printed
    assert "not as expected: hello claims 'hello comes at 0, world at +2 s'\n" in printed


def test_a_failing_script_exits_with_1_and_shows_its_errors(capsys, monkeypatch):
    def fail(script, *, wall_clock):
        raise ScriptFailed("ZeroDivisionError")

    monkeypatch.setattr(command_line, "record", fail)
    assert command_line.main(["hello"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_update_rewrites_a_golden_transcript(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("scenarios.catalogue.scenario.HERE", tmp_path)
    monkeypatch.setattr(command_line, "record", lambda script, *, wall_clock: "0.0 a | hello\n")
    command_line.main(["--update", "hello"])
    assert (tmp_path / "hello.txt").read_text("utf-8") == "0.0 a | hello\n"
    assert "hello.txt is rewritten" in capsys.readouterr().out


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["nonsense"])
    assert "there is no scenario 'nonsense'; there are hello, never_awaited" in (
        capsys.readouterr().err
    )


@pytest.mark.once
def test_the_gallery_has_a_page_for_each_scenario_with_charts_in_both_themes(tmp_path):
    command = [sys.executable, "-m", "scenarios", "lock_in_turn", "5", "--gallery", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
    names = {path.name for path in tmp_path.iterdir()}
    index = (tmp_path / "index.html").read_text("utf-8")
    pages = sorted(names.intersection(re.findall(r'href="(.+?)"', index)))
    assert len(pages) == 2
    for name in pages:
        page = (tmp_path / name).read_text("utf-8")
        linked = set(re.findall(r'(?:href|src|srcset)="(.+?)"', page))
        assert linked <= names, "a link leads nowhere"
        assert {link for link in linked if link.endswith(".light.svg")}
        assert {link for link in linked if link.endswith(".dark.svg")}
    assert not any(name.endswith(".jsonl") for name in names)
