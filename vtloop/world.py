"""What a run replaces in the process around it, all in one place, and put back when it ends.

While at least one virtual loop runs:

- `time.sleep`: blocking calls take virtual time
- `set` in `asyncio.tasks` and `asyncio.taskgroups`, `asyncio.tasks.all_tasks`: sets in order, so
  that `wait`, `as_completed`, task groups and the end of `asyncio.run` are reproducible
- `threading.Lock`, what `threading.RLock` and `threading.Condition` make of it, and
  `queue.SimpleQueue`; the clock by which these and `concurrent.futures` judge timeouts: worker
  threads wait in virtual time
- the `sleep` with which `subprocess` polls a child: that is real
- `Thread.start`: not so for the start of a thread, which takes no virtual time
- `submit` and `shutdown` of `ThreadPoolExecutor`: its jobs go to the run's own worker threads

With a recorder, `acquire` and `release` of `asyncio.Lock` and `asyncio.Semaphore`: who holds what.
With `wall_clock=`, `time.monotonic`, `time.perf_counter` and their `_ns` variants, `time.ctime` and
`time.asctime`. A module that took `sleep` or one of these by `from time import …` gets the stand-in
under that name too. All stand-ins do what the originals do on threads that belong to no run.

While a script runs, how event loops are made, see `loop_makers`.

Besides, a run with a seed has a state of `random` of its own, and it owns the schedule of the
garbage collector (see `collector`).
"""

from __future__ import annotations

import asyncio.taskgroups
import asyncio.tasks
import queue
import random
import subprocess
import sys
import threading
import time
from asyncio import Lock, Semaphore
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from vtloop import blocking, holders, locks, ordering, pools
from vtloop.blocking import here
from vtloop.clock import Clock
from vtloop.collector import Collector
from vtloop.errors import SimulationError
from vtloop.private.threads import SIMPLE_QUEUE, futures_base
from vtloop.wallclock import LEFT_ALONE, WallClock

if TYPE_CHECKING:
    from datetime import datetime

_ABSENT: Any = object()


class Replacement(NamedTuple):
    """A name of a module or class, and what stands in for it."""

    module: ModuleType | type
    name: str
    stand_in: Any
    taken_by_name: bool = False  # by `from module import name` in other modules


ALWAYS = (
    Replacement(time, "sleep", blocking.sleep, taken_by_name=True),
    Replacement(asyncio.tasks, "set", ordering.OrderedSet),
    Replacement(asyncio.tasks, "all_tasks", ordering.all_tasks),
    Replacement(asyncio.taskgroups, "set", ordering.set_of_tasks),
    Replacement(threading, "Lock", locks.Lock, taken_by_name=True),
    Replacement(threading, "_allocate_lock", locks.Lock),
    Replacement(threading, "_CRLock", None),  # then it is made in Python, of the lock above
    Replacement(queue, "SimpleQueue", SIMPLE_QUEUE, taken_by_name=True),
    Replacement(threading, "_time", blocking.monotonic),
    Replacement(queue, "time", blocking.monotonic),
    Replacement(futures_base, "time", SimpleNamespace(monotonic=blocking.monotonic)),
    Replacement(subprocess, "time", SimpleNamespace(sleep=blocking.real_sleep)),
    Replacement(threading.Thread, "start", blocking.start_thread),
    Replacement(ThreadPoolExecutor, "submit", pools.submit),
    Replacement(ThreadPoolExecutor, "shutdown", pools.shutdown),
)
RECORDED = (
    Replacement(Lock, "acquire", holders.lock_acquire),
    Replacement(Lock, "release", holders.lock_release),
    Replacement(Semaphore, "acquire", holders.semaphore_acquire),
    Replacement(Semaphore, "release", holders.semaphore_release),
)
WITH_WALL_CLOCK = tuple(
    Replacement(time, name, stand_in, taken_by_name=True) for name, stand_in in LEFT_ALONE.items()
)


class _Place(NamedTuple):
    """Where a name is, and its two values."""

    names: Any  # of a module, as a dict; or a class
    name: str
    stand_in: Any
    original: Any


