"""What a run replaces in the process around it, all in one place, and put back when it ends.

The tables are in force while at least one virtual loop runs, from whatever thread; each line says
why. What else a run changes, and what others do, is in `docs/replaced.md` beside them.

- All stand-ins do what the originals do on threads that belong to no run.
- How a thread of the run makes an event loop, and which may run there: see `inner_loops`.
- A run with a seed has chance of its own (see `module_random`), and it owns the schedule of the
  garbage collector (see `gc_schedule`).
"""

from __future__ import annotations

import asyncio.base_events
import asyncio.events
import asyncio.taskgroups
import asyncio.tasks
import logging
import os
import queue
import random
import select
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

from vtloop.core import sets
from vtloop.core.idle_thread import IdleThread
from vtloop.core.patches import (
    default_names,
    inner_loops,
    network_sets,
    network_sockets,
    os_files,
    other_processes,
    polls,
    real_things,
    selector_classes,
    system_chance,
)
from vtloop.core.patches.gc_schedule import Collector, trigger
from vtloop.core.patches.library_sets import makes_sets
from vtloop.core.patches.module_random import Randomness
from vtloop.core.patches.real_things import tells
from vtloop.core.patches.recorded import when_recorded
from vtloop.core.patches.time_functions import STAND_INS, TOLD_BY_TIME_MACHINE, start_of_logging
from vtloop.core.patches.wall_clock import OneTime, WallClock
from vtloop.core.threads import actor, pools, program_threads, thread_locks
from vtloop.core.threads.actor import here
from vtloop.patching.originals import TIME
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.patching.replacements import Later, Replacement, Replacements, because
from vtloop.private import interpreter
from vtloop.private.events import SET_RUNNING_LOOP
from vtloop.private.interpreter import (
    CANDIDATE_NAMES,
    DEFAULT_DIRECTORY,
    START_OF_LOGGING,
    weak_sets,
)
from vtloop.private.sockets import WRAP_SOCKET
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

_CHANCE = "chance comes from the seed"
_REAL = "the run tells that its program meets something real, which may differ the next time"
_OTHER_PROCESSES = "waits for other processes on the loop's own thread let the run's threads go on"

