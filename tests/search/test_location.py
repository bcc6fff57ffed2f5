"""Where a cancellation lands is told from the outermost function to the innermost."""

import asyncio
import re

from vtloop.sweep import replay, sweep


async def work(lock):
    async with lock:
        await asyncio.sleep(1)


async def main():
    lock = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(lock))
        group.create_task(work(lock))


def landed(token):
    (text,) = replay(main, token).landed
    return re.sub(r"at \S*?(test_location\.py|asyncio\.\w+):\d+", r"at \1", text)


def test_a_task_that_waits_is_told_with_what_it_waits_for():
    assert landed("work#3@R0").splitlines() == [
        "work#3 waits for Lock 'lock'",
        "  at test_location.py in work: async with lock:",
        "  at asyncio.locks in _ContextManagerMixin.__aenter__",
        "  at asyncio.locks in Lock.acquire",
    ]


def test_a_task_that_has_not_begun_is_where_its_function_begins():
    assert landed("main#1@B0").splitlines() == [
        "main#1 waits for its next turn",
        "  at test_location.py in main: async def main():",
    ]


def test_a_task_that_is_running_is_told_with_the_function_that_it_calls():
    assert landed("main#1@C0.2").splitlines() == [
        "main#1 is running",
        "  at test_location.py in main: async with asyncio.TaskGroup() as group:",
        "  at asyncio.taskgroups in TaskGroup.__init__",
    ]


def test_both_cancellations_of_a_pair_are_told():
    async def stubborn():
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.sleep(2)

    first, second = replay(stubborn, "stubborn#1@R0+R0").landed
    assert first.startswith("stubborn#1 waits for a sleep until 1 s")
    assert second.startswith("stubborn#1 waits for a sleep until 2 s")


def test_it_lands_in_the_program_or_in_asyncio_and_never_in_what_records_the_run():
    tokens = []
    sweep(main, classes="C", check=lambda outcome: tokens.append(str(outcome.case)))
    places = [replay(main, token).landed[0].splitlines()[-1] for token in tokens[2:]]
    assert not [place for place in places if not re.search(r"asyncio\.|test_location", place)]
