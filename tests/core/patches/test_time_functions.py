"""The clocks of the module `time` tell the run's time, wherever a program has kept them."""

import asyncio
import copy
import functools
import inspect
import logging
import pickle
import sched
import subprocess
import sys
import threading
import time
import timeit
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from time import monotonic as clock
from time import perf_counter_ns as nanoseconds
from time import sleep as nap
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtloop
from vtloop.core.patches.time_functions import REAL, STAND_INS
from vtloop.values.clock import MONOTONIC, NANOSECONDS

ORIGINALS = {name: getattr(time, name) for name in STAND_INS}


class Cache:
    clock = time.perf_counter
    CLOCKS: ClassVar[dict[str, Any]] = {"time": time.time, "now": datetime.now}

    def __init__(self, timer=time.monotonic):
        self.timer = timer


@dataclass
class Stamp:
    at: float = field(default_factory=time.monotonic)


class Slots:
    __slots__ = ("read",)

    def __init__(self):
        self.read = time.monotonic


KEPT = {
    "by another name": lambda: clock(),
    "nanoseconds by another name": lambda: nanoseconds() / 1e9,
    "timeit.default_timer": lambda: timeit.default_timer(),
    "clock_gettime": lambda: time.clock_gettime(time.CLOCK_MONOTONIC),
    "clock_gettime_ns": lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e9,
    "in a default": lambda read=time.monotonic: read(),
    "in a keyword's default": lambda *, read=time.perf_counter: read(),
    "in a default of a method": Cache().timer,
    "in an attribute of a class": lambda: Cache.clock(),
    "in a table of a class": lambda: Cache.CLOCKS["time"](),
    "a method of a class in a table": lambda: Cache.CLOCKS["now"]().timestamp(),
    "in a default_factory": lambda: Stamp().at,
    "in a table": lambda table={"monotonic": time.monotonic}: table["monotonic"](),
    "in a partial": functools.partial(time.monotonic),
    "in a slot": Slots().read,
    "in a scheduler": sched.scheduler().timefunc,
    "in a closure": (lambda read: lambda: read())(time.time),
    "bound by getattr": functools.partial(getattr(time, "perf_counter")),  # noqa: B009
}


async def passed(read):
    before = read()
    await asyncio.sleep(10)
    return read() - before


@pytest.mark.parametrize("place", KEPT)
def test_a_clock_moves_with_the_loop_wherever_it_is_kept(place):
    assert vtloop.run(passed(KEPT[place])) == pytest.approx(10, abs=1e-6)


@pytest.mark.parametrize("place", KEPT)
def test_a_clock_is_the_real_one_again_after_the_run(place):
    async def main():
        await asyncio.sleep(1e6)

    before = KEPT[place]()
    vtloop.run(main())
    assert 0 <= KEPT[place]() - before < 1e3


def pause(seconds, sleep=time.sleep):
    sleep(seconds)


SLEEPS = {
    "by another name": lambda seconds: nap(seconds),
    "in a default": pause,
    "in a table": lambda seconds, table={"sleep": time.sleep}: table["sleep"](seconds),
    "in a partial": functools.partial(time.sleep),
    "in a scheduler": sched.scheduler().delayfunc,
}


@pytest.mark.parametrize("place", SLEEPS)
def test_a_sleep_takes_virtual_time_wherever_it_is_kept(place):
    async def main():
        SLEEPS[place](1000)
        await asyncio.to_thread(SLEEPS[place], 2000)
        return asyncio.get_running_loop().time()

    assert vtloop.run(main()) == 3000


def test_what_is_redirected_is_the_same_function_as_before():
    async def main():
        for name, function in ORIGINALS.items():
            assert getattr(time, name) is function
            assert pickle.loads(pickle.dumps(function)) is function
            assert copy.deepcopy(function) is function
            assert repr(function) == f"<built-in function {name}>"
            assert function.__qualname__ == function.__name__ == name
            assert function.__module__ == function.__self__.__name__ == "time"
        return str(inspect.signature(time.sleep)) if sys.version_info >= (3, 13) else ""

    assert vtloop.run(main()) == (
        str(inspect.signature(time.sleep)) if sys.version_info >= (3, 13) else ""
    )
    assert {name: getattr(time, name) for name in STAND_INS} == ORIGINALS


