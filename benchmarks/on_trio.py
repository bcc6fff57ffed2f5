# mypy: disable-error-code="import-not-found,import-untyped"
"""The workloads in trio's own interface, on its clock for tests, which jumps: `MockClock`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio
import trio.testing

from benchmarks.workloads import SLEEPERS, TASKS


async def _sleep(delay: float, times: int = 1) -> None:
    for _ in range(times):
        await trio.sleep(delay)


async def _nothing() -> None:
    pass


async def _in_parallel(count: int, tasks: int, delay: Callable[[int], float]) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(tasks):
            nursery.start_soon(_sleep, delay(number), count // tasks)


async def ring(count: int) -> None:
    await _in_parallel(count, TASKS, lambda number: 0)


async def chain(count: int) -> None:
    await _sleep(1, count)


async def ticks(count: int) -> None:
    await _in_parallel(count, TASKS, lambda number: 1)


async def periods(count: int) -> None:
    await _in_parallel(count, TASKS, lambda number: 1 + number / 7)


async def sleepers(count: int) -> None:
    for _ in range(count // SLEEPERS):
        await _in_parallel(SLEEPERS, SLEEPERS, lambda number: 1)


async def timeouts(count: int) -> None:
    for _ in range(count):
        with trio.fail_after(3600):
            await trio.sleep(0)


async def spawns(count: int) -> None:
    for _ in range(count // TASKS):
        async with trio.open_nursery() as nursery:
            for _ in range(TASKS):
                nursery.start_soon(_nothing)


async def ping_pong(count: int) -> None:
    to_there, there = trio.open_memory_channel[int](count)
    to_back, back = trio.open_memory_channel[int](count)

    async def echo() -> None:
        for _ in range(count):
            await to_back.send(await there.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(echo)
        for number in range(count):
            await to_there.send(number)
            await back.receive()


async def crowd(count: int) -> None:
    await _in_parallel(count, count, lambda number: 1 + number * 7919 % count)


def _on_mock_clock(program: Callable[[int], Awaitable[None]], count: int) -> None:
    clock: Any = trio.testing.MockClock(autojump_threshold=0)
    trio.run(program, count, clock=clock)


PROGRAMS: dict[str, Callable[[int], None]] = {
    name: partial(_on_mock_clock, program)
    for name, program in {
        "ring": ring,
        "chain": chain,
        "ticks": ticks,
        "periods": periods,
        "sleepers": sleepers,
        "timeouts": timeouts,
        "spawns": spawns,
        "ping-pong": ping_pong,
        "10k sleepers": crowd,
        "200k sleepers": crowd,
    }.items()
}
