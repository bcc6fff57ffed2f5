"""The programs that are measured: plain asyncio, the same for every loop.

Each takes the number of operations to do, and its cost is told per operation. The clock of a loop
matters to those that sleep for more than 0 seconds: on a real clock they would take that long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks import network

TASKS = 100  # of a ring, a set of ticks, a task group
SLEEPERS = 1_000  # of one deadline
BACKLOG = 1_000  # timers pending at once


@dataclass(frozen=True, slots=True)
class Workload:
    """A program, and how much of it to run."""

    name: str
    title: str
    operation: str
    """What is counted."""
    run: Callable[[int], Awaitable[object]]
    """Do so many operations."""
    size: int
    """The operations of one sample."""
    sleeps: bool = False
    """Whether it sleeps for more than 0 seconds, and so needs virtual time."""
    whole: bool = False
    """Whether the operation is a complete run: making a loop, running the program, closing it."""
    needs: str = ""
    """What it imports besides; this is no part of what is measured."""

    @property
    def is_possible(self) -> bool:
        """Whether what it needs is installed."""
        return not self.needs or find_spec(self.needs) is not None


async def ring(count: int) -> None:
    async def spin() -> None:
        for _ in range(count // TASKS):
            await asyncio.sleep(0)

    await asyncio.gather(*(spin() for _ in range(TASKS)))


async def chain(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(1)


async def ticks(count: int) -> None:
    async def tick() -> None:
        for _ in range(count // TASKS):
            await asyncio.sleep(1)

    await asyncio.gather(*(tick() for _ in range(TASKS)))


async def periods(count: int) -> None:
    async def tick(period: float) -> None:
        for _ in range(count // TASKS):
            await asyncio.sleep(period)

    await asyncio.gather(*(tick(1 + number / 7) for number in range(TASKS)))


async def sleepers(count: int) -> None:
    for _ in range(count // SLEEPERS):
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(SLEEPERS)))


async def timeouts(count: int) -> None:
    for _ in range(count):
        async with asyncio.timeout(3600):
            await asyncio.sleep(0)


async def waits(count: int) -> None:
    for _ in range(count):
        await asyncio.wait_for(asyncio.sleep(0), 3600)


async def cancelled(count: int) -> None:
    loop = asyncio.get_running_loop()
    for number in range(count):
        loop.call_later(3600, print).cancel()
        if number % BACKLOG == 0:
            await asyncio.sleep(0)


async def backlog(count: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(count // BACKLOG):
        timers = [loop.call_later(3600 + number, print) for number in range(BACKLOG)]
        await asyncio.sleep(0)
        for timer in timers:
            timer.cancel()
        await asyncio.sleep(0)


async def nothing(_count: int = 0) -> None:
    pass


async def spawns(count: int) -> None:
    for _ in range(count // TASKS):
        async with asyncio.TaskGroup() as group:
            for _ in range(TASKS):
                group.create_task(nothing())


async def ping_pong(count: int) -> None:
    there: asyncio.Queue[int] = asyncio.Queue()
    back: asyncio.Queue[int] = asyncio.Queue()

    async def echo() -> None:
        for _ in range(count):
            await back.put(await there.get())

    echoing = asyncio.create_task(echo())
    for number in range(count):
        await there.put(number)
        await back.get()
    await echoing


async def threads(count: int) -> None:
    for number in range(count):
        await asyncio.to_thread(abs, number)


async def crowd(count: int) -> None:
    """One sleep of each of `count` tasks, their deadlines all different and in no order."""
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(asyncio.sleep(1 + number * 7919 % count))


SMALL_CROWD, LARGE_CROWD = "10k sleepers", "200k sleepers"

WORKLOADS = (
    Workload("ring", f"sleep(0) in a ring of {TASKS} tasks", "sleep(0)", ring, 10_000),
    Workload("chain", "one task, sleep after sleep", "sleep", chain, 2_000, sleeps=True),
    Workload("ticks", f"{TASKS} ticks of one period", "tick", ticks, 5_000, sleeps=True),
    Workload("periods", f"{TASKS} ticks of different periods", "tick", periods, 5_000, sleeps=True),
    Workload(
        "sleepers",
        f"{SLEEPERS:,} sleepers of one deadline",
        "sleeper",
        sleepers,
        2_000,
        sleeps=True,
    ),
    Workload("timeouts", "timeouts that never fire", "timeout()", timeouts, 2_000),
    Workload("wait_for", "wait_for() that never fires", "wait_for()", waits, 2_000),
    Workload("cancelled", "timers cancelled at once", "timer", cancelled, 10_000),
    Workload("backlog", f"timers cancelled by the {BACKLOG:,}", "timer", backlog, 10_000),
    Workload("spawns", f"task groups of {TASKS}", "task", spawns, 5_000),
    Workload("ping-pong", "two tasks and two queues", "exchange", ping_pong, 2_000),
    Workload("threads", "to_thread(), one after the other", "to_thread()", threads, 200),
    Workload(SMALL_CROWD, "a sleep each of 10,000 tasks", "sleeper", crowd, 10_000, sleeps=True),
    Workload(LARGE_CROWD, "a sleep each of 200,000 tasks", "sleeper", crowd, 200_000, sleeps=True),
    Workload("echo", "1 KiB there and back over a connection", "round trip", network.echo, 500),
    Workload("stream", "pieces of 64 KiB over a connection", "piece", network.stream, 200),
    Workload(
        "requests",
        "requests of aiohttp, 1 KiB answered",
        "request",
        network.requests,
        100,
        needs="aiohttp",
    ),
    Workload("run", "a complete run of nothing", "run", nothing, 30, whole=True),
)


def named(name: str) -> Workload:
    """Return a workload by name; KeyError if there is none."""
    return {workload.name: workload for workload in WORKLOADS}[name]