@pytest.mark.parametrize("name", [name for name in STAND_INS if name not in ("sleep", "asctime")])
def test_a_call_with_wrong_arguments_is_the_error_that_it_is_without_a_run(name):
    function = getattr(time, name)

    def kinds():
        for arguments in ((1, 2, 3), ("no time",), (None, None)):
            try:
                function(*arguments)
            except Exception as error:
                yield type(error)
            else:
                yield None

    async def main():
        return list(kinds())

    assert vtloop.run(main()) == list(kinds())


def test_a_module_imported_during_a_run_keeps_nothing_of_it(monkeypatch):
    taker = ModuleType("taker")
    monkeypatch.setitem(sys.modules, "taker", taker)

    async def main():
        exec("from time import *", vars(taker))
        await asyncio.sleep(3600)
        return taker.monotonic(), taker.strftime("%X")

    assert vtloop.run(main()) == ((1 << 28) + 3600, "01:00:00")
    assert {name: vars(taker)[name] for name in STAND_INS} == ORIGINALS
    assert taker.monotonic() < 1 << 28


# --- What they show ------------------------------------------------------------------------------


def test_the_monotonic_clocks_start_at_a_power_of_two_above_any_uptime():
    async def main():
        return (
            time.monotonic(),
            time.perf_counter(),
            time.monotonic_ns(),
            time.perf_counter_ns(),
            asyncio.get_running_loop().time(),
        )

    assert vtloop.run(main()) == (2.0**28, 2.0**28, MONOTONIC, MONOTONIC, 0.0)
    assert time.monotonic() < 2**28


def test_nothing_that_was_noted_before_the_run_lies_in_its_future():
    noted = time.monotonic(), time.perf_counter(), time.monotonic_ns(), timeit.default_timer()

    async def main():
        return time.monotonic(), time.perf_counter(), time.monotonic_ns(), timeit.default_timer()

    assert all(then < now for then, now in zip(noted, vtloop.run(main()), strict=True))


def test_the_main_function_is_called_when_the_run_is_on():
    def main():
        began = time.monotonic()
        time.sleep(5)

        async def rest():
            await asyncio.sleep(1)
            return time.monotonic() - began

        return rest()

    assert vtloop.run(main) == 6
    assert vtloop.simulate(main).elapsed == 6


def test_the_clocks_of_the_processor_count_what_is_computed():
    async def main():
        await asyncio.sleep(5)
        time.sleep(5)
        vtloop.busy(2)
        await asyncio.to_thread(vtloop.busy, 1)
        return (
            time.process_time(),
            time.process_time_ns(),
            time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID),
            time.thread_time(),
            time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID),
            await asyncio.to_thread(lambda: (vtloop.busy(1), time.thread_time())[1]),
        )

    assert vtloop.run(main()) == (3, 3 * 10**9, 3, 2, 2 * 10**9, 2)


def test_a_clock_that_is_none_of_the_runs_is_read_as_it_is():
    async def main():
        with pytest.raises(OSError, match=r"\[Errno 22\]"):
            time.clock_gettime(12345)
        with pytest.raises(TypeError):
            time.clock_gettime("monotonic")

    vtloop.run(main())


def test_times_of_day_of_other_moments_are_what_they_always_are():
    async def main():
        return time.ctime(0), time.strftime("%Y", time.gmtime(10**9)), time.gmtime(5)[:6]

    assert vtloop.run(main()) == ("Thu Jan  1 00:00:00 1970", "2001", (1970, 1, 1, 0, 0, 5))


@pytest.mark.parametrize(
    "seconds", [Decimal("0.5"), Fraction(1, 2), "1", None, 1j, -1, float("nan"), 1e30, -0.5]
)
def test_a_sleep_raises_what_it_raises_without_a_run(seconds):
    def outcome():
        try:
            time.sleep(seconds)
        except Exception as error:
            return type(error), str(error)
        return None

    async def main():
        return outcome(), asyncio.get_running_loop().time()

    stock = outcome()
    assert vtloop.run(main()) == (stock, 0.0 if stock else 0.5)


