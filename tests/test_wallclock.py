"""With `wall_clock=`, every clock of the process moves with the loop's; without it, none does.

The runs begin in 2001, so that no real clock can be taken for a virtual one.
"""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import vtloop

START = datetime(2001, 2, 3, 23, 59, 58, 500_000)
YEARS = 1e9  # seconds: more than any computer has been up
REPLACED = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "ctime", "asctime")

ORIGINALS = {name: getattr(time, name) for name in REPLACED}


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def local_zone(request, monkeypatch):
    """Make the process live in a time zone, and return it."""
    if not hasattr(time, "tzset"):
        pytest.skip("the local time zone cannot be set here")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield ZoneInfo(request.param)
    time.tzset()


def run(main, wall_clock: datetime | None = START, **options):
    return vtloop.run(main, wall_clock=wall_clock, **options)


def local_time() -> str:
    return datetime.now().isoformat(" ")


# --- The clocks ----------------------------------------------------------------------------------

# What each clock shows at START, when the loop's time is 0, and 2.25 seconds later.
Clocks = dict[str, tuple[Callable[[], Any], Any, Any]]

LOOPS_TIME: Clocks = {
    "monotonic": (lambda: time.monotonic(), 0.0, 2.25),
    "monotonic_ns": (lambda: time.monotonic_ns(), 0, 2_250_000_000),
    "perf_counter": (lambda: time.perf_counter(), 0.0, 2.25),
    "perf_counter_ns": (lambda: time.perf_counter_ns(), 0, 2_250_000_000),
}
EPOCH = int(START.replace(tzinfo=UTC, microsecond=0).timestamp())
SECONDS: Clocks = {
    "time": (lambda: time.time(), EPOCH + 0.5, EPOCH + 2.75),
    "time_ns": (lambda: time.time_ns(), EPOCH * 10**9 + 5 * 10**8, EPOCH * 10**9 + 275 * 10**7),
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
}
LOCAL: Clocks = {
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
}


async def read_twice(read):
    before = read()
    await asyncio.sleep(2.25)
    return before, read()


@pytest.mark.parametrize("clock", LOOPS_TIME)
def test_a_monotonic_clock_is_the_loops(clock):
    read, before, after = LOOPS_TIME[clock]
    assert run(lambda: read_twice(read)) == (before, after)


@pytest.mark.parametrize("clock", SECONDS)
def test_a_clock_moves_with_the_loop_from_an_aware_start(clock, local_zone):
    read, before, after = SECONDS[clock]
    assert run(lambda: read_twice(read), START.replace(tzinfo=UTC)) == (before, after)


@pytest.mark.parametrize("clock", LOCAL)
def test_a_local_clock_moves_with_the_loop_from_a_naive_start(clock, local_zone):
    read, before, after = LOCAL[clock]
    assert run(lambda: read_twice(read)) == (before, after)


@pytest.mark.parametrize("clock", LOOPS_TIME | LOCAL)
def test_a_worker_thread_reads_the_same_clock(clock):
    read, before, after = (LOOPS_TIME | LOCAL)[clock]

    async def main():
        def work():
            first = read()
            time.sleep(2.25)
            return first, read()

        return await asyncio.to_thread(work)

    assert run(main) == (before, after)


def test_every_clock_of_a_coroutine_moves_while_it_blocks_the_loop():
    async def main():
        time.sleep(1.5)
        vtloop.busy(2)
        return time.monotonic(), time.perf_counter(), local_time()

    assert run(main) == (3.5, 3.5, "2001-02-04 00:00:02")


def test_a_naive_start_is_local_time(local_zone):
    async def main():
        return time.time()

    assert run(main) == START.replace(tzinfo=local_zone).timestamp()


def test_a_start_in_another_zone_is_the_same_moment_there(local_zone):
    async def main():
        return time.time(), datetime.now(UTC).isoformat()

    start = START.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert run(main, start) == (start.timestamp(), "2001-02-03T18:29:58.500000+00:00")


