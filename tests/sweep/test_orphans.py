"""A task that is left when the main coroutine has ended is told of once, with its owner."""

import asyncio
import contextlib

import pytest

from vtloop.sweep import sweep


def left(program, classes="ABC", **options):
    """Return the oracles and the subjects of what a sweep tells of tasks that are left."""
    report = sweep(program, classes=classes, **options)
    names = {"orphan", "cleanup cut off", "left behind"}
    findings = [*report.before, *(one.finding for one in report.problems)]
    return {(one.oracle, one.subject) for one in findings if one.oracle in names}


async def nap(seconds=1):
    await asyncio.sleep(seconds)


# Whose business a task is


async def has_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(nap())


async def has_a_group_in_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(has_a_group())


async def awaits_a_task():
    await asyncio.create_task(nap())


async def bounds_a_task():
    await asyncio.wait_for(asyncio.create_task(nap()), 5)


@contextlib.asynccontextmanager
async def heartbeat():
    async def beat():
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def has_a_heartbeat():
    async with heartbeat():
        await nap(3)


PROGRAMS = [has_a_group, has_a_group_in_a_group, awaits_a_task, bounds_a_task, has_a_heartbeat]


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_belongs_to_a_task_that_is_left_by_design_is_no_orphan(program):
    async def main():
        await asyncio.wait([asyncio.create_task(program())])

    assert left(main, victim="main") == {("left behind", program.__name__)}


def test_a_task_that_is_awaited_by_one_that_is_left_is_no_orphan_whoever_has_made_it():
    async def wait_for_it(task):
        await task

    async def main():
        task = asyncio.create_task(nap())
        await asyncio.gather(wait_for_it(task), nap(2))

    assert left(main, victim="nap") == {("left behind", "wait_for_it"), ("left behind", "nap")}


@pytest.mark.parametrize("program", PROGRAMS[:-1])
def test_of_an_orphan_and_what_belongs_to_it_the_orphan_is_told_of(program):
    async def main():
        task = asyncio.create_task(program())
        await asyncio.sleep(0.5)
        await task

    # Cancelled before it awaits the task.
    assert left(main, victim="main", classes="A") == {("orphan", program.__name__)}


# What is an orphan as ever


def test_what_a_task_has_left_that_has_ended_is_an_orphan_though_another_one_is_left_by_design():
    async def starts_one():
        asyncio.create_task(nap(9))

    async def main():
        await asyncio.wait([asyncio.create_task(one()) for one in (starts_one, has_a_group)])

    assert left(main, victim="main") == {("orphan", "nap"), ("left behind", "has_a_group")}


def test_of_two_tasks_that_are_each_others_business_the_first_is_told_of():
    async def parent():
        own = asyncio.current_task()

        async def watch():
            await own

        asyncio.create_task(watch())
        await asyncio.sleep(9)

    async def main():
        asyncio.create_task(parent())
        await asyncio.sleep(1)

    assert left(main, victim="main") == {("orphan", "parent")}
