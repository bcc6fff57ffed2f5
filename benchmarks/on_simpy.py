# mypy: disable-error-code="import-not-found,import-untyped"
"""The workloads in SimPy's own interface: processes are generators that yield events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import simpy

from benchmarks.workloads import SLEEPERS, TASKS


def _sleep(environment: Any, delay: float, times: int = 1) -> Iterator[Any]:
    for _ in range(times):
        yield environment.timeout(delay)


def _in_parallel(count: int, tasks: int, delay: Callable[[int], float]) -> None:
    environment = simpy.Environment()
    for number in range(tasks):
        environment.process(_sleep(environment, delay(number), count // tasks))
    environment.run()


def chain(count: int) -> None:
    _in_parallel(count, 1, lambda number: 1)


def ring(count: int) -> None:
    _in_parallel(count, TASKS, lambda number: 0)


def ticks(count: int) -> None:
    _in_parallel(count, TASKS, lambda number: 1)


def periods(count: int) -> None:
    _in_parallel(count, TASKS, lambda number: 1 + number / 7)


def sleepers(count: int) -> None:
    for _ in range(count // SLEEPERS):
        _in_parallel(SLEEPERS, SLEEPERS, lambda number: 1)


def crowd(count: int) -> None:
    _in_parallel(count, count, lambda number: 1 + number * 7919 % count)


PROGRAMS: dict[str, Callable[[int], None]] = {
    "ring": ring,
    "chain": chain,
    "ticks": ticks,
    "periods": periods,
    "sleepers": sleepers,
    "10k sleepers": crowd,
    "200k sleepers": crowd,
}
