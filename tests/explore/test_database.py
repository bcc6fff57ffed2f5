"""Schedules that failed are kept in a directory, run first next time, and dropped if they pass."""

import pytest

from tests.support import raced
from vtloop.errors import SimulationError
from vtloop.explore import explore
from vtloop.explore.database import Database
from vtloop.explore.schedule import HOLD, LATE, Deviation, Schedule

ONE, OTHER = Schedule((Deviation(HOLD, 2, 1, 2),)), Schedule((Deviation(LATE, 2, 0, 1_000),))


def kept_in(directory):
    """Return all lines of the files in a directory."""
    return [line for file in directory.iterdir() for line in file.read_text().splitlines()]


def test_what_failed_is_run_right_after_asyncios_own_schedule(tmp_path):
    first = explore(raced.sold_twice, database=tmp_path)
    assert first.first_failure > 2
    assert kept_in(tmp_path) == [first.failures[0].token]
    second = explore(raced.sold_twice, database=tmp_path, seed=99)
    assert second.first_failure == 2
    assert second.failures[0].token == first.failures[0].token
    assert second.failures[0].member == "Replaying"
    assert kept_in(tmp_path) == [first.failures[0].token]


def test_what_passes_is_dropped(tmp_path):
    is_mended = False

    async def main():
        assert is_mended or await raced.in_order() == ["first", "second"]

    assert explore(main, database=str(tmp_path)).failures
    assert kept_in(tmp_path)
    is_mended = True
    report = explore(main, database=tmp_path, budget=2)
    assert report.ok
    assert "Replaying" in report.guarantees
    assert kept_in(tmp_path) == []


def test_a_realisable_search_leaves_holds_alone(tmp_path):
    async def main():
        assert await raced.in_order() == ["first", "second"]

    token = explore(main, database=tmp_path).failures[0].token
    assert explore(main, database=tmp_path, mode="realisable").runs == 1
    assert kept_in(tmp_path) == [token]


def test_nothing_is_written_where_nothing_fails_or_stock_asyncio_does(tmp_path):
    async def fails():
        raise ValueError

    explore(raced.safe, database=tmp_path / "none", budget=5)
    explore(fails, database=tmp_path / "none")
    assert [*tmp_path.iterdir()] == []


def test_the_last_to_fail_comes_first_and_each_program_has_its_own(tmp_path):
    database = Database(tmp_path, "shop.py:main")
    for schedule in (ONE, OTHER, ONE):
        database.keep(schedule)
    assert database.schedules() == [ONE, OTHER]
    assert Database(tmp_path, "shop.py:other").schedules() == []
    database.drop(ONE)
    assert Database(tmp_path, "shop.py:main").schedules() == [OTHER]


def test_what_is_no_schedule_is_passed_over(tmp_path):
    database = Database(tmp_path, "main")
    database.keep(ONE)
    (file,) = tmp_path.iterdir()
    file.write_text(f"{file.read_text()}c9:of-a-later-version\nc1:tie.0:b90d3cd1\n\n")
    assert database.schedules() == [ONE]


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SimulationError, match="was to be written, while that cannot be done"):
        explore(raced.safe, database=tmp_path / "file" / "below")
    with pytest.raises(TypeError, match="pass the path of a directory, or None"):
        explore(raced.safe, database=3)
