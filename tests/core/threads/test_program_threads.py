"""Threads that a program starts in a run belong to it, wherever they wait for what it knows."""

import asyncio
import concurrent.futures
import os
import queue
import sched
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import vtloop
from tests.support.in_threads import Diary, no_thread_stays_behind, start  # noqa: F401
from tests.support.processes import printed_by
from vtloop import DeadlockError, UntilReached, simulate
from vtloop.core.threads.program_threads import IN_VAIN


async def ended(*members):
    for thread in members:
        await asyncio.to_thread(thread.join)


# --- One thread waits, and a task ends that, or does not


class OnEvent:
    def __init__(self):
        self.event = threading.Event()

    def wait(self, timeout=None):
        return self.event.wait(timeout)

    def wake(self):
        self.event.set()


class OnCondition:
    def __init__(self):
        self.condition = threading.Condition()

    def wait(self, timeout=None):
        with self.condition:
            return self.condition.wait(timeout)

    def wake(self):
        with self.condition:
            self.condition.notify()


class OnConditionThatHolds:
    def __init__(self):
        self.condition, self.holds = threading.Condition(), False

    def wait(self, timeout=None):
        with self.condition:
            return self.condition.wait_for(lambda: self.holds, timeout)

    def wake(self):
        self.holds = True
        with self.condition:
            self.condition.notify_all()


class OnQueue:
    def __init__(self, kind=None):
        self.queue = (kind or queue.Queue)()

    def wait(self, timeout=None):
        try:
            return self.queue.get(timeout=timeout)
        except queue.Empty:
            return False

    def wake(self):
        self.queue.put(True)


class OnSimpleQueue(OnQueue):
    def __init__(self):
        super().__init__(queue.SimpleQueue)


class OnFullQueue:
    def __init__(self):
        self.queue = queue.Queue(1)
        self.queue.put("first")

    def wait(self, timeout=None):
        try:
            self.queue.put("second", timeout=timeout)
        except queue.Full:
            return False
        return True

    def wake(self):
        self.queue.get()


class OnLock:
    def __init__(self, kind=None):
        self.lock = (kind or threading.Lock)()
        self.lock.acquire()

    def wait(self, timeout=None):
        return self.lock.acquire(timeout=-1 if timeout is None else timeout)

    def wake(self):
        self.lock.release()


class OnReentrantLock(OnLock):
    def __init__(self):
        super().__init__(threading.RLock)


class OnSemaphore:
    def __init__(self):
        self.semaphore = threading.Semaphore(0)

    def wait(self, timeout=None):
        return self.semaphore.acquire(timeout=timeout)

    def wake(self):
        self.semaphore.release()


class OnBarrier:
    def __init__(self):
        self.barrier = threading.Barrier(2)

    def wait(self, timeout=None):
        try:
            self.barrier.wait(timeout)
        except threading.BrokenBarrierError:
            return False
        return True

    def wake(self):
        self.barrier.wait()


class OnFuture:
    def __init__(self):
        self.future = concurrent.futures.Future()

    def wait(self, timeout=None):
        try:
            return self.future.result(timeout)
        except concurrent.futures.TimeoutError:
            return False

    def wake(self):
        self.future.set_result(True)


class OnSeveralFutures(OnFuture):
    def wait(self, timeout=None):
        done, _ = concurrent.futures.wait(
            [self.future, concurrent.futures.Future()], timeout, "FIRST_COMPLETED"
        )
        return done == {self.future}


class OnThread:
    def __init__(self):
        self.let_go = threading.Event()
        self.thread = start(self.let_go.wait, 100)

    def wait(self, timeout=None):
        self.thread.join(timeout)
        return not self.thread.is_alive()

    def wake(self):
        self.let_go.set()


OF_PYTHON = [
    OnEvent,
    OnCondition,
    OnConditionThatHolds,
    OnQueue,
    OnFullQueue,
    OnSemaphore,
    OnBarrier,
    OnFuture,
    OnSeveralFutures,
]
WAITS = [*OF_PYTHON, OnSimpleQueue, OnLock, OnReentrantLock, OnThread]


