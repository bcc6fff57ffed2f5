"""The wall clock of a run beside others: other loops, freezegun, time-machine, and real clocks."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import freezegun
import pytest
import time_machine

import vtloop
from vtloop.core.patches.wall_clock import start_of
from vtloop.core.threads.actor import outside
from vtloop.values.clock import START as DEFAULT

START = datetime(2001, 2, 3, 23, 59, 58, 500_000)


def run(main, wall_clock=START, **options):
    return vtloop.run(main, wall_clock=wall_clock, **options)


async def local_time() -> str:
    return datetime.now().isoformat(" ")


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
        f"tests/core/patches/test_time_of_others.py:{line + 1}",
        f"tests/core/patches/test_time_of_others.py:{line + 3}",
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
