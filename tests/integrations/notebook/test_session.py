"""Cells without a notebook: their output, and the trace of each."""

import asyncio
import io
import sys
from contextlib import closing
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone

import pytest

import vtloop
from vtloop.core import hazards
from vtloop.core.options import Options
from vtloop.core.patches.environment import one_time
from vtloop.integrations.notebook.session import Notebook

pytestmark = pytest.mark.ends


def cells(*mains):
    """Return the runs of cells, on one loop."""
    with closing(Notebook()) as book:
        return [book.run(main) for main in mains]


def test_a_cells_trace_is_that_of_a_run_of_its_own():
    async def main():
        await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))

    run = cells(main, main)[1]
    alone = vtloop.simulate(main)
    assert [step[:2] for step in run.trace.steps] == [step[:2] for step in alone.trace.steps]
    assert run.timeline.end == alone.timeline.end


def test_what_goes_on_from_an_earlier_cell_is_in_the_trace_of_the_next():
    lock = asyncio.Lock()

    async def holder():
        async with lock:
            await asyncio.sleep(5)

    async def first():
        first.left = asyncio.create_task(holder(), name="holder")
        await asyncio.create_task(asyncio.sleep(1), name="over")

    async def second():
        await lock.acquire()

    one, two = cells(first, second)
    assert one.unfinished == ("holder",)
    timeline = two.timeline
    assert [lane.label for lane in timeline.lanes.values()] == ["cell#4", "holder"]
    span = timeline["holder"].at(1_000_000_000)
    assert (span.state, span.what, span.end) == ("waiting", "a sleep until 4 s", 4_000_000_000)
    waits = timeline["cell#4"].at(1_000_000_000)
    assert (waits.state, waits.kind, waits.end) == ("waiting", "lock", 4_000_000_000)
    assert [(held.task, held.start, held.end) for held in timeline.holdings] == [
        (2, 0, 4_000_000_000),
        (1, 4_000_000_000, 4_000_000_000),
    ]
    assert two.trace.header["ended"] == 4_000_000_000


def test_tasks_are_numbered_anew_when_nothing_is_left():
    async def cell():
        await asyncio.create_task(asyncio.sleep(1))

    tasks = [[task.label for task in run.trace.tasks] for run in cells(cell, cell)]
    assert tasks == [["cell#1", "sleep#2"]] * 2


def test_a_cell_that_cannot_be_started_leaves_the_next_ones_alone():
    elsewhere = one_time(vtloop.Clock(), datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5))))
    with closing(Notebook()) as book:
        with elsewhere, pytest.raises(vtloop.SimulationError, match="a process has only one"):
            book.run(lambda: asyncio.sleep(1))
        assert book.run(lambda: asyncio.sleep(1)).elapsed == 1.0


# What is printed


def test_what_a_task_prints_in_a_later_cell_is_of_that_cell(monkeypatch):
    cell_now = ContextVar("cell_now")
    written = []

    class Stream(io.StringIO):
        def write(self, text):
            written.append((cell_now.get(), text))
            return len(text)

    async def left():
        await asyncio.sleep(1)
        print("from the first")

    async def first():
        left.task = asyncio.create_task(left())

    monkeypatch.setattr(sys, "stdout", Stream())
    with closing(Notebook()) as book:
        for number, main in ((1, first), (2, lambda: asyncio.sleep(2))):
            cell_now.set(number)
            book.run(main)
    assert {number for number, _ in written} == {2}


async def waits_for_ever():
    await asyncio.sleep(1)
    await asyncio.Event().wait()


def test_messages_count_time_from_where_the_cell_begins(monkeypatch):
    monkeypatch.setattr(hazards, "MAX_ROUNDS", 10_000)  # a million would take seconds

    async def ticks():
        while True:
            await asyncio.sleep(2)

    async def polls():
        while True:
            await asyncio.sleep(0)

    with closing(Notebook()) as book:
        book.run(lambda: asyncio.sleep(13))
        assert "at virtual time 1 s while" in str(book.run(waits_for_ever).error)
        assert "so the run ends here, though until=4 was asked for" in str(
            book.run(waits_for_ever, Options(until=4)).error
        )
        assert "at virtual time 0 s while no timer" in str(book.run(polls).error)
        run = book.run(ticks, Options(until=3))
        with pytest.raises(vtloop.UntilReached, match="stopped at its until, after 3 s"):
            run.result()


def test_what_is_left_in_a_cell_is_told_in_the_time_of_the_cell():
    with closing(Notebook()) as book:
        book.run(lambda: asyncio.sleep(13))
        book.loop.begin(3)
        with pytest.raises(vtloop.UntilReached) as reached:
            book.loop.run_until_complete(asyncio.sleep(8))
        book.loop.rest()
    assert str(reached.value).startswith("The run reached until=3 seconds of virtual time while")
    assert "waits for a sleep until 8 s" in str(reached.value)
