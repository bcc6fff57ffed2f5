"""What is in the gallery: which races there are, of what kind, and how little shows each of them.

A race of *order* fails if some task is held: passed over, at one of its awaits, while others go on.
Where awaits take time, one that takes longer has the same effect. A race of *duration* is about a
time that the program itself waits: a timeout, a lease, a beat. No order shows it, only a timer that
ends later than asked.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from scenarios.races import pauses

Program = Callable[[], Coroutine[Any, Any, None]]


class Kind(Enum):
    """What is to be otherwise than usual for a race to be seen."""

    ORDER = "order"
    DURATION = "duration"


class Least(NamedTuple):
    """The shortest explanation of a failure there is."""

    holds: int
    """How many tasks are held, once each."""
    stretched: int
    """How many timers end later than asked, in the order in which stock asyncio runs all else."""


@dataclass(frozen=True)
class Race:
    """One race."""

    name: str  # of the module
    kind: Kind
    deviations: int = 1  # that are needed at least: holds in the variant step, timers in that of io
    source: str = ""  # the public issues of a real bug on which it is modelled

    def main(self, *, io: bool, fixed: bool = False) -> Program:
        """Return the program, with the bug or without it: a function without arguments."""
        module = import_module(f"scenarios.races.{self.name}")
        pause = pauses.io if io else pauses.step
        return partial(module.fixed if fixed else module.broken, pause)

    def least(self, *, io: bool) -> Least:
        """Return the shortest explanation of the failure of a variant."""
        if io or self.kind is Kind.DURATION:
            return Least(holds=0, stretched=self.deviations)
        return Least(holds=self.deviations, stretched=0)

    @property
    def story(self) -> str:
        """What goes wrong, in which schedule, and why the fix is right."""
        return import_module(f"scenarios.races.{self.name}").__doc__ or ""


RACES = (
    Race("lost_update", Kind.ORDER),
    Race("double_fetch", Kind.ORDER, source="aio-libs/aiocache#1041"),
    Race("stale_fill", Kind.ORDER, source="aio-libs/aiocache#95"),
    Race("pool_over_limit", Kind.ORDER, source="aio-libs/aiopg#18, aio-libs/aioredis-py#71"),
    Race("token_refresh", Kind.ORDER, source="authlib/authlib#266"),
    Race("init_order", Kind.ORDER),
    Race("shutdown_race", Kind.ORDER, source="aio-libs/aiohttp#12497"),
    Race("events_out_of_order", Kind.ORDER),
    Race("snapshot_gap", Kind.ORDER, source="bmoscon/cryptofeed#1016"),
    Race("shared_connection", Kind.ORDER),
    Race("stale_set", Kind.ORDER, source="mosquito/aio-pika#589"),
    Race("missed_notify", Kind.ORDER),
    Race("bounded_buffer", Kind.ORDER),
    Race("lock_upgrade", Kind.ORDER),
    Race("dining_philosophers", Kind.ORDER, deviations=2),
    Race("barrier_misuse", Kind.ORDER),
    Race("hand_off", Kind.ORDER, source="psycopg/psycopg#509, emcache/emcache#48"),
    Race("crawl_ends_early", Kind.ORDER),
    Race("aba", Kind.ORDER),
    Race("migration", Kind.ORDER),
    Race("key_rotation", Kind.ORDER),
    Race("redelivery", Kind.DURATION),
    Race("heartbeat", Kind.DURATION, source="janbjorge/pgqueuer#430"),
    Race("timeout_against_completion", Kind.DURATION),
    Race("retry_duplicates", Kind.DURATION),
    Race(
        "reused_slot",
        Kind.DURATION,
        source="pymodbus-dev/pymodbus#2636, redis/redis-py#2624",
    ),
    Race("lease_and_leader", Kind.DURATION),
    Race("expiry_during_refresh", Kind.DURATION),
)
"""All races, those of order first."""


def named(name: str) -> Race:
    """Return a race by name; KeyError if there is none."""
    return {race.name: race for race in RACES}[name]
