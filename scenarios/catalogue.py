"""The scenarios in order: what each is called, when its wall clock starts, what is claimed of it.

Numbers 1 to 18 are the examples of a lecture on asyncio, with the lecture's claims in its words
where it made any, and otherwise with what its readers saw; later numbers are about what asyncio has
gained since. To add a scenario, write `NAME.py`, add an entry here, and let
`python -m scenarios --update NAME` write its golden transcript.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from scenarios.claims import (
    HALF_TRUE,
    REFUTED,
    Claim,
    Verdict,
    all_done,
    at_most_inside,
    comes_before,
    duration,
    every,
    is_cancelled,
    listed,
    never_prints,
    prints,
    runs_on,
    takes,
    within,
)
from scenarios.transcript import NotShown, Transcript

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scenario:
    """One script and what is known about it."""

    number: int
    name: str
    title: str
    claims: tuple[Claim, ...]
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


def _results_by_order(transcript: Transcript) -> dict[str, list[int]]:
    """From lines like `order 3 1 2: ended at 3 4 6`, by order."""
    found = {}
    for line in transcript:
        if match := re.fullmatch(r"order ([\d ]+):\D+([\d ]+)", line.text):
            found[match[1]] = [int(number) for number in match[2].split()]
    if len(found) != 6:
        raise NotShown(f"three have 6 orders, but {len(found)} were tried")
    return found


def _completed_in_every_order(transcript: Transcript) -> Verdict:
    results = set(map(tuple, _results_by_order(transcript).values()))
    shown = listed((" ".join(map(str, result)) for result in sorted(results)), "or")
    return Verdict.of(results == {(1, 2, 3)}, f"in 6 orders the results came as {shown}")


def _six_seconds_in_every_order(transcript: Transcript) -> Verdict:
    orders = _results_by_order(transcript)
    ends = [line.at for line in transcript.select(lambda text: text.startswith("order "))]
    totals = {end - start for start, end in pairwise([Fraction(0), *ends])}
    shown = listed(map(duration, sorted(totals)), "or")
    return Verdict.of(totals == {6}, f"each of {len(orders)} orders took {shown}")


def _order_decides_the_middle(transcript: Transcript) -> Verdict:
    ends = zip(*_results_by_order(transcript).values(), strict=True)
    first, second, last = (sorted(set(times)) for times in ends)
    return Verdict.of(
        len(first) > 1 and len(second) > 1 and len(last) == 1,
        f"the first ended after {listed(first, 'or')} s, the second after {listed(second, 'or')} s,"
        f" the last after {listed(last, 'or')} s",
    )


SCENARIOS = (
    Scenario(
        1,
        "hello",
        "Hello",
        (Claim("hello comes at 0, world at +2 s", prints((0, "hello"), (2, "world"))),),
    ),
    Scenario(
        2,
        "never_awaited",
        "A coroutine that nobody awaits",
        (
            Claim(
                "a call without await does nothing",
                every(
                    within("called", never_prints("greet runs")),
                    within("awaited", prints((0, "greet runs"))),
                ),
            ),
            Claim(
                "it gives a coroutine object, as a generator function gives a generator",
                every(
                    within(
                        "called",
                        prints((0, "count() gives a generator"), (0, "greet() gives a coroutine")),
                    ),
                    never_prints("count runs"),
                ),
            ),
            Claim(
                "RuntimeWarning: … was never awaited",
                within(
                    "dropped", prints((0, "RuntimeWarning: coroutine 'greet' was never awaited"))
                ),
            ),
        ),
    ),
    Scenario(
        3,
        "awaits_in_a_row",
        "Awaits in a row",
        (
            Claim(
                "with await alone the run is linear: 3 s",
                every(
                    takes(3, "started", "finished"),
                    prints((0, "something"), (1, "hello"), (1, "something"), (3, "world")),
                ),
            ),
            Claim(
                "started 09:24:00, finished 09:24:03",
                prints((0, "started 09:24:00"), (3, "finished 09:24:03")),
            ),
        ),
        wall_clock="09:24:00",
    ),
    Scenario(
        4,
        "two_tasks",
        "Two tasks",
        (
            Claim(
                "wait for both, about 2 s",
                within("both awaited", takes(2, "started", "finished")),
            ),
            Claim(
                "the cell awaits only the first: started 09:26:03, finished 09:26:04,"
                " and world comes at +2 s",
                within(
                    "first awaited, in a notebook",
                    prints(
                        (0, "started 09:26:03"),
                        (0, "something"),
                        (0, "something"),
                        (1, "hello"),
                        (1, "finished 09:26:04"),
                        (2, "world"),
                    ),
                ),
            ),
            Claim(
                "under asyncio.run the second task is cancelled at +1 s, and world never comes",
                within(
                    "first awaited, by asyncio.run",
                    every(prints((1, "world cancelled")), never_prints("world")),
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
            Claim(
                "without the first await: still 2 s, hello still at +1 s",
                within(
                    "the first await removed",
                    every(
                        takes(2, "started", "finished"),
                        prints((1, "hello"), (2, "world")),
                    ),
                ),
            ),
            Claim(
                "without both: nothing after the first step, the runner cancels the tasks",
                within(
                    "both awaits removed",
                    every(
                        prints((0, "something"), (0, "something")),
                        prints((0, "hello cancelled")),
                        prints((0, "world cancelled")),
                        never_prints("hello"),
                        never_prints("world"),
                    ),
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
            Claim(
                "pending first, then 1 at +1 s, 2 at +2 s and the result [None, None]",
                within(
                    "gathered",
                    prints(
                        (0, "<_GatheringFuture pending>"), (1, "1"), (2, "2"), (2, "[None, None]")
                    ),
                ),
            ),
            Claim(
                "a future is the low-level result of an operation",
                within("by hand", prints((0, "done: False"), (1, "the result"), (1, "done: True"))),
            ),
        ),
    ),
    Scenario(
        7,
        "gather_one_raises",
        "gather, one raises",
        (
            Claim(
                "error occured, everything canceled",
                within("the loop goes on", is_cancelled("sleeper 3")),
                REFUTED,
            ),
            Claim(
                "the caller gets the error at +2 s",
                within("the loop goes on", prints((2, "error occured, everything canceled"))),
            ),
            Claim(
                "unless the runner closes first, which cancels the sibling",
                within(
                    "the runner closes first",
                    every(is_cancelled("sleeper 3"), comes_before("main returns", "sleeper 3")),
                ),
            ),
        ),
    ),
    Scenario(
        8,
        "gather_return_exceptions",
        "gather, return_exceptions",
        (
            Claim(
                "[1, ArithmeticError(), 3] comes at +3 s",
                prints((3, "[1, ArithmeticError(), 3]")),
            ),
        ),
    ),
    Scenario(
        9,
        "shield_and_cancellation",
        "shield",
        (
            Claim(
                "shield protects the inner coroutine from cancellation",
                every(
                    within("no shield, the caller is cancelled", is_cancelled("inner")),
                    within("shield, the caller is cancelled", runs_on("inner")),
                ),
            ),
            Claim(
                "if the caller is cancelled, shield does not save the inner one",
                within(
                    "shield, the caller is cancelled",
                    every(is_cancelled("caller"), is_cancelled("inner")),
                ),
                HALF_TRUE,
            ),
            Claim(
                "the inner task itself can still be cancelled, and its caller's await raises",
                within(
                    "shield, the inner task is cancelled",
                    every(is_cancelled("inner"), is_cancelled("caller")),
                ),
            ),
        ),
    ),
    Scenario(
        10,
        "wait_for_timeout",
        "wait_for",
        (
            Claim(
                "timeout! comes at +1 s, and yay! never",
                every(
                    within("an hour under a timeout of 1 s", prints((1, "timeout!"))),
                    never_prints("yay!"),
                ),
            ),
            Claim(
                "first the coroutine ends, then the exception is raised",
                within("a cleanup of 2 s", comes_before("cleanup finished", "timeout!")),
            ),
            Claim(
                "a cleanup of 2 s puts the exception off until +3 s",
                within("a cleanup of 2 s", prints((1, "cleanup starts"), (3, "timeout!"))),
            ),
        ),
    ),
    Scenario(
        11,
        "wait_done_and_pending",
        "wait",
        (
            Claim(
                "it returns Tasks, done and pending",
                every(
                    within(
                        "ALL_COMPLETED",
                        prints(
                            (3, "done: 1 2 3, pending: none"),
                            (3, "the same tasks as before: True"),
                        ),
                    ),
                    within(
                        "FIRST_COMPLETED",
                        prints(
                            (1, "done: 1, pending: 2 3"),
                            (1, "the same tasks as before: True"),
                        ),
                    ),
                    within(
                        "FIRST_EXCEPTION",
                        prints(
                            (2, "done: 1 2, pending: 3"),
                            (2, "the same tasks as before: True"),
                        ),
                    ),
                ),
            ),
            Claim(
                "the rest are not cancelled",
                every(
                    within("FIRST_COMPLETED", every(runs_on("sleeper 2"), runs_on("sleeper 3"))),
                    within("FIRST_EXCEPTION", runs_on("sleeper 3")),
                ),
            ),
            Claim(
                "a Task is made at once for each",
                within(
                    "ALL_COMPLETED",
                    prints(
                        (0, "sleeper 1 starts"), (0, "sleeper 2 starts"), (0, "sleeper 3 starts")
                    ),
                ),
            ),
            Claim(
                "since Python 3.11 a bare coroutine is a TypeError",
                within(
                    "a bare coroutine",
                    prints(
                        (0, "TypeError: Passing coroutines is forbidden, use tasks explicitly.")
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
            Claim(
                "waiting next, 1, next coroutine done, waiting next, 2, …",
                within(
                    "a set of 3, 2, 1",
                    prints(
                        (0, "waiting next"),
                        (1, "1"),
                        (1, "next coroutine done"),
                        (1, "waiting next"),
                        (2, "2"),
                        (2, "next coroutine done"),
                        (2, "waiting next"),
                        (3, "3"),
                        (3, "next coroutine done"),
                    ),
                ),
            ),
            Claim(
                "results come in order of completion whatever the order of the set",
                within("every order", _completed_in_every_order),
            ),
        ),
    ),
    Scenario(
        13,
        "lock_in_turn",
        "Lock",
        (
            Claim(
                "the lock was taken in the order 1, 3, 2:"
                " 10:14:31, then 10:14:32, 10:14:35, 10:14:37",
                within(
                    "the lecture's order",
                    prints(
                        (0, "before start 10:14:31"),
                        (1, "1 at 10:14:32"),
                        (4, "3 at 10:14:35"),
                        (6, "2 at 10:14:37"),
                    ),
                ),
            ),
            Claim(
                "first come, first served, it is :32, :34, :37",
                within(
                    "a set, first come first served",
                    prints(
                        (0, "before start 10:15:31"),
                        (1, "1 at 10:15:32"),
                        (3, "2 at 10:15:34"),
                        (6, "3 at 10:15:37"),
                    ),
                ),
            ),
            Claim("one at a time", at_most_inside(1, leaves="at ")),
            Claim("6 s in all 6 orders", within("every order", _six_seconds_in_every_order)),
            Claim(
                "the middle times depend on the order",
                within("every order", _order_decides_the_middle),
            ),
        ),
        wall_clock="10:14:31",
    ),
    Scenario(
        14,
        "semaphore_of_two",
        "Semaphore(2)",
        (
            Claim(
                "before start 10:13:17, 1 at 10:13:18, 2 at 10:13:19, 3 at 10:13:21",
                prints(
                    (0, "before start 10:13:17"),
                    (1, "1 at 10:13:18"),
                    (2, "2 at 10:13:19"),
                    (4, "3 at 10:13:21"),
                ),
            ),
            Claim("at most 2 inside at once", at_most_inside(2, leaves="at ")),
        ),
        wall_clock="10:13:17",
    ),
    Scenario(
        15,
        "event_wakes_waiter",
        "Event",
        (
            Claim(
                "waiting for it ... at 0, ... got it! at +1 s",
                prints((0, "waiting for it ..."), (1, "... got it!")),
            ),
        ),
    ),
    Scenario(
        16,
        "condition_notify",
        "Condition",
        (
            Claim(
                "a lock and an event in one",
                every(
                    at_most_inside(1, leaves="leaves"),
                    comes_before("notify(1)", "anna enters"),
                ),
            ),
            Claim(
                "notify(1) wakes one, notify_all() the others",
                prints(
                    (1, "notify(1)"),
                    (1, "anna enters"),
                    (2, "notify_all()"),
                    (2, "boris enters"),
                    (2.5, "clara enters"),
                ),
            ),
        ),
    ),
    Scenario(
        17,
        "threads_and_the_loop",
        "The primitives and threads",
        (
            Claim(
                "single-threaded, not thread-safe",
                within(
                    "call_soon from a thread, in debug mode",
                    every(
                        prints(
                            (
                                1,
                                "RuntimeError: Non-thread-safe operation invoked on an event loop"
                                " other than the current one",
                            )
                        ),
                        never_prints("never called"),
                    ),
                ),
            ),
            Claim(
                "call_soon_threadsafe wakes the loop in the same instant",
                within(
                    "call_soon_threadsafe from a thread",
                    prints(
                        (0, "waiting for it ..."), (1, "... got it!"), (2, "the thread is done")
                    ),
                ),
            ),
            Claim(
                "run_coroutine_threadsafe gives a thread a coroutine's result",
                within(
                    "run_coroutine_threadsafe from a thread",
                    prints((1, "the thread got 42 from the loop")),
                ),
            ),
            Claim(
                "to_thread keeps a blocking call off the loop",
                within(
                    "a blocking call in a thread",
                    prints((0.5, "tick"), (1, "tick"), (1.5, "tick"), (2, "the answer is 42")),
                ),
            ),
        ),
    ),
    Scenario(
        18,
        "waiting_is_free",
        "Why: time is saved on waiting",
        (
            Claim(
                "ten waits of 1 s take 1 s",
                within("ten waits", all_done(10, 1)),
            ),
            Claim(
                "ten blocking calls of 1 s take 10 s",
                within("ten blocking calls", all_done(10, 10)),
            ),
            Claim(
                "a blocking call stops every lane",
                every(
                    within("ten waits", prints((0.5, "tick"))),
                    within("ten blocking calls", prints((10, "tick"))),
                ),
            ),
            Claim(
                "in threads they take 1 s and stop no lane",
                within(
                    "ten blocking calls in threads",
                    every(all_done(10, 1), prints((0.5, "tick"))),
                ),
            ),
        ),
    ),
    Scenario(
        19,
        "task_group",
        "TaskGroup",
        (
            Claim(
                "the block ends when the last task has ended",
                within("all well", prints((3, "sleeper 3 finished"), (3, "the group is done"))),
            ),
            Claim(
                "when one raises, its siblings are cancelled, unlike gather's",
                within("one raises", is_cancelled("sleeper 3")),
            ),
            Claim(
                "the error comes as an ExceptionGroup, in the same instant",
                within(
                    "one raises",
                    prints((2, "sleeper 2 raises"), (2, "the group raises [ArithmeticError()]")),
                ),
            ),
        ),
    ),
    Scenario(
        20,
        "timeout_block",
        "timeout()",
        (
            Claim(
                "the block is cancelled at its deadline, and TimeoutError comes out of it",
                within("expires", prints((1, "block cancelled"), (1, "timeout!"))),
            ),
            Claim(
                "a deadline can be moved while the block runs",
                within(
                    "the deadline is moved", prints((2, "block finished"), (2, "expired: False"))
                ),
            ),
            Claim(
                "of nested blocks only the one whose deadline has come raises",
                within(
                    "nested",
                    prints(
                        (1, "timeout! of the inner block"),
                        (2, "outer block finished"),
                        (2, "expired: False"),
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        21,
        "queue_of_jobs",
        "Queue",
        (
            Claim(
                "a full queue holds the producer back",
                prints(
                    (0, "job 4 is put"),
                    (1, "job 1 is done"),
                    (1, "job 5 is put"),
                    (1, "job 6 is put"),
                ),
            ),
            Claim(
                "two workers do six jobs of 1 s in 3 s, first come first served",
                prints(*(((n + 1) // 2, f"job {n} is done") for n in range(1, 7))),
            ),
            Claim(
                "join waits for the last job",
                prints((3, "job 6 is done"), (3, "every job is done")),
            ),
        ),
    ),
    Scenario(
        22,
        "barrier_of_three",
        "Barrier",
        (
            Claim(
                "nobody goes on before the last has arrived",
                every(
                    *(
                        comes_before(f"clara arrives, leg {leg}", f"{name} goes on, leg {leg}")
                        for leg in (1, 2)
                        for name in ("anna", "boris", "clara")
                    )
                ),
            ),
            Claim(
                "all leave together, at +3 s and again at +6 s",
                every(
                    *(
                        prints((3, f"{name} goes on, leg 1"), (6, f"{name} goes on, leg 2"))
                        for name in ("anna", "boris", "clara")
                    )
                ),
            ),
        ),
    ),
    Scenario(
        23,
        "eager_tasks",
        "Eager tasks",
        (
            Claim(
                "a lazy task starts after its creator has given the thread back",
                within("lazy", comes_before("tasks created, done: False False", "cached runs")),
            ),
            Claim(
                "an eager one runs to its first wait inside create_task",
                within("eager", comes_before("fetched runs", "tasks created, done: True False")),
            ),
            Claim(
                "the times are the same",
                every(
                    within("lazy", prints((0, "fetched runs"), (1, "at hand, from afar"))),
                    within("eager", prints((0, "fetched runs"), (1, "at hand, from afar"))),
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
            Claim(
                "a task left behind goes on in the next run",
                prints(
                    (1, "count 1"),
                    (1.5, "first run returns"),
                    (2, "count 2"),
                    (3, "count 3"),
                    (3.5, "second run returns"),
                ),
            ),
            Claim(
                "context variables stay",
                prints((1.5, "second run meets anna")),
            ),
            Claim(
                "closing the runner cancels what is left",
                every(is_cancelled("count"), prints((3.5, "runner closed, count cancelled: True"))),
            ),
        ),
    ),
)