def test_a_zone_info_sets_the_local_time_zone_for_the_run(local_zone):
    async def main():
        return local_time(), time.strftime("%Z"), time.gmtime().tm_hour

    before = time.tzname
    start = START.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    assert run(main, start) == ("2001-02-03 23:59:58.500000", "JST", 14)
    assert time.tzname == before


def test_the_clocks_go_forward_and_back_in_a_run():
    async def main():
        seen = [local_time()]
        for _ in range(2):
            await asyncio.sleep(1)
            seen.append(local_time())
        await asyncio.sleep((datetime(2001, 10, 28, 1) - datetime(2001, 3, 25, 1)).days * 86400)
        return [*seen, local_time()]

    assert run(main, datetime(2001, 3, 25, 1, 59, 59, tzinfo=ZoneInfo("Europe/Berlin"))) == [
        "2001-03-25 01:59:59",
        "2001-03-25 03:00:00",
        "2001-03-25 03:00:01",
        "2001-10-28 02:00:01",
    ]


def test_log_records_carry_the_wall_clocks_time(local_zone):
    lines = []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Lines()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("of the test")
    log.addHandler(handler)

    async def main():
        log.warning("begins")
        await asyncio.sleep(1.25)
        await asyncio.to_thread(log.warning, "goes on")

    run(main)
    assert lines == ["2001-02-03 23:59:58,500 begins", "2001-02-03 23:59:59,750 goes on"]


# --- Other names for them ------------------------------------------------------------------------

TAKER = """\
from time import asctime, ctime, monotonic, monotonic_ns, perf_counter, perf_counter_ns, time
from datetime import datetime

def read():
    return monotonic(), monotonic_ns(), perf_counter(), perf_counter_ns(), datetime.now(), asctime()
"""
AFTER_A_DAY = (86400.0, 86400 * 10**9) * 2 + (START + timedelta(days=1), "Sun Feb  4 23:59:58 2001")


def make_taker(name: str) -> ModuleType:
    module = ModuleType(name)
    exec(TAKER, vars(module))
    sys.modules[name] = module
    return module


@pytest.fixture
def taker(monkeypatch):
    """A module that took the clocks by name, before the run."""
    monkeypatch.setitem(sys.modules, "taker", None)
    return make_taker("taker")


async def sleep_a_day_and_read(module):
    await asyncio.sleep(86400)
    return module.read()


@pytest.mark.parametrize("turn", ["one module", "another of the same name"])
def test_clocks_taken_by_name_move_too_and_are_put_back(taker, turn):
    assert run(lambda: sleep_a_day_and_read(taker)) == AFTER_A_DAY
    assert {name: vars(taker)[name] for name in REPLACED} == ORIGINALS


def test_a_module_imported_during_a_run_keeps_nothing_of_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "taker", None)

    async def main():
        return await sleep_a_day_and_read(make_taker("taker"))

    assert run(main) == AFTER_A_DAY
    taker = sys.modules["taker"]
    assert {name: vars(taker)[name] for name in REPLACED} == ORIGINALS
    assert run(lambda: sleep_a_day_and_read(taker)) == AFTER_A_DAY
    virtual = set(AFTER_A_DAY)
    assert virtual.isdisjoint(run(lambda: sleep_a_day_and_read(taker), None))


# --- Outside of a run ----------------------------------------------------------------------------


def clocks() -> dict[str, object]:
    return {name: getattr(time, name) for name in REPLACED}


def test_all_clocks_are_put_back_after_a_run(local_zone):
    async def main():
        assert clocks().keys() == ORIGINALS.keys()
        assert all(clocks()[name] is not ORIGINALS[name] for name in REPLACED)
        assert datetime.now() == START

    run(main)
    assert clocks() == ORIGINALS
    assert date.today().year > START.year < time.localtime().tm_year


