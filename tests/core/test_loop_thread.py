"""Calls that block the loop's own thread take virtual time, and the run says who made them."""

import asyncio
import math
import sys
import threading
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import vtloop
from vtloop import busy, simulate

HERE = Path(__file__).name
LINES = Path(__file__).read_text("utf-8").splitlines()


@pytest.mark.parametrize("how", ["time.sleep", "busy"])
def test_a_blocking_call_stops_every_task_and_the_run_knows_who_where_and_how_long(how):
    log = []

    async def other():
        await asyncio.sleep(1)
        log.append(asyncio.get_running_loop().time())

    async def main():
        call = {"time.sleep": time.sleep, "busy": busy}[how]
        task = asyncio.create_task(other())
        await asyncio.sleep(0.5)
        call(2)  # this line
        await task

    run = simulate(main)
    assert log == [2.5]
    assert run.elapsed == 2.5
    (blocked,) = run.blocked
    assert (blocked.at, blocked.duration, blocked.how) == (500_000_000, 2_000_000_000, how)
    assert blocked.who == "main#1"
    line = next(n for n, text in enumerate(LINES, 1) if text.endswith("# this line"))
    assert f"{HERE}:{line} in main: call(2)" in blocked.place


def test_a_sleep_of_zero_blocks_nobody():
    async def main():
        time.sleep(0)

    run = simulate(main)
    assert (run.elapsed, run.blocked) == (0.0, ())


@pytest.mark.parametrize(
    "seconds",
    [math.nan, math.inf, -math.inf, -1, -0.5, 1e30, 10**30, "1", None, Decimal(-1), 1j],
    ids=repr,
)
@pytest.mark.parametrize("in_thread", [False, True], ids=["in the loop", "in a worker"])
def test_a_sleep_refuses_what_time_sleep_refuses(seconds, in_thread):
    with pytest.raises((ValueError, TypeError, OverflowError)) as expected:
        time.sleep(seconds)

    async def main():
        if in_thread:
            await asyncio.to_thread(time.sleep, seconds)
        else:
            time.sleep(seconds)

    run = simulate(main)
    assert (type(run.error), str(run.error)) == (expected.type, str(expected.value))


REALS = [Decimal("1.5"), Fraction(1, 4)] if sys.version_info >= (3, 15) else []


@pytest.mark.parametrize("seconds", [True, 3, 0.25, *REALS])
def test_a_sleep_takes_any_number_that_time_sleep_takes(seconds):
    async def main():
        time.sleep(seconds)

    assert simulate(main).elapsed == seconds


def test_a_program_that_only_blocks_stops_at_until():
    async def main():
        while True:
            time.sleep(1)
            await asyncio.sleep(0)

    run = simulate(main, until=10)
    assert run.stopped
    assert run.elapsed == 11.0  # the call that passed it is not cut short


def test_workers_wake_at_their_own_instants_while_the_loop_is_blocked():
    async def main():
        loop = asyncio.get_running_loop()
        log = []

        def work(seconds):
            time.sleep(seconds)
            log.append(("woke", loop.time()))

        futures = [loop.run_in_executor(None, work, seconds) for seconds in (3, 1, 2)]
        time.sleep(2.5)
        log.append(("loop", loop.time()))
        await asyncio.wait(futures)
        return log

    assert simulate(main).value == [("woke", 1.0), ("woke", 2.0), ("loop", 2.5), ("woke", 3.0)]


def test_workers_wake_each_other_while_the_loop_is_blocked():
    async def main():
        loop = asyncio.get_running_loop()
        event = threading.Event()
        log = []

        def wait():
            event.wait()
            log.append(loop.time())

        def set_it():
            time.sleep(1)
            event.set()

        futures = [loop.run_in_executor(None, wait), loop.run_in_executor(None, set_it)]
        time.sleep(5)
        await asyncio.wait(futures)
        return log

    run = simulate(main)
    assert run.value == [1.0]
    assert run.reproducible


def test_a_coroutine_that_waits_for_a_worker_blocks_the_loop_until_the_worker_is_done():
    async def main():
        loop = asyncio.get_running_loop()
        done = threading.Event()

        def work():
            time.sleep(3)
            done.set()

        loop.run_in_executor(None, work)
        return done.wait(), loop.time()

    run = simulate(main)
    assert run.value == (True, 3.0)
    assert [(b.duration, b.how) for b in run.blocked] == [(3_000_000_000, "a wait for a thread")]
    assert run.reproducible


def test_a_coroutine_that_waits_for_a_thread_gives_up_at_its_timeout():
    async def main():
        return threading.Event().wait(7), asyncio.get_running_loop().time()

    assert simulate(main).value == (False, 7.0)


def test_a_coroutine_that_waits_for_a_thread_with_nobody_there_is_a_deadlock():
    async def main():
        threading.Event().wait()

    run = simulate(main)
    assert isinstance(run.error, vtloop.DeadlockError)
    assert "main#1 blocked the loop's own thread at virtual time 0 s" in str(run.error)


def test_a_lock_of_the_runs_own_is_waited_for_by_the_loop_too():
    async def main():
        loop = asyncio.get_running_loop()
        lock = threading.Lock()

        def work():
            with lock:
                time.sleep(2)

        loop.run_in_executor(None, work)
        await asyncio.sleep(1)
        with lock:
            return loop.time()

    assert simulate(main).value == 2.0


def test_outside_a_run_everything_is_real_again():
    async def main():
        return threading.Lock

    lock = simulate(main).result()
    assert threading.Lock is not lock
    began = time.monotonic()
    busy(0.01)
    assert time.monotonic() >= began + 0.01
