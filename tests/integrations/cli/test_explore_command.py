"""`vtloop explore`: a search of schedules, its report, and how the one that fails is seen again."""

import shlex
import subprocess
import sys

import pytest

from tests.support import raced
from vtloop.explore import explore
from vtloop.integrations.cli.main import main

pytestmark = pytest.mark.ends

RACED = "tests.support.raced:"
SOLD_TWICE, IN_ORDER, SAFE = f"{RACED}sold_twice", f"{RACED}in_order", f"{RACED}safe"
JUDGED = ("--check", f"{RACED}is_in_order")


def told(capsys, *arguments):
    """Return the exit status of a command, and what it has written."""
    status = main(["explore", *arguments])
    return status, capsys.readouterr().out


def test_a_program_of_which_no_schedule_fails_ends_with_status_0(capsys):
    status, out = told(capsys, SAFE, "--budget", "20")
    assert status == 0
    assert out == f"{explore(raced.safe, budget=20)}\n"
    assert "UNRESOLVED: not every schedule was run" in out


def test_one_that_fails_is_told_with_its_schedule_and_ends_with_status_1(capsys):
    status, out = told(capsys, SOLD_TWICE)
    assert status == 1
    report = explore(raced.sold_twice)
    failure = report.failures[0]
    command = f"To see it again: vtloop explore {SOLD_TWICE} --replay {failure.token}"
    assert out == f"{report}\n{failure.replay().marbles()}\n{command}\n"


def test_the_command_out_of_the_report_shows_the_schedule_again_in_a_fresh_process(capsys):
    _, out = told(capsys, IN_ORDER, *JUDGED, "--seed", "a word", "--no-network")
    command = out.partition("To see it again: ")[2].splitlines()[0]
    assert command.startswith(
        f"vtloop explore {IN_ORDER} {shlex.join(JUDGED)} --seed 'a word' --no-network --replay c1:"
    )
    again = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1, again.stderr
    token = shlex.split(command)[-1]
    wrong = "AssertionError(\"in the order ['second', 'first']\")"
    assert again.stdout.startswith(f"{token}:\n  what is to be true in the end is not: {wrong}\n")
    story = again.stdout.partition(f"{wrong}\n")[2].partition("\nseconds")[0]
    for line in story.splitlines():
        assert line.strip() in out
    assert again.stdout.partition("\nseconds")[2].rstrip() in out


def test_a_schedule_that_does_not_fail_says_so_and_ends_with_status_0(capsys):
    status, out = told(capsys, SOLD_TWICE, "--replay", "c1::b581726b")
    assert status == 0
    assert out.startswith("c1::b581726b: nothing was found\nseconds ")


def test_options_are_those_of_a_search(capsys):
    assert told(capsys, IN_ORDER, "--mode", "realisable", *JUDGED)[0] == 0
    assert told(capsys, SOLD_TWICE, "--budget", "2")[0] == 0
    _, out = told(capsys, SOLD_TWICE, "--no-shrink", "--seed", "7")
    assert out.startswith(f"{explore(raced.sold_twice, shrink=False, seed=7)}\n")
    assert told(capsys, SAFE, "--max-seconds", "0")[1].startswith("0 schedules of ")


def test_a_schedule_that_fails_is_kept_in_a_database_and_run_first(capsys, tmp_path):
    _, first = told(capsys, SOLD_TWICE, "--database", str(tmp_path))
    _, second = told(capsys, SOLD_TWICE, "--database", str(tmp_path))
    assert "; run 2 fails\n" in second
    assert first.splitlines()[1:] == second.splitlines()[1:]


def test_a_network_goes_by_its_name(capsys):
    asks = f"{RACED}asks", "--budget", "1"
    assert told(capsys, *asks)[0] == 0
    assert (
        "the program raises TimeoutError()" in told(capsys, *asks, "--network", f"{RACED}slow")[1]
    )
    assert "where no run with a network goes on" in told(capsys, *asks, "--no-network")[1]


def test_a_chart_is_drawn_of_the_schedule_that_failed_or_is_run_again(capsys, tmp_path):
    first, second, third = (str(tmp_path / name) for name in ("first.txt", "second.txt", "3.txt"))
    main(["explore", SOLD_TWICE, "-o", first])
    token = explore(raced.sold_twice).failures[0].token
    main(["explore", SOLD_TWICE, "--replay", token, "-o", second])
    assert capsys.readouterr().err == f"vtloop: wrote {first}\nvtloop: wrote {second}\n"
    assert (tmp_path / "first.txt").read_text() == (tmp_path / "second.txt").read_text() != ""
    main(["explore", SAFE, "--budget", "1", "-o", third])
    assert capsys.readouterr().err == f"vtloop: no schedule failed, so {third} was not drawn\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["main"], "cannot explore main: 'main' was given as the name of a function"),
        (["no_such_module:main"], "No module named 'no_such_module'"),
        ([SAFE, "--replay", "here"], "was given as a token of choices"),
        ([SAFE, "--replay", "c1:hold2.1:9fb5a1be"], "is a token that was damaged"),
        ([SAFE, "--replay", "c1:tie.0:b90d3cd1"], "has choices that are none of a schedule"),
        ([SAFE, "--replay", "c1:hold2.1=2:9fb5a1be"], "the run has left it"),
        ([SAFE, "--budget", "-1"], "'-1' is no count"),
        ([SAFE, "--mode", "fast"], "invalid choice: 'fast'"),
        ([SAFE, "--network", SAFE], "has no network 'safe'"),
        ([SAFE, "-o", "x.doc"], "the formats are svg"),
        ([f"{RACED}exits"], "it raised SystemExit(3)"),
        ([f"{RACED}is_in_order"], "pass main(…), with its arguments"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_status_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["explore", *arguments])
    assert stop.value.code == 2
    assert words in capsys.readouterr().err
