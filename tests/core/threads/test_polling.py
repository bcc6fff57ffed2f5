"""Programs that look at a clock until it has moved go on as on a real machine, and it is told."""

import asyncio
import logging
import threading
import time
import warnings
from datetime import datetime, timedelta

import pytest

import vtloop
from vtloop.core.threads import actor

pytestmark = [
    pytest.mark.ends,
    pytest.mark.filterwarnings("ignore::vtloop.SpinWarning"),
]


def polled(seconds):
    """Wait for a clock to pass so many seconds; return how late that was."""
    end = time.perf_counter() + seconds
    while time.perf_counter() <= end:
        pass
    return time.perf_counter() - end


async def polled_in_turns(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() <= end:
        await asyncio.sleep(0)
    return time.monotonic() - end


async def polled_in_the_loop(seconds):
    return polled(seconds)


async def polled_in_a_worker(seconds):
    return await asyncio.to_thread(polled, seconds)


async def polled_by_date(seconds):
    end = datetime.now() + timedelta(seconds=seconds)
    while datetime.now() <= end:
        await asyncio.sleep(0)
    return (datetime.now() - end).total_seconds()


async def polled_by_the_loops_time(seconds):
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() <= end:
        await asyncio.sleep(0)
    return loop.time() - end


POLLS = [
    polled_in_turns,
    polled_in_the_loop,
    polled_in_a_worker,
    polled_by_date,
    polled_by_the_loops_time,
]


@pytest.mark.parametrize("poll", POLLS)
@pytest.mark.parametrize("seconds", [0, 1e-6, 0.001, 0.1])
def test_a_poll_ends_a_little_late(poll, seconds):
    run = vtloop.simulate(lambda: poll(seconds))
    late = run.result()
    assert 0 < late <= 3e-6 + seconds * 2e-4
    assert seconds + late - 1e-6 <= run.elapsed <= seconds + 6e-6 + seconds * 4e-4
    assert run.reproducible


@pytest.mark.once
@pytest.mark.parametrize("poll", [polled_in_turns, polled_in_the_loop, polled_in_a_worker])
def test_a_poll_for_an_hour_ends(poll):
    assert 0 < vtloop.run(poll(3600)) < 1


def asked_by_sleeps(done):
    while not done.is_set():
        time.sleep(0)


def asked_by_waits(done):
    while not done.wait(0):
        pass


def asked_by_tries(done):
    while not done.lock.acquire(False):
        pass


class Done(threading.Event):
    """An event, and a lock that is free once it is set."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.lock.acquire()

    def set(self):
        super().set()
        self.lock.release()


@pytest.mark.parametrize("ask", [asked_by_sleeps, asked_by_waits, asked_by_tries])
@pytest.mark.parametrize("where", ["in a worker", "in the loop"])
def test_a_poll_that_looks_at_no_clock_ends_a_little_late(ask, where):
    async def main():
        done = Done()
        timer = threading.Timer(0.01, done.set)
        timer.start()
        if where == "in a worker":
            await asyncio.to_thread(ask, done)
        else:
            ask(done)

    run = vtloop.simulate(main)
    run.result()
    assert 0.01 <= run.elapsed < 0.0101
    assert run.reproducible
    assert run.digest() == vtloop.simulate(main).digest()


@pytest.mark.once
def test_what_a_poll_did_that_looked_at_no_clock_is_told():
    async def main():
        await asyncio.to_thread(asked_by_waits, Done())

    run = vtloop.simulate(main, patience=1000)
    (notice,) = run.notices
    assert notice.startswith(
        "asyncio_0 tried to take a lock again and again at virtual time 0 s, at "
    )
    assert "in asked_by_waits: while not done.wait(0):" in notice
    with pytest.raises(
        vtloop.LivelockError,
        match="asyncio_0 tried to take a lock again and again since virtual time 0 s, for ",
    ):
        run.result()


def test_thousands_of_sleeps_of_zero_and_of_tries_at_one_instant_are_exact():
    async def main():
        lock = threading.Lock()
        with lock:
            for _ in range(4000):
                time.sleep(0)
                lock.acquire(False)

    run = vtloop.simulate(main)
    assert (run.elapsed, run.notices) == (0, ())


def test_a_condition_that_is_notified_again_and_again_at_one_instant_takes_no_time():
    async def main():
        condition = threading.Condition(threading.Lock())
        for _ in range(20_000):
            with condition:
                condition.notify()

    run = vtloop.simulate(main)
    assert (run.elapsed, run.notices) == (0, ())


def test_workers_that_poll_at_once_all_end_a_little_late():
    async def main():
        return await asyncio.gather(
            asyncio.to_thread(polled, 0.01),
            asyncio.to_thread(polled, 0.02),
            asyncio.sleep(0.015, "on time"),
        )

    run = vtloop.simulate(main)
    one, other, words = run.result()
    assert 0 < one < 1e-4
    assert 0 < other < 1e-4
    assert words == "on time"
    assert run.reproducible
    assert run.digest() == vtloop.simulate(main).digest()


@pytest.mark.parametrize("poll", POLLS)
def test_equal_polls_make_equal_runs(poll):
    assert len({vtloop.simulate(lambda: poll(0.001)).digest() for _ in range(3)}) == 1


def test_a_poll_after_a_sleep_ends_microseconds_after_the_deadline():
    async def main():
        late = []
        due = datetime.now()
        for _ in range(30):
            due += timedelta(days=1)
            await asyncio.sleep((due - datetime.now()).total_seconds())
            while datetime.now() <= due:
                await asyncio.sleep(0)
            late.append(datetime.now() - due)
        return late

    late = vtloop.run(main())
    assert len(late) == 30
    assert timedelta(0) < min(late) <= max(late) < timedelta(microseconds=10)


def test_a_keep_alive_that_sets_its_timer_again_at_its_deadline_goes_on():
    async def main():
        loop = asyncio.get_running_loop()
        closed = loop.create_future()
        deadlines = []

        def check(deadline):
            if loop.time() > deadline:
                deadlines.append(loop.time())
                if len(deadlines) == 100:
                    closed.set_result(deadlines)
                    return
                deadline = loop.time() + 15
            loop.call_at(deadline, check, deadline)

        loop.call_at(15, check, 15)
        return await closed

    deadlines = vtloop.run(main(), until=2000)
    assert len(deadlines) == 100
    assert deadlines == pytest.approx([15.0 * number for number in range(1, 101)], abs=1e-3)


@pytest.mark.once
def test_a_timer_that_is_set_again_without_looking_is_a_livelock_or_lets_time_pass():
    async def main(other):
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def again():
            if not ended.done():
                loop.call_at(5, again)

        loop.call_at(5, again)
        if other:
            loop.call_at(5.1, ended.set_result, None)
        await ended
        return loop.time()

    assert vtloop.run(main(other=True)) == 5.1
    with pytest.raises(vtloop.LivelockError):
        vtloop.run(main(other=False))


def test_other_tasks_are_on_time_while_one_polls():
    async def main():
        loop = asyncio.get_running_loop()
        ticks = []

        async def tick():
            while True:
                await asyncio.sleep(0.01)
                await asyncio.sleep(0)
                ticks.append(loop.time())

        ticking = asyncio.create_task(tick())
        await polled_in_turns(0.2)
        ticking.cancel()
        return ticks

    ticks = vtloop.run(main())
    assert ticks[:19] == [pytest.approx(number / 100, abs=1e-9) for number in range(1, 20)]


def test_the_loop_is_on_time_while_a_worker_polls():
    async def main():
        loop = asyncio.get_running_loop()
        ticks = []

        async def tick():
            while True:
                await asyncio.sleep(0.1)
                ticks.append(loop.time())

        ticking = asyncio.create_task(tick())
        await asyncio.to_thread(polled, 1)
        ticking.cancel()
        return ticks

    assert vtloop.run(main())[:9] == [pytest.approx(n / 10, abs=1e-9) for n in range(1, 10)]


def test_many_tasks_that_poll_at_once_all_end():
    async def main():
        return await asyncio.gather(*(polled_in_turns(0.001 * number) for number in range(10)))

    late = vtloop.run(main())
    assert 0 < min(late) <= max(late) < 1e-5


def test_a_poll_stops_at_until():
    run = vtloop.simulate(lambda: polled_in_turns(3600), until=0.1)
    assert run.stopped
    assert 0.1 <= run.elapsed < 0.1001
    with pytest.raises(vtloop.UntilReached):
        vtloop.run(polled_in_turns(3600), until=0.1)


@pytest.mark.once
def test_a_poll_that_nothing_can_end_is_a_livelock():
    async def in_turns():
        while True:
            time.time()
            await asyncio.sleep(0)

    async def at_once():
        asyncio.get_running_loop().call_later(10, print)  # which cannot happen
        while True:
            time.time()

    for program in (in_turns, at_once):
        with pytest.raises(
            vtloop.LivelockError,
            match="looked at a clock again and again since virtual time 0 s, for",
        ):
            vtloop.run(program())


# --- What is no poll -----------------------------------------------------------------------------


def exact(main):
    """Run a program that is not to be taken for one that polls."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = vtloop.simulate(main)
    assert run.notices == ()
    return run.result()


def test_thousands_of_looks_at_one_instant_are_exact():
    async def main():
        seen = {time.monotonic() for _ in range(5_000)}
        await asyncio.sleep(1)
        seen |= {time.monotonic() for _ in range(9_000)}
        return seen

    assert exact(main) == {2.0**28, 2.0**28 + 1}


@pytest.mark.ends
def test_thousands_of_lines_of_a_log_are_exact(caplog):
    async def main():
        for number in range(20_000):
            logging.getLogger("of the test").info("line %d", number)
        await asyncio.sleep(1)
        for number in range(20_000):
            logging.getLogger("of the test").info("line %d", number)
        return asyncio.get_running_loop().time()

    logging.getLogger("of the test").addHandler(logging.NullHandler())
    with caplog.at_level(logging.INFO, "of the test"):
        assert exact(main) == 1
    assert {record.relativeCreated for record in caplog.records} == {0, 1000}


def test_many_tasks_that_each_look_now_and_then_are_exact():
    async def one():
        began = time.monotonic()
        await asyncio.sleep(1)
        return [time.monotonic() - began for _ in range(10)]

    async def main():
        return await asyncio.gather(*(one() for _ in range(5_000)))

    assert exact(main) == [[1.0] * 10] * 5_000


def test_many_timeouts_at_one_instant_are_exact():
    async def one():
        async with asyncio.timeout(5):
            await asyncio.sleep(1)

    async def main():
        for _ in range(30):
            await asyncio.gather(*(one() for _ in range(200)))
        for _ in range(10_000):
            async with asyncio.timeout(5):
                pass
        return asyncio.get_running_loop().time()

    assert exact(main) == 30


def test_a_task_that_sleeps_between_two_looks_does_not_poll():
    async def main():
        loop = asyncio.get_running_loop()
        while time.monotonic() < 2**28 + 20:
            await asyncio.sleep(0.001)
        return loop.time()

    assert exact(main) == pytest.approx(20, abs=1e-6)


# --- What the user is told -----------------------------------------------------------------------


@pytest.mark.filterwarnings("default::vtloop.SpinWarning")
def test_a_poll_is_told_with_its_task_and_line_and_what_helps():
    async def wait_for(due):
        while time.time() <= due:
            await asyncio.sleep(0)

    async def main():
        await asyncio.sleep(1)
        await asyncio.create_task(wait_for(time.time()), name="alarm")
        await asyncio.create_task(wait_for(time.time()), name="alarm")

    with pytest.warns(vtloop.SpinWarning) as caught:
        run = vtloop.simulate(main)
    line = wait_for.__code__.co_firstlineno + 1
    assert run.notices == (
        "alarm looked at a clock again and again at virtual time 1 s, at "
        f"tests/core/threads/test_polling.py:{line} in wait_for: while time.time() <= due:; "
        "from then on each look took some time, as on a real machine. For exact times wait for "
        "what is polled, or sleep until it is due; code that waits for a clock to pass a deadline, "
        "and not just to reach it, needs timer_slack=\nThe date was 2000-01-01 00:00:01 UTC.",
    )
    assert [str(warning.message) for warning in caught] == list(run.notices)
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)
    assert run.reproducible


