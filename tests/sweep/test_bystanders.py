"""A task that ends with CancelledError though nobody has cancelled it is told of.

It is if it shares a task with the victim. Whoever awaits the victim is cancelled as documented.
"""

import asyncio
import sys

import pytest

from vtloop.sweep import replay, sweep


def bystanders(program, victim="victim", **options):
    report = sweep(program, victim=victim, **options)
    return {
        one.finding.subject
        for one in report.errors
        if "while nobody had cancelled it" in one.finding.words
    }


async def load():
    await asyncio.sleep(1)
    return 1


class Cache:
    """Loads what it is asked for once."""

    def __init__(self, wait):
        self.task = None
        self.wait = wait

    async def get(self):
        if self.task is None:
            self.task = asyncio.create_task(load())
        return await self.wait(self.task)


async def plainly(task):
    return await task


async def bounded(task):
    return await asyncio.wait_for(task, 5)


def comes_later(wait):
    async def main():
        cache = Cache(wait)
        victim = asyncio.create_task(cache.get(), name="victim")
        await asyncio.sleep(0.5)
        assert await cache.get() == 1
        await asyncio.wait([victim])

    return main


def in_a_group(wait):
    async def main():
        cache = Cache(wait)
        async with asyncio.TaskGroup() as group:
            group.create_task(cache.get(), name="victim")
            group.create_task(cache.get(), name="another")

    return main


def gathered(wait):
    async def main():
        cache = Cache(wait)

        async def gathering():
            await asyncio.gather(cache.get(), load())

        victim = asyncio.create_task(gathering(), name="victim")
        other = asyncio.create_task(cache.get(), name="another")
        await asyncio.wait([victim, other])

    return main


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (comes_later(plainly), {"main"}),
        (in_a_group(plainly), {"another"}),
        pytest.param(
            in_a_group(bounded),
            {"another"},
            marks=pytest.mark.skipif(
                sys.version_info < (3, 12), reason="wait_for() awaits a future of its own there"
            ),
        ),
        (gathered(plainly), {"another"}),
    ],
)
def test_who_awaits_what_the_victim_has_awaited_is_cancelled_by_nobody(program, expected):
    assert bystanders(program, classes="ABC") == expected


def test_a_shield_around_what_is_shared_is_the_cure():
    for program in (comes_later, in_a_group, gathered):
        assert not bystanders(program(asyncio.shield))


def test_a_bystander_is_told_of_with_the_victim_and_what_to_do():
    shown = str(replay(comes_later(plainly), "victim#2@R0"))
    assert "it awaited a task that was cancelled as victim" in shown
    assert "asyncio.shield(task)" in shown


# Who is none


async def is_awaited():
    async def victim():
        await asyncio.create_task(load())

    await asyncio.gather(load(), asyncio.create_task(victim(), name="victim"))


async def is_awaited_later():
    async def victim():
        await asyncio.create_task(load())

    task = asyncio.create_task(victim(), name="victim")
    await asyncio.sleep(5)
    await task


async def is_bounded():
    async def victim():
        await asyncio.gather(load(), load())

    await asyncio.wait_for(asyncio.create_task(victim(), name="victim"), 5)


async def cancels_what_is_shared():
    task = asyncio.create_task(load())

    async def victim():
        try:
            await asyncio.sleep(1)
        finally:
            task.cancel()

    async def other():
        await task

    async with asyncio.TaskGroup() as group:
        group.create_task(victim(), name="victim")
        group.create_task(other())


async def handles_it():
    task = asyncio.create_task(load())

    async def other():
        try:
            await task
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise

    async with asyncio.TaskGroup() as group:
        group.create_task(plainly(task), name="victim")
        group.create_task(other())


@pytest.mark.parametrize(
    "program", [is_awaited, is_awaited_later, is_bounded, cancels_what_is_shared, handles_it]
)
def test_who_awaits_the_victim_or_what_the_program_has_cancelled_is_no_bystander(program):
    assert not bystanders(program)


def test_with_the_main_task_all_others_end():
    async def main():
        task = asyncio.create_task(load())
        other = asyncio.create_task(plainly(task))
        await task
        await other

    assert not bystanders(main, victim="main")
