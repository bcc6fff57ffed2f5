# mypy: disable-error-code="import-not-found,import-untyped"
"""The workloads in usim's own interface: activities that await points in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import usim

from benchmarks.workloads import SLEEPERS, TASKS


async def _sleep(delay: float, times: int = 1) -> None:
    time: Any = usim.time
    for _ in range(times):
        await (time + delay)


async def _spin(times: int) -> None:
    for _ in range(times):
        await usim.instant


def ring(count: int) -> None:
    usim.run(*(_spin(count // TASKS) for _ in range(TASKS)))


def chain(count: int) -> None:
    usim.run(_sleep(1, count))


def ticks(count: int) -> None:
    usim.run(*(_sleep(1, count // TASKS) for _ in range(TASKS)))


def periods(count: int) -> None:
    usim.run(*(_sleep(1 + number / 7, count // TASKS) for number in range(TASKS)))


def sleepers(count: int) -> None:
    for _ in range(count // SLEEPERS):
        usim.run(*(_sleep(1) for _ in range(SLEEPERS)))


def crowd(count: int) -> None:
    usim.run(*(_sleep(1 + number * 7919 % count) for number in range(count)))


PROGRAMS: dict[str, Callable[[int], None]] = {
    "ring": ring,
    "chain": chain,
    "ticks": ticks,
    "periods": periods,
    "sleepers": sleepers,
    "10k sleepers": crowd,
    "200k sleepers": crowd,
}
