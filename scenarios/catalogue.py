"""The scenarios in order: what each is called, when its wall clock starts, what is claimed of it.

Numbers 1 to 18 are the examples of a lecture on asyncio, with the lecture's claims in its words
where it made any, and otherwise with what its readers saw; later numbers are about what asyncio has
gained since. To add a scenario, write `NAME.py`, add an entry here, and let
`python -m scenarios --update NAME` write its golden transcript.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, permutations
from pathlib import Path

from scenarios import (
    as_completed_order,
    awaits_in_a_row,
    barrier_of_three,
    condition_notify,
    eager_tasks,
    event_wakes_waiter,
    gather_as_future,
    gather_one_raises,
    gather_return_exceptions,
    hello,
    lock_in_turn,
    never_awaited,
    queue_of_jobs,
    semaphore_of_two,
    shield_and_cancellation,
    task_group,
    threads_and_the_loop,
    timeout_block,
    two_tasks,
    two_tasks_quiz,
    wait_done_and_pending,
    wait_for_timeout,
    waiting_is_free,
)
from scenarios.claims import HALF_TRUE, REFUTED, Statement, of, prints, said
from vtloop.claims import (
    at_most,
    fair,
    in_parallel,
    in_sequence,
    never_blocks,
    printed,
    takes,
    task,
)

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scenario:
    """One script and what is known about it."""

    number: int
    name: str
    title: str
    statements: tuple[Statement, ...]
    wall_clock: str | None = None
    min_python: tuple[int, int] = (3, 11)

    @property
    def script(self) -> Path:
        """The script itself."""
        return HERE / f"{self.name}.py"

    @property
    def golden(self) -> Path:
        """The transcript it has to have."""
        return HERE / f"{self.name}.txt"


SCENARIOS = (
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
    Scenario(
        19,
        "task_group",
        "TaskGroup",
        (
            said(
                "the block ends when the last task has ended",
                of(
                    task_group.all_well,
                    task("sleeper#4").finishes.at(3),
                    printed("the group is done").at(3),
                    printed("the group is done").after(task("sleeper#4").ends),
                ),
            ),
            said(
                "when one raises, its siblings are cancelled, unlike gather's",
                of(task_group.one_raises, task("sleeper#4").is_cancelled(at=2)),
            ),
            said(
                "the error comes as an ExceptionGroup, in the same instant",
                of(
                    task_group.one_raises,
                    task("sleeper#3").raises.at(2),
                    printed("the group raises [ArithmeticError()]").at(2),
                ),
            ),
        ),
    ),
    Scenario(
        20,
        "timeout_block",
        "timeout()",
        (
            said(
                "the block is cancelled at its deadline, and TimeoutError comes out of it",
                of(
                    timeout_block.expires,
                    printed("block cancelled").at(1),
                    printed("timeout!").at(1),
                ),
            ),
            said(
                "a deadline can be moved while the block runs",
                of(
                    timeout_block.moved,
                    printed("block finished").at(2),
                    printed("expired: False").at(2),
                ),
            ),
            said(
                "of nested blocks only the one whose deadline has come raises",
                of(
                    timeout_block.nested,
                    printed("timeout! of the inner block").at(1),
                    printed("outer block finished").at(2),
                    printed("expired: False").at(2),
                ),
            ),
        ),
    ),
    Scenario(
        21,
        "queue_of_jobs",
        "Queue",
        (
            said(
                "a full queue holds the producer back",
                of(
                    queue_of_jobs.main,
                    task("producer").waits(1, "queue"),
                    printed("job 4 is put").at(0),
                    printed("job 1 is done").at(1),
                    printed("job 5 is put").at(1),
                    printed("job 6 is put").at(1),
                ),
            ),
            said(
                "two workers do six jobs of 1 s in 3 s, first come first served",
                of(
                    queue_of_jobs.main,
                    *(printed(f"job {job} is done").at((job + 1) // 2) for job in range(1, 7)),
                ),
            ),
            said(
                "join waits for the last job",
                of(
                    queue_of_jobs.main,
                    printed("every job is done").at(3),
                    printed("every job is done").after(printed("job 6 is done")),
                ),
            ),
        ),
    ),
    Scenario(
        22,
        "barrier_of_three",
        "Barrier",
        (
            said(
                "nobody goes on before the last has arrived",
                of(
                    barrier_of_three.main,
                    *(
                        printed(f"{name} goes on, leg {leg}").after(
                            printed(f"clara arrives, leg {leg}")
                        )
                        for leg in (1, 2)
                        for name in ("anna", "boris", "clara")
                    ),
                ),
            ),
            said(
                "all leave together, at +3 s and again at +6 s",
                of(
                    barrier_of_three.main,
                    *(
                        printed(f"{name} goes on, leg {leg}").at(3 * leg)
                        for leg in (1, 2)
                        for name in ("anna", "boris", "clara")
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        23,
        "eager_tasks",
        "Eager tasks",
        (
            said(
                "a lazy task starts after its creator has given the thread back",
                of(
                    eager_tasks.main,
                    printed("tasks created, done: False False").before(task("cached").starts),
                    printed("tasks created, done: False False").before(printed("cached runs")),
                ),
            ),
            said(
                "an eager one runs to its first wait inside create_task",
                # To claims, what a task does inside a step of another one comes after that step.
                prints(
                    (0, "tasks created, done: False False"),
                    (0, "fetched runs"),
                    (1, "fetched runs"),
                    (1, "tasks created, done: True False"),
                ),
            ),
            said(
                "the times are the same",
                *(
                    of(
                        main,
                        printed("fetched runs").at(0),
                        printed("at hand, from afar").at(1),
                        takes(1),
                    )
                    for main in (eager_tasks.main, eager_tasks.eager_main)
                ),
            ),
        ),
        min_python=(3, 12),
    ),
    Scenario(
        24,
        "runner_keeps_its_loop",
        "Runner",
        (
            said(
                "a task left behind goes on in the next run",
                prints(
                    (1, "count 1"),
                    (1.5, "first run returns"),
                    (2, "count 2"),
                    (3, "count 3"),
                    (3.5, "second run returns"),
                ),
            ),
            said("context variables stay", prints((1.5, "second run meets anna"))),
            said(
                "closing the runner cancels what is left",
                prints(
                    (3.5, "count cancelled"),
                    (3.5, "runner closed, count cancelled: True"),
                ),
            ),
        ),
    ),
)
