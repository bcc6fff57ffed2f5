"""Event loops that a program makes in threads of a run take the run's time."""

import asyncio
import concurrent.futures
import queue
import time

import pytest

import vtloop
from tests.support.in_threads import Diary, no_thread_stays_behind, start  # noqa: F401
from tests.support.processes import printed_by
from vtloop import NotSimulated, simulate


async def nap(seconds, value=None):
    await asyncio.sleep(seconds)
    return value


async def bridged(coroutine_function, *args):
    """Run a coroutine in a loop of its own, in a worker thread."""
    return await asyncio.to_thread(lambda: asyncio.run(coroutine_function(*args)))


# --- Bridges: a loop for one coroutine


def in_a_worker(function):
    return asyncio.to_thread(function)


async def in_a_thread(function):
    future = concurrent.futures.Future()

    def work():
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    thread = start(work)
    try:
        return await asyncio.wrap_future(future)
    finally:
        thread.join()


def with_run(coroutine):
    return asyncio.run(coroutine)


def with_runner(coroutine):
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


def with_new_loop(coroutine):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def with_loop_class(coroutine):
    loop = asyncio.SelectorEventLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


@pytest.mark.parametrize("bridge", [with_run, with_runner, with_new_loop, with_loop_class])
@pytest.mark.parametrize("where", [in_a_worker, in_a_thread])
def test_a_bridge_takes_the_runs_time_while_the_run_goes_on(where, bridge):
    async def main():
        diary = Diary()

        async def inner():
            for _ in range(3):
                await asyncio.sleep(1)
                diary("inner")
            return asyncio.get_running_loop().time()

        async def outer():
            for _ in range(2):
                await asyncio.sleep(1.25)
                diary("outer")

        ends, _ = await asyncio.gather(where(lambda: bridge(inner())), outer())
        return ends, diary.pages

    run = simulate(main)
    assert run.result() == (
        3.0,  # one clock, for both loops
        [(1.0, "inner"), (1.25, "outer"), (2.0, "inner"), (2.5, "outer"), (3.0, "inner")],
    )
    assert run.elapsed == 3
    assert run.reproducible


def test_two_bridges_at_once_keep_one_time():
    async def main():
        diary = Diary()

        async def inner(name, seconds):
            for _ in range(2):
                await asyncio.sleep(seconds)
                diary(name)

        await asyncio.gather(bridged(inner, "a", 2), bridged(inner, "b", 1.5))
        return diary.pages

    assert simulate(main).result() == [(1.5, "b"), (2.0, "a"), (3.0, "b"), (4.0, "a")]


def test_a_bridge_within_a_bridge():
    async def main():
        diary = Diary()

        async def innermost():
            await asyncio.sleep(1)
            diary("innermost")
            return "value"

        async def middle():
            value = await bridged(innermost)
            await asyncio.sleep(1)
            diary("middle")
            return value

        return await bridged(middle), diary.pages

    assert simulate(main).result() == ("value", [(1.0, "innermost"), (2.0, "middle")])


def test_errors_go_over_a_bridge():
    async def main():
        async def inner(error):
            await asyncio.sleep(1)
            raise error

        for error in (ValueError("wrong"), SystemExit(3), asyncio.CancelledError()):
            with pytest.raises(type(error)) as caught:
                await in_a_thread(lambda error=error: asyncio.run(inner(error)))
            assert caught.value.args == error.args
        return asyncio.get_running_loop().time()

    assert simulate(main).result() == 3.0


