"""The sweep tries every moment once, alone and the same each time, and says what it has found."""

import asyncio
import doctest
import gc
import random
import sys
import time
import warnings

import pytest

import vtloop.core.tasks
import vtloop.sweep
from tests.support.garbage import a_sweep_thaws_what_is_frozen  # noqa: F401
from tests.support.swept import careless, nap, two_naps
from vtloop.sweep import replay, sweep
from vtloop.sweep.moments import Case, Moment, case_of
from vtloop.sweep.report import Tally


async def stubborn():
    """Catch a first cancellation, and hold a lock for as long as the cleanup takes."""
    lock = asyncio.Lock()
    try:
        await asyncio.sleep(1)
    finally:
        await lock.acquire()
        await asyncio.sleep(1)
        lock.release()


# Tokens


@pytest.mark.parametrize(
    "token",
    ["worker#2@B17", "main#1@A12+C15.3", "main#1@R0", "a name, with @ and #3 in it#12@C0.0+R3"],
)
def test_a_token_names_a_case_and_a_case_its_token(token):
    assert str(case_of(token)) == token


def test_a_token_is_read_as_it_is_meant():
    assert case_of(" main#1@A12+C15.3\n") == Case("main", 1, (Moment("A", 12), Moment("C", 15, 3)))
    assert [case_of(f"main#1@{moment}").letter for moment in ("A1", "R1", "B1", "C1.0")] == [
        *"AABC"
    ]
    assert case_of("main#1@A1+A2").letter == "D"


