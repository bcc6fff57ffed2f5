"""What clocks tell is exact, also next to what waits in real time."""

import asyncio
import logging
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtloop
from vtloop.core.patches.time_functions import REAL
from vtloop.values.clock import MONOTONIC, NANOSECONDS

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
