"""The benchmark of searches asks each explorer rightly, and tells what it has found."""

import json
import sys
from types import SimpleNamespace

import pytest

from benchmarks import explorers, search, search_sample
from benchmarks.explorers import EXPLORERS, Explorer, Found, named
from benchmarks.search import Results, Series, main, table
from benchmarks.search_sample import Asked
from scenarios.races.table import RACES, Kind
from scenarios.races.table import named as race_named

LOST_UPDATE, REDELIVERY = race_named("lost_update"), race_named("redelivery")


def results_of(**found):
    """Results of two races, without awaits that take time: by explorer, what each has found."""
    results = Results()
    for explorer, (lost_update, redelivery) in found.items():
        results.series["lost_update", "step", explorer] = Series(lost_update)
        results.series["redelivery", "step", explorer] = Series(redelivery)
    return results


# Explorers


class BugFound(Exception):
    report = SimpleNamespace(runs=7)


def raising(*args, **options):
    raise BugFound


MODULES = {
    "vtloop.explore": SimpleNamespace(
        explore=lambda main, budget, seed: SimpleNamespace(first_failure=seed, runs=budget)
    ),
    "detangle": SimpleNamespace(BugFound=BugFound, explore=raising),
    "simloom": SimpleNamespace(
        explore=lambda main, runs, start_seed: SimpleNamespace(failed=True, runs=start_seed)
    ),
    "simloop": SimpleNamespace(
        explore=lambda main, seeds: SimpleNamespace(seeds_passed=seeds.index(seeds[4]))
    ),
}


@pytest.mark.parametrize(
    ("explorer", "found"),
    [
        ("vtloop", Found(3, 100)),
        ("detangle", Found(7, 7)),
        ("simloom", Found(300, 300)),
        ("simloop", Found(5, 5)),
    ],
)
def test_an_explorer_tells_the_run_that_failed_first(monkeypatch, explorer, found):
    monkeypatch.setattr(explorers.importlib, "import_module", MODULES.__getitem__)
    assert named(explorer).search(LOST_UPDATE.main(io=False), 100, 3) == found


def test_nothing_found_is_told_with_the_runs_there_were(monkeypatch):
    modules = {
        "detangle": SimpleNamespace(
            BugFound=BugFound, explore=lambda main, runs, **_: SimpleNamespace(runs=runs - 1)
        ),
        "simloop": SimpleNamespace(explore=lambda main, seeds: None),
    }
    monkeypatch.setattr(explorers.importlib, "import_module", modules.__getitem__)
    program = LOST_UPDATE.main(io=False)
    assert named("detangle").search(program, 100, 3) == Found(None, 99)
    assert named("simloop").search(program, 100, 3) == Found(None, 100)


# One round


def test_a_round_searches_each_program_and_takes_the_speed(monkeypatch):
    searched = []

    def find(program, budget, seed):
        searched.append((program.func.__module__.split(".")[-1], program.func.__name__, budget))
        return Found(None, budget) if program.func.__name__ == "fixed" else Found(seed, seed)

    explorer = Explorer("one", "", find)
    monkeypatch.setattr(search_sample, "named", {"one": explorer}.__getitem__)
    programs = [("lost_update", False), ("redelivery", True)]
    answer = search_sample.search(Asked("one", 5, 100, 9, fixed=False, programs=programs))
    assert answer.first == [5, 5]
    assert answer.speed > 0
    assert searched[:2] == [("lost_update", "broken", 100), ("redelivery", "broken", 100)]
    assert searched[2:] == [(name, "fixed", 9) for name in search_sample.SPEED_OF]
    answer = search_sample.search(Asked("one", 5, 100, 0, fixed=True, programs=programs))
    assert answer == ([None, None], None)


# The table


def test_the_table_tells_medians_shares_and_what_all_find():
    results = results_of(
        detangle=([4, 16, 8], [None, None, 9]), simloom=([2, 2, 2], [None, None, None])
    )
    results.speeds["detangle"] = [1_500.0, 2_500.0]
    chosen = SimpleNamespace(races=[LOST_UPDATE, REDELIVERY], variants=["step"])
    told = table(results, chosen, [named("detangle"), named("simloom")])
    assert [" ".join(line.split()) for line in told.splitlines()] == [
        "median runs to the first failure detangle simloom",
        "lost_update, order, step 8 2",
        "redelivery, duration, step > 9 (1/3) -",
        "found in some round (always): order, step 1 (1) of 1 1 (1) of 1",
        "found in some round (always): duration, step 1 (0) of 1 0 (0) of 1",
        "geometric mean of 1 of order that all find, step 8.0 2.0",
        "worst of 1 of order that all find, step 8.0 2.0",
        "schedules a second 2,000 -",
    ]


# The command line


@pytest.fixture
def answers(monkeypatch):
    """Let each round answer with the next of these, without a process; returns what was asked."""
    asked, answers = [], []

    def answer(*arguments):
        asked.append(Asked(**json.loads(arguments[-1])))
        return json.dumps(answers.pop(0))

    monkeypatch.setattr(search, "python", answer)
    monkeypatch.setattr(Explorer, "version", lambda one: "1" if one.name == "detangle" else None)
    return SimpleNamespace(asked=asked, next=answers)


CHOSEN = ["--races", "lost_update", "redelivery", "--variants", "step", "--repeats", "3"]


def test_an_explorer_that_is_not_there_is_left_out_and_said_to_be(answers, capsys):
    answers.next += [([3, None], 100.0), ([5, None], 100.0), ([4], 100.0)]
    assert main([*CHOSEN, "--give-up", "2"]) == 0
    said = capsys.readouterr().out
    assert "vtloop is left out: vtloop.explore is not here." in said
    assert "simloop is left out: simloop is not here." in said
    assert f"Python {sys.version.split()[0]}; rounds: 3, of at most 2,000 runs of programs" in said
    assert "lost_update, order, step" in said


def test_what_is_never_found_is_given_up(answers, tmp_path):
    answers.next += [([3, None], 100.0), ([5, None], 100.0), ([4], 100.0)]
    kept = tmp_path / "kept.json"
    main([*CHOSEN, "--give-up", "2", "--json", str(kept)])
    both = [["lost_update", False], ["redelivery", False]]
    assert [one.programs for one in answers.asked] == [both, both, both[:1]]
    assert [one.seed for one in answers.asked] == [0, 1, 2]
    series = {one["race"]: one["first"] for one in json.loads(kept.read_text())["series"]}
    assert series == {"lost_update": [3, 5, 4], "redelivery": [None, None]}


def test_a_false_alarm_is_the_status(answers):
    answers.next += [([None, None], 100.0), ([None, 8], 100.0)] * 2
    assert main([*CHOSEN, "--repeats", "1", "--fixed"]) == 0
    assert main([*CHOSEN, "--repeats", "1", "--fixed"]) == 1
    assert all(one.fixed for one in answers.asked)


def test_the_names_are_different_and_the_speed_is_that_of_races_there_are():
    assert len({one.name for one in EXPLORERS}) == len(EXPLORERS)
    assert set(search_sample.SPEED_OF) <= {race.name for race in RACES if race.kind is Kind.ORDER}


def test_without_any_explorer_there_is_no_table(monkeypatch, capsys):
    monkeypatch.setattr(Explorer, "version", lambda one: None)
    assert main([]) == 1
    assert len(capsys.readouterr().out.splitlines()) == len(EXPLORERS)


def test_an_unknown_name_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["--explorers", "carousel"])
    assert "carousel" in capsys.readouterr().err
