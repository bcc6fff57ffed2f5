"""The claims of a lecture on asyncio that are about time, each on the example that it is about.

They are in the words of the lecture, or of its readers, who noted when what was printed. Where the
lecture is wrong, the test says what is true.
"""

import asyncio
from datetime import datetime
from itertools import permutations

import pytest

import vtloop
from scenarios import (
    as_completed_order,
    awaits_in_a_row,
    condition_notify,
    event_wakes_waiter,
    gather_as_future,
    gather_one_raises,
    gather_return_exceptions,
    hello,
    lock_in_turn,
    semaphore_of_two,
    shield_and_cancellation,
    threads_and_the_loop,
    two_tasks,
    two_tasks_quiz,
    wait_done_and_pending,
    wait_for_timeout,
    waiting_is_free,
)
from vtloop.claims import (
    at_most,
    fair,
    in_parallel,
    in_sequence,
    never_blocks,
    nothing_unfinished,
    printed,
    takes,
    task,
)


def run(main, at="00:00:00", **options):
    """Run an example with the wall clock at a time of day."""
    today = datetime.fromisoformat(f"2026-01-01 {at}")
    return vtloop.simulate(main, wall_clock=today, **options)


# 1: hello


def test_hello_comes_at_0_and_world_at_2():
    assert (printed("hello").at(0) & printed("world").at(2)).of(run(hello.main))


# 3: awaits in a row


def test_with_await_alone_the_run_is_linear_3_s():
    assert takes(3).of(run(awaits_in_a_row.main))


def test_it_started_at_09_24_00_and_finished_at_09_24_03():
    seen = printed("started 09:24:00").at(0) & printed("finished 09:24:03").at(3)
    assert seen.of(run(awaits_in_a_row.main, at="09:24:00"))


def test_something_hello_something_world_come_one_after_the_other():
    seen = printed("something").at(0, 1) & printed("hello").at(1) & printed("world").at(3)
    assert seen.of(run(awaits_in_a_row.main))


# 4: two tasks


def test_as_tasks_and_both_awaited_they_take_2_s():
    assert (takes(2) & in_parallel("say_after")).of(run(two_tasks.await_both))


def test_the_cell_that_awaits_the_first_one_is_finished_at_09_26_04_and_world_comes_at_2():
    seen = printed("finished 09:26:04").at(1) & takes(1) & printed("world").at(2)
    assert seen.of(run(two_tasks.await_one, at="09:26:03", settle=True))


def test_under_asyncio_run_the_second_task_is_cancelled_at_1_and_world_is_never_printed():
    seen = task("say_after#3").is_cancelled(at=1, by="the run") & ~printed("world")
    assert seen.of(run(two_tasks.await_one))


# 5: the quiz


def test_without_the_first_await_it_still_takes_2_s_and_hello_still_comes_at_1():
    assert (takes(2) & printed("hello").at(1)).of(run(two_tasks_quiz.await_last))


def test_without_both_awaits_nothing_comes_after_the_first_step_and_the_tasks_are_cancelled():
    seen = printed("something").at(0, 0) & ~printed("hello") & ~nothing_unfinished() & takes(0)
    assert seen.of(run(two_tasks_quiz.await_none))


# 6: gather as a future


def test_gather_prints_1_at_1_and_2_at_2_and_gives_none_none():
    seen = printed("1").at(1) & printed("2").at(2) & printed("[None, None]").at(2)
    assert seen.of(run(gather_as_future.gathered))


# 7: gather, one raises


def test_error_occured_comes_at_2():
    seen = printed("error occured, everything canceled").at(2)
    assert seen.of(run(lambda: gather_one_raises.main(stay=2)))


def test_but_everything_is_not_canceled_the_sibling_of_3_s_finishes_at_3():
    seen = ~task("sleeper#4").is_cancelled() & task("sleeper#4").finishes.at(3)
    assert seen.of(run(lambda: gather_one_raises.main(stay=2)))


