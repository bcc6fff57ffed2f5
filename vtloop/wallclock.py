"""The wall clock of a run: every clock of the process moves with the loop's.

time-machine replaces `time.time`, `localtime`, `strftime`, `datetime.now` and their kin inside the
interpreter, whoever imported them; here it is asked to read the loop's clock. What it leaves alone,
the monotonic clocks, `ctime` and `asctime`, is replaced by name (see `world`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vtloop.blocking import here, monotonic
from vtloop.clock import NANOSECONDS, Clock
from vtloop.errors import SimulationError

if TYPE_CHECKING:
    from datetime import datetime

real_perf_counter = time.perf_counter
real_monotonic_ns = time.monotonic_ns
real_perf_counter_ns = time.perf_counter_ns
real_ctime = time.ctime
real_asctime = time.asctime


def _perf_counter() -> float:
    actor = here.actor
    return real_perf_counter() if actor is None else actor.virtual_time() / NANOSECONDS


def _monotonic_ns() -> int:
    actor = here.actor
    return real_monotonic_ns() if actor is None else actor.virtual_time()


def _perf_counter_ns() -> int:
    actor = here.actor
    return real_perf_counter_ns() if actor is None else actor.virtual_time()


def _ctime(seconds: float | None = None, /) -> str:
    return real_ctime(time.time() if seconds is None else seconds)


def _asctime(parts: Any = None, /) -> str:
    return real_asctime(time.localtime() if parts is None else parts)


LEFT_ALONE: dict[str, Callable[..., Any]] = {
    "monotonic": monotonic,
    "monotonic_ns": _monotonic_ns,
    "perf_counter": _perf_counter,
    "perf_counter_ns": _perf_counter_ns,
    "ctime": _ctime,
    "asctime": _asctime,
}


class WallClock:
    """Makes the process's clocks start at `start` and move with `clock`; a context manager.

    `start` is a naive local or an aware datetime. An aware one with a `ZoneInfo` sets the local
    time zone as well.
    """

    _inside = 0  # how many wall clocks are virtual now

    def __init__(self, clock: Clock, start: datetime) -> None:
        from datetime import datetime

        if not isinstance(start, datetime):
            raise TypeError(
                f"wall_clock={start!r} was given, which is no datetime; "
                "pass datetime.datetime(year, month, day, hour, …), naive for local time"
            )
        try:
            import time_machine
        except ImportError as error:
            raise SimulationError(
                "A run with wall_clock= was asked for, but time-machine is not installed; "
                "install it with: pip install 'vtloop[wallclock]'"
            ) from error
        aware = start if start.tzinfo is not None else start.astimezone()
        whole = aware.replace(microsecond=0)
        self._clock = clock
        self._offset = int(whole.timestamp()) * NANOSECONDS + aware.microsecond * 1_000 - clock.now
        self._travel = time_machine.travel(aware, tick=False)

    def time_ns(self) -> int:
        """Return the wall clock's time, in nanoseconds since the epoch."""
        return self._offset + self._clock.now

    def __enter__(self) -> WallClock:
        if WallClock._inside and here.actor is None:
            raise SimulationError(
                "A run with wall_clock= was started while another thread has one going, and the "
                "process has only one wall clock; run one after the other"
            )
        WallClock._inside += 1
        traveller: Any = self._travel.start()
        traveller.time_ns = self.time_ns  # read at each call, so that the clock moves by itself
        return self

    def __exit__(self, *exc_info: object) -> None:
        WallClock._inside -= 1
        self._travel.stop()