class Replacements:
    """A table of replacements, in force while it is entered at least once, from any thread."""

    def __init__(self, table: tuple[Replacement, ...]) -> None:
        self._classes: list[_Place] = []
        self._modules: list[_Place] = []
        self._to_take: list[_Place] = []
        self._takers: list[_Place] = []  # other modules that have taken a name
        for module, name, stand_in, taken_by_name in table:
            original = vars(module).get(name, _ABSENT)
            if isinstance(module, type):
                self._classes.append(_Place(module, name, stand_in, original))
            else:
                self._modules.append(_Place(vars(module), name, stand_in, original))
            if taken_by_name:
                self._to_take.append(self._modules[-1])
        self._modules_seen: tuple[int, object] = (0, None)
        self._lock = threading.Lock()
        self._entered = 0

    def __enter__(self) -> None:
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                if self._to_take and _modules() != self._modules_seen:
                    self._modules_seen = _modules()
                    self._takers = self._who_has([place.original for place in self._to_take])
                for owner, name, stand_in, _ in self._classes:
                    setattr(owner, name, stand_in)
                for names, name, stand_in, _ in self._modules:
                    names[name] = stand_in
                for names, name, stand_in, _ in self._takers:
                    names[name] = stand_in

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                for owner, name, _, original in self._classes:
                    if original is _ABSENT:  # inherited
                        delattr(owner, name)
                    else:
                        setattr(owner, name, original)
                for names, name, _, original in self._modules:
                    if original is _ABSENT:
                        del names[name]
                    else:
                        names[name] = original
                for names, name, _, original in self._takers:
                    names[name] = original
                if self._to_take and _modules() != self._modules_seen:
                    # New modules may have taken a stand-in.
                    for place in self._who_has([place.stand_in for place in self._to_take]):
                        place.names[place.name] = place.original

    def _who_has(self, values: list[Any]) -> list[_Place]:
        """Return where modules have one of `values`, one for each name, by `from … import`."""
        return [
            place._replace(names=names)
            for names in map(vars, filter(_is_users, list(sys.modules.values())))
            for place, value in zip(self._to_take, values, strict=True)
            if names.get(place.name, _ABSENT) is value
        ]


def _modules() -> tuple[int, object]:
    """Return what changes when modules come and go: how many there are, and the last."""
    while True:
        try:
            return len(sys.modules), next(reversed(sys.modules.values()))
        except RuntimeError:  # another thread is importing: look again
            continue


def _is_users(module: Any) -> bool:
    if not isinstance(module, ModuleType) or module is time:
        return False
    return module.__name__.partition(".")[0] != "vtloop"


always = Replacements(ALWAYS)
when_recorded = Replacements(RECORDED)
with_wall_clock = Replacements(WITH_WALL_CLOCK)


class Randomness:
    """A state of the module `random` of the run's own, kept between the loop's runs.

    Runs may nest, but not overlap in two threads, as `random` has only one state.
    """

    _inside = 0  # how many runs have their own state now

    def __init__(self, seed: int | str) -> None:
        self.kept = True  # whether the run goes on after an exit
        self._ours = _seeded(seed)
        self._theirs: Any = None

    def __enter__(self) -> None:
        if Randomness._inside and here.actor is None:
            raise SimulationError(
                "A run with a seed was started while another thread has one going, and both would "
                "draw from the module random; pass seed=None to all of them but one"
            )
        Randomness._inside += 1
        self._theirs = random.getstate()
        random.setstate(self._ours)

    def __exit__(self, *exc_info: object) -> None:
        Randomness._inside -= 1
        if self.kept:
            self._ours = random.getstate()
        random.setstate(self._theirs)


@lru_cache(maxsize=16, typed=True)
def _seeded(seed: int | str) -> Any:
    """Return the state of `random` after `random.seed(seed)`."""
    return random.Random(seed).getstate()


class World:
    """The surroundings of one loop, in force while it is entered at least once."""

    def __init__(
        self, clock: Clock, recorded: bool, wall_clock: datetime | None, seed: int | str | None
    ) -> None:
        self.collector = Collector()
        self._parts: list[Any] = [always, self.collector]
        if recorded:
            self._parts.append(when_recorded)
        if wall_clock is not None:
            self._parts += [with_wall_clock, WallClock(clock, wall_clock)]
        if seed is not None:
            self._parts.append(Randomness(seed))
        self._entered = 0

    def close(self) -> None:
        """Take note that it will not be entered again."""
        for part in self._parts:
            if isinstance(part, Randomness):
                part.kept = False

    def __enter__(self) -> None:
        if self._entered == 0:
            for number, part in enumerate(self._parts):
                try:
                    part.__enter__()
                except BaseException:
                    self._exit(self._parts[:number])
                    raise
        self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        self._entered -= 1
        if self._entered == 0:
            self._exit(self._parts)

    def _exit(self, parts: list[Any]) -> None:
        for part in reversed(parts):
            part.__exit__(None, None, None)
