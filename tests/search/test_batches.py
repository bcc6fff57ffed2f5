"""A sweep comes to the same, wherever its cases run and however they are cut into batches."""

import asyncio
import importlib.util
import itertools
import multiprocessing
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from tests.support import swept
from vtloop.search.oracles import Rule
from vtloop.sweep import ORACLES, sweep


class Backwards(Executor):
    """Runs nothing until it is asked for more, and then the last first."""

    def __init__(self):
        self.sizes = []

    def submit(self, function, /, work, cases, until):
        future = Future()
        self.sizes.append(len(cases))
        future.set_result(function(work, cases[::-1], until))
        return future


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        yield executor


@pytest.mark.parametrize("program", [swept.leaky, swept.safe, "tests.support.swept:relay_anew"])
def test_a_process_pool_comes_to_the_same(program, processes):
    options = {"check": swept.judges_nothing, "always": swept.nothing_lost, "budget": 30}
    here = sweep(program, **options)
    there = sweep(program, executor=processes, **options)
    assert there == here
    assert str(there) == str(here)


def test_threads_take_turns_and_come_to_the_same():
    with ThreadPoolExecutor(3) as executor:
        assert sweep(swept.leaky, executor=executor) == sweep(swept.leaky)


@pytest.mark.parametrize("size", [5, 1_000])
def test_the_size_and_the_order_of_batches_change_nothing(size, monkeypatch):
    monkeypatch.setattr("vtloop.search.batches.size_of_batches", lambda cases, took: size)
    executor = Backwards()
    here = sweep(swept.leaky, budget=40)
    there = sweep(swept.leaky, budget=40, executor=executor)
    assert there == here
    assert str(there) == str(here)
    pairs = sum(tally.tried for letter, tally in here.tallies.items() if letter[0] == "D")
    assert max(executor.sizes) == min(size, max(singles(here), pairs))


def test_a_program_in_a_file_is_found_by_other_processes(tmp_path, processes):
    path = tmp_path / "of_a_file.py"
    path.write_text("import asyncio\nasync def nap(): await asyncio.sleep(1)\n")
    program = f"{path}:nap"
    assert sweep(program, executor=processes) == sweep(program)


async def nap():
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"program": lambda: nap()}, "the program <lambda>"),
        ({"check": lambda outcome: None}, "the check test_"),
        ({"always": lambda: None}, "the always test_"),
        ({"oracles": [Rule("mine", lambda run: iter(()))]}, "the oracle 'mine' Rule"),
    ],
)
def test_what_no_other_process_can_import_is_refused(options, words):
    options = {"program": swept.safe, **options}
    with pytest.raises(TypeError, match="define it at the top level of a module") as refusal:
        sweep(executor=Backwards(), **options)
    assert words.split()[0] in str(refusal.value)


def test_an_error_that_ends_a_sweep_comes_from_wherever_it_was():
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(TypeError, match="pass the function main"),
    ):
        sweep("builtins:print", executor=executor)


# Time


@pytest.fixture
def ticking(monkeypatch):
    """Let the real clock move by a second each time that a sweep asks it."""
    ticks = itertools.count()
    clock = SimpleNamespace(time=lambda: float(next(ticks)), thread_time=time.thread_time)
    monkeypatch.setattr("vtloop.search.batches.time", clock)
    monkeypatch.setattr("vtloop.search.engine.time", clock)


def singles(report):
    return sum(tally.total for letter, tally in report.tallies.items() if letter[0] != "D")


@pytest.mark.usefixtures("ticking")
def test_a_sweep_stops_when_time_is_up_and_says_what_was_not_tried():
    report = sweep(swept.leaky, max_seconds=31)
    assert sum(tally.tried for tally in report.tallies.values()) == 30
    assert report.time_is_up
    text = str(report)
    total = singles(report)
    assert text.startswith(
        f"30 of {total} moments tried, of leaky#1, query#2, query#3; time was up:\n"
    )
    assert f": 0 of {report.tallies['D'].total} pairs known so far\n" in text


@pytest.mark.usefixtures("ticking")
@pytest.mark.parametrize("executor", [None, Backwards()], ids=["here", "elsewhere"])
def test_time_may_be_up_among_the_pairs(executor, monkeypatch):
    # However fast the machine is: batches look at the clock as they begin.
    monkeypatch.setattr("vtloop.search.batches.size_of_batches", lambda cases, took: 1_000)
    total = singles(sweep(swept.leaky, classes="ABC"))
    report = sweep(swept.leaky, classes="ABCD", max_seconds=total + 10, executor=executor)
    pairs = [tally.tried for letter, tally in report.tallies.items() if letter[0] == "D"]
    assert 0 < sum(pairs) < 10
    assert "; time was up:" in str(report)
    assert "known so far" not in str(report)


def test_a_sweep_with_time_enough_says_nothing_of_it():
    assert sweep(swept.safe, max_seconds=60) == sweep(swept.safe)


# A cluster


@pytest.mark.once
@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="Dask's distributed is not installed"
)
@pytest.mark.filterwarnings("default")
def test_a_cluster_comes_to_the_same():
    from distributed import Client, LocalCluster

    options = {"budget": 30, "oracles": ORACLES}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        there = sweep(swept.leaky, executor=executor, **options)
    here = sweep(swept.leaky, **options)
    assert there == here
    assert str(there) == str(here)