def test_unless_the_runner_closes_first_which_cancels_it():
    seen = task("sleeper#4").is_cancelled(at=2, by="the run")
    assert seen.of(run(lambda: gather_one_raises.main(stay=0)))


# 8: gather, return_exceptions


def test_with_return_exceptions_the_results_come_at_3():
    assert printed("[1, ArithmeticError(), 3]").at(3).of(run(gather_return_exceptions.main))


# 9: shield


def test_shield_protects_the_inner_coroutine_from_cancellation():
    assert task("inner").finishes.at(3).of(run(shield_and_cancellation.shielded))


def test_the_callers_await_does_raise_cancelled_error():
    assert task("caller").is_cancelled(at=1).of(run(shield_and_cancellation.shielded))


def test_without_shield_both_are_cancelled():
    seen = task("caller").is_cancelled(at=1) & task("inner").is_cancelled(at=1)
    assert seen.of(run(shield_and_cancellation.unprotected))


# 10: wait_for


def test_eternity_is_an_hour():
    assert takes(3600).of(run(wait_for_timeout.eternity))


def test_timeout_comes_at_1_and_yay_never():
    seen = task("eternity").is_cancelled(at=1) & ~printed("yay!")
    assert (seen & printed("timeout!").at(1, 4)).of(run(wait_for_timeout.main))


def test_first_the_coroutine_ends_then_the_exception_is_raised_after_a_cleanup_of_2_s_at_3():
    async def main():
        await asyncio.wait_for(asyncio.create_task(wait_for_timeout.cleans_up()), timeout=1)

    seen = task("cleans_up").ends.at(3) & task("main").raises.at(3)
    assert (seen & task("cleans_up").ends.before(task("main").raises)).of(run(main))


# 11: wait


async def waits(return_when, failing=None):
    tasks = wait_done_and_pending.sleepers(failing=failing)
    await wait_done_and_pending.wait(tasks, return_when)


@pytest.mark.parametrize(
    ("return_when", "failing", "line", "at"),
    [
        (asyncio.ALL_COMPLETED, None, "done: 1 2 3, pending: none", 3),
        (asyncio.FIRST_COMPLETED, None, "done: 1, pending: 2 3", 1),
        (asyncio.FIRST_EXCEPTION, 2, "done: 1 2, pending: 3", 2),
    ],
)
def test_wait_returns_done_and_pending(return_when, failing, line, at):
    assert printed(line).at(at).of(run(lambda: waits(return_when, failing)))


def test_the_rest_are_not_cancelled():
    seen = task("2").finishes.at(2) & task("3").finishes.at(3)
    assert seen.of(run(lambda: waits(asyncio.FIRST_COMPLETED)))


def test_a_task_is_made_at_once_for_each():
    assert in_parallel("sleeper").of(run(lambda: waits(asyncio.ALL_COMPLETED)))


# 12: as_completed


def test_waiting_next_and_next_coroutine_done_come_by_turns():
    seen = printed("waiting next").at(0, 1, 2) & printed("next coroutine done").at(1, 2, 3)
    assert seen.of(run(as_completed_order.one_by_one))


def test_results_come_in_order_of_completion_whatever_the_order_of_the_set():
    for order in permutations((1, 2, 3)):
        words = as_completed_order.words(order)
        seen = printed(f"order {words}: completed 1 2 3").at(3)
        assert seen.of(run(lambda order=order: as_completed_order.complete(order)))


# 13: Lock


def test_the_lock_was_taken_in_the_order_1_3_2():
    seen = printed("1 at 10:14:32").at(1) & printed("3 at 10:14:35").at(4)
    seen &= printed("before start 10:14:31").at(0) & printed("2 at 10:14:37").at(6)
    assert seen.of(run(lambda: lock_in_turn.in_order((1, 3, 2)), at="10:14:31"))


