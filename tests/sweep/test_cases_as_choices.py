"""A case of a sweep is some choices of a run, and these are the case."""

import asyncio

import pytest

from vtloop.choices import Choices
from vtloop.sweep import sweep
from vtloop.sweep.moments import UNDISTURBED, Case, case_of


async def with_two_tasks():
    async with asyncio.timeout(3), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(asyncio.sleep(1))


def test_each_case_of_a_sweep_is_other_choices_and_these_are_the_case():
    cases = []
    sweep(with_two_tasks, check=lambda outcome: cases.append(outcome.case))
    assert {case.letter for case in cases} == {"", *"ABCDSFTO"}
    for case in cases:
        assert Case.of(Choices.parse(str(case.choices)), case.who) == case
    assert len({case.choices for case in cases}) == len({*cases})
    assert min(cases, key=lambda case: case.choices) == UNDISTURBED


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("worker#2@B17", "B 17 is 2"),
        ("main#1@A12+C15.3", "A 12 is 1, +C15 3 is 1"),
        ("main#1@R0+R0#3", "R 0 is 1, +R 0 is 3"),
        ("everybody#0@SR3", "SR 3 is 1"),
        ("group#2@F12", "F 12 is 2"),
        ("timeout#1@TN0", "TN 0 is 1"),
        ("timers#0@O12.14", "O 12 is 2"),
    ],
)
def test_the_choices_of_a_case_are_told_in_words(token, words):
    case = case_of(token)
    assert repr(case.choices) == f"<Choices: {words}>"
    assert Case.of(case.choices, case.who) == case


@pytest.mark.parametrize(
    "deviations",
    [[("tie", 0, 1)], [("A", 1, 1), ("A", 5, 2)], [("+A", 1, 1)], [("Cx", 1, 1)], [("N", 1, 1)]],
)
def test_choices_that_are_no_case_are_refused(deviations):
    with pytest.raises(ValueError, match="were given as a case of a sweep, while they are none"):
        Case.of(Choices(deviations))
