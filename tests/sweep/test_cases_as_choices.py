"""A case of a sweep is some choices of a run, and these are the case."""

import asyncio

import pytest

from vtloop.choices import Choices
from vtloop.sweep import replay, sweep
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


@pytest.mark.parametrize(
    "token",
    ["main#1@A12+B14#1", "main#0@A1", "main#0@C1.2", "main#0@A1+A2", "group#0@F1", "timeout#0@TN0"],
)
def test_a_token_whose_choices_are_those_of_another_one_is_refused(token):
    with pytest.raises(ValueError, match="copy one from the report of a sweep"):
        case_of(token)


# Replay


async def last_write_wins():
    """Return in which order two tasks have written that wake up together."""
    written = []

    async def write(mine):
        await asyncio.sleep(1)
        written.append(mine)

    await asyncio.gather(write(1), write(2), write(3), return_exceptions=True)
    return written


async def first_and_last():
    assert await last_write_wins() == [1, 2, 3]


def test_the_choices_of_every_case_are_replayed_as_its_token():
    cases = []
    sweep(with_two_tasks, check=lambda outcome: cases.append(outcome.case), budget=20)
    for case in {*cases} - {UNDISTURBED}:
        by_token = replay(with_two_tasks, str(case))
        for choices in (case.choices, f" {case.choices}\n"):
            again = replay(with_two_tasks, choices)
            assert str(again) == str(by_token)
            assert again.digest() == by_token.digest()


def test_ties_are_replayed_and_told():
    token = str(Choices([("tie", 0, 1)]))
    again = replay(first_and_last, token)
    assert not again.ok
    assert [found.oracle for found in again.findings] == ["assertion", "failure"]
    assert str(again).startswith(f"{token}\n  assertion: AssertionError(")
    assert "\nnumber 2 of 3 timers of 1 s comes first\n" in str(again)
    assert repr(again) == f"<Replay of {token}: assertion, failure>"
    assert replay(first_and_last, Choices()).ok
    assert replay(last_write_wins, token).ok


def test_a_tie_and_a_cancellation_are_replayed_together():
    both = Choices([("tie", 0, 1), ("R", 0, 3)])
    again = replay(last_write_wins, both)
    assert again.outcome.case == case_of("write#3@R0")
    assert again.happenings()[0] == "number 2 of 2 timers of 1 s comes first"
    assert again.happenings()[1].startswith("cancelled as write#3 ")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ([("tie", 0, 1), ("tie", 7, 2)], "these were not met: tie 7 is 2; replay them with the"),
        ([("tie", 0, 3)], "these were not met: tie 0 is 3"),
        ([("tie", 0, 1), ("R", 9, 1)], "this program comes to no such moment"),
        ([("A", 1, 9)], "The case #9@A1 was replayed, while this program comes to no such moment"),
    ],
)
def test_choices_that_a_program_does_not_come_to_are_told(choices, message):
    with pytest.raises(LookupError, match=message):
        replay(last_write_wins, Choices(choices))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("c1:tie.1:b90d3cd1", "is a token that was damaged"),
        ("c9:whatever", "is a token of the form 'c9'"),
        (Choices([("Tea", 0, 1)]), "were given as a case of a sweep, while they are none"),
    ],
)
def test_what_no_run_can_choose_is_refused(token, message):
    with pytest.raises(ValueError, match=message):
        replay(with_two_tasks, token)


def test_a_task_may_have_a_name_like_the_beginning_of_a_token():
    async def main():
        await asyncio.create_task(asyncio.sleep(1), name="c1:x")

    assert replay(main, "c1:x#2@R0").outcome.case.who == "c1:x"