ALWAYS = (
    *because(
        "the clocks of the module, and `sleep`, tell and take virtual time",
        *(
            Replacement(time, name, stand_in, taken_by_name=True, redirected=TIME[name])
            for name, stand_in in STAND_INS.items()
            if name not in TOLD_BY_TIME_MACHINE
        ),
    ),
    *because(
        "`relativeCreated` counts from the begin of the run",
        Replacement(logging, START_OF_LOGGING, start_of_logging(interpreter.start_of_logging)),
    ),
    *because(
        "sets in order: `wait`, `as_completed`, groups, the addresses of a server and the end of a "
        "run are reproducible",
        Replacement(asyncio.base_events, "set", sets.OrderedSet),
        Replacement(asyncio.tasks, "set", sets.OrderedSet),
        Replacement(asyncio.tasks, "all_tasks", sets.all_tasks),
        Replacement(asyncio.taskgroups, "set", sets.SetOfTasks),
        Replacement(weak_sets, "set", sets.OrderedSet),
        Replacement(futures_base, "set", sets.OrderedSet),
    ),
    *because(
        "threads wait for each other in virtual time",
        Replacement(threading, "Lock", thread_locks.Lock, taken_by_name=True),
        Replacement(threading, "_allocate_lock", thread_locks.Lock),
        Replacement(threading, "_CRLock", None),  # then it is made in Python, of the lock above
        Replacement(queue, "SimpleQueue", SIMPLE_QUEUE, taken_by_name=True),
    ),
    *because(
        "timeouts of such waits are virtual, even where a program is to read the real clocks",
        Replacement(threading, "_time", actor.monotonic),
        Replacement(queue, "time", actor.monotonic),
        Replacement(futures_base, "time", SimpleNamespace(monotonic=actor.monotonic)),
    ),
    *because(
        "threads and executors without a name are numbered from the start in each run",
        Replacement(threading, NEXT_NUMBER, default_names.next_of_threads),
        Replacement(ThreadPoolExecutor, NEXT_NUMBER, default_names.next_of_pools),
    ),
    *because(
        "threads that the program starts belong to the run",
        Replacement(threading.Thread, "start", program_threads.start),
        Replacement(threading.Thread, "join", program_threads.join),
    ),
    *because(
        "jobs of an executor go to worker threads of the run's own",
        Replacement(ThreadPoolExecutor, "submit", pools.submit),
        Replacement(ThreadPoolExecutor, "shutdown", pools.shutdown),
    ),
    *because(
        "an event loop that a thread of the run makes is virtual",
        *(
            Replacement(kind, "__init__", inner_loops.becomes_virtual_in_a_run(kind))
            for kind in inner_loops.STOCK_LOOPS
        ),
    ),
    *because(
        "an event loop that is not virtual is refused in a thread of the run",
        Replacement(
            asyncio.events,
            SET_RUNNING_LOOP,
            inner_loops.set_running_loop,
            taken_by_name=True,
            redirected=vars(asyncio.events)[SET_RUNNING_LOOP],
        ),
    ),
    *because(
        _CHANCE,
        *(
            Replacement(
                os, name, make(vars(os)[name]), taken_by_name=True, redirected=vars(os)[name]
            )
            for name, make in (
                ("urandom", system_chance.draws),
                ("getrandom", system_chance.getrandom),
            )
            if hasattr(os, name)
        ),
        Replacement(random.Random, "seed", system_chance.seed),
        Replacement(random, "seed", system_chance.seed_of_module, taken_by_name=True),
    ),
    *because(
        _REAL,
        *(
            Replacement(
                module, name, tells(vars(module)[name], how), True, redirected=vars(module)[name]
            )
            for module, name, how in real_things.FUNCTIONS
        ),
        Replacement(select, "select", polls.simulated_select, True),
        *(
            Replacement(kind, name, tells(getattr(kind, name), how))
            for kind, name, how in real_things.METHODS
        ),
        Replacement(  # those that are asked for by name are rare
            selectors.DefaultSelector,
            "select",
            selector_classes.tells_unless_simulated(selectors.DefaultSelector),
        ),
    ),
)
SOCKETS = "sockets, and the names of hosts, are those of the run's network"
NETWORK = (
    *because(
        SOCKETS,
        Replacement(socket, "socketpair", network_sockets.socketpair, taken_by_name=True),
        *(
            Replacement(socket, name, network_sockets.asks_names(name), taken_by_name=True)
            for name in network_sockets.IN_PYTHON
        ),
        *(
            Replacement(
                socket,
                name,
                network_sockets.asks_names(name),
                taken_by_name=True,
                redirected=vars(socket)[name],
            )
            for name in network_sockets.BUILTIN
        ),
    ),
    *because(
        "they are asked about simulated sockets",
        *(
            Replacement(
                select, "poll", polls.poll, taken_by_name=True, redirected=vars(select)["poll"]
            )
            for _ in range(hasattr(select, "poll"))
        ),
        *(
            Replacement(select, "epoll", polls.Epoll, taken_by_name=True)
            for _ in range(hasattr(select, "epoll"))
        ),
        *(
            Replacement(kind, "__new__", selector_classes.makes_polls(kind))
            for kind in selector_classes.OTHER_SELECTORS
        ),
    ),
)
ONCE_THERE = "they know simulated sockets, once a run has some"
DESCRIPTORS = tuple(
    because(
        ONCE_THERE,
        Replacement(socket.socket, "__init__", network_sockets.init),
        *(
            Replacement(socket, name, stand_in, taken_by_name=True, redirected=vars(socket)[name])
            for name, stand_in in (("close", network_sockets.close), ("dup", network_sockets.dup))
        ),
        *(
            Replacement(
                os, name, os_files.asks(name), taken_by_name=True, redirected=vars(os)[name]
            )
            for name in os_files.NAMES
            if hasattr(os, name)
        ),
    )
)
WALL = tuple(
    because(
        "the date and time of day are the run's, unless somebody else has set them before",
        *(
            Replacement(time, name, STAND_INS[name], taken_by_name=True, redirected=TIME[name])
            for name in sorted(TOLD_BY_TIME_MACHINE & STAND_INS.keys())
        ),
    )
)