@pytest.mark.parametrize("kind", WAITS)
def test_a_thread_in_a_timed_wait_is_woken_when_a_task_wakes_it(kind):
    async def main():
        diary, waiting = Diary(), kind()
        thread = start(lambda: diary(waiting.wait(5)))
        await asyncio.sleep(1)
        waiting.wake()
        diary("woken")
        await ended(thread)
        return sorted(diary.pages, key=str)

    run = simulate(main)
    assert run.result() == [(1.0, "woken"), (1.0, True)]
    assert run.elapsed == 1
    assert (run.reproducible, run.notices) == (True, ())


@pytest.mark.parametrize("kind", WAITS)
def test_a_thread_in_a_timed_wait_gives_up_at_its_timeout(kind):
    async def main():
        diary, waiting = Diary(), kind()
        thread = start(lambda: diary(waiting.wait(5)))
        await asyncio.sleep(1)
        diary("still waits", thread.is_alive())
        await ended(thread)
        if kind is OnThread:
            waiting.wake()
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.0, "still waits", True), (5.0, False)]
    assert (run.reproducible, run.notices) == (True, ())


@pytest.mark.parametrize("kind", WAITS)
def test_a_thread_that_waits_for_as_long_as_it_takes_is_woken_after_a_year(kind):
    year = 365 * 86_400

    async def main():
        waiting = kind()
        thread = start(waiting.wait)
        await asyncio.sleep(year)
        waiting.wake()
        thread.join()

    if kind is OnThread:  # which waits for another one, and that for a hundred seconds
        year = 99
    run = simulate(main)
    run.result()
    assert run.elapsed == year


@pytest.mark.parametrize("kind", OF_PYTHON)
def test_what_a_thread_waits_for_may_be_older_than_the_run(kind):
    waiting = kind()

    async def main():
        diary = Diary()
        thread = start(lambda: diary(waiting.wait(5)))
        await asyncio.sleep(1)
        waiting.wake()
        await ended(thread)
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.0, True)]
    assert run.reproducible


@pytest.mark.parametrize("kind", [one for one in WAITS if one is not OnReentrantLock])
def test_a_coroutine_may_wait_for_a_thread_which_stops_every_task_meanwhile(kind):
    async def main():
        diary, waiting = Diary(), kind()
        ticks = asyncio.create_task(tick(diary))
        await asyncio.sleep(0)
        start(lambda: (time.sleep(2), waiting.wake()))
        diary(waiting.wait(5))
        await ticks
        return diary.pages

    async def tick(diary):
        await asyncio.sleep(1)
        diary("tick")

    assert simulate(main).result() == [(2.0, True), (2.0, "tick")]


# --- Several threads


def test_threads_sleep_and_start_each_other_at_exact_times():
    async def main():
        diary = Diary()

        def one_of(many):
            diary("begins", many)
            if many > 1:
                other = start(one_of, many - 1)
                time.sleep(1)
                other.join()
            diary("ends", many)

        thread = start(one_of, 3)
        diary("the task goes on")
        await ended(thread)
        return diary.pages

    assert simulate(main).result() == [
        (0.0, "the task goes on"),
        (0.0, "begins", 3),
        (0.0, "begins", 2),
        (0.0, "begins", 1),
        (0.0, "ends", 1),
        (1.0, "ends", 2),
        (1.0, "ends", 3),
    ]


def test_a_producer_and_a_consumer_take_turns():
    async def main():
        diary, items = Diary(), queue.Queue(1)

        def produce():
            for number in range(3):
                items.put(number)
                diary("put", number)
                time.sleep(1)
            items.put(None)

        def consume():
            while (item := items.get()) is not None:
                diary("got", item)
                time.sleep(2)
                items.task_done()

        await ended(start(produce), start(consume))
        return diary.pages

    assert simulate(main).result() == [
        (0.0, "put", 0),
        (0.0, "got", 0),
        (1.0, "put", 1),
        (2.0, "got", 1),
        (2.0, "put", 2),
        (4.0, "got", 2),
    ]


