"""What a run replaces in the process around it, all in one place, and put back when it ends.

While at least one virtual loop runs:

- the clocks of the module `time`, and `time.sleep`: they tell and take virtual time (see
  `time_functions`), wherever somebody keeps them (see `redirect`)
- `datetime.now`, `datetime.utcnow`, `date.today`, by way of time-machine; and the local time zone
  (see `wall_clock`); that from which `logging` counts `relativeCreated`
- `set` in `asyncio.tasks` and `asyncio.taskgroups`, `asyncio.tasks.all_tasks`: sets in order, so
  that `wait`, `as_completed`, task groups and the end of `asyncio.run` are reproducible
- `threading.Lock`, what `threading.RLock` and `threading.Condition` make of it, and
  `queue.SimpleQueue`; the clock by which these and `concurrent.futures` judge timeouts: worker
  threads wait in virtual time, also where a program is to read the real clocks
- `Thread.start` and `Thread.join`: threads that the program starts belong to the run
- what numbers threads and executors without a name (see `default_names`)
- `submit` and `shutdown` of `ThreadPoolExecutor`: its jobs go to the run's own worker threads
- `os.urandom`, `os.getrandom`, `ssl.RAND_bytes`, `random.Random.seed`, `random.seed`,
  `uuid.getnode`, and where `tempfile` has its names and its directory from: chance (see
  `system_chance`)
- `subprocess.Popen`, `os.system`, `os.posix_spawn`, `os.wait` and its like, `select.select`,
  `selectors.DefaultSelector`, `connect` and `bind` of sockets: they do as they always do, and the
  run tells of it (see `real_things`); of a fork it is told by what is registered for that
- `set` in `weakref.WeakSet`, in `concurrent.futures` and in installed modules that use asyncio:
  sets in order (see `library_sets`)
- how `multiprocessing` waits for semaphores, pipes and processes on the loop's own thread
  (see `other_processes`)
- what imports modules: some of these may come while the run is on

With a recorder, `acquire` and `release` of `asyncio.Lock` and `asyncio.Semaphore`: who holds what.
All stand-ins do what the originals do on threads that belong to no run.

How a thread of the run makes an event loop, and which may run there: see `inner_loops`.

Besides, a run with a seed has chance of its own (see `module_random`), and it owns the schedule of
the garbage collector (see `gc_schedule`).
"""

from __future__ import annotations

import asyncio.events
import asyncio.taskgroups
import asyncio.tasks
import logging
import os
import queue
import random
import threading
import time
from asyncio import Lock, Semaphore
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

from vtloop.core import sets
from vtloop.core.idle_thread import IdleThread
from vtloop.core.patches import (
    asyncio_locks,
    default_names,
    inner_loops,
    other_processes,
    real_things,
    system_chance,
)
from vtloop.core.patches.gc_schedule import Collector
from vtloop.core.patches.library_sets import makes_sets
from vtloop.core.patches.module_random import Randomness
from vtloop.core.patches.real_things import tells
from vtloop.core.patches.time_functions import STAND_INS, TOLD_BY_TIME_MACHINE, start_of_logging
from vtloop.core.patches.wall_clock import OneTime, WallClock
from vtloop.core.threads import actor, pools, program_threads, thread_locks
from vtloop.core.threads.actor import here
from vtloop.patching.originals import TIME
from vtloop.patching.replacements import Replacement, Replacements
from vtloop.private import interpreter
from vtloop.private.events import SET_RUNNING_LOOP
from vtloop.private.interpreter import (
    CANDIDATE_NAMES,
    DEFAULT_DIRECTORY,
    START_OF_LOGGING,
    weak_sets,
)
from vtloop.private.threads import (
    MAKE_METHODS,
    NEXT_NUMBER,
    POLL,
    RECEIVE,
    SEND,
    SIMPLE_QUEUE,
    futures_base,
)
from vtloop.values.clock import Clock

