"""How far a run may go: until when, in how many steps, and with which delays."""

import asyncio
import math
import re
import textwrap
import time

import pytest

import vtloop
import vtloop.core.hazards


def text(message: str) -> str:
    return textwrap.dedent(message).strip("\n")


# Runs without end


async def tick():
    while True:
        await asyncio.sleep(1)
        print(asyncio.get_running_loop().time())


def test_until_stops_a_run_after_everything_due_by_then(capsys):
    run = vtloop.simulate(tick(), until=3)
    assert run.stopped
    assert (run.value, run.error, run.elapsed) == (None, None, 3.0)
    assert run.unfinished == ("tick#1",)
    assert [line.text for line in run.printed] == ["1.0", "2.0", "3.0"]
    assert repr(run) == "<Run stopped after 3 s>"


def test_until_is_an_error_of_the_drop_in_and_tells_what_is_left():
    with pytest.raises(vtloop.UntilReached) as error:
        vtloop.run(tick(), until=2.5)
    line = tick.__code__.co_firstlineno + 2
    assert str(error.value) == text(
        f"""
        The run reached until=2.5 seconds of virtual time while it was not finished; give it a later until, or none. Tasks left:
          - tick#1 waits for a sleep until 3 s
              at tests/core/test_limits.py:{line} in tick: await asyncio.sleep(1)
        The date was 2000-01-01 00:00:02.500000 UTC.
        """  # noqa: E501
    )


def test_cleanup_after_until_may_take_its_time():
    ended = []

    async def main():
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(10)
            ended.append(asyncio.get_running_loop().time())

    run = vtloop.simulate(main, until=5)
    assert ended == [15.0]
    assert (run.elapsed, run.ended) == (5.0, 15.0)


def test_until_stops_a_program_that_only_blocks():
    async def main():
        while True:
            time.sleep(1)
            await asyncio.sleep(0)

    run = vtloop.simulate(main, until=10)
    assert run.stopped
    assert run.elapsed == 11.0  # nobody can interrupt the sleep that began at 10


def test_until_stops_a_program_that_waits_for_ever():
    async def main():
        asyncio.get_running_loop().call_later(20, print)
        await asyncio.Event().wait()

    run = vtloop.simulate(main, until=10)
    assert run.stopped
    assert run.error is None
    assert run.elapsed == 10.0


def test_a_deadlock_before_until_is_told_as_one_and_ends_the_run_at_once():
    async def main():
        await asyncio.sleep(3)
        await asyncio.Event().wait()

    run = vtloop.simulate(main, until=10)
    assert run.stopped
    assert (run.elapsed, run.ended) == (3.0, 3.0)
    assert isinstance(run.error, vtloop.DeadlockError)
    line = main.__code__.co_firstlineno + 2
    assert str(run.error) == text(
        f"""
        The program waited at virtual time 3 s while nothing was ready, no timer was pending and no thread could call in; 1 task waits for ever:
          - main#1 waits for Event #1 to be set
              at tests/core/test_limits.py:{line} in main: await asyncio.Event().wait()
        This is a deadlock, so the run ends here, though until=10 was asked for.
        Let some task do what they wait for, or give the wait a timeout.
        The date was 2000-01-01 00:00:03 UTC.
        """  # noqa: E501
    )
    assert run.notices == (str(run.error),)
    assert repr(run) == "<Run raised DeadlockBeforeUntil after 3 s>"
    for error in (vtloop.DeadlockError, vtloop.UntilReached):
        with pytest.raises(error):
            vtloop.run(main(), until=10)


def test_tasks_may_take_their_time_to_clean_up_after_a_deadlock_before_until():
    cleaned = []

    async def main():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(100)
            cleaned.append(asyncio.get_running_loop().time())

    assert vtloop.simulate(main, until=10).ended == 100
    assert cleaned == [100]


def test_a_program_that_ends_before_until_is_not_stopped():
    run = vtloop.simulate(asyncio.sleep(10, "done"), until=10)
    assert not run.stopped
    assert run.result() == "done"


# Delays


@pytest.mark.parametrize("schedule", ["call_later", "call_at"])
def test_a_delay_of_nan_is_refused(schedule):
    loop = vtloop.VirtualLoop()
    with pytest.raises(ValueError, match="nan seconds was given"):
        getattr(loop, schedule)(math.nan, print)
    loop.close()


def test_an_infinite_delay_never_fires_and_is_named_when_nothing_else_is_left():
    async def main():
        await asyncio.sleep(math.inf)

    with pytest.raises(vtloop.DeadlockError, match=r"nothing, for ever \(a sleep of infinite"):
        vtloop.run(main())