def test_first_come_first_served_it_is_32_34_37():
    seen = printed("1 at 10:14:32").at(1) & printed("2 at 10:14:34").at(3)
    assert (seen & printed("3 at 10:14:37").at(6)).of(run(lock_in_turn.from_a_set, at="10:14:31"))


def test_the_total_is_6_s_in_all_6_orders():
    for order in permutations((1, 2, 3)):
        assert takes(6).of(run(lambda order=order: lock_in_turn.in_order(order)))


def test_the_lock_lets_one_in_at_a_time_first_come_first_served():
    assert (at_most(1, "lock") & fair("lock")).of(run(lock_in_turn.from_a_set))


# 14: Semaphore


def test_through_a_semaphore_of_2_they_come_at_18_19_and_21():
    seen = printed("1 at 10:13:18").at(1) & printed("2 at 10:13:19").at(2)
    seen &= printed("before start 10:13:17").at(0) & printed("3 at 10:13:21").at(4)
    assert seen.of(run(semaphore_of_two.main, at="10:13:17"))


def test_at_most_2_are_inside_at_once_and_2_are():
    assert (at_most(2, "semaphore") & ~at_most(1, "semaphore")).of(run(semaphore_of_two.main))


# 15: Event


def test_waiting_for_it_comes_at_0_and_got_it_at_1():
    seen = printed("waiting for it ...").at(0) & printed("... got it!").at(1)
    assert (seen & task("waiter").waits(1, "event")).of(run(event_wakes_waiter.main))


# 16: Condition


def test_notify_1_wakes_one_and_notify_all_the_others_one_after_the_other():
    seen = printed("anna enters").at(1) & printed("boris enters").at(2)
    seen &= printed("notify(1)").before(printed("anna enters"))
    assert (seen & printed("clara enters").at(2.5)).of(run(condition_notify.main))


def test_a_condition_is_a_lock_as_well():
    assert at_most(1, "Lock #1").of(run(condition_notify.main))


# 17: the primitives and threads


def test_call_soon_from_a_thread_is_an_error_in_debug_mode():
    error = (
        "RuntimeError: Non-thread-safe operation invoked on an event loop other than the current"
    )
    assert printed(f"{error} one").at(1).of(run(threads_and_the_loop.meddle, debug=True))


def test_call_soon_threadsafe_wakes_the_loop_in_the_same_instant():
    seen = printed("... got it!").at(1) & printed("the thread is done").at(2)
    assert seen.of(run(threads_and_the_loop.ask_loop))


def test_to_thread_keeps_a_blocking_call_off_the_loop():
    seen = printed("tick").at(0.5, 1, 1.5) & printed("the answer is 42").at(2) & never_blocks()
    assert seen.of(run(threads_and_the_loop.hand_over))


# 18: motivation


def test_10_waits_of_1_s_take_1_s():
    assert (takes(1) & at_most(10, "wait") & ~at_most(9, "wait")).of(run(waiting_is_free.ten_waits))


def test_10_busy_computations_of_1_s_take_10_s():
    assert (takes(10) & in_sequence("block")).of(run(waiting_is_free.ten_blocking_calls))


def test_a_blocking_call_stops_every_lane():
    seen = task("tick").finishes.at(10) & ~never_blocks()
    assert seen.of(run(waiting_is_free.ten_blocking_calls))


def test_in_threads_they_take_1_s_and_stop_no_lane():
    seen = takes(1) & task("tick").finishes.at(0.5) & never_blocks()
    assert seen.of(run(waiting_is_free.ten_blocking_calls_in_threads))


def test_any_number_of_waits_takes_as_long_as_one_and_any_number_of_blocking_calls_their_sum():
    async def waits(n):
        await asyncio.gather(*map(waiting_is_free.wait, range(n)))

    async def blocks(n):
        await asyncio.gather(*map(waiting_is_free.block, range(n)))

    vtloop.check_growth(waits, "constant", sizes=(1, 10, 100, 1000))
    vtloop.check_growth(blocks, "linear", sizes=(1, 10, 100, 1000, 2000))