def test_timeouts_cancellation_and_task_groups_work_within_a_bridge():
    async def main():
        diary = Diary()

        async def inner():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    async with asyncio.timeout(5):
                        await asyncio.sleep(9)
            diary("outer timeout")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 1)
            diary("wait_for")
            task = asyncio.create_task(nap(9))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            diary("cancelled")
            with pytest.raises(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(nap(9))
                    group.create_task(asyncio.wait_for(nap(9), 1))
            diary("group")

        await bridged(inner)
        return diary.pages

    assert simulate(main).result() == [
        (1.0, "outer timeout"),
        (2.0, "wait_for"),
        (3.0, "cancelled"),
        (4.0, "group"),
    ]


def test_a_task_that_gives_up_leaves_its_bridge_at_work():
    async def main():
        diary = Diary()

        async def inner():
            await asyncio.sleep(3)
            diary("the bridge is over")

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await bridged(inner)
        diary("gave up")
        await asyncio.sleep(4)
        return diary.pages

    assert simulate(main).result() == [(1.0, "gave up"), (3.0, "the bridge is over")]


def test_what_a_bridge_leaves_is_cancelled_and_may_clean_up():
    async def main():
        diary = Diary()

        async def left():
            try:
                await asyncio.sleep(9)
            finally:
                diary("cancelled")
                await asyncio.sleep(1)
                diary("cleaned up")

        async def numbers():
            try:
                yield 1
                yield 2
            finally:
                diary("generator closed")

        generator = numbers()

        async def inner():
            asyncio.create_task(left())
            await anext(generator)
            asyncio.get_running_loop().run_in_executor(None, time.sleep, 3)
            await asyncio.sleep(1)

        await bridged(inner)
        diary("over")
        return diary.pages

    assert simulate(main).result() == [
        (1.0, "cancelled"),
        (2.0, "cleaned up"),
        (2.0, "generator closed"),
        (3.0, "over"),
    ]


def test_a_bridge_uses_threads_of_its_own_in_the_runs_time():
    async def main():
        diary = Diary()

        async def inner():
            def work(seconds):
                time.sleep(seconds)
                diary(seconds)

            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(None, work, n) for n in (3, 1, 2)))

        await bridged(inner)
        return diary.pages

    assert simulate(main).result() == [(1.0, 1), (2.0, 2), (3.0, 3)]


def test_a_call_that_blocks_a_bridge_stops_its_tasks_and_no_others():
    async def main():
        diary = Diary()

        async def inner():
            late = asyncio.create_task(tick("inner", 1))
            await asyncio.sleep(0)
            time.sleep(2)
            diary("blocked until now")
            await late

        async def tick(name, seconds):
            await asyncio.sleep(seconds)
            diary(name)

        await asyncio.gather(bridged(inner), tick("outer", 1.5))
        return diary.pages

    run = simulate(main)
    assert run.result() == [(1.5, "outer"), (2.0, "blocked until now"), (2.0, "inner")]
    assert run.blocked == ()  # as the run's own loop was not


def test_a_runner_goes_on_where_it_was_after_its_thread_has_slept():
    async def main():
        diary = Diary()

        def work():
            with asyncio.Runner() as runner:
                runner.run(nap(1))
                diary("first")
                time.sleep(1)
                runner.run(nap(1))
                diary("second")

        await asyncio.to_thread(work)
        return diary.pages

    assert simulate(main).result() == [(1.0, "first"), (3.0, "second")]


def test_callbacks_and_timers_of_a_loop_in_a_thread_are_on_time():
    async def main():
        diary = Diary()

        def work():
            loop = asyncio.new_event_loop()
            future = loop.create_future()
            loop.call_later(2, future.set_result, "answer")
            loop.call_later(1.5, diary, "never").cancel()
            loop.call_at(loop.time() + 1, diary, "one")
            diary(loop.run_until_complete(future))
            loop.close()
            return loop.is_closed()

        return await asyncio.to_thread(work), diary.pages

    assert simulate(main).result() == (True, [(1.0, "one"), (2.0, "answer")])


