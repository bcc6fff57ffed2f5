"""The date and time of day of a run: the same on every machine, and as `wall_clock=` says.

Chosen starts are in 2001, so that no real clock can be taken for a virtual one.
"""

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import localtime
from typing import Any
from zoneinfo import ZoneInfo

import freezegun
import pytest
import time_machine

import vtloop
from vtloop.core.patches.wall_clock import start_of
from vtloop.core.threads.actor import outside
from vtloop.values.clock import START as DEFAULT

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


# --- Other loops, and others' time ---------------------------------------------------------------


def test_the_wall_clock_goes_on_in_the_next_run_of_a_loop():
    async def nap():
        await asyncio.sleep(1)
        return await local_time()

    loop = vtloop.VirtualLoop(wall_clock=START)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(nap()) == "2001-02-03 23:59:59.500000"
        assert date.today().year > START.year
        assert runner.run(nap()) == "2001-02-04 00:00:00.500000"


@pytest.mark.parametrize(
    "read", [time.time, time.time_ns, datetime.now, lambda: datetime.now(UTC), time.localtime]
)
def test_an_error_tells_the_date_to_whoever_has_asked_for_it(read):
    async def main():
        read()
        await asyncio.sleep(90)
        raise ValueError("the certificate is not valid yet")

    error = vtloop.simulate(main, wall_clock="09:24:00").error
    assert error.__notes__ == ["The date was 2000-01-01 09:25:30 UTC."]


def test_an_error_of_a_program_that_asks_for_no_date_is_as_it_was():
    async def main():
        await asyncio.sleep(time.monotonic() - 2**28 + 1)
        raise ValueError("wrong")

    assert not hasattr(vtloop.simulate(main).error, "__notes__")


def test_loops_that_share_a_clock_share_the_date():
    clock = vtloop.Clock()
    for wall_clock, begins in (
        (DEFAULT, "2000-01-01 00:00:00"),
        (START, "2001-02-03 23:59:58.500000"),
        (DEFAULT, "2000-01-01 00:00:20"),
    ):
        loop = vtloop.VirtualLoop(clock=clock, wall_clock=wall_clock)
        with asyncio.Runner(loop_factory=lambda loop=loop: loop) as runner:
            assert runner.run(local_time()) == begins
            runner.run(asyncio.sleep(10))


def test_a_run_within_a_run_has_a_wall_clock_of_its_own():
    async def inner():
        await asyncio.sleep(60)
        return await local_time(), time.strftime("%Z")

    async def outer():
        await asyncio.sleep(1)
        # The inner loop need not wait for the main thread, which waits for it.
        start = datetime(1999, 12, 31, 23, 59, tzinfo=ZoneInfo("Asia/Tokyo"))
        in_thread = asyncio.to_thread(vtloop.run, inner, wall_clock=start, patience=0)
        return await in_thread, await local_time(), time.strftime("%Z")

    assert run(outer) == (
        ("2000-01-01 00:00:00", "JST"),
        "2001-02-03 23:59:59.500000",
        "UTC",
    )


def in_a_thread(function):
    """Return a started thread, and a list of what the function returns or raises in it."""
    result = []

    def work():
        try:
            result.append(function())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, result


def test_runs_overlap_in_several_threads_each_with_a_date_of_its_own():
    inside = threading.Barrier(3)

    async def main():
        with outside():
            inside.wait()
        seen = [await local_time()]
        await asyncio.sleep(3600)
        with outside():
            inside.wait()
        return [*seen, await local_time()]

    starts = [datetime(year, 1, 1) for year in (2001, 2002, 2003)]
    started = [in_a_thread(lambda start=start: run(main, start, seed=None)) for start in starts]
    for thread, _ in started:
        thread.join()
    assert [result for _, result in started] == [
        [[f"{start} 00:00:00"[:19], f"{start.date()} 01:00:00"]] for start in starts
    ]