def test_negative_delays_fire_at_once_earliest_deadline_first():
    async def main():
        loop = asyncio.get_running_loop()
        fired = []
        loop.call_later(-1, fired.append, "-1")
        loop.call_later(-2, fired.append, "-2")
        loop.call_soon(fired.append, "soon")
        loop.call_at(-math.inf, fired.append, "-inf")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return fired, loop.time()

    assert vtloop.run(main()) == (["soon", "-inf", "-2", "-1"], 0.0)


def test_years_and_more_take_no_time_and_stay_exact():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(365 * 24 * 3600.0)
        await asyncio.sleep(0.1)
        await asyncio.sleep(31536000.1)
        exact = loop.virtual_time()
        await asyncio.sleep(1e300)
        return exact, loop.time()

    assert vtloop.run(main()) == (63_072_000_200_000_000, 1e300)


def test_a_deadlock_is_one_with_timer_slack_as_well():
    async def main():
        await asyncio.Event().wait()

    with pytest.raises(vtloop.DeadlockError, match="an Event to be set"):
        vtloop.run(main(), timer_slack=0.001)


def test_a_run_without_end_is_recorded_for_so_many_steps_at_most(monkeypatch):
    async def main():
        while True:
            await asyncio.sleep(1)

    monkeypatch.setattr(vtloop.core.hazards, "MAX_RECORDED", 20_000)
    run = vtloop.simulate(main)
    with pytest.raises(vtloop.SimulationError, match="recorded for 20,000 steps, up to virtual"):
        run.result()
    assert 20_000 < len(run.trace.steps) < 40_000
    with pytest.raises(vtloop.UntilReached):  # as it was not recorded
        vtloop.run(main(), until=50_000)


def test_a_main_task_that_ends_in_a_blocking_call_beyond_until_has_ended():
    async def main():
        time.sleep(10)
        return "done"

    run = vtloop.simulate(main, until=5)
    assert (run.value, run.stopped, run.elapsed) == ("done", False, 10.0)
    assert vtloop.run(main(), until=5) == "done"


def test_the_result_of_a_stopped_run_is_an_error():
    with pytest.raises(vtloop.UntilReached, match=r"was stopped at its until, after 3 s"):
        vtloop.simulate(tick(), until=3).result()


def test_a_task_that_cannot_be_cancelled_does_not_keep_a_stopped_run_going_for_ever():
    async def stubborn():
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

    async def main():
        kept = asyncio.create_task(stubborn())
        await asyncio.sleep(1000)
        return kept

    run = vtloop.simulate(main, until=5)
    assert run.stopped
    assert run.ended == 5 + 24 * 3600


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_goes_wrong_in_the_cleanup_is_an_error_of_the_run():
    async def never_cleaned_up():
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.Event().wait()

    async def main():
        task = asyncio.create_task(never_cleaned_up())
        await asyncio.sleep(1)
        return task

    run = vtloop.simulate(main)
    assert isinstance(run.error, vtloop.DeadlockError)
    assert run.elapsed == 1.0


def test_locks_that_all_are_called_alike_have_names_of_their_own_in_a_message_without_a_recording():
    class Account:
        def __init__(self):
            self.lock = asyncio.Lock()

    async def transfer(source, target):
        async with source.lock:
            await asyncio.sleep(1)
            async with target.lock:
                pass

    async def main():
        one, other = Account(), Account()
        await asyncio.gather(transfer(one, other), transfer(other, one), transfer(other, one))

    with pytest.raises(vtloop.DeadlockError) as caught:
        vtloop.run(main)
    waits = re.findall(r"transfer#\d waits for (.*)", str(caught.value))
    assert waits == ["Lock 'target.lock'", "Lock 'target.lock' #2", "Lock 'target.lock'"]


def test_a_task_that_waits_for_its_own_lock_is_told_so():
    async def main():
        lock = asyncio.Lock()
        async with lock, lock:
            pass

    error = str(vtloop.simulate(main).error)
    assert "main#1 waits for Lock 'lock', held by main#1" in error
    assert "\nmain#1 waits for what it holds itself.\n" in error


def test_a_task_is_not_taken_for_another_one_of_its_name():
    async def takes(lock):
        await lock.acquire()

    async def main():
        lock = asyncio.Lock()
        await asyncio.create_task(takes(lock), name="worker")
        await asyncio.create_task(takes(lock), name="worker")

    error = str(vtloop.simulate(main).error)
    assert "worker waits for Lock 'lock', held by worker" in error
    assert "itself" not in error
    assert "circle" not in error