@pytest.mark.parametrize("kind", [threading.Lock, threading.RLock, threading.Semaphore])
def test_threads_get_a_lock_one_after_the_other_in_order_of_arrival(kind):
    async def main():
        diary, lock = Diary(), kind()

        def work(name):
            with lock:
                diary(name)
                time.sleep(2)

        threads = []
        for name in "abc":
            threads.append(start(work, name))
            await asyncio.sleep(0.5)
        await ended(*threads)
        return diary.pages

    assert simulate(main).result() == [(0.0, "a"), (2.0, "b"), (4.0, "c")]


def test_a_barrier_lets_threads_pass_when_the_last_has_come():
    async def main():
        diary, barrier = Diary(), threading.Barrier(3)

        def work(seconds):
            time.sleep(seconds)
            barrier.wait()
            diary("passes")

        await ended(*(start(work, seconds) for seconds in (1, 3, 2)))
        return diary.pages

    assert simulate(main).result() == [(3.0, "passes")] * 3


def test_timers_fire_on_time_unless_they_are_cancelled():
    async def main():
        diary = Diary()
        timers = [threading.Timer(seconds, diary, [seconds]) for seconds in (3, 1, 2)]
        for timer in timers:
            timer.start()
        await asyncio.sleep(1.5)
        timers[0].cancel()
        diary("alive", [timer.is_alive() for timer in timers])
        await ended(*timers)
        return diary.pages

    assert simulate(main).result() == [
        (1.0, 1),
        (1.5, "alive", [True, False, True]),
        (2.0, 2),
    ]


def test_a_scheduler_of_the_standard_library_keeps_its_times():
    async def main():
        diary = Diary()
        scheduler = sched.scheduler()
        for seconds in (86_400, 1, 3600):
            scheduler.enter(seconds, 1, diary, [seconds])
        await ended(start(scheduler.run))
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.0, 1), (3600.0, 3600), (86_400.0, 86_400)]


def test_a_join_gives_up_at_its_timeout_and_a_thread_says_whether_it_is_alive():
    async def main():
        diary = Diary()
        thread = start(time.sleep, 3)
        thread.join(1)
        diary(thread.is_alive())
        await asyncio.to_thread(thread.join, 1)
        diary(thread.is_alive())
        thread.join()
        diary(thread.is_alive())
        thread.join()
        return diary.pages

    assert simulate(main).result() == [(1.0, True), (2.0, True), (3.0, False)]


def test_what_a_thread_refuses_it_refuses_in_a_run():
    async def main():
        errors = []

        def told(function):
            with pytest.raises(RuntimeError) as caught:
                function()
            errors.append(str(caught.value))

        thread = start(lambda: told(threading.current_thread().join))
        told(thread.start)
        thread.join()
        told(thread.start)
        told(threading.Thread().join)
        told(threading.current_thread().join)
        return errors

    by_stock = asyncio.run(main())
    assert sorted(simulate(main).result()) == sorted(by_stock)
    assert len(by_stock) == 5


def test_a_subclass_of_a_thread_runs_as_it_says():
    class Worker(threading.Thread):
        def run(self):
            time.sleep(1)
            self.seen = self.name, threading.current_thread() is self, time.monotonic()

    async def main():
        began = time.monotonic()
        worker = Worker(name="worker")
        worker.start()
        is_known = (
            worker.is_alive() and worker.ident is not None and worker in threading.enumerate()
        )
        await ended(worker)
        return is_known, *worker.seen[:2], worker.seen[2] - began

    assert simulate(main).result() == (True, "worker", True, 1.0)


def test_an_error_in_a_thread_goes_to_its_hook_and_harms_nobody(monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(repr(args.exc_value)))

    async def main():
        thread = start(lambda: [][0])
        await ended(thread)
        return "goes on"

    run = simulate(main)
    assert run.result() == "goes on"
    assert told == ["IndexError('list index out of range')"]