ALWAYS = (
    *(
        Replacement(time, name, stand_in, taken_by_name=True, redirected=TIME[name])
        for name, stand_in in STAND_INS.items()
        if name not in TOLD_BY_TIME_MACHINE
    ),
    Replacement(logging, START_OF_LOGGING, start_of_logging(interpreter.start_of_logging)),
    Replacement(asyncio.tasks, "set", sets.OrderedSet),
    Replacement(asyncio.tasks, "all_tasks", sets.all_tasks),
    Replacement(asyncio.taskgroups, "set", sets.SetOfTasks),
    Replacement(threading, "Lock", thread_locks.Lock, taken_by_name=True),
    Replacement(threading, "_allocate_lock", thread_locks.Lock),
    Replacement(threading, "_CRLock", None),  # then it is made in Python, of the lock above
    Replacement(queue, "SimpleQueue", SIMPLE_QUEUE, taken_by_name=True),
    Replacement(threading, "_time", actor.monotonic),
    Replacement(queue, "time", actor.monotonic),
    Replacement(futures_base, "time", SimpleNamespace(monotonic=actor.monotonic)),
    Replacement(threading, NEXT_NUMBER, default_names.next_of_threads),
    Replacement(ThreadPoolExecutor, NEXT_NUMBER, default_names.next_of_pools),
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
    *(
        Replacement(os, name, make(vars(os)[name]), taken_by_name=True, redirected=vars(os)[name])
        for name, make in (("urandom", system_chance.draws), ("getrandom", system_chance.getrandom))
        if hasattr(os, name)
    ),
    Replacement(random.Random, "seed", system_chance.seed),
    Replacement(random, "seed", system_chance.seed_of_module, taken_by_name=True),
    *(
        Replacement(
            module, name, tells(vars(module)[name], how), True, redirected=vars(module)[name]
        )
        for module, name, how in real_things.FUNCTIONS
    ),
    *(
        Replacement(kind, name, tells(getattr(kind, name), how))
        for kind, name, how in real_things.METHODS
    ),
    Replacement(weak_sets, "set", sets.OrderedSet),
    Replacement(futures_base, "set", sets.OrderedSet),
    Replacement(ThreadPoolExecutor, "submit", pools.submit),
    Replacement(ThreadPoolExecutor, "shutdown", pools.shutdown),
)
RECORDED = (
    Replacement(Lock, "acquire", asyncio_locks.lock_acquire),
    Replacement(Lock, "release", asyncio_locks.lock_release),
    Replacement(Semaphore, "acquire", asyncio_locks.semaphore_acquire),
    Replacement(Semaphore, "release", asyncio_locks.semaphore_release),
)
WALL = tuple(
    Replacement(time, name, STAND_INS[name], taken_by_name=True, redirected=TIME[name])
    for name in TOLD_BY_TIME_MACHINE & STAND_INS.keys()
)


def in_others(module: ModuleType) -> Iterator[Replacement]:
    """Yield what is replaced in a module that need not be there."""
    if module.__name__ == "_ssl":
        draw = vars(module)["RAND_bytes"]
        yield Replacement(module, "RAND_bytes", system_chance.draws(draw), True, redirected=draw)
    elif module.__name__ == "uuid":
        yield Replacement(module, "getnode", system_chance.getnode(module), taken_by_name=True)
    elif module.__name__ == "tempfile":
        yield Replacement(module, CANDIDATE_NAMES, system_chance.candidate_names(module))
        yield Replacement(module, DEFAULT_DIRECTORY, system_chance.default_directory(module))
    elif module.__name__ == "multiprocessing.process":
        start = module.BaseProcess.start
        yield Replacement(module.BaseProcess, "start", tells(start, real_things.PROCESS))
    elif module.__name__ == "multiprocessing.synchronize":
        kind = module.SemLock
        yield Replacement(kind, MAKE_METHODS, other_processes.make_methods(module))
        yield Replacement(kind, "__enter__", other_processes.enter)
    elif module.__name__ == "multiprocessing.connection":
        kind = module.Connection
        yield Replacement(kind, SEND, other_processes.send(module))
        yield Replacement(kind, RECEIVE, other_processes.receive(module))
        yield Replacement(kind, POLL, other_processes.poll(module))
    elif module.__name__ == "multiprocessing.popen_fork":
        yield Replacement(module.Popen, "wait", other_processes.wait_for_end(module))
    elif makes_sets(module):
        yield Replacement(module, "set", sets.OrderedSet)


always = Replacements(ALWAYS, in_others)
when_recorded = Replacements(RECORDED)
_wall = Replacements(WALL)


def one_time(clock: Clock, wall_clock: WallClock) -> OneTime:
    """Return what lets all clocks tell the time of a run."""
    return OneTime(clock, wall_clock, _wall)


class World:
    """The surroundings of one loop, in force while it is entered at least once."""

    def __init__(
        self,
        clock: Clock,
        recorded: bool,
        wall_clock: WallClock,
        seed: int | str | None,
        scope: str = "",
    ) -> None:
        self.collector = Collector()
        self.time = one_time(clock, wall_clock)
        self.idle_thread = IdleThread(clock)
        """Who this thread is while no loop runs in it."""
        self._parts: list[Any] = [always, self.collector, self.time]
        if recorded:
            self._parts.append(when_recorded)
        self._randomness = None if seed is None else Randomness(seed, scope, clock)
        if self._randomness is not None:
            self._parts.append(self._randomness)
        self._entered = 0

    def close(self) -> None:
        """Take note that it will not be entered again."""
        if self._randomness is not None:
            self._randomness.kept = False

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
