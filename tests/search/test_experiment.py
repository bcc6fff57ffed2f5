"""A search is one engine, whatever is searched: a second kind is a few lines, such as these."""

import asyncio
import json
import pickle
import random
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import pytest

from vtloop.errors import ClaimError, SimulationError
from vtloop.search.conduct import Conduct
from vtloop.search.engine import Means, Search
from vtloop.search.experiment import Experiment, Plan, Wording
from vtloop.search.outcome import Outcome
from vtloop.search.report import Report
from vtloop.search.setting import Setting

# The second kind: the cases are seeds of chance, which are tried ten by ten until one fails.


class Seeded(Conduct[Outcome]):
    """Lets a program run with a seed."""

    def __init__(self, seed, limit):
        super().__init__(Outcome(seed), limit)
        self.is_undisturbed = seed == 0

    def make_loop(self, witness, options, *collaborators):
        seeded = options._replace(seed=self.outcome.case)
        return super().make_loop(witness, seeded, *collaborators)


@dataclass(frozen=True)
class Seeds(Experiment[int, Outcome]):
    """A program is run with one seed after the other."""

    budget: int = 100

    wording = Wording("search", "seed", "with seed 0", "is right with every seed")
    undisturbed = 0

    def case_of(self, token):
        if not token.isdecimal():
            raise ValueError(f"{token!r} was given as a seed, while these are numbers")
        return int(token)

    def run(self, bench, case, recording=None):
        return bench.run(Seeded(case, bench.most_handles), recording=recording)

    def plan(self, bench):
        return TenByTen(self.budget, bench.get_to_know(lambda limit: Seeded(0, limit)))

    def in_words(self):
        return {"budget": str(self.budget)}


class TenByTen(Plan[int, Outcome]):
    """Goes on until a seed fails, or all that the budget has were tried."""

    def __init__(self, budget, undisturbed):
        super().__init__(undisturbed, range(1, 11))
        self._budget = budget

    def follow_ups(self, results):
        first = results[-1].case + 1
        is_over = any(result.findings for result in results)
        return [] if is_over else range(first, min(first + 10, self._budget + 1))


def search(program, budget=100, check=None, **means):
    experiment = Seeds(budget)
    setting = Setting(program, check)
    return Report.of(Search(experiment, setting, experiment.oracles, Means(**means)).run())


# Up to here it is the kind, from here on what the engine makes of it


async def unlucky():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.sleep(random.randint(1, 9))
    if random.randrange(20) != 7:
        lock.release()


async def lucky():
    await asyncio.sleep(random.random())


def failing(seeds):
    """Return the seeds with which the program goes wrong, by the function `random` alone."""
    draws = ((seed, random.Random(seed)) for seed in seeds)
    return [seed for seed, draw in draws if draw.randint(1, 9) and draw.randrange(20) == 7]


FIRST = failing(range(1, 101))[0]


def test_the_first_seed_that_fails_is_found_and_no_more_are_tried_than_it_takes():
    report = search(unlucky)
    (problem,) = report.errors
    assert problem.token == str(FIRST)
    assert problem.finding.oracle == "left held"
    assert problem.counts.total() == len(failing(range(1, report.tried + 1)))
    assert report.tried == -(-FIRST // 10) * 10


def test_the_report_speaks_of_what_was_searched():
    report = search(unlucky)
    text = str(report)
    assert text.startswith(f"{report.tried} of {report.tried} seeds tried:\n")
    assert f"left held: in 1 case; the first is {FIRST}\n" in text
    with pytest.raises(ClaimError, match=r"unlucky is right with every seed; in fact:\n"):
        report.assert_clean()
    assert (
        f"vtloop search tests.search.test_experiment:unlucky --replay {FIRST}" in report.explain()
    )
    assert "Nothing was found. What is the program's own" in str(search(lucky))
    assert search(lucky).ok
    assert repr(search(lucky, budget=20)) == "<Report 20 of 20 seeds tried: Nothing was found.>"


def test_a_seed_is_run_again_by_its_token():
    again = search(unlucky).replay(str(FIRST))
    assert [finding.oracle for finding in again.findings] == ["left held"]
    assert again.trace.header["search"] == str(FIRST)
    assert "unlucky" in again.story()
    assert search(unlucky).replay("0").ok
    with pytest.raises(ValueError, match="'x' was given as a seed"):
        search(unlucky).replay("x")


class Elsewhere(Executor):
    """Runs all at once, with copies of what it is given, as another process would have."""

    def submit(self, function, /, *args):
        function, *args = pickle.loads(pickle.dumps((function, *args)))
        future = Future()
        future.set_result(pickle.loads(pickle.dumps(function(*args))))
        return future


def test_it_comes_to_the_same_elsewhere():
    here, there = search(unlucky), search(unlucky, executor=Elsewhere())
    assert there == here
    assert str(there) == str(here)
    with pytest.raises(TypeError, match="A search with an executor was given the program"):
        search(lambda: lucky(), executor=Elsewhere())


def test_it_goes_on_from_its_journal_and_from_no_other(tmp_path):
    journal = tmp_path / "seeds.jsonl"
    first = search(unlucky, resume=journal)
    written = journal.read_text()
    assert len(written.splitlines()) == 1 + first.tried
    assert json.loads(written.splitlines()[0])["vtloop search"] == 2
    assert search(unlucky, resume=journal, max_seconds=0) == first
    assert journal.read_text() == written
    with pytest.raises(ValueError, match=r"A search was to go on .* its budget is '100'"):
        search(unlucky, budget=50, resume=journal)


def test_time_that_is_up_is_said():
    report = search(lucky, max_seconds=0)
    assert report.time_is_up
    assert not report.ok
    assert str(report) == ("0 of 10 seeds tried; time was up:\nNothing was tried, as time was up.")


def test_what_the_program_does_by_itself_is_not_blamed_on_a_seed():
    report = search(lucky, budget=20, check=lambda outcome: False)
    assert not report.problems
    assert [finding.oracle for finding in report.before] == ["check"]
    assert "With seed 0: check: the run: AssertionError: it returned False" in str(report)


def test_a_program_that_never_ends_is_refused_and_one_that_does_not_with_a_seed_is_found():
    async def never():
        while True:
            await asyncio.sleep(0)

    async def seldom():
        if random.randrange(20) == 7:
            await never()

    with pytest.raises(
        SimulationError, match=r"A search was asked of .*never, which had not ended"
    ):
        search(never)
    assert [problem.finding.oracle for problem in search(seldom).errors] == ["endless"]
