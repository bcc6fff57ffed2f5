"""A sweep finds wake-ups that are lost, also where the wait is bounded by a timeout."""

import asyncio
from contextlib import suppress

import pytest

from vtloop.sweep import replay, sweep


def lost(report):
    return [one.finding for one in report.errors if one.finding.oracle == "lost wake-up"]


class CarelessLock(asyncio.Lock):
    """Wakes nobody when its holder is cancelled."""

    def _wake_up_first(self):
        if asyncio.current_task().cancelling() == 0:
            super()._wake_up_first()


class CarelessQueue(asyncio.Queue):
    """Wakes nobody else when whoever it has woken is cancelled."""

    async def get(self):
        while self.empty():
            getter = asyncio.get_running_loop().create_future()
            self._getters.append(getter)
            await getter
        return self.get_nowait()


class CarelessCondition(asyncio.Condition):
    """As asyncio's own was up to Python 3.12.1: who is cancelled passes no notification on."""

    async def wait(self):
        self.release()
        fut = asyncio.get_running_loop().create_future()
        self._waiters.append(fut)
        try:
            return await fut
        finally:
            self._waiters.remove(fut)
            await self.acquire()


class CarefulCondition(CarelessCondition):
    async def wait(self):
        try:
            return await super().wait()
        except asyncio.CancelledError:
            self.notify()
            raise


async def three_and_a_lock(lock):
    async def work():
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                async with lock:
                    await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for name in ("victim", "second", "third"):
            group.create_task(work(), name=name)


async def three_and_a_queue(queue):
    async def get():
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                await queue.get()

    async with asyncio.TaskGroup() as group:
        for name in ("victim", "second", "third"):
            group.create_task(get(), name=name)
        for item in range(2):
            await asyncio.sleep(1)
            queue.put_nowait(item)


async def three_and_a_condition(condition):
    async def wait():
        with suppress(TimeoutError):
            async with asyncio.timeout(20), condition:
                await condition.wait()

    async with asyncio.TaskGroup() as group:
        for name in ("victim", "second", "third"):
            group.create_task(wait(), name=name)
        for _ in range(2):
            await asyncio.sleep(1)
            async with condition:
                condition.notify()


@pytest.mark.parametrize(
    ("program", "careless", "careful", "detail"),
    [
        (three_and_a_lock, CarelessLock, asyncio.Lock, "it is free, and 1 task waits for it"),
        (
            three_and_a_queue,
            CarelessQueue,
            asyncio.Queue,
            "1 item in it, and 1 task waits for it",
        ),
        (
            three_and_a_condition,
            CarelessCondition,
            CarefulCondition,
            "notify() woke victim, which was cancelled and woke nobody else, and 1 task waits for "
            "it",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_lost_wake_up_is_found_though_the_wait_is_bounded(program, careless, careful, detail):
    async def main():
        await program(careless())

    async def other_main():
        await program(careful())

    report = sweep(main, victim="victim")
    (finding,) = lost(report)
    assert finding.subject.startswith(f"{careless.__name__} made at tests/search/test_wakeups.py:")
    assert finding.words == detail
    assert not lost(other := sweep(other_main, victim="victim")), other


@pytest.mark.parametrize("careless", [CarelessCondition, CarefulCondition])
def test_a_lost_notification_is_found_where_the_wait_is_not_bounded(careless):
    async def main():
        condition = careless()

        async def wait():
            async with condition:
                await condition.wait()
                condition.notify()

        async with asyncio.TaskGroup() as group:
            group.create_task(wait(), name="victim")
            group.create_task(wait())
            await asyncio.sleep(1)
            async with condition:
                condition.notify()

    report = sweep(main, victim="victim", classes="B")
    assert bool(lost(report)) is (careless is CarelessCondition), report


def test_a_lost_notification_is_seen_again_in_a_replay_which_is_recorded():
    async def main():
        await three_and_a_condition(CarelessCondition())

    report = sweep(main, victim="victim")
    (finding,) = lost(report)
    (problem,) = [problem for problem in report.errors if problem.finding == finding]
    replayed = replay(main, problem.token)
    assert finding in replayed.findings
    assert {use.kind for use in replayed.timeline.uses} == {"notify"}


def test_what_is_about_to_be_handed_over_is_not_lost():
    """A timeout cuts a wait short in the very instant in which the lock is released."""

    async def main():
        lock = asyncio.Lock()

        async def work(patience):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    async with lock:
                        await asyncio.sleep(1)

        await asyncio.gather(*map(work, (5, 1, 1, 2, 2)))

    report = sweep(main)
    assert not lost(report), report
    assert not report.before