def test_a_thread_may_have_a_pool_and_wait_for_its_futures_one_by_one():
    async def main():
        diary = Diary()

        def work():
            with ThreadPoolExecutor(3) as pool:
                jobs = {pool.submit(time.sleep, seconds): seconds for seconds in (3, 1, 2)}
                for job in concurrent.futures.as_completed(jobs):
                    diary(jobs[job])
                diary([*pool.map(lambda number: (time.sleep(1), number)[1], range(4))])

        await ended(start(work))
        return diary.pages

    assert simulate(main).result() == [(1.0, 1), (2.0, 2), (3.0, 3), (5.0, [0, 1, 2, 3])]


def test_a_thread_asks_the_loop_for_a_coroutine_and_may_give_up():
    async def main():
        diary, loop = Diary(), asyncio.get_running_loop()

        async def answer(seconds):
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                diary("cancelled")
                raise
            return seconds

        def ask():
            diary(asyncio.run_coroutine_threadsafe(answer(1), loop).result())
            late = asyncio.run_coroutine_threadsafe(answer(5), loop)
            with pytest.raises(concurrent.futures.TimeoutError):
                late.result(timeout=1)
            diary("gives up")
            late.cancel()

        thread = start(ask)
        await ended(thread)
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.0, 1), (2.0, "gives up"), (2.0, "cancelled")]
    assert run.reproducible


# --- Daemons

A_WHILE = 1 / 64  # seconds, a float that is exact


def wait_again_and_again(diary, stop):
    while not stop.wait(A_WHILE):
        diary("looks")


def sleep_again_and_again(diary, stop):
    while not stop.is_set():
        time.sleep(A_WHILE)
        diary("looks")


def get_again_and_again(diary, stop):
    nothing = queue.Queue()
    while not stop.is_set():
        with pytest.raises(queue.Empty):
            nothing.get(timeout=A_WHILE)
        diary("looks")


MONITORS = [wait_again_and_again, sleep_again_and_again, get_again_and_again]


@pytest.mark.parametrize("monitor", MONITORS)
def test_a_daemon_that_looks_again_and_again_does_so_on_time_until_it_is_stopped(monitor):
    async def main():
        diary, stop = Diary(), threading.Event()
        thread = start(monitor, diary, stop, daemon=True)
        await asyncio.sleep(2.5 * A_WHILE)
        stop.set()
        await ended(thread)
        return diary.pages[:2]

    assert simulate(main).result() == [(A_WHILE, "looks"), (2 * A_WHILE, "looks")]


@pytest.mark.parametrize("monitor", MONITORS)
def test_a_daemon_goes_on_as_long_as_a_task_has_something_to_wait_for(monitor):
    async def main():
        diary, stop = Diary(), threading.Event()
        thread = start(monitor, diary, stop, daemon=True)
        await asyncio.sleep((10 * IN_VAIN + 0.5) * A_WHILE)
        stop.set()
        await ended(thread)
        return len(diary.pages)

    assert simulate(main).result() in (10 * IN_VAIN, 10 * IN_VAIN + 1)


@pytest.mark.parametrize("until", [None, 1_000_000])
@pytest.mark.parametrize("monitor", MONITORS)
def test_a_daemon_hides_no_deadlock(monitor, until):
    stop = threading.Event()

    async def main():
        start(monitor, Diary(), stop, daemon=True, name="monitor")
        try:
            await asyncio.Event().wait()
        finally:
            stop.set()

    run = simulate(main, until=until)
    assert isinstance(run.error, DeadlockError)
    assert isinstance(run.error, UntilReached) == (until is not None)
    assert "main#1 waits for Event #1 to be set" in str(run.error)
    assert "thread 'monitor' waits\n      at " in str(run.error)
    assert run.elapsed == IN_VAIN * A_WHILE


