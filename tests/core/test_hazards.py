"""The hazards of virtual time: each is met, and what the run says helps whoever reads it."""

import asyncio
import textwrap
import time
import warnings

import pytest

import vtloop
import vtloop.core.hazards


def text(message: str) -> str:
    return textwrap.dedent(message).strip("\n")


# Deadlock


def test_a_deadlock_names_every_blocked_task_what_it_waits_for_and_who_holds_it():
    async def worker(first, second):
        async with first:
            await asyncio.sleep(1)
            await second.acquire()

    async def main():
        fork, knife = asyncio.Lock(), asyncio.Lock()
        await asyncio.gather(
            asyncio.create_task(worker(fork, knife), name="Plato"), worker(knife, fork)
        )

    error = vtloop.simulate(main).error
    assert isinstance(error, vtloop.DeadlockError)
    line = worker.__code__.co_firstlineno
    assert str(error) == text(
        f"""
        The program waited at virtual time 1 s while nothing was ready, no timer was pending and no thread could call in; 3 tasks wait for ever:
          - main#1 waits for gather() of Plato, worker#3
              at tests/core/test_hazards.py:{line + 7} in main: await asyncio.gather(
          - Plato waits for Lock 'knife', held by worker#3
              at tests/core/test_hazards.py:{line + 3} in worker: await second.acquire()
          - worker#3 waits for Lock 'fork', held by Plato
              at tests/core/test_hazards.py:{line + 3} in worker: await second.acquire()
        They wait in a circle: Plato → worker#3 → Plato.
        Let some task do what they wait for, or give the wait a timeout.
        The date was 2000-01-01 00:00:01 UTC.
        """  # noqa: E501
    )


def test_a_deadlock_leaves_the_loop_in_order_so_that_the_runner_can_clean_up():
    cleaned = []

    async def main():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(5)
            cleaned.append(asyncio.get_running_loop().time())

    with pytest.raises(vtloop.DeadlockError):
        vtloop.run(main())
    assert cleaned == [5.0]


def test_an_unrecorded_deadlock_still_says_what_each_task_waits_for():
    async def main():
        await asyncio.Queue().get()

    with pytest.raises(vtloop.DeadlockError, match=r"main#1 waits for an item of a Queue\n"):
        vtloop.run(main())


def test_a_loop_with_nothing_to_do_at_all_says_so():
    loop = vtloop.VirtualLoop()
    with pytest.raises(vtloop.DeadlockError) as error:
        loop.run_forever()
    assert str(error.value) == (
        "The loop was run at virtual time 0 s while it had nothing to do: no task, no timer, "
        "no thread that could call in; give it a task, or call loop.stop() first\n"
        "The date was 2000-01-01 00:00:00 UTC."
    )
    loop.close()


# Polling


async def poll_until_a_timer_fires(delay):
    loop = asyncio.get_running_loop()
    fired = []
    loop.call_later(delay, fired.append, True)
    rounds = 0
    while not fired:
        rounds += 1
        await asyncio.sleep(0)
    return loop.time(), rounds


@pytest.mark.once
@pytest.mark.parametrize("delay", [0.001, 0.1, 2, 3600 * 24 * 365])
def test_polling_at_one_instant_makes_progress_to_the_next_deadline(delay):
    with pytest.warns(vtloop.SpinWarning):
        reached, rounds = vtloop.run(poll_until_a_timer_fires(delay))
    assert reached == delay
    assert rounds <= 1_003_100


def test_a_run_says_where_it_moved_the_clock_under_a_poll():
    with pytest.warns(vtloop.SpinWarning) as caught:
        run = vtloop.simulate(poll_until_a_timer_fires(0.1))
    assert run.notices == (
        "poll_until_a_timer_fires#1 kept the loop busy round after round at virtual time 0 s "
        "while the next timer was due at 0.1 s; the clock was moved "
        "there, as on a real machine, where each round takes time. For exact times wait for what "
        "is polled, or sleep a little longer than 0 between two looks\n"
        "The date was 2000-01-01 00:00:00 UTC.",
    )
    assert str(caught[0].message) == run.notices[0]
    assert run.reproducible


def test_a_poll_is_warned_of_once_and_noted_each_time():
    async def main():
        for _ in range(3):
            await poll_until_a_timer_fires(0.01)

    with pytest.warns(vtloop.SpinWarning) as caught:
        run = vtloop.simulate(main)
    assert len(caught) == 1
    assert len(run.notices) == 3


def test_much_work_at_one_instant_does_not_fire_a_distant_timeout():
    async def main():
        queue = asyncio.Queue(1)

        async def produce():
            for item in range(20_000):
                await queue.put(item)

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(produce())
            for _ in range(20_000):
                await queue.get()
        return asyncio.get_running_loop().time()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vtloop.run(main()) == 0


def test_blocking_calls_between_two_looks_are_no_spin():
    async def main():
        for _ in range(3_000):
            time.sleep(1)
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vtloop.run(main()) == 3000


def test_rounds_at_many_instants_are_no_spin():
    async def main():
        loop = asyncio.get_running_loop()
        for millisecond in range(1, 3_000):
            loop.call_at(millisecond / 1000, int)
        for millisecond in range(1, 3_000):
            await asyncio.sleep(millisecond / 1000 - loop.time())
            await asyncio.sleep(0)
            assert loop.time() == millisecond / 1000

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vtloop.run(main())


@pytest.mark.once
def test_a_livelock_names_the_tasks_that_spin_and_says_what_to_do():
    async def spin():
        while True:
            await asyncio.sleep(0)

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(spin())
            group.create_task(spin(), name="top")
            group.create_task(asyncio.Event().wait())

    with pytest.raises(vtloop.LivelockError) as error:
        vtloop.run(main())
    assert str(error.value) == (
        "spin#2, top ran for 1,000,000 rounds at virtual time 0 s while "
        "no timer was pending, so the clock could not move; wait for what is polled (an Event, a "
        "Condition, a Queue), or sleep a little longer than 0 between two looks\n"
        "The date was 2000-01-01 00:00:00 UTC."
    )


# Code that assumes a timer fires strictly after its deadline


async def sleep_past(deadline):
    loop = asyncio.get_running_loop()
    while loop.time() <= deadline:
        await asyncio.sleep(deadline - loop.time())
    return loop.time()


def test_timer_slack_lets_time_pass_between_a_deadline_and_its_timer():
    assert vtloop.run(sleep_past(5), timer_slack=0.000_001) == 5.000_001
    with pytest.warns(vtloop.SpinWarning, match="needs timer_slack="):
        assert vtloop.run(sleep_past(5)) == 5.000_001


def test_without_timer_slack_timers_fire_at_their_deadline_exactly():
    async def main():
        loop = asyncio.get_running_loop()
        times = []
        for delay in (0.1, 0.1, 0.1):
            await asyncio.sleep(delay)
            times.append(loop.time())
        return times

    assert vtloop.run(main()) == [0.1, 0.2, 0.3]
