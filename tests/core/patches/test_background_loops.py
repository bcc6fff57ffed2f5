"""Event loops that run on in threads of a run, which others hand their work: they take its time."""

import asyncio
import concurrent.futures
import queue
import time

import pytest

from tests.support.in_threads import Diary, no_thread_stays_behind, start  # noqa: F401
from vtloop import DeadlockError, UntilReached, simulate


async def nap(seconds, value=None):
    await asyncio.sleep(seconds)
    return value


async def bridged(coroutine_function, *args):
    """Run a coroutine in a loop of its own, in a worker thread."""
    return await asyncio.to_thread(lambda: asyncio.run(coroutine_function(*args)))


class Background:
    """A loop that runs in a thread of its own, as long as this is entered."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        self._thread = start(self.loop.run_forever, name="background")
        return self

    def __exit__(self, *exc_info):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)


# --- Loops that run in the background


def test_a_background_loop_is_asked_by_tasks_and_workers():
    async def main():
        diary = Diary()
        with Background() as background:
            late, soon = background.call(nap(2, "late")), background.call(nap(1, "soon"))
            diary(await asyncio.wrap_future(soon))
            diary(await asyncio.wrap_future(late))
            diary(await asyncio.to_thread(background.call(nap(1, "to a worker")).result))
            diary(background.call(nap(1, "to the loop's own thread")).result())
        return diary.pages

    run = simulate(main)
    assert run.result() == [
        (1.0, "soon"),
        (2.0, "late"),
        (3.0, "to a worker"),
        (4.0, "to the loop's own thread"),
    ]
    assert run.reproducible


def test_who_asks_a_background_loop_may_give_up_and_cancel():
    async def main():
        diary = Diary()

        async def slow():
            try:
                await asyncio.sleep(9)
            except asyncio.CancelledError:
                diary("cancelled")
                raise

        def work():
            with Background() as background:
                answer = background.call(slow())
                with pytest.raises(concurrent.futures.TimeoutError):
                    answer.result(timeout=1)
                diary("gives up")
                answer.cancel()
                background.call(nap(0)).result()

        await asyncio.to_thread(work)
        return diary.pages

    assert simulate(main).result() == [(1.0, "gives up"), (1.0, "cancelled")]


def test_loops_call_each_other_and_the_runs_own():
    async def main():
        diary, ours = Diary(), asyncio.get_running_loop()

        async def ask(loop, coroutine):
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))

        async def in_second():
            value = await ask(ours, nap(1, "ours"))
            diary("second")
            return value

        async def in_first(second):
            value = await ask(second.loop, in_second())
            ours.call_soon_threadsafe(diary, "called back")
            await asyncio.sleep(1)
            return value

        with Background() as first, Background() as second:
            diary(await asyncio.wrap_future(first.call(in_first(second))))
        return diary.pages

    assert simulate(main).result() == [(1.0, "second"), (1.0, "called back"), (2.0, "ours")]


def test_items_go_back_and_forth_between_two_loops():
    async def main():
        diary, ours = Diary(), asyncio.get_running_loop()
        answers = asyncio.Queue()
        ready = concurrent.futures.Future()

        async def serve():
            questions = asyncio.Queue()
            ready.set_result((asyncio.get_running_loop(), questions))
            while (number := await questions.get()) is not None:
                await asyncio.sleep(1)
                ours.call_soon_threadsafe(answers.put_nowait, number + 1)

        thread = start(lambda: asyncio.run(serve()))
        theirs, questions = await asyncio.wrap_future(ready)
        for number in range(3):
            theirs.call_soon_threadsafe(questions.put_nowait, 10 * number)
            diary(await answers.get())
        theirs.call_soon_threadsafe(questions.put_nowait, None)
        await asyncio.to_thread(thread.join)
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.0, 1), (2.0, 11), (3.0, 21)]
    assert run.reproducible


def test_a_queue_of_threads_hands_items_from_a_loop_to_workers():
    async def main():
        diary, items = Diary(), queue.Queue()

        async def produce():
            for number in range(3):
                await asyncio.sleep(1)
                items.put(number)

        producing = asyncio.create_task(bridged(produce))
        for _ in range(3):
            diary(await asyncio.to_thread(items.get))
        await producing
        return diary.pages

    assert simulate(main).result() == [(1.0, 0), (2.0, 1), (3.0, 2)]


def test_a_background_loop_that_is_still_running_goes_on_in_real_time():
    kept = []

    async def main():
        loop = asyncio.new_event_loop()
        kept.extend([loop, start(loop.run_forever)])
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(nap(3600), loop))

    run = simulate(main)
    run.result()
    assert run.elapsed == 3600
    loop, thread = kept
    answer = asyncio.run_coroutine_threadsafe(nap(0.001, "answer"), loop)
    assert answer.result(timeout=30) == "answer"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_bridge_that_is_still_at_work_goes_on_in_real_time():
    seen = []

    async def main():
        async def inner():
            await asyncio.sleep(0.25)
            seen.append("over")

        seen.append(start(lambda: asyncio.run(inner())))
        await asyncio.sleep(0.2)

    simulate(main).result()
    (thread,) = seen
    thread.join()
    assert seen[1:] == ["over"]


# --- Polls


@pytest.mark.filterwarnings("ignore::vtloop.SpinWarning")
def test_a_loop_in_a_thread_may_poll_until_the_run_has_done_something():
    async def main():
        flag, looks = [], []

        async def inner():
            while not flag:
                looks.append(1)
                await asyncio.sleep(0)
            return asyncio.get_running_loop().time()

        asyncio.get_running_loop().call_later(0.25, flag.append, True)
        return await bridged(inner), len(looks) > 100

    run = simulate(main)
    assert run.result() == (0.25, True)
    assert run.reproducible


@pytest.mark.filterwarnings("ignore::vtloop.SpinWarning")
@pytest.mark.parametrize("seconds", [0.001, 0.1])
def test_a_loop_in_a_thread_that_polls_a_clock_ends_a_little_late(seconds):
    async def main():
        async def inner():
            end = time.monotonic() + seconds
            while time.monotonic() <= end:
                await asyncio.sleep(0)
            return time.monotonic() - end

        late, on_time = await asyncio.gather(bridged(inner), nap(seconds / 2, "on time"))
        return late, on_time

    run = simulate(main)
    late, on_time = run.result()
    assert 0 < late < 1e-5 + seconds * 2e-3
    assert on_time == "on time"
    assert run.digest() == simulate(main).digest()


# --- Deadlocks, and the end of time


def test_a_deadlock_tells_what_the_tasks_of_a_loop_in_a_worker_wait_for():
    async def main():
        async def inner():
            await asyncio.Event().wait()  # never set

        await bridged(inner)

    run = simulate(main)
    assert isinstance(run.error, DeadlockError)
    message = str(run.error)
    assert "main#1 waits for a function in a thread\n" in message
    assert "inner#1 of the loop in thread 'asyncio_0' waits for an Event to be set\n" in message
    assert "in inner: await asyncio.Event().wait()  # never set" in message


def test_a_deadlock_tells_of_a_background_loop_and_its_tasks():
    async def main():
        gate = asyncio.Lock()
        loop = asyncio.new_event_loop()
        idle = asyncio.new_event_loop()
        for one in (loop, idle):
            made.append((one, start(one.run_forever, name=f"thread {len(made)}")))

        async def inner():
            await gate.acquire()
            await gate.acquire()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inner(), loop))

    made = []
    run = simulate(main)
    for loop, thread in made:
        thread.join()
        loop.close()
    assert isinstance(run.error, DeadlockError)
    message = str(run.error)
    assert "inner#1 of the loop in thread 'thread 0' waits for Lock 'gate'" in message
    assert "thread 'thread 1' waits\n" in message
    assert "thread 'thread 0' waits\n" not in message


def test_a_loop_in_a_thread_that_only_ticks_in_a_daemon_hides_no_deadlock():
    async def main():
        async def tick():
            while not stopped:
                await asyncio.sleep(1 / 64)

        start(lambda: asyncio.run(tick()), daemon=True)
        await asyncio.Event().wait()

    stopped = []
    run = simulate(main)
    stopped.append(True)
    assert isinstance(run.error, DeadlockError)


def test_a_deadlock_within_a_bridge_ends_a_run_with_until_at_once():
    async def main():
        await bridged(lambda: asyncio.Event().wait())

    run = simulate(main, until=3600)
    assert isinstance(run.error, DeadlockError)
    assert isinstance(run.error, UntilReached)
    assert run.elapsed == 0


def test_a_bridge_may_end_before_until_and_is_stopped_by_it():
    async def main():
        await bridged(nap, 10)

    assert simulate(main, until=20).elapsed == 10
    run = simulate(main, until=5)
    assert run.stopped
    assert run.elapsed == 5