def test_a_daemon_that_does_something_to_the_run_in_the_end_is_waited_for():
    async def main():
        event, loop = asyncio.Event(), asyncio.get_running_loop()

        def work():
            for _ in range(IN_VAIN - 1):
                time.sleep(1)
            loop.call_soon_threadsafe(event.set)

        start(work, daemon=True)
        await event.wait()

    run = simulate(main)
    run.result()
    assert run.elapsed == IN_VAIN - 1


# --- Deadlocks


def message_of(main, **options):
    run = simulate(main, **options)
    assert isinstance(run.error, DeadlockError)
    assert run.reproducible
    return str(run.error)


@pytest.mark.parametrize("kind", [one for one in WAITS if one is not OnThread])
def test_a_deadlock_names_the_thread_and_the_line(kind):
    async def main():
        waiting = kind()

        def stuck():
            waiting.wait()  # for ever

        start(stuck, name="the stuck one")
        await asyncio.Event().wait()

    message = message_of(main)
    assert "1 task waits for ever:\n  - main#1 waits for Event #1 to be set" in message
    assert "  - thread 'the stuck one' waits\n      at " in message
    assert f"in {kind.wait.__qualname__.replace('OnSimpleQueue', 'OnQueue')}: " in message


def test_a_deadlock_between_threads_names_each_of_them():
    async def main():
        one, other = threading.Lock(), threading.Lock()

        def hold(first, second):
            with first:
                time.sleep(1)
                second.acquire()  # held by the other one

        left = start(hold, one, other, name="left")
        start(hold, other, one, name="right")
        await asyncio.to_thread(left.join)

    message = message_of(main)
    for name in ("left", "right"):
        assert (
            f"thread {name!r} waits\n      at {__file__.rpartition(os.sep)[2]}" in message
            or f"thread {name!r} waits\n      at tests" in message
        )
    assert message.count("in hold: second.acquire()  # held by the other one") == 2
    assert "thread 'asyncio_0' waits" in message


@pytest.mark.parametrize("where", ["in a thread of its own", "in a worker"])
def test_a_thread_that_waits_for_a_lock_older_than_the_run_hides_no_deadlock(where):
    lock = threading.Lock()

    async def main():
        def stuck():
            lock.acquire()  # held since before the run

        if where == "in a worker":
            await asyncio.to_thread(stuck)
        start(stuck)
        await asyncio.Event().wait()

    lock.acquire()
    try:
        message = message_of(main)
    finally:
        lock.release()
    assert "in stuck: lock.acquire()  # held since before the run" in message


def test_a_deadlock_tells_where_a_worker_of_a_pool_waits():
    async def main():
        loop = asyncio.get_running_loop()

        def ask():
            coroutine = asyncio.Event().wait()
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()  # never

        await asyncio.to_thread(ask)

    message = message_of(main)
    assert "thread 'asyncio_0' waits\n      at " in message
    assert "in ask: return asyncio.run_coroutine_threadsafe(coroutine, loop).result()" in message


def test_a_coroutine_that_blocks_the_loop_for_ever_is_told_with_its_line_and_the_threads():
    async def main():
        def stuck():
            threading.Event().wait()  # for ever

        thread = start(stuck, name="the stuck one")
        thread.join()  # of it

    message = message_of(main)
    assert "main#1 blocked the loop's own thread at virtual time 0 s" in message
    assert "main#1 waits\n      at " in message
    assert "in main: thread.join()  # of it" in message
    assert "thread 'the stuck one' waits\n      at " in message
    assert "in stuck: threading.Event().wait()  # for ever" in message


def test_a_certain_deadlock_ends_at_once_though_until_was_asked_for():
    async def main():
        start(OnEvent().wait, name="the stuck one")
        await asyncio.Event().wait()

    run = simulate(main, until=3600)
    assert isinstance(run.error, DeadlockError)
    assert isinstance(run.error, UntilReached)
    assert run.stopped
    assert run.elapsed == 0


