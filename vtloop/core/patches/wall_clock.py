"""The date and time of day of a run, for the threads that belong to it.

- A run begins on 2000-01-01 at 00:00 in the time zone UTC, unless its `wall_clock=` says otherwise,
  so it is the same run on every machine. (Go's package `testing/synctest` does likewise.)
- time-machine lets `datetime.now` and its kin ask us for the time, inside the interpreter, whoever
  imported them. We answer by thread: those outside of the run are in real time. The functions of
  the module `time` are in `time_functions`.
- The local time zone, and with it the environment variable TZ, belongs to the whole process. While
  a run is on it is the run's, for all threads.
- If another library has frozen or moved the time already (freezegun, time-machine), its wall clock
  stays in force. What does so within the run is in force from then on.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vtloop.core.threads.actor import here, looked
from vtloop.core.threads.polling import Polling
from vtloop.errors import SimulationError
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.values.clock import (
    NANOSECONDS,
    NEVER,
    START,
    WALL,
    Clock,
    FloatClock,
    Seconds,
    to_nanoseconds,
)

if TYPE_CHECKING:
    from datetime import datetime

WallClock: TypeAlias = "datetime | str | None"


class Start(NamedTuple):
    """Where the wall clock of a run starts."""

    wall: int  # nanoseconds since the epoch
    zone: str | None  # a value of TZ; None for the machine's own
    text: str  # as an ISO datetime


_DEFAULT = Start(WALL, "UTC", START)


def start_of(wall_clock: WallClock) -> Start | None:
    """Return what an option `wall_clock=` means: a start, or None for the real clocks.

    `wall_clock` is a datetime, in UTC unless it has a time zone; the text of one in ISO format; a
    time of day, such as '09:24:00', on 2000-01-01; 'now'; or None.
    Raises TypeError or ValueError for what is none of these.
    """
    if wall_clock is None:
        return None
    if wall_clock == START:
        return _DEFAULT
    from datetime import UTC, datetime

    moment = _moment(wall_clock) if isinstance(wall_clock, str) else wall_clock
    if not isinstance(moment, datetime):
        raise TypeError(
            f"wall_clock={wall_clock!r} was given, which is no datetime; pass "
            "datetime.datetime(year, month, day, hour, …), a text such as '09:24:00', "
            "'2024-01-31T09:24:00' or 'now', or None for the real clocks"
        )
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    whole = int(aware.replace(microsecond=0).timestamp())
    zone = None if wall_clock == "now" else _zone(aware)
    return Start(whole * NANOSECONDS + aware.microsecond * 1_000, zone, moment.isoformat())


def _moment(text: str) -> datetime:
    from datetime import date, datetime
    from datetime import time as time_of_day

    if text == "now":
        return datetime.now().astimezone()
    try:
        return datetime.combine(date.fromisoformat(START[:10]), time_of_day.fromisoformat(text))
    except ValueError:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"{text!r} was given as a wall clock, which is no time; give now, a time of day "
                "such as 09:24:00, or an ISO datetime such as 2024-01-31T09:24:00"
            ) from None


def _zone(moment: datetime) -> str:
    """Return the time zone of an aware datetime as a value of TZ (POSIX, 8.3)."""
    key = getattr(moment.tzinfo, "key", None)
    if key is not None:
        return str(key)  # of a ZoneInfo
    offset: Any = moment.utcoffset()
    if not offset:
        return "UTC"
    minutes, sign = abs(offset).total_seconds() // 60, "-" if offset.days < 0 else "+"
    hours = f"{int(minutes // 60):02d}:{int(minutes % 60):02d}"
    west = "+" if sign == "-" else "-"  # TZ counts the other way
    return f"<{sign}{hours.replace(':', '')}>{west}{hours}"


def shift_wall_clock(by: Seconds) -> None:
    """Let the wall clock of this thread's run jump, as a correction by NTP does; seconds or a
    timedelta, negative to go back.

    The loop's time and the monotonic clocks take no part in it. Raises SimulationError if this
    thread is in no run, or its wall clock is not the run's.
    """
    actor = here.actor
    clock = None if actor is None else actor.clock
    if clock is None or clock.wall is None:
        what = "no run is on in this thread" if clock is None else "it is not the run's own"
        raise SimulationError(
            f"The wall clock was to jump while {what}; call this in a run with wall_clock="
        )
    nanoseconds = to_nanoseconds(by)
    if abs(nanoseconds) >= NEVER:
        raise ValueError(f"The wall clock was to jump by {by!r} s; pass a finite number of seconds")
    clock.wall = FloatClock(clock.wall.origin + nanoseconds)
    if nanoseconds < 0:
        travel.go_back()


# In the process


class _Travel:
    """Lets time-machine ask us for the time, while it is entered at least once, from any thread."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        """Who moves the time with time-machine; only the last one does."""
        self.is_there = True
        """Whether time-machine can be imported."""
        self._ours: Any = None
        self._travel: Any = None
        self._original: Any = None
        self._entered = 0
        self._lock = threading.Lock()

    def _import(self) -> None:
        # It makes a fixture if it can import pytest, which takes longer than most scripts run.
        # Where there are tests, pytest has been imported before.
        modules: dict[str, Any] = sys.modules
        if "pytest" not in modules:
            modules["pytest"] = None
        try:
            module = import_module("time_machine")  # when it is needed, as that is slow as well
        except ImportError:
            self.is_there = False
        else:
            self.stack = module.traveller_stack
            self._travel = module.travel(0.0, tick=False)
            self._original = module.escape_hatch.time.time_ns
        finally:
            if modules.get("pytest", self) is None:
                del modules["pytest"]

    def look(self) -> None:
        """Take note of who moves the time, if somebody has imported time-machine by now."""
        with self._lock:
            if self._travel is None and self.is_there and "time_machine" in sys.modules:
                self._import()

    def __enter__(self) -> None:
        with self._lock:
            if self._travel is None and self.is_there:
                self._import()
            if self.is_there and self._entered == 0:
                self._ours = self._travel.start()
                self._ours.time_ns = self._time_ns
            self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._entered -= 1
            if self.is_there and self._entered == 0:
                if self.stack[-1] is self._ours:
                    self._travel.stop()
                else:  # somebody has moved the time within the run, and still does
                    self.stack.remove(self._ours)
                self._ours = None

    def moved_by_others(self) -> bool:
        """Return whether somebody else moves the time with time-machine."""
        return bool(self.stack) and self.stack[-1] is not self._ours

    def go_back(self) -> None:
        """Note that the time went back, so that time-machine lets `uuid` forget the last time."""
        if self._ours is not None:
            self._ours.shift(-1)

    def _time_ns(self) -> int:
        clock = looked()
        if clock is None or clock.wall is None:
            return int(self._original())
        return clock.wall.read_in_nanoseconds(clock.now)


class _LocalZone:
    """The local time zone of the process, as the runs that are on have it."""

    def __init__(self) -> None:
        self._zones: list[str | None] = []  # of the runs; None is the machine's
        self._in_force: str | None = None
        self._machines: str | None = None  # what TZ was
        self._machine_is_utc = False
        self._lock = threading.Lock()

    def enter(self, zone: str | None) -> None:
        """Set it for a run. SimulationError if a run in another thread has another one."""
        with self._lock:
            if not self._zones:
                self._machine_is_utc = time.tzname == ("UTC", "UTC") and time.timezone == 0
            if zone == "UTC" and self._machine_is_utc:
                zone = None
            if self._zones and self._zones[-1] != zone and here.actor is None:
                raise SimulationError(
                    f"A run was started in the local time zone {zone or 'of this machine'} while "
                    f"another thread has one going in {self._zones[-1] or 'that of this machine'}, "
                    "and a process has only one; give both the same, or run one after the other"
                )
            self._zones.append(zone)
            self._set(zone)

    def leave(self) -> None:
        """Set it as it was before the run."""
        with self._lock:
            self._zones.pop()
            self._set(self._zones[-1] if self._zones else None)

    def _set(self, zone: str | None) -> None:
        if zone == self._in_force or not hasattr(time, "tzset"):  # which Windows does not have
            return
        if self._in_force is None:
            self._machines = os.environ.get("TZ")
        if zone is not None:
            os.environ["TZ"] = zone
        elif self._machines is not None:
            os.environ["TZ"] = self._machines
        else:
            del os.environ["TZ"]
        time.tzset()
        self._in_force = zone


travel = _Travel()
_local_zone = _LocalZone()
replaces(
    __name__,
    During.RUN,
    "the date and time of day are the run's, unless somebody else has set them before",
    "`datetime.now`, `datetime.utcnow` and `date.today`, by time-machine",
    "uuid._generate_time_safe",
)
replaces(
    __name__,
    During.RUN,
    "the local time zone is the run's: UTC, or that of its `wall_clock=`",
    "the environment variable TZ",
    *(f"time.{name}" for name in ("tzname", "timezone", "altzone", "daylight")),
)
keeps(__name__, "the runs whose date and time zone are in force", "travel", "_local_zone")


def _whose_time() -> str:
    """Return the library that has frozen or moved the time of the process; '' if none has."""
    datetime = sys.modules.get("datetime")
    if "freezegun" in sys.modules and datetime and datetime.datetime.__name__ == "FakeDatetime":
        return "freezegun"
    travel.look()
    return "time-machine" if travel.moved_by_others() else ""


class OneTime:
    """The clocks of one run, in force while it is entered.

    The wall clock starts when this is made. A default leaves it as it is: loops that share a clock
    share the date. `functions` replaces those of the module `time` that time-machine looks after
    too; it is entered within time-machine's travel, which may begin or end only without it.
    """

    def __init__(
        self, clock: Clock, wall_clock: WallClock, functions: AbstractContextManager[object]
    ) -> None:
        start = start_of(wall_clock)
        self.start = None if start is None else start.text
        """Where the wall clock starts, as an ISO datetime; None if the clocks are real."""
        self._clock = clock
        self._functions = functions
        self._own: Any = None  # what the clock is to have, if that is no default
        self._before: Any = None
        self._travels = False
        self._told = ""
        if clock.polling is None:
            clock.polling = Polling()
        if start is None:
            self._own = None, None, True
        elif start is not _DEFAULT:
            self._own = FloatClock(start.wall - clock.now), start.zone, False

    def __enter__(self) -> OneTime:
        clock = self._clock
        self._before = clock.wall, clock.zone, clock.is_real
        if self._own is not None:
            clock.wall, clock.zone, clock.is_real = self._own
        whose = _whose_time()
        if whose and (self._own is None or clock.wall is None):
            self._leave_to(whose)
        elif whose == "freezegun":
            clock.wall, clock.zone, clock.is_real = self._before
            raise SimulationError(
                f"A run with wall_clock={self.start!r} was started while freezegun has frozen the "
                "time; end that before, or leave out wall_clock=, so that freezegun's time stays"
            )
        else:
            self._travels = True
            travel.__enter__()
            self._functions.__enter__()
            if not (travel.is_there or clock.is_real):
                self._tell(
                    "datetime.now, datetime.utcnow and date.today tell the real time, as "
                    "time-machine is not installed"
                )
        try:
            _local_zone.enter(clock.zone)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        _local_zone.leave()
        self._stop()

    def _leave_to(self, whose: str) -> None:
        """Let the wall clock be that of another library, which has set it already."""
        clock = self._clock
        clock.wall = clock.zone = None
        if not clock.is_real:
            self._tell(f"The date and time of day are {whose}'s, which had set them before the run")

    def _tell(self, notice: str) -> None:
        if self._told != notice:
            self._told = notice
            self._clock.polling.tell(notice)

    def _stop(self) -> None:
        clock = self._clock
        if self._travels:
            self._travels = False
            self._functions.__exit__(None, None, None)
            travel.__exit__()
            if self._own is None:
                return
            self._own = clock.wall, clock.zone, clock.is_real
        clock.wall, clock.zone, clock.is_real = self._before
