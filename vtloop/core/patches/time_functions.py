"""What the functions of the module `time` do in a run: they tell the run's time.

Each has the name of the one that it stands in for. On threads that belong to no run it does what
that one does, also in a run with `wall_clock=None`, and where another library moves the time.

The monotonic clocks and the wall clock are the loop's, some way ahead (see `clock`). The clocks of
the processor count what `busy` computes, as nothing else in a program takes time.
"""

from __future__ import annotations

import time as time_module
from collections.abc import Callable
from typing import Any

from vtloop.core.patches.wall_clock import travel
from vtloop.core.threads.actor import here, looked, sleep
from vtloop.patching.originals import TIME
from vtloop.patching.redirect import real
from vtloop.values.clock import NANOSECONDS, FloatClock, to_nanoseconds

REAL: dict[str, Any] = {name: real(function) for name, function in TIME.items()}
"""The functions of the module `time`, by name, as they are without a run."""


def _ids(*names: str) -> frozenset[int]:
    return frozenset(getattr(time_module, f"CLOCK_{name}", -1) for name in names) - {-1}


_WALL = _ids("REALTIME", "TAI")
_MONOTONIC = _ids(
    "MONOTONIC",
    "MONOTONIC_RAW",
    "MONOTONIC_RAW_APPROX",
    "BOOTTIME",
    "HIGHRES",
    "UPTIME",
    "UPTIME_RAW",
    "UPTIME_RAW_APPROX",
)
_OF_PROCESS = _ids("PROCESS_CPUTIME_ID", "PROF")
_OF_THREAD = _ids("THREAD_CPUTIME_ID")


def monotonic() -> float:
    clock = looked()
    if clock is None:
        return float(REAL["monotonic"]())
    clock.read_at = now = clock.now
    return clock.monotonic.read(now)


def monotonic_ns() -> int:
    clock = looked()
    if clock is None:
        return int(REAL["monotonic_ns"]())
    return clock.monotonic.origin + clock.now


def perf_counter() -> float:
    clock = looked()
    if clock is None:
        return float(REAL["perf_counter"]())
    clock.read_at = now = clock.now
    return clock.monotonic.read(now)


def perf_counter_ns() -> int:
    clock = looked()
    if clock is None:
        return int(REAL["perf_counter_ns"]())
    return clock.monotonic.origin + clock.now


def time() -> float:
    clock = looked()
    if clock is None or clock.wall is None or travel.moved_by_others():
        return float(REAL["time"]())
    clock.read_at = now = clock.now
    return clock.wall.read(now)


def time_ns() -> int:
    clock = looked()
    if clock is None or clock.wall is None or travel.moved_by_others():
        return int(REAL["time_ns"]())
    return clock.wall.read_in_nanoseconds(clock.now)


def process_time_ns() -> int:
    clock = looked()
    return int(REAL["process_time_ns"]()) if clock is None else clock.computed


def process_time() -> float:
    clock = looked()
    return float(REAL["process_time"]()) if clock is None else clock.computed / NANOSECONDS


def thread_time_ns() -> int:
    actor = here.actor
    if looked() is None or actor is None:
        return int(REAL["thread_time_ns"]())
    return actor.computed


def thread_time() -> float:
    actor = here.actor
    if looked() is None or actor is None:
        return float(REAL["thread_time"]())
    return actor.computed / NANOSECONDS


def clock_gettime_ns(clock: int, /) -> int:
    read = _reader(clock, monotonic_ns, time_ns, process_time_ns, thread_time_ns)
    return int(REAL["clock_gettime_ns"](clock) if read is None else read())


def clock_gettime(clock: int, /) -> float:
    read = _reader(clock, monotonic, time, process_time, thread_time)
    return float(REAL["clock_gettime"](clock) if read is None else read())


def _reader(clock: Any, *functions: Callable[[], Any]) -> Callable[[], Any] | None:
    """Return which of the functions reads a clock with this id; None if it is to be the real one.

    An unknown id is an error, or the clock of another process.
    """
    actor = here.actor
    if actor is not None and not actor.clock.is_real and isinstance(clock, int):
        kinds = (_MONOTONIC, _WALL, _OF_PROCESS, _OF_THREAD)
        for ids, function in zip(kinds, functions, strict=True):
            if clock in ids:
                return function
    return None


def clock_settime_ns(clock: int, nanoseconds: int, /) -> None:
    if not _has_set(clock, nanoseconds):
        REAL["clock_settime_ns"](clock, nanoseconds)


def clock_settime(clock: int, seconds: float, /) -> None:
    if not _has_set(clock, to_nanoseconds(seconds)):
        REAL["clock_settime"](clock, seconds)


def _has_set(clock: int, nanoseconds: int) -> bool:
    """Set the wall clock of this thread's run, if a clock is that; return whether it is."""
    ours = None if here.actor is None else here.actor.clock
    if ours is None or ours.wall is None or clock not in _WALL:
        return False
    ours.wall = FloatClock(nanoseconds - ours.now)
    return True


def gmtime(seconds: float | None = None, /) -> time_module.struct_time:
    return REAL["gmtime"](_now() if seconds is None else seconds)  # type: ignore[no-any-return]


def localtime(seconds: float | None = None, /) -> time_module.struct_time:
    return REAL["localtime"](_now() if seconds is None else seconds)  # type: ignore[no-any-return]


def ctime(seconds: float | None = None, /) -> str:
    return str(REAL["ctime"](_now() if seconds is None else seconds))


def asctime(*parts: Any) -> str:
    return str(REAL["asctime"](*(parts or [localtime()])))


def strftime(format: str, *parts: Any) -> str:
    return str(REAL["strftime"](format, *(parts or [localtime()])))


def _now() -> int:
    """Return the seconds since the epoch; whole ones, as floats would round up."""
    return time_ns() // NANOSECONDS


def start_of_logging(original: Any) -> Any:
    """Return what stands in for the moment from which `logging` counts `relativeCreated`.

    On the threads of a run that is the run's start, else every record would be made before it.
    """

    class StartOfLogging(type(original)):  # type: ignore[misc]
        def __rsub__(self, created: Any) -> Any:
            wall = None if here.actor is None else here.actor.clock.wall
            if wall is None or travel.moved_by_others():
                return created - original
            return created - (
                wall.origin if isinstance(original, int) else wall.origin / NANOSECONDS
            )

    return StartOfLogging(original)


TOLD_BY_TIME_MACHINE = {
    "clock_gettime",
    "clock_gettime_ns",
    "gmtime",
    "localtime",
    "strftime",
    "time",
    "time_ns",
}
"""The functions that time-machine replaces as well, inside the interpreter."""

STAND_INS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        monotonic,
        monotonic_ns,
        perf_counter,
        perf_counter_ns,
        time,
        time_ns,
        process_time,
        process_time_ns,
        thread_time,
        thread_time_ns,
        clock_gettime,
        clock_gettime_ns,
        clock_settime,
        clock_settime_ns,
        gmtime,
        localtime,
        ctime,
        asctime,
        strftime,
        sleep,
    )
    if function.__name__ in REAL
}
"""By name, as far as this machine has the functions."""
