"""The lecture's second part: locks, semaphores, events, conditions; threads; why all this."""

from __future__ import annotations

from functools import partial
from itertools import accumulate, permutations

from scenarios import (
    condition_notify,
    event_wakes_waiter,
    lock_in_turn,
    semaphore_of_two,
    threads_and_the_loop,
    waiting_is_free,
)
from scenarios.catalogue.scenario import Scenario
from scenarios.claims import of, said
from vtloop.claims import at_most, fair, in_sequence, never_blocks, printed, takes, task

PRIMITIVES = (
    Scenario(
        13,
        "lock_in_turn",
        "Lock",
        (
            said(
                "the lock was taken in the order 1, 3, 2:"
                " 10:14:31, then 10:14:32, 10:14:35, 10:14:37",
                of(
                    partial(lock_in_turn.in_order, (1, 3, 2)),
                    printed("before start 10:14:31").at(0),
                    printed("1 at 10:14:32").at(1),
                    printed("3 at 10:14:35").at(4),
                    printed("2 at 10:14:37").at(6),
                ),
            ),
            said(
                "first come, first served, it is :32, :34, :37",
                of(
                    lock_in_turn.from_a_set,
                    fair("lock"),
                    printed("1 at 10:14:32").at(1),
                    printed("2 at 10:14:34").at(3),
                    printed("3 at 10:14:37").at(6),
                ),
            ),
            said("one at a time", of(lock_in_turn.from_a_set, at_most(1, "lock"))),
            said(
                "6 s in all 6 orders",
                *(
                    of(partial(lock_in_turn.in_order, order), takes(6))
                    for order in permutations((1, 2, 3))
                ),
            ),
            said(
                "the middle times depend on the order",
                *(
                    of(
                        partial(lock_in_turn.in_order, order),
                        *(
                            task(f"hold#{number}").finishes.at(seconds)
                            for number, seconds in enumerate(accumulate(order), 2)
                        ),
                    )
                    for order in ((1, 2, 3), (1, 3, 2), (3, 2, 1))
                ),
            ),
        ),
        wall_clock="10:14:31",
    ),
    Scenario(
        14,
        "semaphore_of_two",
        "Semaphore(2)",
        (
            said(
                "before start 10:13:17, 1 at 10:13:18, 2 at 10:13:19, 3 at 10:13:21",
                of(
                    semaphore_of_two.main,
                    printed("before start 10:13:17").at(0),
                    printed("1 at 10:13:18").at(1),
                    printed("2 at 10:13:19").at(2),
                    printed("3 at 10:13:21").at(4),
                ),
            ),
            said(
                "at most 2 inside at once",
                of(semaphore_of_two.main, at_most(2, "semaphore"), ~at_most(1, "semaphore")),
            ),
        ),
        wall_clock="10:13:17",
    ),
    Scenario(
        15,
        "event_wakes_waiter",
        "Event",
        (
            said(
                "waiting for it ... at 0, ... got it! at +1 s",
                of(
                    event_wakes_waiter.main,
                    printed("waiting for it ...").at(0),
                    printed("... got it!").at(1),
                    task("waiter").waits(1, "event"),
                ),
            ),
        ),
    ),
    Scenario(
        16,
        "condition_notify",
        "Condition",
        (
            said(
                "a lock and an event in one",
                of(
                    condition_notify.main,
                    at_most(1, "Condition 'delivered'"),
                    printed("notify(1)").before(printed("anna enters")),
                ),
            ),
            said(
                "notify(1) wakes one, notify_all() the others",
                of(
                    condition_notify.main,
                    printed("notify(1)").at(1),
                    printed("anna enters").at(1),
                    printed("notify_all()").at(2),
                    printed("boris enters").at(2),
                    printed("clara enters").at(2.5),
                ),
            ),
        ),
    ),
    Scenario(
        17,
        "threads_and_the_loop",
        "The primitives and threads",
        (
            said(
                "single-threaded, not thread-safe",
                of(
                    threads_and_the_loop.meddle,
                    printed(
                        "RuntimeError: Non-thread-safe operation invoked on an event loop"
                        " other than the current one"
                    ).at(1),
                    ~printed("never called"),
                    debug=True,
                ),
            ),
            said(
                "call_soon_threadsafe wakes the loop in the same instant",
                of(
                    threads_and_the_loop.ask_loop,
                    printed("waiting for it ...").at(0),
                    printed("... got it!").at(1),
                    printed("the thread is done").at(2),
                ),
            ),
            said(
                "run_coroutine_threadsafe gives a thread a coroutine's result",
                of(
                    threads_and_the_loop.get_answer,
                    printed("the thread got 42 from the loop").at(1),
                ),
            ),
            said(
                "to_thread keeps a blocking call off the loop",
                of(
                    threads_and_the_loop.hand_over,
                    never_blocks(),
                    printed("tick").at(0.5, 1, 1.5),
                    printed("the answer is 42").at(2),
                ),
            ),
        ),
    ),
    Scenario(
        18,
        "waiting_is_free",
        "Why: time is saved on waiting",
        (
            said(
                "ten waits of 1 s take 1 s",
                of(waiting_is_free.ten_waits, takes(1), at_most(10, "wait"), ~at_most(9, "wait")),
            ),
            said(
                "ten blocking calls of 1 s take 10 s",
                of(waiting_is_free.ten_blocking_calls, takes(10), in_sequence("block")),
            ),
            said(
                "a blocking call stops every lane",
                of(waiting_is_free.ten_waits, task("tick").finishes.at(0.5)),
                of(
                    waiting_is_free.ten_blocking_calls,
                    task("tick").finishes.at(10),
                    ~never_blocks(),
                ),
            ),
            said(
                "in threads they take 1 s and stop no lane",
                of(
                    waiting_is_free.ten_blocking_calls_in_threads,
                    takes(1),
                    task("tick").finishes.at(0.5),
                    never_blocks(),
                ),
            ),
        ),
    ),
)