@pytest.mark.parametrize("delay", [Decimal("0.01"), "1", [1]])
def test_a_delay_that_asyncio_refuses_is_refused(delay):
    async def sleep():
        await asyncio.sleep(delay)

    async def call():
        asyncio.get_running_loop().call_later(delay, print)

    async def call_at():
        asyncio.get_running_loop().call_at(delay, print)

    for program in (sleep, call):
        with pytest.raises(TypeError):
            asyncio.run(program())
        with pytest.raises(TypeError):
            vtloop.run(program())
    with pytest.raises(TypeError):
        vtloop.run(call_at())


@pytest.mark.parametrize("delay", [1, 1.0, Fraction(1), True])
def test_a_delay_that_asyncio_takes_is_taken(delay):
    async def main():
        await asyncio.sleep(delay)
        return asyncio.get_running_loop().time()

    assert vtloop.run(main()) == 1


# --- Exactness -----------------------------------------------------------------------------------

DELAYS = (
    st.floats(1e-9, 100)
    | st.integers(1, 10**6).map(lambda thousandths: thousandths / 1000)
    | st.sampled_from([0.1, 0.15, 0.2, 0.3, 1, 60, 1e-7])
)


async def sleeping(seconds):
    await asyncio.sleep(seconds)


async def blocking(seconds):
    time.sleep(seconds)


async def in_a_thread(seconds):
    await asyncio.to_thread(time.sleep, seconds)


async def timing_out(seconds):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


async def waiting_for_an_event(seconds):
    await asyncio.to_thread(threading.Event().wait, seconds)


WAITS = [sleeping, blocking, timing_out, waiting_for_an_event]


@given(
    waits=st.lists(st.tuples(st.sampled_from(WAITS), DELAYS), min_size=1, max_size=10),
    reads=st.sampled_from([time.monotonic, time.perf_counter, time.time]),
    moment=st.floats(0, 1e6),
)
def test_who_computes_when_it_is_due_and_waits_so_long_is_never_early(waits, reads, moment):
    async def main():
        await asyncio.sleep(moment)
        loop = asyncio.get_running_loop()
        for wait, seconds in waits:
            began, due = loop.virtual_time(), reads() + seconds
            await wait(seconds)
            assert reads() >= due
            took = loop.virtual_time() - began
            # A timeout is a deadline in a float of seconds, which may round what is near a half.
            assert abs(took - max(1, round(seconds * NANOSECONDS))) <= (wait is timing_out)
            await asyncio.sleep(due - reads())
            assert reads() >= due
            exact = loop.virtual_time() + MONOTONIC
            assert time.monotonic_ns() == exact
            assert abs(time.monotonic() - exact / NANOSECONDS) < 1e-6

    vtloop.run(main())


def test_a_clock_never_goes_back_nor_away_from_the_loops_time():
    async def main():
        last = time.monotonic()
        for _ in range(10_000):
            await asyncio.sleep(0.15)
            last, before = time.monotonic(), last
            assert last >= before + 0.15
        return time.monotonic() - 2**28 - asyncio.get_running_loop().time()

    assert abs(vtloop.run(main())) < 1e-3


def test_cancelled_timeouts_leave_nothing_behind_in_the_clocks():
    async def main():
        for _ in range(30_000):
            time.monotonic()
            async with asyncio.timeout(3600.15):
                await asyncio.sleep(0.001)
        return len(asyncio.get_running_loop().clock.monotonic._expected)

    assert vtloop.run(main()) <= 10_000


