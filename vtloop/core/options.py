"""The options of a run: one value, and what each of them can be.

Whatever makes a run makes this value first: the functions and loops that users call, the command
line, pytest's marker, a notebook's cell, a search, an audit. So an option is checked in one place,
and is as usual in one place; in the signatures for users the same defaults are written out again,
as editors show them, and a test compares.
"""

from __future__ import annotations

from operator import is_
from typing import Any, NamedTuple

from vtloop.core.patches.wall_clock import WallClock, start_of
from vtloop.core.threads.actor import PATIENCE
from vtloop.net.network import EVERYWHERE, Network
from vtloop.values.clock import NEVER, START, Clock, Seconds, to_nanoseconds
from vtloop.values.options import (
    FLAG,
    SEED,
    Option,
    check,
    having,
    of_type,
    or_none,
    real_seconds,
    seconds,
)


def _slack(value: Any) -> bool:
    return 0 <= to_nanoseconds(value) < NEVER


def _start(value: Any) -> bool:
    start_of(value)
    return True


WALL_CLOCK = Option(_start, "", START)

OF_RUNS = {
    "until": Option(or_none(seconds), "a number of seconds from 0 on, or None for no end", None),
    "timer_slack": Option(_slack, "a finite number of seconds from 0 on", 0),
    "seed": Option(or_none(SEED.takes), f"{SEED.words}, or None to leave chance as it is", 0),
    "wall_clock": WALL_CLOCK,
    "patience": Option(real_seconds, "a number of real seconds from 0 on", PATIENCE),
    "clock": Option(or_none(of_type(Clock)), "a vtloop.Clock, or None for one of its own", None),
    "recorder": Option(
        or_none(having("attach")), "a recorder (see vtloop.core.recorder), or None", None
    ),
    "policy": Option(or_none(having("steer")), "a policy (see vtloop.core.policy), or None", None),
    "network": Option(
        or_none(of_type(Network)), "a vtloop.net.Network, or None for no network", EVERYWHERE
    ),
    "settle": FLAG,
    "audit": FLAG,
    "debug": Option(or_none(FLAG.takes), "True or False, or None for asyncio's own default", None),
}


class _Fields(NamedTuple):
    until: Seconds | None
    seed: int | str | None
    wall_clock: WallClock
    timer_slack: Seconds
    patience: float
    debug: bool | None
    settle: bool
    network: Network | None


class Options(_Fields):
    """How a program is run, whoever runs it.

    - `until`: the virtual time that the run must not pass (`UntilReached`), in seconds or as a
      timedelta; None for no end
    - `seed`: of the module `random` and of the operating system's chance while the loop runs; None
      leaves both alone. (A `VirtualLoop` that is made by itself has None: it serves programs that
      see to their chance themselves.)
    - `wall_clock`: the date and time of day at which the run starts (see `wall_clock.start_of`);
      None leaves it the real clocks
    - `timer_slack`: how long after its deadline a timer fires, in virtual seconds
    - `patience`: how long an idle loop waits for a thread of the program's own to call in, in real
      seconds
    - `debug`: whether asyncio's debug mode is on; None for asyncio's own default
    - `settle`: whether the loop goes on after the main coroutine until nothing is left to do,
      instead of cancelling what is left
    - `network`: what there is to talk to (see `vtloop.net.Network`); None refuses all sockets

    TypeError or ValueError for what an option cannot be.
    """

    __slots__ = ()

    def __new__(
        cls,
        until: Seconds | None = None,
        seed: int | str | None = 0,
        wall_clock: WallClock = START,
        timer_slack: Seconds = 0,
        patience: float = PATIENCE,
        debug: bool | None = None,
        settle: bool = False,
        network: Network | None = EVERYWHERE,
    ) -> Options:
        given = until, seed, wall_clock, timer_slack, patience, debug, settle, network
        self = tuple.__new__(cls, given)
        if not all(map(is_, given, _USUAL)):  # a run in which all is as usual is short
            check(OF_RUNS, **self._asdict())
        return self


_USUAL = tuple(OF_RUNS[name].usual for name in _Fields._fields)

USUAL = Options()
"""The options of a run of which nothing is said."""
