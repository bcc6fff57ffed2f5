"""Every bug of the museum is found on the Pythons where it occurs, and nothing where there is none.

The oracles are general: none of them knows a program. A program is swept once for all tests.
"""

import dataclasses
import functools
import re
import subprocess
import sys

import pytest

import scenarios.cancellation.__main__ as table
from scenarios.cancellation.controls import CONTROLS
from scenarios.cancellation.exhibits import EXHIBITS
from vtloop.sweep import replay, sweep

pytestmark = pytest.mark.ends

FOUND = [one for one in EXHIBITS if one.occurs()]


def named(things):
    return [
        pytest.param(thing, id=getattr(thing, "__name__", "") or thing.name) for thing in things
    ]


def named_so(name):
    return next(one for one in EXHIBITS if one.name == name)


@functools.cache
def report_on(exhibit):
    return sweep(exhibit.main)


@pytest.mark.parametrize("exhibit", named(FOUND))
def test_a_bug_is_found_at_moments_of_its_classes(exhibit):
    report = report_on(exhibit)
    problem = table.problem_of(exhibit, report)
    assert problem is not None, report
    assert "".join(sorted(problem.counts)) == exhibit.classes
    assert not report.before
    assert not report.missed


@pytest.mark.parametrize("exhibit", named(one for one in EXHIBITS if not one.occurs()))
def test_a_bug_is_found_only_where_it_occurs(exhibit):
    report = report_on(exhibit)
    assert table.problem_of(exhibit, report) is None, report


@pytest.mark.parametrize("exhibit", named(EXHIBITS))
def test_the_fixed_program_is_clean(exhibit):
    report = sweep(exhibit.fixed)
    assert table.is_clean(report), report


@pytest.mark.parametrize("control", named(CONTROLS))
def test_a_program_that_is_right_is_clean(control):
    report = sweep(control)
    assert table.is_clean(report), report
    assert all(
        tally.tried == tally.total > 0 or tally.is_sample for tally in report.tallies.values()
    )


def test_tokens_show_the_bugs_again_with_the_same_digests_in_another_process():
    tokens, digests = [], []
    for exhibit in FOUND:
        problem = table.problem_of(exhibit, report_on(exhibit))
        here = replay(exhibit.main, problem.token)
        assert problem.finding in here.findings
        tokens += [exhibit.name, problem.token]
        digests.append(here.trace.digest())
    code = (
        "import sys\n"
        "from importlib import import_module\n"
        "from vtloop.sweep import replay\n"
        "for name, token in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    program = import_module(f'scenarios.cancellation.{name}').main\n"
        "    print(replay(program, token).trace.digest())"
    )
    command = [sys.executable, "-c", code, *tokens]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == digests


# The table


def test_the_table_says_what_is_found_and_the_status_whether_it_is_as_it_should_be(
    monkeypatch, capsys
):
    left = named_so("siblings_go_on")
    monkeypatch.setattr(table, "EXHIBITS", (left,))
    monkeypatch.setattr(table, "CONTROLS", CONTROLS[-1:])
    assert table.main([]) == 0
    _, exhibit, control = capsys.readouterr().out.splitlines()
    place = r"worker#2@A2, case \d+ of \d+; \d+ in all, of ABCD"
    assert re.fullmatch(rf"siblings_go_on +left behind +{place}", exhibit)
    assert re.fullmatch(r"handing_over +control +clean in \d+ cases", control)

    elsewhere = dataclasses.replace(left, fixed_in=((3, 0),))
    monkeypatch.setattr(table, "EXHIBITS", (elsewhere,))
    monkeypatch.setattr(table, "CONTROLS", (left.main,))
    assert table.main([]) == 1
    said = capsys.readouterr().out
    assert "which is WRONG" in said
    assert "NOT CLEAN in" in said


def test_the_gallery_has_a_chart_of_each_first_case(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(table, "EXHIBITS", (named_so("timeout_of_nothing"),))
    monkeypatch.setattr(table, "CONTROLS", ())
    assert table.main(["--gallery", str(tmp_path / "charts")]) == 0
    chart = tmp_path / "charts" / "timeout_of_nothing.svg"
    assert "</svg>" in chart.read_text("utf-8")


@pytest.mark.parametrize(
    ("version", "occurs"),
    [((3, 11, 7), True), ((3, 12, 1), True), ((3, 12, 2), False), ((3, 13, 0), False)],
)
def test_a_bug_occurs_up_to_the_version_that_fixes_it(version, occurs):
    assert named_so("condition_drops_the_message").occurs(version) is occurs


@pytest.mark.parametrize(
    ("version", "occurs"),
    [((3, 12, 8), True), ((3, 12, 9), False), ((3, 13, 1), True), ((3, 13, 2), False)],
)
def test_a_bug_may_be_fixed_in_several_minor_versions(version, occurs):
    assert named_so("race_leaves_tasks").occurs(version) is occurs