def test_a_loop_in_a_thread_refuses_what_stock_loops_refuse():
    async def main():
        errors = []

        def told(function):
            coroutine = nap(0)
            with pytest.raises(RuntimeError) as caught:
                function(coroutine)
            coroutine.close()
            errors.append(str(caught.value))

        async def inner(loop):
            told(asyncio.run)
            told(loop.run_until_complete)
            other = asyncio.new_event_loop()
            told(other.run_until_complete)
            other.close()

        def work():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(inner(loop))
            loop.close()
            told(loop.run_until_complete)

        await asyncio.to_thread(work)
        told(asyncio.run)
        return errors

    by_stock = asyncio.run(main())
    assert simulate(main).result() == by_stock
    assert len(by_stock) == 5


# --- What the run tells, and refuses


def test_a_run_tells_of_each_loop_besides_its_own_where_it_was_made():
    async def main():
        await bridged(nap, 1)

    (notice,) = simulate(main).notices
    assert notice.startswith("The program made an event loop besides that of the run")
    assert "in bridged.<locals>.<lambda>" in notice or "in <lambda>" in notice
    assert "asyncio.run(coroutine_function(*args))" in notice


def test_a_loop_of_another_kind_is_refused_in_a_thread_too():
    class Own(asyncio.SelectorEventLoop):
        pass

    async def main():
        def work():
            loop = Own()
            coroutine = nap(1)
            try:
                loop.run_until_complete(coroutine)
            finally:
                coroutine.close()
                loop.close()

        await asyncio.to_thread(work)

    with pytest.raises(NotSimulated, match="Own was run in a thread of a run"):
        simulate(main).result()


def test_a_loop_that_a_thread_from_before_the_run_makes_is_real():
    asked, answers = queue.Queue(), queue.Queue()

    def serve():
        asked.get()
        loop = asyncio.new_event_loop()
        answers.put(type(loop))
        loop.close()

    thread = start(serve)

    async def main():
        asked.put("please")

    simulate(main).result()
    thread.join()
    assert not issubclass(answers.get(), vtloop.VirtualLoop)


# --- The same run in every process

PROGRAM = """
import asyncio, random, threading, time, vtloop

async def work(name, ours):
    for number in range(3):
        await asyncio.sleep(random.randrange(1, 4) / 10)
        print(name, number)
        ours.call_soon_threadsafe(print, "heard", name)
    return await asyncio.gather(*(asyncio.to_thread(time.sleep, n / 10) for n in (2, 1)))

async def main():
    ours = asyncio.get_running_loop()
    background = asyncio.new_event_loop()
    thread = threading.Thread(target=background.run_forever)
    thread.start()
    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(asyncio.to_thread(lambda name=name: asyncio.run(work(name, ours))))
        for name in "xyz":
            future = asyncio.run_coroutine_threadsafe(work(name, ours), background)
            group.create_task(asyncio.wait_for(asyncio.wrap_future(future), 60))
    background.call_soon_threadsafe(background.stop)
    thread.join()
    background.close()
    return ours.time()

run = vtloop.simulate(main)
assert run.result() and run.reproducible and len(run.printed) == 36
print(run.elapsed, run.digest())
"""


@pytest.mark.ends
@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_loops_in_threads_make_the_same_run_in_every_process(hash_seed):
    assert printed_by("-c", PROGRAM, hash_seed=hash_seed) == printed_by("-c", PROGRAM, hash_seed=0)


@pytest.mark.ends
def test_under_vtloop_run_the_loops_in_threads_of_a_script_are_virtual(tmp_path):
    script = tmp_path / "script.py"
    slow = "await asyncio.sleep(3600 * random.randrange(1, 4))"
    program = PROGRAM.partition("run = ")[0].replace(
        "await asyncio.sleep(random.randrange(1, 4) / 10)", slow
    )
    assert slow in program
    script.write_text(program.replace(", 60)", ", 86400)") + "print(asyncio.run(main()) > 3600)\n")
    (output,) = {printed_by("-m", "vtloop", "run", script) for _ in range(2)}
    assert output.endswith("True\n")


@pytest.mark.vtloop
async def test_a_bridge_in_a_marked_test_takes_its_time(vt):
    assert await bridged(nap, 2, "value") == "value"
    assert vt.now() == 2
