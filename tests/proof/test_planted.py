"""A sweep finds the fault of a program that is elsewhere than in the victim, and none in its twin.

The programs are drawn by number, see `planted`.
"""

import pytest

from tests.support.planted import FAULTS, planted
from vtloop.sweep import sweep

ALL, SOME = range(300), range(0, 300, 10)


def errors_of(report):
    return [one.finding for one in report.errors if one.finding.oracle in ("failure", "assertion")]


def check_that_it_is_found(number):
    fault, program = planted(number, faulty=True)
    report = sweep(program, victim="victim", classes="AB")
    found = [one for one in errors_of(report) if one.subject.startswith(fault.error)]
    assert found, f"{report}\nin number {number}:\n{program}"
    assert not any(one.words.startswith("victim") for one in found), report
    assert not report.before, report


def check_that_nothing_is(number):
    _, program = planted(number, faulty=False)
    report = sweep(program, victim="victim", classes="ABC")
    assert report.ok, f"{report}\nin number {number}:\n{program}"
    assert not report.problems, f"{report}\nin number {number}:\n{program}"


@pytest.mark.parametrize("check", [check_that_it_is_found, check_that_nothing_is])
def test_a_fault_elsewhere_is_found_and_nothing_where_there_is_none(check):
    for number in SOME:
        check(number)


@pytest.mark.once
@pytest.mark.parametrize("check", [check_that_it_is_found, check_that_nothing_is])
def test_the_same_of_all_of_them(check):
    assert {planted(number, faulty=True)[0] for number in ALL} == set(FAULTS)
    for number in ALL:
        check(number)