async def fail():
    await asyncio.sleep(1)
    raise ZeroDivisionError


async def wait_for_ever():
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("main", "until", "error"),
    [
        (fail, None, ZeroDivisionError),
        (wait_for_ever, None, vtloop.DeadlockError),
        (wait_for_ever, 5, vtloop.UntilReached),
    ],
)
def test_all_clocks_are_put_back_after_a_run_that_fails(main, until, error):
    with pytest.raises(error):
        run(main, until=until)
    assert clocks() == ORIGINALS
    assert date.today().year > START.year


def test_the_wall_clock_goes_on_in_the_next_run_of_a_loop():
    async def nap():
        await asyncio.sleep(1)
        return local_time(), time.monotonic()

    loop = vtloop.VirtualLoop(wall_clock=START)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(nap()) == ("2001-02-03 23:59:59.500000", 1.0)
        assert date.today().year > START.year
        assert runner.run(nap()) == ("2001-02-04 00:00:00.500000", 2.0)


def test_a_run_within_a_run_has_a_wall_clock_of_its_own():
    async def inner():
        await asyncio.sleep(60)
        return local_time()

    async def outer():
        await asyncio.sleep(1)
        # The inner loop need not wait for the main thread, which waits for it.
        start = datetime(1999, 12, 31, 23, 59)
        in_thread = asyncio.to_thread(vtloop.run, inner, wall_clock=start, patience=0)
        return await in_thread, local_time(), time.monotonic()

    assert run(outer) == ("2000-01-01 00:00:00", "2001-02-03 23:59:59.500000", 1.0)


def test_a_thread_outside_the_simulation_keeps_the_real_monotonic_clock():
    seen = []

    async def main():
        await asyncio.sleep(YEARS)
        thread = threading.Thread(target=lambda: seen.append((time.monotonic(), time.time())))
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0)
        return time.monotonic()

    assert run(main, START.replace(tzinfo=UTC)) == YEARS
    ((monotonic, wall),) = seen
    assert monotonic < YEARS
    assert wall == EPOCH + 0.5 + YEARS  # there is one wall clock for all threads


def test_without_a_wall_clock_no_clock_is_touched():
    async def main():
        before = time.time(), time.localtime().tm_year
        await asyncio.sleep(YEARS)
        assert clocks() == ORIGINALS
        return before, (time.time(), datetime.now().year), time.monotonic()

    (seconds, year), (seconds_after, year_after), monotonic = run(main, None)
    assert seconds <= seconds_after < seconds + YEARS
    assert START.year < year <= year_after < year + 30
    assert monotonic < YEARS


# --- What cannot be a wall clock -----------------------------------------------------------------


@pytest.mark.parametrize("wall_clock", ["2001-02-03", date(2001, 2, 3), 981244798.5])
def test_what_is_no_datetime_is_refused(wall_clock):
    with pytest.raises(TypeError, match=r"is no datetime; pass datetime\.datetime\(year"):
        run(lambda: asyncio.sleep(1), wall_clock)


def test_without_time_machine_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "time_machine", None)
    with pytest.raises(vtloop.SimulationError, match=r"pip install 'vtloop\[wallclock\]'"):
        vtloop.VirtualLoop(wall_clock=START)
    assert vtloop.run(asyncio.sleep(1, "runs"), wall_clock=None) == "runs"


WITHOUT_TIME_MACHINE = """\
import sys
sys.modules["time_machine"] = None
from vtloop.__main__ import main
sys.exit(main(["run", "--wall-clock", "09:00:00", "script.py"]))
"""


def test_without_time_machine_the_command_line_says_what_to_install(tmp_path):
    tmp_path.joinpath("script.py").write_text("print('not run')")
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_TIME_MACHINE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(vtloop.__file__).parents[1])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.endswith("install it with: pip install 'vtloop[wallclock]'\n")
    assert "Exception ignored" not in result.stderr
