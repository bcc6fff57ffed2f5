"""The lecture's first part: coroutines, tasks, and how to wait for several."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import permutations

from scenarios import (
    as_completed_order,
    awaits_in_a_row,
    gather_as_future,
    gather_one_raises,
    gather_return_exceptions,
    hello,
    never_awaited,
    shield_and_cancellation,
    two_tasks,
    two_tasks_quiz,
    wait_done_and_pending,
    wait_for_timeout,
)
from scenarios.catalogue.scenario import Scenario
from scenarios.claims import HALF_TRUE, REFUTED, of, said
from vtloop.claims import in_parallel, printed, takes, task

TASKS = (
    Scenario(
        1,
        "hello",
        "Hello",
        (
            said(
                "hello comes at 0, world at +2 s",
                of(hello.main, printed("hello").at(0), printed("world").at(2)),
            ),
        ),
    ),
    Scenario(
        2,
        "never_awaited",
        "A coroutine that nobody awaits",
        (
            said(
                "a call without await does nothing",
                # It is called at 0, and awaited at 1 s.
                of(never_awaited.main, printed("greet runs").at(1)),
            ),
            said(
                "it gives a coroutine object, as a generator function gives a generator",
                of(
                    never_awaited.main,
                    printed("count() gives a generator").at(0),
                    printed("greet() gives a coroutine").at(0),
                    ~printed("count runs"),
                ),
            ),
            said(
                "RuntimeWarning: … was never awaited",
                of(
                    never_awaited.main,
                    printed("RuntimeWarning: coroutine 'greet' was never awaited").at(1),
                ),
            ),
        ),
    ),
    Scenario(
        3,
        "awaits_in_a_row",
        "Awaits in a row",
        (
            said(
                "with await alone the run is linear: 3 s",
                of(
                    awaits_in_a_row.main,
                    takes(3),
                    printed("something").at(0, 1),
                    printed("hello").at(1),
                    printed("world").at(3),
                ),
            ),
            said(
                "started 09:24:00, finished 09:24:03",
                of(
                    awaits_in_a_row.main,
                    printed("started 09:24:00").at(0),
                    printed("finished 09:24:03").at(3),
                ),
            ),
        ),
        wall_clock="09:24:00",
    ),
    Scenario(
        4,
        "two_tasks",
        "Two tasks",
        (
            said(
                "wait for both, about 2 s",
                of(two_tasks.await_both, takes(2), in_parallel("say_after")),
            ),
            said(
                "the cell awaits only the first: started 09:26:03, finished 09:26:04,"
                " and world comes at +2 s",
                of(
                    two_tasks.await_one,
                    printed("started 09:26:03").at(0),
                    printed("something").at(0, 0),
                    printed("hello").at(1),
                    printed("finished 09:26:04").at(1),
                    takes(1),
                    printed("world").at(2),
                    settle=True,  # as a notebook does, whose loop goes on after the cell
                ),
            ),
            said(
                "under asyncio.run the second task is cancelled at +1 s, and world never comes",
                of(
                    two_tasks.await_one,
                    task("say_after#3").is_cancelled(at=1, by="the run"),
                    ~printed("world"),
                ),
            ),
        ),
        wall_clock="09:26:03",
    ),
    Scenario(
        5,
        "two_tasks_quiz",
        "The quiz: awaits removed",
        (
            said(
                "without the first await: still 2 s, hello still at +1 s",
                of(
                    two_tasks_quiz.await_last,
                    takes(2),
                    printed("hello").at(1),
                    printed("world").at(2),
                ),
            ),
            said(
                "without both: nothing after the first step, the runner cancels the tasks",
                of(
                    two_tasks_quiz.await_none,
                    takes(0),
                    printed("something").at(0, 0),
                    task("say_after#2").is_cancelled(at=0, by="the run"),
                    task("say_after#3").is_cancelled(at=0, by="the run"),
                    ~printed("hello"),
                    ~printed("world"),
                ),
            ),
        ),
        wall_clock="09:26:03",
    ),
    Scenario(
        6,
        "gather_as_future",
        "gather as a future",
        (
            said(
                "pending first, then 1 at +1 s, 2 at +2 s and the result [None, None]",
                of(
                    gather_as_future.gathered,
                    printed("<_GatheringFuture pending>").at(0),
                    printed("1").at(1),
                    printed("2").at(2),
                    printed("[None, None]").at(2),
                ),
            ),
            said(
                "a future is the low-level result of an operation",
                of(
                    gather_as_future.by_hand,
                    printed("done: False").at(0),
                    printed("the result").at(1),
                    printed("done: True").at(1),
                ),
            ),
        ),
    ),
    Scenario(
        7,
        "gather_one_raises",
        "gather, one raises",
        (
            said(
                "error occured, everything canceled",
                of(partial(gather_one_raises.main, stay=2), task("sleeper#4").is_cancelled()),
                expected=REFUTED,
            ),
            said(
                "the caller gets the error at +2 s",
                of(
                    partial(gather_one_raises.main, stay=2),
                    printed("error occured, everything canceled").at(2),
                ),
            ),
            said(
                "unless the runner closes first, which cancels the sibling",
                of(
                    partial(gather_one_raises.main, stay=0),
                    task("sleeper#4").is_cancelled(at=2, by="the run"),
                    task("main").finishes.before(task("sleeper#4").ends),
                ),
            ),
        ),
    ),
    Scenario(
        8,
        "gather_return_exceptions",
        "gather, return_exceptions",
        (
            said(
                "[1, ArithmeticError(), 3] comes at +3 s",
                of(
                    gather_return_exceptions.main,
                    printed("[1, ArithmeticError(), 3]").at(3),
                ),
            ),
        ),
    ),
    Scenario(
        9,
        "shield_and_cancellation",
        "shield",
        (
            said(
                "shield protects the inner coroutine from cancellation",
                of(shield_and_cancellation.unprotected, task("inner").is_cancelled(at=1)),
                of(shield_and_cancellation.shielded, task("inner").finishes.at(3)),
            ),
            said(
                "if the caller is cancelled, shield does not save the inner one",
                of(
                    shield_and_cancellation.shielded,
                    task("caller").is_cancelled(),
                    task("inner").is_cancelled(),
                ),
                expected=HALF_TRUE,
            ),
            said(
                "the inner task itself can still be cancelled, and its caller's await raises",
                of(
                    shield_and_cancellation.shielded_inner_cancelled,
                    task("inner").is_cancelled(at=1),
                    task("caller").is_cancelled(),
                ),
            ),
        ),
    ),
    Scenario(
        10,
        "wait_for_timeout",
        "wait_for",
        (
            said(
                "timeout! comes at +1 s, and yay! never",
                of(
                    wait_for_timeout.main,
                    task("eternity").is_cancelled(at=1),
                    printed("timeout!").at(1, 4),  # again after the cleanup
                    ~printed("yay!"),
                ),
                of(wait_for_timeout.eternity, takes(3600)),
            ),
            said(
                "first the coroutine ends, then the exception is raised",
                of(
                    wait_for_timeout.in_vain,
                    task("cleans_up").ends.before(task("in_vain").raises),
                ),
            ),
            said(
                "a cleanup of 2 s puts the exception off until +3 s",
                of(
                    wait_for_timeout.in_vain,
                    printed("cleanup starts").at(1),
                    task("in_vain").raises.at(3),
                ),
            ),
        ),
    ),
    Scenario(
        11,
        "wait_done_and_pending",
        "wait",
        (
            said(
                "it returns Tasks, done and pending",
                *(
                    of(
                        partial(wait_done_and_pending.wait, return_when, failing=failing),
                        printed(done_and_pending).at(seconds),
                        printed("the same tasks as before: True").at(seconds),
                    )
                    for return_when, failing, done_and_pending, seconds in (
                        (asyncio.ALL_COMPLETED, None, "done: 1 2 3, pending: none", 3),
                        (asyncio.FIRST_COMPLETED, None, "done: 1, pending: 2 3", 1),
                        (asyncio.FIRST_EXCEPTION, 2, "done: 1 2, pending: 3", 2),
                    )
                ),
            ),
            said(
                "the rest are not cancelled",
                of(
                    partial(wait_done_and_pending.wait, asyncio.FIRST_COMPLETED),
                    task("2").finishes.at(2),
                    task("3").finishes.at(3),
                ),
                of(
                    partial(wait_done_and_pending.wait, asyncio.FIRST_EXCEPTION, failing=2),
                    task("3").finishes.at(3),
                ),
            ),
            said(
                "a Task is made at once for each",
                of(
                    partial(wait_done_and_pending.wait, asyncio.ALL_COMPLETED),
                    in_parallel("sleeper"),
                    *(task(name).starts.at(0) for name in ("1", "2", "3")),
                ),
            ),
            said(
                "since Python 3.11 a bare coroutine is a TypeError",
                of(
                    wait_done_and_pending.wait_for_bare_coroutine,
                    printed("TypeError: Passing coroutines is forbidden, use tasks explicitly.").at(
                        0
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        12,
        "as_completed_order",
        "as_completed",
        (
            said(
                "waiting next, 1, next coroutine done, waiting next, 2, …",
                of(
                    as_completed_order.one_by_one,
                    printed("waiting next").at(0, 1, 2),
                    printed("next coroutine done").at(1, 2, 3),
                    *(printed(f"{number}").at(number) for number in (1, 2, 3)),
                ),
            ),
            said(
                "results come in order of completion whatever the order of the set",
                *(
                    of(
                        partial(as_completed_order.complete, order),
                        printed(f"order {as_completed_order.words(order)}: completed 1 2 3").at(3),
                    )
                    for order in permutations((1, 2, 3))
                ),
            ),
        ),
    ),
)
