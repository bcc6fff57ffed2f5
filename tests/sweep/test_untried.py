"""What a sweep has not tried is said, and what it cannot be asked for is refused before it runs."""

import asyncio
import functools
import itertools
from types import SimpleNamespace

import pytest

from tests.support import swept
from vtloop.errors import ClaimError
from vtloop.sweep import replay, sweep
from vtloop.sweep.report import TWO_TASKS, Tally


async def nap():
    await asyncio.sleep(1)


async def two_naps():
    await asyncio.gather(nap(), nap())


def verdict(report):
    """Return the sentence about what was found."""
    return next(line for line in str(report).splitlines() if line.startswith("Nothing was"))


# What was not tried


def test_where_all_was_tried_nothing_limits_what_was_found():
    assert verdict(sweep(nap, classes="AB")).startswith("Nothing was found. What is the program's")


def test_classes_of_which_there_was_nothing_are_named():
    report = sweep(nap)
    assert report.ok
    assert report.nothing_of == ("F", "T", "O")
    assert "\n  F, T, O: nothing to try\n" in str(report)
    assert "Nothing was found. Of F, T and O there was nothing to try." in verdict(report)
    assert "O: nothing to try" not in str(sweep(two_naps))


def test_pairs_are_no_class_without_moments_of_a_first_cancellation():
    async def main():
        pass

    report = sweep(main, classes="AD")
    assert report.nothing_of == ("A", "D")
    assert verdict(report) == "Nothing was tried, as there was nothing to try."
    assert not report.ok


def test_time_that_was_up_is_said_with_what_was_found_and_is_not_ok(monkeypatch):
    ticks = itertools.count()
    clock = SimpleNamespace(time=lambda: float(next(ticks)), thread_time=lambda: 0.0)
    monkeypatch.setattr("vtloop.search.batches.time", clock)
    monkeypatch.setattr("vtloop.search.engine.time", clock)
    report = sweep(two_naps, classes="AB", max_seconds=4)
    assert str(report).startswith("3 of 24 moments tried, of two_naps#1, nap#2, nap#3; time was up")
    assert verdict(report).startswith(
        "Nothing was found in what was tried: time was up before the rest. What"
    )
    assert not report.ok
    with pytest.raises(ClaimError, match="time was up before the rest"):
        report.assert_clean()


def test_time_is_not_said_to_be_up_where_tasks_cannot_be_told_apart(monkeypatch):
    from vtloop.sweep import cancellations

    twice = cancellations.victims_of
    monkeypatch.setattr(cancellations, "victims_of", lambda *args: [*twice(*args), *twice(*args)])
    report = sweep(nap, classes="ABD")
    assert not report.time_is_up
    assert all(tally.tried == tally.total for tally in report.tallies.values())
    assert report.ok


def test_moments_that_did_not_come_again_are_said_with_what_was_found():
    runs = itertools.count()

    async def shrinks():
        for _ in range(3 if next(runs) < 3 else 1):
            await asyncio.sleep(1)

    report = sweep(shrinks, classes="A", oracles=())
    assert not report.ok
    assert f": {len(report.missed)} moments did not come again." in verdict(report)


def test_a_sample_is_said_with_what_was_found_and_is_ok_as_it_was_asked_for():
    report = sweep(two_naps, classes="ABD", budget=100, oracles=())
    assert report.tallies[TWO_TASKS] == Tally(5, 104, is_sample=True)
    assert "D" not in report.nothing_of
    assert verdict(report).startswith(
        "Nothing was found in what was tried: of some pairs it was a sample. What"
    )
    assert report.ok


# Reports where they are looked at


def test_a_report_has_one_line_as_its_repr():
    assert repr(sweep(nap, classes="AB")) == (
        "<Report 4 of 4 moments tried, of nap#1: Nothing was found.>"
    )
    report = sweep(swept.leaky, classes="AB")
    (problem, *_) = report.errors
    total = sum(tally.total for tally in report.tallies.values())
    assert repr(report) == (
        f"<Report {total} of {total} moments tried, of leaky#1, query#2, query#3: "
        f"deadlock in {problem.token}; left held in {report.errors[1].token}>"
    )
    assert repr(problem) == (f"<Problem deadlock: the main coroutine, in {problem.token}>")
    again = replay(swept.leaky, problem.token)
    assert repr(again) == f"<Replay of {problem.token}: deadlock, left held>"
    assert repr(replay(nap, "nap#1@R0")) == "<Replay of nap#1@R0: nothing was found>"


def test_in_a_notebook_a_report_and_a_replay_show_themselves():
    shown = []
    for it in (sweep(nap, classes="A"), replay(nap, "nap#1@R0")):
        it._repr_pretty_(SimpleNamespace(text=shown.append), False)
        assert shown.pop() == str(it)


# What is refused


def never():
    raise AssertionError("it was run")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget": -1}, "budget=-1 was given; pass a number of pairs, from 0 on"),
        ({"max_seconds": -1}, "max_seconds=-1 was given; pass a number of real seconds from 0 on"),
        ({"max_seconds": float("nan")}, "max_seconds=nan was given; pass"),
        ({"classes": "AX"}, "classes='AX' was given; pass some of 'ABCDSFTO'"),
        ({"classes": "D"}, "D comes after one of A, B and C"),
        ({"classes": "DSO"}, "D comes after one of A, B and C"),
        ({"victim": 1.5}, "victim=1.5 was given; pass the name of a task"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_meant_is_refused_before_anything_runs(options, words):
    with pytest.raises((ValueError, TypeError), match=words):
        sweep(never, **options)


def test_a_coroutine_is_refused_and_it_is_said_what_to_pass():
    coroutine = nap()
    with pytest.raises(TypeError, match=r"a function that returns a coroutine \(main, not"):
        sweep(coroutine)
    coroutine.close()


def test_an_unknown_victim_is_refused_with_those_there_are_before_any_case():
    seen = []
    with pytest.raises(LookupError, match="victim='nobody', while the program has nap#1; pass"):
        sweep(nap, victim="nobody", check=lambda outcome: seen.append(outcome.case.letter))
    assert {*seen} == {""}, "but the undisturbed run was judged"


def test_calls_that_a_cleanup_makes_only_the_first_time_are_not_missed():
    def helper():
        return 1

    @functools.cache
    def configuration():
        return helper() + helper()

    async def main():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            configuration()
            await asyncio.sleep(1)
            raise

    report = sweep(main)
    assert report.ok, report