@pytest.mark.parametrize("text", ["", "main@A1", "main#1", "main#1@", "main#1@C3", "m#1@A1+A2+A3"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(ValueError, match="copy one from the report of a sweep"):
        case_of(text)


# What is tried


def test_a_sleep_can_be_cancelled_at_four_moments_and_within_its_steps():
    report = sweep(nap)
    assert report.ok
    assert report.victims == ("nap#1",)
    assert report.tallies["A"] == Tally(2, 2)  # at rest, and before its timer fires
    assert report.tallies["B"] == Tally(2, 2)  # before its first step, and its second
    assert report.tallies["C"].total >= 4


def test_the_cases_are_told_to_the_check_one_by_one():
    outcomes = []
    sweep(nap, classes="AB", check=outcomes.append)
    assert [str(one.case) for one in outcomes[2:]] == [
        "nap#1@B0",
        "nap#1@R0",
        "nap#1@A1",
        "nap#1@B2",
    ]
    assert {(one.ended, one.victim, one.cancelling) for one in outcomes[2:]} == {
        ("cancelled", "cancelled", 1)
    }
    assert [one.delivered for one in outcomes] == [False] * 2 + [True] * 4


@pytest.mark.parametrize(
    ("victim", "victims"),
    [
        (None, ("two_naps#1", "first#2", "nap#3")),
        (1, ("two_naps#1",)),
        ("first", ("first#2",)),
        ("nap", ("first#2", "nap#3")),
        ("nap#3", ("nap#3",)),
        (nap, ("first#2", "nap#3")),
    ],
)
def test_victims_go_by_name_number_or_coroutine(victim, victims):
    assert sweep(two_naps, victim=victim, classes="A").victims == victims


@pytest.mark.parametrize("victim", ["nobody", 9, careless])
def test_a_victim_that_there_is_not_is_refused(victim):
    with pytest.raises(LookupError, match="the program has two_naps#1, first#2, nap#3; pass"):
        sweep(two_naps, victim=victim)


@pytest.mark.parametrize("classes", ["", "D", "ABX"])
def test_classes_that_there_are_not_are_refused(classes):
    with pytest.raises(ValueError, match=f"classes={classes!r}"):
        sweep(nap, classes=classes)


def test_pairs_beyond_the_budget_are_sampled_always_the_same():
    def pairs(budget):
        cases = []
        report = sweep(stubborn, budget=budget, check=lambda outcome: cases.append(outcome.case))
        return report, [str(case) for case in cases if len(case.moments) == 2]

    report, sample = pairs(20)
    assert report.tallies["D"].tried == 20 < report.tallies["D"].total
    assert f"20 of {report.tallies['D'].total} pairs, a sample" in str(report)
    assert pairs(20)[1] == sample
    whole, all_of_them = pairs(10_000)
    assert whole.tallies["D"].tried == whole.tallies["D"].total == len(set(all_of_them))
    assert set(sample) < set(all_of_them)


def test_a_second_cancellation_comes_when_the_first_was_delivered_and_before_the_end():
    cases = []
    sweep(stubborn, classes="ABD", check=lambda outcome: cases.append(outcome))
    pairs = [str(one.case) for one in cases if one.case.letter == "D"]
    assert [pair for pair in pairs if pair.startswith("stubborn#1@R0+")] == [
        "stubborn#1@R0+R0",
        "stubborn#1@R0+A2",
        "stubborn#1@R0+B3",
    ]
    assert {one.cancelling for one in cases if one.case.letter == "D"} == {2}


def test_what_the_program_prints_goes_nowhere(capsys):
    async def chatty():
        print("hello")

    assert sweep(chatty).ok
    assert capsys.readouterr().out == ""


def test_every_case_draws_the_same_random_numbers():
    drawn = set()

    async def gambler():
        drawn.add(random.random())
        await asyncio.sleep(1)

    before = random.getstate()
    assert sweep(gambler, classes="A").ok
    assert len(drawn) == 1
    assert random.getstate() == before


def test_a_program_that_is_not_the_same_each_time_is_told_of():
    runs = []

    async def forgetful():
        runs.append(None)
        await asyncio.sleep(1)
        if len(runs) < 4:
            await asyncio.sleep(1)

    report = sweep(forgetful, classes="AB")
    assert not report.ok
    assert report.missed
    assert "the program does not do the same in every run" in str(report)


def test_a_program_with_arguments_is_refused_in_words():
    async def main(port):
        pass

    with pytest.raises(TypeError, match="was to be called without arguments, while that cannot"):
        sweep(main)


def test_what_is_no_program_is_refused():
    with pytest.raises(TypeError, match="pass the function main"):
        sweep(lambda: None)


@pytest.mark.usefixtures("a_sweep_thaws_what_is_frozen")
def test_the_process_is_as_before_when_a_sweep_has_ended():
    def state():
        return (
            asyncio.Lock.__init__,
            asyncio.Queue.task_done,
            asyncio.gather,
            asyncio.tasks.wait,
            asyncio.shield,
            asyncio.as_completed,
            vars(warnings)["_warn_unawaited_coroutine"],
            time.sleep,
            sys.stdout,
            sys.gettrace(),
            gc.isenabled(),
            gc.get_freeze_count(),
            asyncio.TaskGroup.__aenter__,
            "exception" in vars(vtloop.core.tasks.Task),
        )

    before = state()

    async def broken():
        await asyncio.sleep(1)
        raise SystemExit

    with pytest.raises(SystemExit):
        sweep(broken)
    sweep(two_naps)
    assert state() == before


# Replaying


def test_a_token_out_of_the_printed_report_shows_the_same_again():
    report = sweep(careless)
    printed = str(report)
    token = printed.partition("the first is ")[2].split()[0]
    again = replay(careless, token)
    assert [finding.words for finding in again.findings] == [
        problem.finding.words for problem in report.problems
    ]
    assert again.outcome.landed
    assert replay(careless, token).trace.digest() == again.trace.digest()
    assert again.trace.header["sweep"] == token


def test_every_case_is_the_same_when_it_is_recorded():
    outcomes = []
    sweep(stubborn, check=outcomes.append)
    for outcome in outcomes[2::7]:
        again = replay(stubborn, str(outcome.case)).outcome
        again.landed = ()
        assert again == outcome


@pytest.mark.parametrize("token", ["nap#1@A99", "nap#1@C0.99", "someone#1@A1", "nap#7@A1"])
def test_a_token_of_another_program_is_refused(token):
    with pytest.raises(LookupError, match="this program comes to no such moment"):
        replay(nap, token)


# Words


def test_the_report_says_how_many_moments_were_tried_and_how_to_see_a_failure_again():
    report = sweep(careless, classes="AB")
    lines = str(report).splitlines()
    assert lines[:4] == [
        "4 of 4 moments tried, of careless#1:",
        "  A (suspended): 2 of 2 moments",
        "  B (woken, but not yet run): 2 of 2 moments",
        "left held: in cases 2 of A, 1 of B; the first is careless#1@R0",
    ]
    assert "swept.py" in lines[4]
    assert lines[4].endswith("in careless: held: nobody will release it")


def test_many_victims_are_not_all_named():
    async def main():
        async with asyncio.TaskGroup() as group:
            for _ in range(9):
                group.create_task(nap())

    begin = "128 of 128 moments tried, of main#1, nap#2, nap#3, nap#4 and 6 others:\n"
    assert str(sweep(main, classes="B")).startswith(begin)


def test_the_example_of_the_package_is_true():
    assert doctest.testmod(vtloop.sweep) == (0, 4)


def test_a_program_that_works_once_only_is_refused():
    kept = []

    async def main():
        await asyncio.sleep(1)
        kept.append(1)
        assert len(kept) == 1

    with pytest.raises(vtloop.SimulationError, match="runs once, while the second time it ended"):
        sweep(main)
