"""Virtual time: integer nanoseconds inside, seconds at asyncio's own signatures.

A `Clock` is the time of one run. Loops that follow one another in a program can share one, so that
time goes on from one `asyncio.run` to the next. What a program reads of it, the monotonic clocks
and the wall clock, are two numbers added to it.

Programs read these clocks in floats of seconds, which are coarse: some 60 ns apart where the
monotonic clocks stand, twice that in the year 2000. So `monotonic() + 0.15` may be rounded up, and
the clock down as 0.15 s have passed. A `FloatClock` therefore knows what a program may expect that
has just read it and now waits, and is at least there by then.
"""

from __future__ import annotations

from heapq import heappop, heappush, nsmallest
from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from decimal import Decimal
    from fractions import Fraction

NANOSECONDS = 1_000_000_000  # in a second
NEVER = 1 << 2048  # nanoseconds: later than any finite float of seconds

# Up to here (26 days) the two roundings of a float of seconds and of its product stay below half a
# nanosecond. Beyond, the digits that a person would write are taken: 31536000.1 means a tenth of a
# second, not its nearest float.
_EXACT = 2.0**51 / NANOSECONDS

Seconds: TypeAlias = "int | float | Fraction | Decimal | timedelta"

MONOTONIC = (1 << 28) * NANOSECONDS  # 8 years: what was noted before a run is never in its future
START = "2000-01-01T00:00:00+00:00"  # of a run, unless it is told otherwise
WALL = 946_684_800 * NANOSECONDS  # that, in nanoseconds since the epoch

_MOST_EXPECTED = 10_000  # of which a float clock knows


