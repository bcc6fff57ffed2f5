"""What a run replaces in the process around it, all in one place, and put back when it ends.

While at least one virtual loop runs:

- the clocks of the module `time`, and `time.sleep`: they tell and take virtual time (see
  `time_functions`), wherever somebody keeps them (see `redirect`)
- `datetime.now`, `datetime.utcnow`, `date.today`, by way of time-machine; and the local time zone
  (see `wallclock`); that from which `logging` counts `relativeCreated`
- `set` in `asyncio.tasks` and `asyncio.taskgroups`, `asyncio.tasks.all_tasks`: sets in order, so
  that `wait`, `as_completed`, task groups and the end of `asyncio.run` are reproducible
- `threading.Lock`, what `threading.RLock` and `threading.Condition` make of it, and
  `queue.SimpleQueue`; the clock by which these and `concurrent.futures` judge timeouts: worker
  threads wait in virtual time, also where a program is to read the real clocks
- `Thread.start` and `Thread.join`: threads that the program starts belong to the run
- `submit` and `shutdown` of `ThreadPoolExecutor`: its jobs go to the run's own worker threads

With a recorder, `acquire` and `release` of `asyncio.Lock` and `asyncio.Semaphore`: who holds what.
All stand-ins do what the originals do on threads that belong to no run.

How a thread of the run makes an event loop, and which may run there: see `inner_loops`.

Besides, a run with a seed has a state of `random` of its own (see `randomness`), and it owns the
schedule of the garbage collector (see `collector`).
"""

from __future__ import annotations

import asyncio.events
import asyncio.taskgroups
import asyncio.tasks
import logging
import queue
import sys
import threading
import time
from asyncio import Lock, Semaphore
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from vtloop import blocking, holders, inner_loops, locks, ordering, pools, program_threads
from vtloop.blocking import here
from vtloop.clock import Clock
from vtloop.collector import Collector
from vtloop.idle_thread import IdleThread
from vtloop.originals import TIME
from vtloop.private import interpreter
from vtloop.private.events import SET_RUNNING_LOOP
from vtloop.private.interpreter import START_OF_LOGGING
from vtloop.private.threads import SIMPLE_QUEUE, futures_base
from vtloop.randomness import Randomness
from vtloop.redirect import Redirection, can_be_redirected
from vtloop.time_functions import STAND_INS, TOLD_BY_TIME_MACHINE, start_of_logging
from vtloop.wallclock import OneTime, WallClock

_ABSENT: Any = object()


class Replacement(NamedTuple):
    """A name of a module or class, and what stands in for it."""

    module: ModuleType | type
    name: str
    stand_in: Any
    taken_by_name: bool = False  # by `from module import name` in other modules
    redirected: Any = None  # the builtin function that it is, wherever that is kept


