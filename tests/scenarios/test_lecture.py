"""The lecture, executed in a real kernel."""

import pytest

pytest.importorskip("ipykernel")
pytest.importorskip("nbclient")
pytest.importorskip("matplotlib")

from scenarios import lecture
from scenarios.transcript import Transcript

pytestmark = pytest.mark.once


def times(printed):
    """Return the printed lines as (seconds, task, text)."""
    return [(float(line.at), line.task, line.text) for line in Transcript.parse(printed).lines]


@pytest.fixture(scope="module")
def executed():
    """The notebook as it is in its file, and executed in a real kernel."""
    stored, fresh = lecture.read(), lecture.read()
    lecture.execute(fresh)
    return stored.cells, fresh.cells


@pytest.mark.timeout(300)
def test_the_lecture_tells_what_its_file_says(executed):
    stored, fresh = executed
    assert list(map(lecture.told, fresh)) == list(map(lecture.told, stored))


def test_each_cell_of_the_lecture_that_takes_time_has_a_chart(executed):
    for cell in executed[1]:
        if cell.cell_type == "code":
            lines = lecture.told(cell).printed.splitlines()
            lasts = cell.source.startswith("%%vtloop") and any("|" in line for line in lines)
            quiet = "--no-chart" in cell.source or "TypeError" in cell.source
            assert lecture.charts(cell) == (lasts and not quiet), cell.source


def test_a_run_of_the_lecture_is_shown_with_its_chart(executed):
    cell = next(each for each in executed[1] if "simulate(nobody_waits)" in each.source)
    assert "something\n" in cell.outputs[-1].data["text/html"]
    assert "<svg" in cell.outputs[-1].data["text/html"]


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ('print("hello")', [(0, "hello"), (2, "world")]),
        (
            'await say_after(1, "hello")\n',
            [
                (0, "started 09:24:00"),
                (0, "something"),
                (1, "hello"),
                (1, "something"),
                (3, "world"),
                (3, "finished 09:24:03"),
            ],
        ),
        (
            "--settle\nfirst",
            [
                (0, "started 09:26:03"),
                (0, "something"),
                (0, "something"),
                (1, "hello"),
                (1, "finished 09:26:04"),
                (2, "world"),
            ],
        ),
        ("printer(1), printer(2)", [(0, "<_GatheringFuture pending>"), (1, "1"), (2, "2")]),
        (
            "everything canceled",
            [(1, "1 is done"), (2, "error occured, everything canceled"), (3, "3 is done")],
        ),
        ("asyncio.shield", [(1, "the caller is cancelled"), (3, "the work is done")]),
        ("def eternity", [(1, "timeout!")]),
        ("def tidy_eternity", [(1, "cleaning up"), (3, "clean"), (3, "timeout!")]),
        (
            "hold(lock, 3), hold(lock, 2)",
            [
                (0, "before start 10:14:31"),
                (1, "1 at 10:14:32"),
                (4, "3 at 10:14:35"),
                (6, "2 at 10:14:37"),
            ],
        ),
        (
            "Semaphore(2)",
            [
                (0, "before start 10:13:17"),
                (1, "1 at 10:13:18"),
                (2, "2 at 10:13:19"),
                (4, "3 at 10:13:21"),
            ],
        ),
        ("def waiter", [(0, "waiting for it ..."), (1, "... got it!")]),
    ],
)
def test_the_lecture_prints_what_its_readers_saw(executed, cell, lines):
    told = next(lecture.told(each) for each in executed[1] if cell in each.source)
    assert [(at, text) for at, _, text in times(told.printed)] == lines