class FloatClock:
    """A clock that programs read in floats of seconds, `origin` nanoseconds ahead of the run's."""

    __slots__ = ("_expected", "_value", "at", "origin", "was_read")

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.at = -1
        """The instant at which it was read last."""
        self.was_read = False
        """Whether it has ever been read, in whatever form."""
        self._value = -inf
        self._expected: list[tuple[int, float]] = []  # a heap of instants, and what it shows then

    def read_in_nanoseconds(self, now: int) -> int:
        """Return what it shows at an instant, exactly."""
        self.was_read = True
        return self.origin + now

    def read(self, now: int) -> float:
        """Return what it shows at an instant: never less than before, or than is expected."""
        if now != self.at:
            self.at = now
            self.was_read = True
            value = max(to_seconds(self.origin + now), self._value)
            while self._expected and self._expected[0][0] <= now:
                value = max(value, heappop(self._expected)[1])
            self._value = value
        return self._value

    def expect(self, deadline: int, delay: float) -> None:
        """Note that whoever has read it at this instant waits from now on, for `delay` seconds."""
        value = self._value + delay
        if value > to_seconds(self.origin + deadline):
            heappush(self._expected, (deadline, value))
            if len(self._expected) > _MOST_EXPECTED:  # most have been cancelled
                self._expected = nsmallest(_MOST_EXPECTED // 2, self._expected)


class Clock:
    """The virtual time of a run, in nanoseconds since its start."""

    __slots__ = (
        "began",
        "chance",
        "chooser",
        "computed",
        "has_sockets",
        "is_real",
        "kernel",
        "looks_left",
        "loop",
        "make_loop",
        "monotonic",
        "network",
        "now",
        "numbers_taken",
        "outside",
        "polling",
        "pools_numbered",
        "read_at",
        "rule",
        "threads_numbered",
        "wall",
        "zone",
    )

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self.began = 0
        """From which instant messages count: that at which the part of a run began that goes on."""
        self.monotonic = FloatClock(MONOTONIC)
        """What `time.monotonic` and `time.perf_counter` show."""
        self.wall: FloatClock | None = FloatClock(WALL)
        """What `time.time` shows, since the epoch; None if it is somebody else's."""
        self.is_real = False
        """Whether the program is to read the real clocks instead."""
        self.zone: str | None = "UTC"
        """The local time zone, as a value of the variable TZ; None for the machine's."""
        self.computed = 0
        """How long all threads have computed, in nanoseconds."""
        self.read_at = -1
        """The instant at which the program has read a clock in floats of seconds."""
        self.make_loop: Callable[[Clock, Any], None] | None = None
        """What makes a virtual loop, in this time, of one that a thread of the run makes."""
        self.loop: Any = None
        """The run's own loop, while it runs."""
        self.network: Any = None
        """What there is for the run to talk to (see the room `net`); None for nothing."""
        self.chooser: Any = None
        """Who makes the choices of the run's network, if its policy does."""
        self.rule: Any = None
        """A rule on the messages of the run's network, if its policy has one."""
        self.kernel: Any = None
        """What the sockets of the run share; None before there are any."""
        self.has_sockets: Callable[[], object] = str
        """Called as the first socket of the run is made."""
        self.looks_left = 0
        """How often it may look at a clock before somebody asks whether it polls."""
        self.polling: Any = None
        """Who asks that (see `polling`)."""
        self.outside: set[str] = set()
        """What from outside of the simulation has had a say, in words: the run may differ again."""
        self.chance: Any = None
        """What the run gets for the operating system's chance; None for the real one."""
        self.threads_numbered = 0
        """How many threads of the run nobody has named (see `default_names`)."""
        self.pools_numbered = 0
        """How many executors."""
        self.numbers_taken = 0
        """How many things have got a number as their hash (see `network_sets`)."""

    def __repr__(self) -> str:
        return f"<Clock at {format_seconds(self.now)}>"

    def told(self, instant: int) -> str:
        """Return an instant in words, such as '1.5 s', as messages count time."""
        return format_seconds(instant - self.began)

    def next_number(self) -> int:
        """Return a number that nothing else of the run has got by this."""
        self.numbers_taken += 1
        return self.numbers_taken

    def depends_on(self, what: str) -> None:
        """Take note that something outside of the simulation has a say, and tell the user."""
        if what not in self.outside:
            self.outside.add(what)
            self.polling.tell(what)

    def after(self, seconds: float) -> int:
        """Return the instant that is `seconds` from now, for somebody who is going to wait."""
        deadline = self.now + to_nanoseconds(seconds)
        if self.read_at == self.now:
            self.expect(deadline, seconds)
        return deadline

    def expect(self, deadline: int, delay: float) -> None:
        """Note that somebody waits from now on, for `delay` seconds, who may have read a clock."""
        for clock in (self.monotonic, self.wall):
            if clock is not None and clock.at == self.now:
                clock.expect(deadline, delay)

    @property
    def date(self) -> str:
        """What the run's wall clock shows, in UTC; '' if it has none, or after the year 9999."""
        from datetime import datetime, timedelta  # here, as it is slow to import

        if self.wall is None:
            return ""
        microseconds = (self.wall.origin + self.now) // 1_000
        try:
            return f"{datetime(1970, 1, 1) + timedelta(microseconds=microseconds)} UTC"
        except OverflowError:
            return ""

    def dated(self, message: str) -> str:
        """Return a message with the date: a token or certificate made before is of another one."""
        note = self.note_of_date()
        return f"{message}\n{note}" if note else message

    def note_of_date(self) -> str:
        """Return what to say of the date, '' if there is nothing to say."""
        date = self.date
        return f"The date was {date}." if date else ""

    def date_error(self, error: BaseException) -> None:
        """Let what a program raises tell the date, if the program has asked for that."""
        note = self.note_of_date()
        told = [str(error), *getattr(error, "__notes__", ())]
        if note and self.wall is not None and self.wall.was_read and note not in "\n".join(told):
            error.add_note(note)


def to_nanoseconds(seconds: Seconds) -> int:
    """Return `seconds` as whole nanoseconds, rounded to the nearest; `NEVER` for infinity.

    A positive duration never becomes 0. Raises ValueError for nan, TypeError
    for what is no number.
    """
    if isinstance(seconds, float):
        if -_EXACT < seconds < _EXACT:
            return round(seconds * 1e9) or int(seconds > 0)
        return _of_large_float(seconds)
    if isinstance(seconds, int):
        return seconds * NANOSECONDS
    return _of_other_type(seconds)


def _of_large_float(seconds: float) -> int:
    from fractions import Fraction  # here, as most programs never need it, and it is slow to import

    if isfinite(seconds):
        return round(Fraction(repr(seconds)) * NANOSECONDS)
    if isnan(seconds):
        raise ValueError(
            "A delay or deadline of nan seconds was given, which is neither before nor after any "
            "other time; pass a finite number of seconds, or math.inf for never"
        )
    return NEVER if seconds > 0 else -NEVER


def _of_other_type(seconds: Any) -> int:
    from datetime import timedelta
    from decimal import Decimal
    from fractions import Fraction

    if isinstance(seconds, timedelta):
        return seconds // timedelta(microseconds=1) * 1_000
    if isinstance(seconds, Fraction) or (isinstance(seconds, Decimal) and seconds.is_finite()):
        return round(Fraction(seconds) * NANOSECONDS) or int(seconds > 0)
    if hasattr(seconds, "__float__"):
        return to_nanoseconds(float(seconds))
    raise TypeError(
        f"{seconds!r} was given as a number of seconds, while it is of type "
        f"{type(seconds).__name__}; pass an int, a float, a Fraction or a timedelta"
    )


def to_seconds(nanoseconds: int) -> float:
    """Return `nanoseconds` as the nearest float of seconds, which is inf for `NEVER`."""
    try:
        return nanoseconds / NANOSECONDS
    except OverflowError:
        return inf if nanoseconds > 0 else -inf


def format_seconds(nanoseconds: int) -> str:
    """Return `nanoseconds` as exact seconds in words, such as '1.5 s'."""
    return "never" if nanoseconds >= NEVER else f"{plain_seconds(nanoseconds)} s"


def exactly(seconds: Seconds) -> str:
    """Return `seconds` in words to the nanosecond, such as '1.5 s'."""
    return format_seconds(to_nanoseconds(seconds))


def plain_seconds(nanoseconds: int, digits: int = 0) -> str:
    """Return `nanoseconds` as an exact decimal of seconds with at least `digits` decimals."""
    sign, nanoseconds = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    whole, fraction = divmod(nanoseconds, NANOSECONDS)
    decimals = f"{fraction:09d}".rstrip("0").ljust(digits, "0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
