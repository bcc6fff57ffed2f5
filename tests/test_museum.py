"""Every bug of the museum is found on the Pythons where it occurs, and nothing where there is none.

The oracles are general: none of them knows a program.
"""

import dataclasses
import re
import subprocess
import sys

import pytest

import scenarios.cancellation.__main__ as table
from scenarios.cancellation.controls import CONTROLS
from scenarios.cancellation.exhibits import EXHIBITS
from vtloop.sweep import replay, sweep


def named(things):
    return [
        pytest.param(thing, id=getattr(thing, "__name__", "") or thing.name) for thing in things
    ]


def is_clean(report):
    return report.ok and not report.problems and not report.before


def problem_of(exhibit, report):
    return next(
        (one for one in report.problems if one.finding.oracle == exhibit.oracle),
        None,
    )


@pytest.mark.parametrize("exhibit", named(one for one in EXHIBITS if one.occurs()))
def test_a_bug_is_found_at_moments_of_its_classes(exhibit):
    report = sweep(exhibit.main)
    problem = problem_of(exhibit, report)
    assert problem is not None, report
    assert "".join(sorted(problem.counts)) == exhibit.classes
    assert not report.before
    assert not report.missed


@pytest.mark.parametrize("exhibit", named(EXHIBITS))
def test_a_bug_is_found_only_where_it_occurs(exhibit):
    report = sweep(exhibit.main)
    assert (problem_of(exhibit, report) is not None) == exhibit.occurs(), report


@pytest.mark.parametrize("exhibit", named(EXHIBITS))
def test_the_fixed_program_is_clean(exhibit):
    report = sweep(exhibit.fixed)
    assert is_clean(report), report


@pytest.mark.parametrize("control", named(CONTROLS))
def test_a_program_that_is_right_is_clean(control):
    report = sweep(control)
    assert is_clean(report), report
    assert all(tally.tried == tally.total > 0 for tally in report.tallies.values())


@pytest.mark.parametrize("exhibit", named(one for one in EXHIBITS if one.occurs()))
def test_a_token_shows_the_bug_again_with_the_same_digest_in_another_process(exhibit):
    problem = problem_of(exhibit, sweep(exhibit.main))
    here = replay(exhibit.main, problem.token)
    assert problem.finding in here.findings
    code = (
        "import sys\n"
        "from vtloop.sweep import replay\n"
        f"from scenarios.cancellation.{exhibit.name} import main\n"
        "print(replay(main, sys.argv[1]).trace.digest())"
    )
    command = [sys.executable, "-c", code, problem.token]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here.trace.digest()


def test_the_table_says_what_is_found_and_the_status_whether_it_is_as_it_should_be(
    monkeypatch, capsys
):
    (leak,) = (one for one in EXHIBITS if one.name == "connection_leaks")
    monkeypatch.setattr(table, "EXHIBITS", (leak,))
    monkeypatch.setattr(table, "CONTROLS", CONTROLS[:1])
    assert table.main() == 0
    _, exhibit, control = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"connection_leaks +left held +query#2@.*, in \d+ of \d+ cases .*", exhibit)
    assert re.fullmatch(r"lock +control +clean in \d+ cases", control)

    elsewhere = dataclasses.replace(leak, fixed_in=((3, 0),))
    monkeypatch.setattr(table, "EXHIBITS", (elsewhere,))
    monkeypatch.setattr(table, "CONTROLS", (leak.main,))
    assert table.main() == 1
    said = capsys.readouterr().out
    assert "which is WRONG" in said
    assert "NOT CLEAN in" in said


@pytest.mark.parametrize(
    ("version", "occurs"),
    [((3, 11, 7), True), ((3, 12, 1), True), ((3, 12, 2), False), ((3, 13, 0), False)],
)
def test_a_bug_occurs_up_to_the_version_that_fixes_it(version, occurs):
    (exhibit,) = (one for one in EXHIBITS if one.name == "condition_drops_the_message")
    assert exhibit.occurs(version) is occurs
