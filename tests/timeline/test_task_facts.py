"""The facts of a task, for plain asserts."""

import asyncio

import pytest

import vtloop


def test_the_facts_of_a_task_are_plain_numbers_of_seconds():
    async def hold(lock):
        async with lock:
            await asyncio.sleep(1)

    async def main():
        lock = asyncio.Lock()
        tasks = [asyncio.create_task(hold(lock)) for _ in range(2)]
        await asyncio.sleep(1.5)
        tasks[1].cancel()
        await asyncio.wait(tasks)

    run = vtloop.simulate(main)
    first, second = run["hold#2"], run[3]
    assert (first.created_at, first.started_at, first.finished_at, first.took) == (0, 0, 1, 1)
    assert (first.outcome, first.error, first.cancelled_at) == ("returned", "", None)
    assert first.cancelled_by is None
    assert (second.waited, second.waited_for("lock"), second.waited_for("sleep")) == (1.5, 1, 0.5)
    assert (second.ended_at, second.finished_at, second.took) == (1.5, None, 1.5)
    assert (second.cancelled_at, second.cancelled_by) == (1.5, "main#1")
    assert repr(second) == "<Task hold#3: started at 0.0 s, cancelled at 1.5 s>"
    with pytest.raises(LookupError, match="2 of that name ran"):
        run["hold"]
    with pytest.raises(LookupError, match="nothing of that name is known"):
        first.waited_for("lokc")


def test_the_facts_of_a_task_that_was_left_say_so():
    async def main():
        asyncio.create_task(work(10), name="left")
        await asyncio.sleep(1)

    left = vtloop.simulate(main)["left"]
    assert (left.outcome, left.cancelled_by, left.finished_at) == ("cancelled", "the run", None)


async def work(delay):
    await asyncio.sleep(delay)