def test_runs_that_overlap_cannot_have_several_local_time_zones():
    inside, go_on = threading.Event(), threading.Event()

    async def stay():
        inside.set()
        with outside():
            go_on.wait()

    thread, result = in_a_thread(lambda: run(stay, seed=None))
    inside.wait(10)
    try:
        with pytest.raises(vtloop.SimulationError, match="a process has only one; give both the"):
            run(local_time, START.replace(tzinfo=ZoneInfo("Asia/Tokyo")), seed=None)
        assert run(local_time, START, seed=None) == "2001-02-03 23:59:58.500000"
    finally:
        go_on.set()
        thread.join()
    assert result == [None]


def test_threads_outside_of_the_run_keep_the_real_clocks():
    reads = [
        time.time,
        time.monotonic,
        time.perf_counter,
        time.time_ns,
        lambda: datetime.now(UTC).timestamp(),
        lambda: time.mktime(time.localtime()),
        lambda: time.clock_gettime(time.CLOCK_MONOTONIC),
    ]
    go_on, seen = threading.Event(), []

    def outside():
        go_on.wait(10)
        seen.extend(read() for read in reads)

    thread = threading.Thread(target=outside)
    thread.start()

    async def main():
        await asyncio.sleep(1000)
        go_on.set()
        while thread.is_alive():
            await asyncio.sleep(0.001)

    before = [read() for read in reads]
    run(main)
    thread.join()
    assert all(
        first - 2 <= second <= last + 2
        for first, second, last in zip(before, seen, [read() for read in reads], strict=True)
    )


@pytest.mark.parametrize("how", ["freezegun", "time-machine"])
def test_a_time_that_another_library_has_set_stays_in_force(how):
    async def main():
        before = time.monotonic_ns()
        await asyncio.sleep(3600)
        return date.today(), time.localtime().tm_year, time.monotonic_ns() - before

    travel = time_machine.travel(datetime(2012, 1, 14), tick=False)
    with freezegun.freeze_time("2012-01-14") if how == "freezegun" else travel:
        run = vtloop.simulate(main)
    assert run.value[:2] == (date(2012, 1, 14), 2012)
    assert run.value[2] == (0 if how == "freezegun" else 3600 * 10**9)
    assert run.notices == (
        f"The date and time of day are {how}'s, which had set them before the run",
    )
    assert vtloop.run(local_time) == "2000-01-01 00:00:00"
    assert date.today().year > 2012


def test_a_chosen_start_is_refused_while_freezegun_has_frozen_the_time():
    with freezegun.freeze_time("2012-01-14"):
        for start in (vtloop.run, vtloop.simulate):
            with pytest.raises(vtloop.SimulationError, match="while freezegun has frozen the time"):
                start(local_time, wall_clock=START)
        assert date.today() == date(2012, 1, 14)
    assert run(local_time) == "2001-02-03 23:59:58.500000"


def test_what_time_machine_has_set_stays_in_force_also_in_the_first_run_of_a_process():
    program = (
        "import asyncio, time_machine, vtloop\n"
        "from datetime import datetime\n"
        "async def main(): return datetime.now().year\n"
        "with time_machine.travel(datetime(2012, 1, 14)):\n"
        "    print(vtloop.simulate(main).value, vtloop.simulate(main, wall_clock=None).value)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2012 2012\n"


def test_a_chosen_start_comes_before_what_time_machine_has_set():
    with time_machine.travel(datetime(2012, 1, 14, tzinfo=UTC), tick=False):
        assert run(local_time) == "2001-02-03 23:59:58.500000"
        assert time.localtime().tm_year == 2012


@pytest.mark.parametrize("how", ["freezegun", "time-machine"])
def test_a_program_may_set_the_time_within_the_run(how):
    async def main():
        await asyncio.sleep(1)
        if how == "freezegun":
            with freezegun.freeze_time("2012-01-14"):
                frozen = await local_time(), time.time()
                await asyncio.sleep(1)
        else:
            with time_machine.travel(datetime(2012, 1, 14, tzinfo=UTC), tick=False):
                frozen = await local_time(), time.time()
                await asyncio.sleep(1)
        return frozen, await local_time()

    moment = datetime(2012, 1, 14, tzinfo=UTC).timestamp()
    assert run(main) == (("2012-01-14 00:00:00", moment), "2001-02-04 00:00:00.500000")
    assert date.today().year > 2012


def test_a_time_that_a_program_has_set_and_left_so_stays_after_the_run():
    travel = time_machine.travel(datetime(2012, 1, 14, tzinfo=UTC), tick=False)

    async def main():
        travel.start()

    run(main)
    try:
        assert date.today() == date(2012, 1, 14)
    finally:
        travel.stop()
    assert date.today().year > 2012
    assert run(local_time) == "2001-02-03 23:59:58.500000"


def test_log_records_carry_the_runs_time_and_none_was_made_before_it():
    lines, relative = [], []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))
            relative.append(record.relativeCreated)

    handler = Lines()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("of the test")
    log.addHandler(handler)

    async def main():
        log.warning("begins")
        await asyncio.sleep(1.25)
        await asyncio.to_thread(log.warning, "goes on")
        vtloop.shift_wall_clock(-60)
        log.warning("ends")

    run(main)
    assert lines == [
        "2001-02-03 23:59:58,500 begins",
        "2001-02-03 23:59:59,750 goes on",
        "2001-02-03 23:58:59,750 ends",
    ]
    assert relative == [0, 1250, 1250]
    log.warning("outside")
    assert 0 < relative[-1] < 3_600_000 * 24


