"""The benchmarks run: nothing here measures."""

import importlib.util
import json
import sys

import pytest

import vtloop
from benchmarks import rivals, rounds, sample, sweep, sweep_processes, table, workloads
from benchmarks.__main__ import main
from benchmarks.measures import MEASURES
from benchmarks.processes import python
from benchmarks.workloads import BACKLOG, SLEEPERS, WORKLOADS

TINY = max(BACKLOG, SLEEPERS)  # operations: the least that makes each of them do something


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_workload_runs_in_virtual_time(workload):
    size = 10 if workload.name in ("threads", "requests", "run") else TINY

    async def program():
        await workload.run(size)

    run = vtloop.simulate(program)
    run.result()
    assert not run.unfinished
    assert (run.elapsed > 0) == workload.sleeps


def test_a_chain_of_sleeps_takes_as_long_as_all_of_them():
    assert vtloop.simulate(lambda: workloads.chain(50)).elapsed == 50


def test_the_names_are_different():
    assert len({workload.name for workload in WORKLOADS}) == len(WORKLOADS)
    assert len({contender.name for contender in rivals.CONTENDERS}) == len(rivals.CONTENDERS)


@pytest.mark.parametrize("name", [rivals.OURS, rivals.RECORDED, rivals.STOCK])
def test_a_sample_of_each_loop_that_is_always_there(name):
    for workload in map(workloads.named, ("ring", "run")):
        assert sample.once(workload, rivals.named(name), 1) >= 0


def test_a_sample_of_a_virtual_loop_is_in_real_processor_time():
    assert sample.once(workloads.named("ring"), rivals.named(rivals.OURS), 20_000) > 0


def test_a_sleep_is_not_asked_of_a_real_clock():
    chain, ring = workloads.named("chain"), workloads.named("ring")
    stock = rivals.named(rivals.STOCK)
    assert sample.applies(ring, stock)
    assert not sample.applies(chain, stock)
    assert sample.applies(chain, rivals.named(rivals.OURS))


@pytest.mark.parametrize("library", ["simpy", "usim", "trio"])
def test_an_interface_of_its_own_runs_workloads_that_exist(library):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    programs = rivals.named(library).own_programs()
    assert set(programs) <= {workload.name for workload in WORKLOADS}
    for program in programs.values():
        program(TINY)


def results_of(**costs):
    """Results of the workload `ring`: the samples of each loop, or its problem."""
    results = rounds.Results()
    for loop, given in costs.items():
        problem = given if isinstance(given, str) else ""
        samples = [] if problem else given
        results.series["ring", loop] = rounds.Series(samples, problem)
    return results


def test_the_table_tells_costs_ratios_and_what_is_missing(monkeypatch):
    monkeypatch.setattr(rivals.Contender, "version", lambda contender: "1.0")
    results = results_of(
        vtloop=[1.0, 1.5], asyncio=[2.0, 2.0], seedloop=[4.0, 4.0], detangle="RealIOError: no"
    )
    ring = [workloads.named("ring")]
    costs = table.costs(results, ring, rivals.CONTENDERS).splitlines()
    assert costs[0].split()[:6] == ["µs", "per", "operation", "vtloop", "simulate", "asyncio"]
    assert costs[1].split()[:4] == ["ring", "1.00", "-", "2.00"]
    assert "refused" in costs[1]
    ratios = table.ratios(results, ring, rivals.CONTENDERS, "asyncio").splitlines()
    assert " ".join(ratios[1].split()) == "ring 1.00 25% 0.50 (0.62) 0.25 (0.31) seedloop"
    assert "detangle, ring: RealIOError: no" in table.notes(results, rivals.CONTENDERS)


def test_a_loop_that_is_not_installed_is_named_as_such(monkeypatch):
    monkeypatch.setattr(rivals.Contender, "version", lambda contender: None)
    notes = table.notes(rounds.Results(), [rivals.named("solipsism")])
    assert "solipsism: async-solipsism is not installed on this Python." in notes


@pytest.mark.once
def test_the_chart_of_equal_results_has_equal_bytes(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks import chart

    paths = [tmp_path / name for name in ("first.svg", "second.svg")]
    for path in paths:
        results = results_of(vtloop=[1.0], asyncio=[2.0])
        chart.draw(str(path), results, WORKLOADS, rivals.CONTENDERS, "title")
    first, second = (path.read_bytes() for path in paths)
    assert first == second


def test_an_unknown_name_is_told_on_the_command_line(capsys):
    with pytest.raises(SystemExit):
        main(["--loops", "carousel"])
    assert "there is no 'carousel'" in capsys.readouterr().err


def test_the_command_line_measures_nothing_when_asked_for_nothing(capsys):
    assert main(["--workloads", "--loops", "--measures"]) == 0
    assert f"Python {sys.version.split()[0]}" in capsys.readouterr().out


def test_a_measure_that_fails_is_a_line_and_the_others_are_taken(monkeypatch, capsys, tmp_path):
    def fails(rounds):
        return python("-c", "raise SystemExit('no such plugin')")

    measures = {
        "before": lambda rounds: [("a", "1")],
        "fails": fails,
        "after": lambda n: [("b", "2")],
    }
    for name, measure in measures.items():
        monkeypatch.setitem(MEASURES, name, measure)
    kept = tmp_path / "new" / "results.json"
    chosen = ["--workloads", "--loops", "--json", str(kept), "--measures", *measures]
    assert main(chosen) == 1
    failure = "failed: ProcessFailed: status 1, no such plugin"
    assert capsys.readouterr().out.splitlines()[2:] == [
        "a  1",
        "",
        f"fails  {failure}",
        "",
        "b  2",
        "",
    ]
    assert json.loads(kept.read_text())["measures"] == {"a": "1", "fails": failure, "b": "2"}


def test_what_was_measured_is_kept_and_printed_if_the_rest_is_interrupted(
    monkeypatch, capsys, tmp_path
):
    def add_sample(series, workload, contender, patience):
        if workload.name != "ring":
            raise KeyboardInterrupt
        series.samples.append(2.0)

    monkeypatch.setattr(rounds, "_add_sample", add_sample)
    kept = tmp_path / "results.json"
    with pytest.raises(KeyboardInterrupt):
        main(["--loops", "vtloop", "--workloads", "ring", "backlog", "--json", str(kept)])
    assert json.loads(kept.read_text())["results"][0]["us"] == [2.0]
    assert "ring                2.00" in capsys.readouterr().out


@pytest.mark.once
def test_the_lectures_claims_are_measured_without_the_plugins_of_the_tests(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # as where only '.[bench]' is
    what, figures = zip(*MEASURES["lecture"](1), strict=True)
    assert what[0].startswith("the lecture's claims")
    assert float(figures[0].replace(",", "")) > 1_000


@pytest.mark.once
def test_the_speed_of_a_sweep_is_told_for_each_class(capsys):
    sweep.main(rounds=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("µs")
    assert [line.split()[0] for line in lines[1:]] == [*"ABCD", "all"]
    assert all(line.endswith("cases a second") for line in lines[1:])


@pytest.mark.once
def test_the_speed_of_a_sweep_in_several_processes_is_told(capsys):
    sweep_processes.main(processes=1, rounds=1, classes="A")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("seconds of each round")
    assert [line[:6] for line in lines[1:3]] == ["1 proc", "1 more"]
    assert lines[-1].endswith("times as fast")


def test_the_program_that_is_swept_has_5_tasks_and_100_steps():
    trace = vtloop.simulate(sweep.program).trace
    assert len(trace.tasks) == 5
    assert sum(step[1] > 0 for step in trace.steps) == 100
