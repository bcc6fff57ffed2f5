"""What the options of a run can be."""

from __future__ import annotations

from typing import Any

from vtloop.core.patches.wall_clock import start_of
from vtloop.core.threads.actor import PATIENCE
from vtloop.values.clock import NEVER, Clock, to_nanoseconds
from vtloop.values.options import (
    FLAG,
    SEED,
    Option,
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


START = Option(
    _start,
    "a datetime, a text such as '09:24:00', '2024-01-31T09:24' or 'now', or None for the real "
    "clocks",
)

OF_RUNS = {
    "until": Option(or_none(seconds), "a number of seconds from 0 on, or None for no end", None),
    "timer_slack": Option(_slack, "a finite number of seconds from 0 on", 0),
    "seed": Option(or_none(SEED.takes), f"{SEED.words}, or None to leave chance as it is", 0),
    "wall_clock": START,
    "patience": Option(real_seconds, "a number of real seconds from 0 on", PATIENCE),
    "clock": Option(or_none(of_type(Clock)), "a vtloop.Clock, or None for one of its own", None),
    "recorder": Option(
        or_none(having("attach")), "a recorder (see vtloop.core.recorder), or None", None
    ),
    "policy": Option(or_none(having("steer")), "a policy (see vtloop.core.policy), or None", None),
    "settle": FLAG,
    "audit": FLAG,
    "debug": Option(or_none(FLAG.takes), "True or False, or None for asyncio's own default", None),
}