def test_a_deadline_by_the_monotonic_clock_is_met_and_told_of():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(1)
        fired = []
        loop.call_at(time.monotonic() + 2.5, lambda: fired.append(loop.time()))
        loop.call_at(time.monotonic() - 5, lambda: fired.append(loop.time()))
        async with asyncio.timeout_at(time.monotonic() + 1.5) as timeout:
            assert timeout.when() == time.monotonic() + 1.5
            await asyncio.sleep(1)
        await asyncio.sleep(10)
        return fired

    run = vtloop.simulate(main)
    assert run.value == [1.0, 3.5]
    assert len(run.notices) == 3
    assert "in main: loop.call_at(time.monotonic() + 2.5, lambda" in run.notices[0]
    assert "by time.monotonic(), and so 2.5 s later, while loop.time() counts" in run.notices[0]


@pytest.mark.parametrize("seconds", [2**28 + 5, 2**30, 1e10])
def test_a_deadline_in_many_years_is_one_where_nobody_has_read_the_monotonic_clock(seconds):
    async def main():
        loop = asyncio.get_running_loop()
        fired = loop.create_future()
        loop.call_at(seconds, fired.set_result, None)
        await fired
        return loop.time()

    run = vtloop.simulate(main)
    assert (run.value, run.notices) == (seconds, ())


def test_a_time_of_the_loop_that_a_test_puts_in_its_place_moves_the_timers(monkeypatch):
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(5)
        fired = []
        with monkeypatch.context() as patch:
            now = 0
            patch.setattr(loop, "time", lambda: now)
            loop.call_at(3, fired.append, "at 3")
            loop.call_later(7, fired.append, "in 7")
            asyncio.create_task(asyncio.sleep(2)).add_done_callback(lambda _: fired.append("2"))
            seen = []
            for now in range(9):  # noqa: B007
                for _ in range(5):
                    await asyncio.sleep(0)
                seen.append(list(fired))
        return seen, loop.time()

    seen, ended = vtloop.run(main())
    assert [len(fired) for fired in seen] == [0, 0, 1, 2, 2, 2, 2, 3, 3]
    assert seen[-1] == ["2", "at 3", "in 7"]
    assert ended == 13


def test_a_time_that_is_ahead_of_the_loops_lets_what_is_due_fire(monkeypatch):
    async def main():
        loop = asyncio.get_running_loop()
        fired = []
        loop.call_later(60, fired.append, True)
        real = loop.time
        with monkeypatch.context() as patch:
            patch.setattr(loop, "time", lambda: real() + 100)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return fired, loop.time()

    assert vtloop.run(main()) == ([True], 100)


# --- What waits for real things ------------------------------------------------------------------


def test_a_child_process_is_waited_for_in_real_time():
    code = "import time; time.sleep(0.3)"
    slow = "import time; time.sleep(30)"

    async def main():
        def work():
            before = REAL["monotonic"]()
            with pytest.raises(subprocess.TimeoutExpired):
                subprocess.run([sys.executable, "-c", slow], timeout=0.1)
            subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
            return REAL["monotonic"]() - before

        return await asyncio.to_thread(work), asyncio.get_running_loop().time()

    real, virtual = vtloop.run(main())
    assert real > 0.3
    assert virtual == 0


WAITS_FOR_PROCESSES = """\
import asyncio, multiprocessing, time, vtloop
from multiprocessing import connection

async def main():
    here, there = multiprocessing.Pipe()
    queue = multiprocessing.Queue()
    condition = multiprocessing.Condition()
    def work():
        nothing = connection.wait([here], timeout=0.05)
        try:
            queue.get(timeout=0.05)
        except Exception as error:
            with condition:
                return nothing, type(error).__name__, condition.wait_for(lambda: False, 0.05)
    return await asyncio.to_thread(work)

if __name__ == "__main__":
    print(vtloop.run(main()))
"""


def test_other_processes_are_waited_for_in_real_time(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WAITS_FOR_PROCESSES)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert done.stdout == "([], 'Empty', False)\n", done.stderr


def test_logging_at_one_instant_takes_no_time(caplog):
    async def main():
        for number in range(30_000):
            logging.getLogger("test").debug("line %d", number)
        return asyncio.get_running_loop().time(), time.time()

    with caplog.at_level(logging.CRITICAL):
        assert vtloop.run(main()) == (0, 946_684_800)