LATER = (
    Later(
        "_ssl",
        "RAND_bytes",
        lambda ssl: system_chance.draws(vars(ssl)["RAND_bytes"]),
        taken_by_name=True,
        redirected=True,
        why=_CHANCE,
    ),
    Later("uuid", "getnode", system_chance.getnode, taken_by_name=True, why=_CHANCE),
    Later("tempfile", CANDIDATE_NAMES, system_chance.candidate_names, why=_CHANCE),
    Later(
        "tempfile",
        DEFAULT_DIRECTORY,
        system_chance.default_directory,
        why="it is looked for once in a process, outside of any run",
    ),
    Later(
        "multiprocessing.process",
        "BaseProcess.start",
        lambda process: tells(process.BaseProcess.start, real_things.PROCESS),
        why=_REAL,
    ),
    *(
        Later(f"multiprocessing.{module}", name, stand_in, why=_OTHER_PROCESSES)
        for module, name, stand_in in (
            ("synchronize", f"SemLock.{MAKE_METHODS}", other_processes.make_methods),
            ("synchronize", "SemLock.__enter__", lambda _: other_processes.enter),
            ("connection", f"Connection.{SEND}", other_processes.send),
            ("connection", f"Connection.{RECEIVE}", other_processes.receive),
            ("connection", f"Connection.{POLL}", other_processes.poll),
            ("popen_fork", "Popen.wait", other_processes.wait_for_end),
        )
    ),
)
"""What is replaced in modules that need not be there."""

LATER_DESCRIPTORS = (
    Later("fcntl", "fcntl", os_files.controls, taken_by_name=True, why=ONCE_THERE),
    Later("fcntl", "ioctl", os_files.refuses_ioctl, taken_by_name=True, why=ONCE_THERE),
    Later("ssl", f"SSLContext.{WRAP_SOCKET}", network_sockets.wraps, why=ONCE_THERE),
)


def in_others(module: ModuleType) -> Iterator[Replacement]:
    """Yield what is replaced in any module of which nobody here has heard."""
    if makes_sets(module):
        yield Replacement(module, "set", sets.OrderedSet)
    yield from selector_classes.kept_in_classes(module)


network_sets.hash_by_number()
network_sockets.simulate_in_runs()
always = Replacements((*ALWAYS, *NETWORK), LATER, in_others).listed(__name__, During.RUN)
descriptors = Replacements(DESCRIPTORS, LATER_DESCRIPTORS, told_by=always)
descriptors.listed(__name__, During.RUN)
_wall = Replacements(WALL).listed(__name__, During.RUN)
replaces(
    __name__,
    During.RUN,
    "what libraries make their sets of: these are in order, see `library_sets`",
    "`set` in installed modules that use asyncio",
)
replaces(
    __name__,
    During.RUN,
    "they are asked about simulated sockets",
    "`select.epoll` and `select.select` in classes that keep them",
)
keeps(__name__, "how often the tables have been entered", "always", "descriptors", "_wall")


def one_time(clock: Clock, wall_clock: WallClock) -> OneTime:
    """Return what lets all clocks tell the time of a run."""
    return OneTime(clock, wall_clock, _wall)


class Environment:
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
        self._clock = clock
        self.time = one_time(clock, wall_clock)
        self.idle_thread = IdleThread(clock)
        """Who this thread is while no loop runs in it."""
        self._parts: list[Any] = [always, trigger, self.time]
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

    def has_sockets(self) -> None:
        """Take note that the run has sockets from now on, as most runs never do."""
        if descriptors not in self._parts:
            self._parts.append(descriptors)
            if self._entered:
                descriptors.__enter__()

    def __enter__(self) -> None:
        if self._entered == 0:
            clock = self._clock
            if clock.kernel is not None:
                self.has_sockets()
            for number, part in enumerate(self._parts):
                try:
                    part.__enter__()
                except BaseException:
                    self._exit(self._parts[:number])
                    raise
            self._outer, clock.has_sockets = clock.has_sockets, self.has_sockets
            if here.actor is None:
                here.actor = self.idle_thread
        self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        self._entered -= 1
        if self._entered == 0:
            self._clock.has_sockets = self._outer
            self.idle_thread.close()
            if here.actor is self.idle_thread:
                here.actor = None
            self._exit(self._parts)

    def _exit(self, parts: list[Any]) -> None:
        for part in reversed(parts):
            part.__exit__(None, None, None)