# --- Real clocks ---------------------------------------------------------------------------------


def test_real_clocks_can_be_had_and_the_run_tells_who_reads_one():
    async def main():
        first = time.time(), time.monotonic(), datetime.now()
        await asyncio.sleep(1e6)
        return first, (time.time(), time.monotonic(), datetime.now())

    line = main.__code__.co_firstlineno
    before = time.time()
    result = vtloop.simulate(main, wall_clock=None)
    (first, _, _), (last, _, _) = result.value
    assert before <= first <= last <= time.time()
    assert not result.reproducible
    assert [notice.partition(" in ")[0] for notice in result.notices] == [
        f"tests/core/patches/test_wall_clock.py:{line + 1}",
        f"tests/core/patches/test_wall_clock.py:{line + 3}",
    ]
    assert "reads a real clock, as wall_clock=None has it" in result.notices[0]


def test_a_run_with_real_clocks_that_nobody_reads_is_reproducible():
    async def main():
        logging.getLogger("of the test").info("hello")
        logging.makeLogRecord({})
        time.sleep(0.5)
        async with asyncio.timeout(1):
            await asyncio.to_thread(time.sleep, 0.5)
        return asyncio.get_running_loop().time()

    result = vtloop.simulate(main, wall_clock=None)
    assert result.value == 1.0
    assert (result.reproducible, result.notices) == (True, ())


def test_threads_wait_in_virtual_time_also_with_real_clocks():
    async def main():
        def work():
            event = threading.Event()
            return event.wait(3600)

        return await asyncio.to_thread(work), asyncio.get_running_loop().time()

    assert run(main, None) == (False, 3600.0)


# --- Without time-machine ------------------------------------------------------------------------

WITHOUT_TIME_MACHINE = """\
import asyncio, sys, time
from datetime import datetime
sys.modules["time_machine"] = None
import vtloop

async def main():
    await asyncio.sleep(60)
    return time.strftime("%F %T"), time.monotonic() >= 1 << 28, datetime.now().year > 2000

run = vtloop.simulate(main)
print(run.value, run.notices)
"""


def test_without_time_machine_the_module_time_moves_and_the_run_says_what_does_not(python):
    done = python(WITHOUT_TIME_MACHINE)
    assert done == (
        "('2000-01-01 00:01:00', True, True) ('datetime.now, datetime.utcnow and date.today tell "
        "the real time, as time-machine is not installed',)\n"
    )


@pytest.fixture
def python():
    """Run some code in a process of its own, and return what it prints."""
    import subprocess

    def run_code(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_code


def test_a_default_is_found_without_the_module_datetime():
    start = start_of("2000-01-01T00:00:00+00:00")
    assert start is not None
    assert (start.wall, start.zone) == (946_684_800 * 10**9, "UTC")