def test_that_the_loop_waits_for_a_worker_is_no_look_at_a_clock():
    async def main():
        clock = asyncio.get_running_loop().clock
        left = []
        for seconds in (0, 0.05):
            before = clock.looks_left
            await asyncio.to_thread(actor.real_sleep, seconds)
            left.append(before - clock.looks_left)
        return left

    quick, slow = vtloop.run(main())
    assert quick == slow


def test_a_poll_in_one_step_is_told_as_a_call_that_blocks_the_loop():
    run = vtloop.simulate(lambda: polled_in_the_loop(0.1))
    (blocked,) = run.blocked
    assert (blocked.who, blocked.how) == ("polled_in_the_loop#1", "a poll of the clock")
    assert blocked.duration == pytest.approx(0.1e9, rel=1e-3)
    assert "in polled: while time.perf_counter() <= end:" in blocked.place
    assert vtloop.simulate(lambda: polled_in_turns(0.1)).blocked == ()


def test_a_poll_counts_as_time_of_the_processor():
    async def main():
        await asyncio.sleep(10)
        await polled_in_turns(0.1)
        polled(0.1)
        return time.process_time(), time.thread_time()

    for used in vtloop.run(main()):
        assert used == pytest.approx(0.2, rel=1e-2)


def test_timer_slack_ends_a_poll_for_a_deadline_that_is_reached_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        due = loop.time() + 5
        looks = 0
        while loop.time() <= due:
            looks += 1
            await asyncio.sleep(max(0, due - loop.time()))
        return looks, loop.time()

    assert vtloop.run(main(), timer_slack=1e-6) == (1, 5.000001)
    assert vtloop.run(main())[0] > 1_000
