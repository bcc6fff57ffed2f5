"""The clocks of the module `time` tell the run's time, wherever a program has kept them."""

import asyncio
import copy
import functools
import inspect
import pickle
import sched
import sys
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

import vtloop
from vtloop.core.patches.time_functions import STAND_INS
from vtloop.values.clock import MONOTONIC

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
