"""`vtloop sweep`: a sweep, its report, and how a case of it is seen again."""

import shlex
import subprocess
import sys

import pytest

from tests.support import swept
from vtloop.choices import Choices
from vtloop.integrations.cli.main import main
from vtloop.sweep import sweep

pytestmark = pytest.mark.ends

LEAKY, SAFE = "tests.support.swept:leaky", "tests.support.swept:safe"


def told(capsys, *arguments):
    """Return the exit status of a command, and what it has written."""
    status = main(["sweep", *arguments])
    return status, capsys.readouterr().out


def test_a_program_that_is_safe_ends_with_status_0(capsys):
    status, out = told(capsys, SAFE)
    assert status == 0
    assert out == f"{sweep(swept.safe)}\n"


def test_a_program_that_is_not_is_explained_and_ends_with_status_1(capsys):
    status, out = told(capsys, LEAKY, "--classes", "AB")
    assert status == 1
    assert out == f"{sweep(LEAKY, classes='AB').explain()}\n"


def test_the_command_out_of_the_report_shows_the_case_again_in_a_fresh_process(capsys):
    _, out = told(
        capsys,
        "tests.support.swept:relay_anew",
        "--always",
        "tests.support.swept:nothing_lost",
        "--seed",
        "word",
    )
    command = out.partition("To see it again: ")[2].splitlines()[0]
    assert command.startswith(
        "vtloop sweep tests.support.swept:relay_anew --always tests.support.swept:noth"
    )
    again = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1, again.stderr
    token = shlex.split(command)[-1]
    assert again.stdout.startswith(f"{token}\n  always: the invariant: AssertionError: lost [")
    story = again.stdout.partition("cancelled as ")[2].rstrip()
    assert story in out


def test_options_are_those_of_a_sweep(capsys):
    options = ["--victim", "2", "--classes", "ABD", "--budget", "7", "--check"]
    status, out = told(capsys, LEAKY, *options, "tests.support.swept:judges_nothing")
    assert status == 1
    expected = sweep(
        LEAKY, victim=2, classes="ABD", budget=7, check="tests.support.swept:judges_nothing"
    )
    assert out == f"{expected.explain()}\n"
    assert "--check tests.support.swept:judges_nothing --replay" in out


# A transport of Python 3.14 for which there is no server any more cannot be collected in peace.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored.*_SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning"
)
def test_the_network_of_each_run_is_named_or_is_none(capsys):
    calls = "tests.support.swept:calls"
    slow = "tests.support.swept:SLOW"
    assert told(capsys, calls) == (0, f"{sweep(calls)}\n")
    assert told(capsys, calls, "--network", slow) == (0, f"{sweep(calls, network=slow)}\n")
    assert str(sweep(calls, network=slow)) != str(sweep(calls))
    assert told(capsys, calls, "--no-network") == (1, f"{sweep(calls, network=None).explain()}\n")
    status, out = told(capsys, calls, "--no-network", "--replay", "calls#1@A0")
    assert (status, out.splitlines()[0]) == (0, "calls#1@A0: nothing was found")


def test_workers_come_to_the_same(capsys):
    assert told(capsys, LEAKY, "--workers", "2") == told(capsys, LEAKY)


def test_a_sweep_without_time_says_so_and_goes_on_later(capsys, tmp_path):
    journal = str(tmp_path / "journal")
    status, out = told(capsys, LEAKY, "--max-seconds", "0", "--resume", journal)
    assert status == 1
    assert out.startswith("0 of ")
    assert "; time was up:" in out
    assert out.endswith("\nNothing was tried, as time was up.\n")
    assert told(capsys, LEAKY, "--resume", journal) == told(capsys, LEAKY)


def test_a_chart_is_drawn_of_a_case_or_of_the_first_that_failed(capsys, tmp_path):
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    main(["sweep", LEAKY, "-o", str(first)])
    main(["sweep", LEAKY, "--replay", sweep(LEAKY).errors[0].token, "-o", str(second)])
    assert capsys.readouterr().err == f"vtloop: wrote {first}\nvtloop: wrote {second}\n"
    assert first.read_text() == second.read_text() != ""
    main(["sweep", SAFE, "-o", str(tmp_path / "third.txt")])
    assert capsys.readouterr().err.startswith("vtloop: no case failed, so ")


def test_a_token_of_choices_is_replayed_as_well(capsys):
    case = sweep(LEAKY).errors[0].case
    by_case = told(capsys, LEAKY, "--replay", str(case))
    assert told(capsys, LEAKY, "--replay", str(case.choices)) == by_case
    tie = str(Choices([("tie", 0, 1)]))
    status, out = told(capsys, "tests.support.swept:at_once", "--replay", tie)
    assert status == 0
    assert out.startswith(f"{tie}: nothing was found\nnumber 2 of 2 timers of 1 s comes first\n")


def test_a_function_of_a_file_is_swept(tmp_path):
    (tmp_path / "of_a_script.py").write_text(
        "import asyncio\n\nasync def main():\n    await asyncio.sleep(1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "vtloop", "sweep", "of_a_script.py:main"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was found." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["main"], "cannot sweep main: 'main' was given as the name of a function"),
        (["no_such_module:main"], "No module named 'no_such_module'"),
        (["no_such_file.py:main"], "there is no file"),
        ([LEAKY, "--victim", "nobody"], "the program has leaky#1, query#2, query#3"),
        ([LEAKY, "--classes", "X"], "classes='X' was given; pass some of 'ABCD"),
        ([LEAKY, "--replay", "here"], "copy one from the report of a sweep"),
        ([LEAKY, "--replay", "leaky#1@A999"], "this program comes to no such moment"),
        ([LEAKY, "--replay", "c1:tie.1:b90d3cd1"], "is a token that was damaged"),
        ([LEAKY, "--replay", "c1:tie.0:b90d3cd1"], "these were not met: tie 0 is 1"),
        ([LEAKY, "--budget", "-1"], "'-1' is no count"),
        ([SAFE, "--replay", "safe#1@B0", "-o", "x.doc"], "the formats are svg"),
        ([LEAKY, "-o", "no/such/directory.svg"], "there is no directory 'no/such'"),
        (["tests.support.swept:exits"], "it raised SystemExit(3)"),
        ([SAFE, "--resume", __file__], "is no file of a sweep"),
        ([SAFE, "--network", "tests.support.swept:safe"], "has no network 'safe'"),
        ([SAFE, "--network", "x:y", "--no-network"], "not allowed with argument --network"),
        (["tests.support.swept:all_sent"], "pass the function main"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_status_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["sweep", *arguments])
    assert stop.value.code == 2
    assert words in capsys.readouterr().err