ALWAYS = (
    *(
        Replacement(time, name, stand_in, taken_by_name=True, redirected=TIME[name])
        for name, stand_in in STAND_INS.items()
        if name not in TOLD_BY_TIME_MACHINE
    ),
    Replacement(logging, START_OF_LOGGING, start_of_logging(interpreter.start_of_logging)),
    Replacement(asyncio.tasks, "set", ordering.OrderedSet),
    Replacement(asyncio.tasks, "all_tasks", ordering.all_tasks),
    Replacement(asyncio.taskgroups, "set", ordering.SetOfTasks),
    Replacement(threading, "Lock", locks.Lock, taken_by_name=True),
    Replacement(threading, "_allocate_lock", locks.Lock),
    Replacement(threading, "_CRLock", None),  # then it is made in Python, of the lock above
    Replacement(queue, "SimpleQueue", SIMPLE_QUEUE, taken_by_name=True),
    Replacement(threading, "_time", blocking.monotonic),
    Replacement(queue, "time", blocking.monotonic),
    Replacement(futures_base, "time", SimpleNamespace(monotonic=blocking.monotonic)),
    Replacement(threading.Thread, "start", program_threads.start),
    Replacement(threading.Thread, "join", program_threads.join),
    *(
        Replacement(kind, "__init__", inner_loops.becomes_virtual_in_a_run(kind))
        for kind in inner_loops.STOCK_LOOPS
    ),
    Replacement(
        asyncio.events,
        SET_RUNNING_LOOP,
        inner_loops.set_running_loop,
        taken_by_name=True,
        redirected=vars(asyncio.events)[SET_RUNNING_LOOP],
    ),
    Replacement(ThreadPoolExecutor, "submit", pools.submit),
    Replacement(ThreadPoolExecutor, "shutdown", pools.shutdown),
)
RECORDED = (
    Replacement(Lock, "acquire", holders.lock_acquire),
    Replacement(Lock, "release", holders.lock_release),
    Replacement(Semaphore, "acquire", holders.semaphore_acquire),
    Replacement(Semaphore, "release", holders.semaphore_release),
)
WALL = tuple(
    Replacement(time, name, STAND_INS[name], taken_by_name=True, redirected=TIME[name])
    for name in TOLD_BY_TIME_MACHINE & STAND_INS.keys()
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
        self._takers: list[_Place] = []  # modules that have taken something by name
        self._modules_seen: tuple[int, object] = (0, None)
        self._lock = threading.Lock()
        self._entered = 0
        redirections = []
        for module, name, stand_in, taken_by_name, redirected in table:
            if can_be_redirected(redirected):
                redirections.append(Redirection(redirected, stand_in))
            else:
                original = vars(module).get(name, _ABSENT)
                if isinstance(module, type):
                    self._classes.append(_Place(module, name, stand_in, original))
                else:
                    self._modules.append(_Place(vars(module), name, stand_in, original))
                if taken_by_name:
                    self._to_take.append(self._modules[-1])
        self._redirections = redirections  # which hold what the functions are redirected to
        self._redirected = [(one.words, one.redirected, one.original) for one in redirections]

    def __enter__(self) -> None:
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                if self._to_take and _modules() != self._modules_seen:
                    self._modules_seen = _modules()
                    self._takers = self._who_has("original")
                for owner, name, stand_in, _ in self._classes:
                    setattr(owner, name, stand_in)
                for names, name, stand_in, _ in self._modules:
                    names[name] = stand_in
                for names, name, stand_in, _ in self._takers:
                    names[name] = stand_in
                for words, redirected, _ in self._redirected:
                    words[:] = redirected

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                for words, _, original in self._redirected:
                    words[:] = original
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
                    for names, name, _, original in self._who_has("stand_in"):
                        names[name] = original

    def _who_has(self, which: str) -> list[_Place]:
        """Return where modules have one of the two values, by `from … import`.

        The standard library means something else by other names, such as the type of a lock.
        """
        wanted = {id(getattr(place, which)): place for place in self._to_take}
        return [
            place._replace(names=vars(module), name=name)
            for module in filter(_is_users, list(sys.modules.values()))
            for name, value in list(vars(module).items())
            if (place := wanted.get(id(value))) is not None
            and (name == place.name or _top(module) not in sys.stdlib_module_names)
        ]


def _modules() -> tuple[int, object]:
    """Return what changes when modules come and go: how many there are, and the last."""
    while True:
        try:
            return len(sys.modules), next(reversed(sys.modules.values()))
        except RuntimeError:  # another thread is importing: look again
            continue


def _is_users(module: Any) -> bool:
    return isinstance(module, ModuleType) and module is not time and _top(module) != "vtloop"


def _top(module: ModuleType) -> str:
    return module.__name__.partition(".")[0]


always = Replacements(ALWAYS)
when_recorded = Replacements(RECORDED)
_wall = Replacements(WALL)


def one_time(clock: Clock, wall_clock: WallClock) -> OneTime:
    """Return what lets all clocks tell the time of a run."""
    return OneTime(clock, wall_clock, _wall)


class World:
    """The surroundings of one loop, in force while it is entered at least once."""

    def __init__(
        self, clock: Clock, recorded: bool, wall_clock: WallClock, seed: int | str | None
    ) -> None:
        self.collector = Collector()
        self.time = one_time(clock, wall_clock)
        self.idle_thread = IdleThread(clock)
        """Who this thread is while no loop runs in it."""
        self._parts: list[Any] = [always, self.collector, self.time]
        if recorded:
            self._parts.append(when_recorded)
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
            if here.actor is None:
                here.actor = self.idle_thread
        self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        self._entered -= 1
        if self._entered == 0:
            self.idle_thread.close()
            if here.actor is self.idle_thread:
                here.actor = None
            self._exit(self._parts)

    def _exit(self, parts: list[Any]) -> None:
        for part in reversed(parts):
            part.__exit__(None, None, None)
