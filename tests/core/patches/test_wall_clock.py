"""The date and time of day of a run: the same on every machine, and as `wall_clock=` says.

Chosen starts are in 2001, so that no real clock can be taken for a virtual one.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import localtime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import vtloop

START = datetime(2001, 2, 3, 23, 59, 58, 500_000)
MIDNIGHT = datetime(2000, 1, 1)

# What each clock shows at START, when the loop's time is 0, and 2.25 seconds later.
Clocks = dict[str, tuple[Callable[[], Any], Any, Any]]

EPOCH = int(START.replace(tzinfo=UTC, microsecond=0).timestamp())
CLOCKS: Clocks = {
    "time": (lambda: time.time(), EPOCH + 0.5, EPOCH + 2.75),
    "time_ns": (lambda: time.time_ns(), EPOCH * 10**9 + 5 * 10**8, EPOCH * 10**9 + 275 * 10**7),
    "clock_gettime": (
        lambda: time.clock_gettime(time.CLOCK_REALTIME),
        EPOCH + 0.5,
        EPOCH + 2.75,
    ),
    "gmtime": (lambda: tuple(time.gmtime())[:6], (2001, 2, 3, 23, 59, 58), (2001, 2, 4, 0, 0, 0)),
    "utc": (
        lambda: datetime.now(UTC),
        START.replace(tzinfo=UTC),
        datetime(2001, 2, 4, 0, 0, 0, 750_000, UTC),
    ),
    "zone": (
        lambda: datetime.now(ZoneInfo("Asia/Tokyo")).isoformat(),
        "2001-02-04T08:59:58.500000+09:00",
        "2001-02-04T09:00:00.750000+09:00",
    ),
    "localtime": (
        lambda: tuple(time.localtime())[:6],
        (2001, 2, 3, 23, 59, 58),
        (2001, 2, 4, 0, 0, 0),
    ),
    "strftime": (lambda: time.strftime("%F %T"), "2001-02-03 23:59:58", "2001-02-04 00:00:00"),
    "ctime": (lambda: time.ctime(), "Sat Feb  3 23:59:58 2001", "Sun Feb  4 00:00:00 2001"),
    "asctime": (lambda: time.asctime(), "Sat Feb  3 23:59:58 2001", "Sun Feb  4 00:00:00 2001"),
    "now": (datetime.now, START, datetime(2001, 2, 4, 0, 0, 0, 750_000)),
    "today": (datetime.today, START, datetime(2001, 2, 4, 0, 0, 0, 750_000)),
    "date": (date.today, date(2001, 2, 3), date(2001, 2, 4)),
    "uuid1": (lambda: _year_of(uuid.uuid1()), 2001, 2001),
    "email": (
        lambda: localtime().replace(tzinfo=None),
        START,
        datetime(2001, 2, 4, 0, 0, 0, 750_000),
    ),
}


def _year_of(made: uuid.UUID) -> int:
    return (datetime(1582, 10, 15) + timedelta(microseconds=made.time // 10)).year


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def machines_zone(request, monkeypatch):
    """Make the machine live in a time zone, and return it."""
    if not hasattr(time, "tzset"):
        pytest.skip("the local time zone cannot be set here")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield ZoneInfo(request.param)
    time.tzset()


def run(main, wall_clock=START, **options):
    return vtloop.run(main, wall_clock=wall_clock, **options)


async def read_twice(read):
    before = read()
    await asyncio.sleep(2.25)
    return before, read()


async def local_time() -> str:
    return datetime.now().isoformat(" ")


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_moves_with_the_loop_from_a_chosen_start(clock, machines_zone):
    read, before, after = CLOCKS[clock]
    assert run(lambda: read_twice(read)) == (before, after)


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_worker_thread_reads_the_same_clock(clock):
    read, before, after = CLOCKS[clock]

    async def main():
        def work():
            first = read()
            time.sleep(2.25)
            return first, read()

        return await asyncio.to_thread(work)

    assert run(main) == (before, after)


def test_without_an_option_a_run_begins_in_the_year_2000_in_utc(machines_zone):
    async def main():
        moment = datetime.now().astimezone()
        return moment.isoformat(), moment.tzname(), time.strftime("%F %T %Z"), time.tzname[0]

    assert vtloop.run(main) == (
        "2000-01-01T00:00:00+00:00",
        "UTC",
        "2000-01-01 00:00:00 UTC",
        "UTC",
    )
    assert date.today().year > 2000


def test_every_clock_of_a_coroutine_moves_while_it_blocks_the_loop():
    async def main():
        time.sleep(1.5)
        vtloop.busy(2)
        return await local_time()

    assert run(main) == "2001-02-04 00:00:02"


# --- Where it starts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall_clock", "begins"),
    [
        (START, "2001-02-03T23:59:58.500000+00:00"),
        (START.replace(tzinfo=UTC), "2001-02-03T23:59:58.500000+00:00"),
        ("09:24:00", "2000-01-01T09:24:00+00:00"),
        ("2001-02-03", "2001-02-03T00:00:00+00:00"),
        ("2001-02-03 04:05", "2001-02-03T04:05:00+00:00"),
        ("2001-02-03T04:05:06Z", "2001-02-03T04:05:06+00:00"),
        (START.replace(tzinfo=ZoneInfo("Asia/Tokyo")), "2001-02-03T23:59:58.500000+09:00"),
        (
            START.replace(tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2001-02-03T23:59:58.500000+05:30",
        ),
        (
            START.replace(tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            "2001-02-03T23:59:58.500000-03:30",
        ),
        (START.replace(tzinfo=timezone(timedelta(0))), "2001-02-03T23:59:58.500000+00:00"),
    ],
)
def test_the_wall_clock_starts_where_it_is_told_in_its_own_time_zone(
    wall_clock, begins, machines_zone
):
    async def main():
        return datetime.now().astimezone().isoformat()

    assert run(main, wall_clock) == begins


def test_now_is_the_real_time_in_the_machines_zone(machines_zone):
    async def main():
        return time.time(), datetime.now(), time.tzname

    before = time.time()
    seconds, moment, zone = run(main, "now")
    assert before <= seconds <= time.time()
    assert moment.replace(tzinfo=machines_zone).timestamp() == pytest.approx(seconds, abs=1e-3)
    assert zone == time.tzname


@pytest.mark.parametrize("wall_clock", [date(2001, 2, 3), 981244798.5, True])
def test_what_is_no_datetime_is_refused(wall_clock):
    with pytest.raises(TypeError, match=r"is no datetime; pass datetime\.datetime\(year"):
        run(local_time, wall_clock)


@pytest.mark.parametrize("wall_clock", ["noon", "25:00", ""])
def test_a_text_that_is_no_time_is_refused_with_examples(wall_clock):
    with pytest.raises(ValueError, match="is no time; give now, a time of day such as 09:24:00"):
        run(local_time, wall_clock)


def test_a_run_begins_where_its_trace_says():
    async def main():
        await asyncio.sleep(1)

    assert vtloop.simulate(main).trace.header["wall_clock"] == "2000-01-01T00:00:00+00:00"
    run = vtloop.simulate(main, wall_clock="2001-02-03T04:05:06")
    assert run.trace.header["wall_clock"] == run.trace.wall_clock == "2001-02-03T04:05:06"
    assert vtloop.simulate(main, wall_clock=None).trace.header["wall_clock"] is None


def test_a_zone_info_sets_the_local_time_zone_for_the_run(machines_zone):
    async def main():
        return time.strftime("%Z"), time.gmtime().tm_hour, os.environ["TZ"]

    before = time.tzname, os.environ["TZ"]
    assert run(main, START.replace(tzinfo=ZoneInfo("Asia/Tokyo"))) == ("JST", 14, "Asia/Tokyo")
    assert (time.tzname, os.environ["TZ"]) == before


def test_the_local_clock_goes_forward_and_back_with_daylight_saving():
    async def main():
        seen = [await local_time()]
        for _ in range(2):
            await asyncio.sleep(1)
            seen.append(await local_time())
        await asyncio.sleep((datetime(2001, 10, 28, 1) - datetime(2001, 3, 25, 1)).days * 86400)
        return [*seen, await local_time()]

    assert run(main, datetime(2001, 3, 25, 1, 59, 59, tzinfo=ZoneInfo("Europe/Berlin"))) == [
        "2001-03-25 01:59:59",
        "2001-03-25 03:00:00",
        "2001-03-25 03:00:01",
        "2001-10-28 02:00:01",
    ]


# --- Jumps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [3600, -3600.25, timedelta(days=-1)])
def test_the_wall_clock_can_jump_and_no_other_clock_does(by):
    async def main():
        loop = asyncio.get_running_loop()
        fired = []
        loop.call_later(2, lambda: fired.append(loop.time()))
        await asyncio.sleep(1)
        before = datetime.now(), time.time(), time.monotonic()
        vtloop.shift_wall_clock(by)
        after = datetime.now(), time.time(), time.monotonic()
        await asyncio.sleep(10)
        return before, after, fired, loop.time()

    (moment, seconds, monotonic), after, fired, ended = run(main)
    shift = by if isinstance(by, timedelta) else timedelta(seconds=by)
    assert after == (moment + shift, seconds + shift.total_seconds(), monotonic)
    assert (fired, ended) == ([2.0], 11.0)


def test_setting_the_systems_clock_sets_the_runs():
    async def main():
        await asyncio.sleep(1)
        time.clock_settime(time.CLOCK_REALTIME, EPOCH)
        first = await local_time()
        time.clock_settime_ns(time.CLOCK_REALTIME, EPOCH * 10**9 + 500)
        await asyncio.sleep(1)
        return first, time.time_ns() - EPOCH * 10**9

    before = time.time()
    assert run(main) == ("2001-02-03 23:59:58", 10**9 + 500)
    assert time.time() >= before


def test_a_jump_is_kept_for_the_next_run_of_a_loop():
    async def jump():
        vtloop.shift_wall_clock(60)

    loop = vtloop.VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(jump())
        assert runner.run(local_time()) == "2000-01-01 00:01:00"


def test_a_jump_outside_of_a_run_is_an_error():
    with pytest.raises(vtloop.SimulationError, match="no run is on in this thread; call this in a"):
        vtloop.shift_wall_clock(1)

    async def main():
        vtloop.shift_wall_clock(1)

    with pytest.raises(vtloop.SimulationError, match="it is not the run's own; call this in a run"):
        run(main, None)


def test_a_uuid_of_an_earlier_time_can_be_made_after_the_clock_went_back():
    async def main():
        late = uuid.uuid1().time
        vtloop.shift_wall_clock(timedelta(days=-400))
        return late > uuid.uuid1().time

    assert run(main)