def test_a_thread_that_a_deadlock_has_stopped_for_ever_is_unwound():
    seen = []

    async def main():
        def stuck():
            try:
                threading.Event().wait()
            finally:
                seen.append("unwound")

        seen.append(start(stuck))
        await asyncio.Event().wait()

    assert isinstance(simulate(main).error, DeadlockError)
    thread = seen[0]
    thread.join(10)
    assert not thread.is_alive()
    assert seen[1:] == ["unwound"]


# --- The end of a run


def test_a_thread_goes_on_after_the_run_in_which_it_was_started():
    seen = []

    async def main():
        event = threading.Event()

        def work():
            seen.append(event.wait(3600))
            time.sleep(0.001)
            seen.append("ended")

        seen.append((event, start(work)))
        await asyncio.sleep(1)

    run = simulate(main)
    run.result()
    assert run.elapsed == 1
    ((event, thread),) = seen
    assert thread.is_alive()
    event.set()
    thread.join()
    assert seen[1:] == [True, "ended"]


def test_a_thread_that_sleeps_as_the_run_ends_sleeps_on_in_real_time():
    seen = []

    async def main():
        def work():
            time.sleep(0.25)
            seen.append(time.monotonic)
            seen.append("ended")

        seen.append(start(work))
        await asyncio.sleep(0.2)

    simulate(main).result()
    assert len(seen) == 1
    seen[0].join()
    assert seen[1:] == [time.monotonic, "ended"]


def test_a_thread_may_be_joined_in_a_later_run():
    event = threading.Event()
    threads = []

    async def begin():
        threads.append(start(event.wait))

    async def end():
        event.set()
        await ended(*threads)
        return threads[0].is_alive()

    simulate(begin).result()
    assert simulate(end).result() is False


# --- The same run in every process

PROGRAM = """
import asyncio, queue, random, sys, threading, time, vtloop

async def main():
    loop = asyncio.get_running_loop()
    items, gate, met = queue.Queue(2), threading.Semaphore(2), threading.Condition()
    barrier, stop, turn = threading.Barrier(3), threading.Event(), []

    def work(name):
        for number in range(3):
            with gate:
                time.sleep(random.randrange(1, 4) / 10)
                print(name, "holds the gate", number)
            items.put((name, number), timeout=60)
            with met:
                turn.append(name)
                met.notify_all()
        print(name, barrier.wait() >= 0)

    def consume():
        for _ in range(9):
            print("got", *items.get(timeout=5))
        with met:
            print(met.wait_for(lambda: len(turn) == 9, timeout=5))
        loop.call_soon_threadsafe(print, "all there")

    def monitor():
        while not stop.wait(0.25):
            print("alive", threading.active_count())

    threading.Thread(target=monitor, daemon=True).start()
    threading.Timer(0.6, print, ["timer"]).start()
    threads = [threading.Thread(target=work, args=name, name=name) for name in "xyz"]
    threads.append(threading.Thread(target=consume))
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    stop.set()
    return loop.time()

run = vtloop.simulate(main)
assert run.result() and run.reproducible and len(run.printed) > 25
print(run.elapsed, run.digest())
"""


@pytest.mark.ends
@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_threads_make_the_same_run_in_every_process(hash_seed):
    assert printed_by("-c", PROGRAM, hash_seed=hash_seed) == printed_by("-c", PROGRAM, hash_seed=0)


@pytest.mark.ends
def test_under_vtloop_run_the_threads_of_a_script_belong_to_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM.partition("run = ")[0] + "print(asyncio.run(main()))\n")
    (output,) = {printed_by("-m", "vtloop", "run", script) for _ in range(2)}
    assert "all there" in output
    assert "timer" in output


@pytest.mark.vtloop
async def test_threads_of_a_marked_test_belong_to_its_run(vt):
    event = threading.Event()
    seen = []
    thread = start(lambda: seen.append((event.wait(5), vtloop.now())))
    await asyncio.sleep(2)
    event.set()
    await ended(thread)
    assert seen == [(True, 2)]
    assert vt.now() == 2
