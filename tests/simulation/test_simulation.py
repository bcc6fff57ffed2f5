"""One run: `run`, the drop-in for asyncio.run, and `simulate`, which tells all."""

import asyncio
import contextlib
import contextvars
import random
import subprocess
import sys
import threading
import time
import types

import pytest

import vtloop


async def say_after(delay, what):
    await asyncio.sleep(delay)
    print(what)
    return what


# run


def test_run_returns_what_the_coroutine_returns():
    assert vtloop.run(say_after(3600, "hello")) == "hello"


def test_run_takes_a_coroutine_function_as_well():
    async def main():
        return 5

    assert vtloop.run(main) == 5


def test_run_raises_what_the_coroutine_raises():
    async def main():
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        vtloop.run(main())


# As of asyncio.run.
REFUSAL = TypeError if sys.version_info >= (3, 14) else ValueError


@pytest.mark.parametrize("thing", [5, "main", None])
def test_what_is_no_coroutine_is_refused_in_words(thing):
    with pytest.raises(REFUSAL, match=r"was expected, while .* was given; pass main\(\) or main"):
        vtloop.run(thing)


def test_a_function_that_returns_no_coroutine_is_refused_in_words():
    with pytest.raises(REFUSAL, match=r"returned 5; pass main\(\) or main"):
        vtloop.run(lambda: 5)


class Answer:
    """An awaitable that is no coroutine."""

    def __await__(self):
        return asyncio.sleep(3600, "an answer").__await__()


class CallableAnswer(Answer):
    def __call__(self):
        raise AssertionError("it is to be awaited, not called")


@types.coroutine
def generator():
    yield from asyncio.sleep(3600, "an answer").__await__()
    return "an answer"


@pytest.mark.parametrize("make", [Answer, CallableAnswer, generator, int, asyncio.Future])
def test_run_takes_and_refuses_what_asyncio_run_does_on_this_python(make):
    def outcome(run):
        with contextlib.closing(vtloop.VirtualLoop()) as loop:
            main = make(loop=loop) if make is asyncio.Future else make()
            try:
                return run(main)
            except Exception as error:
                return type(error)

    def asyncio_run(main):
        with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
            return runner.run(main)

    assert outcome(vtloop.run) == outcome(asyncio_run)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="asyncio.run takes coroutines only")
def test_a_function_may_return_an_awaitable_and_a_run_of_it_tells_what_it_waits_for():
    run = vtloop.simulate(Answer)
    assert (run.value, run.elapsed) == ("an answer", 3600.0)


def test_run_cancels_what_is_left_as_asyncio_run_does():
    async def main():
        asyncio.create_task(say_after(2, "never printed"))
        return await say_after(1, "hello")

    run = vtloop.simulate(main)
    assert [line.text for line in run.printed] == ["hello"]
    assert run.unfinished == ("say_after#2",)


def test_debug_is_passed_on():
    async def main():
        return asyncio.get_running_loop().get_debug()

    assert vtloop.run(main(), debug=True) is True
    assert vtloop.run(main(), debug=False) is False


# settle


async def cell():
    asyncio.create_task(say_after(2, "world"))
    await say_after(1, "hello")


def test_settle_lets_tasks_left_behind_finish_as_in_a_notebook():
    run = vtloop.simulate(cell, settle=True)
    assert [(line.at / 1e9, line.text) for line in run.printed] == [(1, "hello"), (2, "world")]
    assert run.elapsed == 1.0
    assert run.ended == 2.0
    assert run.unfinished == ()


def test_settle_leaves_tasks_that_wait_for_ever_unfinished():
    async def main():
        asyncio.create_task(asyncio.Event().wait(), name="for ever")
        asyncio.create_task(say_after(2, "world"))

    run = vtloop.simulate(main, settle=True)
    assert run.error is None
    assert run.unfinished == ("for ever",)
    assert run.ended == 2.0


def test_settle_goes_on_to_until_when_something_never_ends():
    async def main():
        async def tick():
            while True:
                await asyncio.sleep(1)

        asyncio.create_task(tick())

    run = vtloop.simulate(main, settle=True, until=7)
    assert (run.stopped, run.elapsed, run.ended) == (True, 0.0, 7.0)


def test_settle_of_the_drop_in_returns_the_value(capsys):
    assert vtloop.run(cell(), settle=True) is None
    assert capsys.readouterr().out == "hello\nworld\n"


# simulate


def test_a_run_tells_its_value_and_how_long_it_took():
    run = vtloop.simulate(say_after(1.5, "hello"))
    assert (run.value, run.error, run.stopped) == ("hello", None, False)
    assert run.elapsed == 1.5
    assert run.result() == "hello"
    assert run.reproducible
    assert repr(run) == "<Run returned 'hello' after 1.5 s>"


def test_a_run_keeps_the_error_and_result_raises_it():
    async def main():
        await asyncio.sleep(2)
        raise LookupError("lost")

    run = vtloop.simulate(main)
    assert isinstance(run.error, LookupError)
    assert (run.value, run.elapsed) == (None, 2.0)
    assert repr(run) == "<Run raised LookupError after 2 s>"
    with pytest.raises(LookupError):
        run.result()


def test_a_main_task_that_is_cancelled_is_an_error_of_the_run():
    async def main():
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    assert isinstance(vtloop.simulate(main).error, asyncio.CancelledError)


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_exits_and_interrupts_are_not_kept_but_raised(stop):
    async def main():
        raise stop

    with pytest.raises(stop):
        vtloop.simulate(main)


def test_what_is_printed_is_recorded_with_time_and_task_and_still_printed(capsys):
    async def main():
        print("started")
        await asyncio.gather(say_after(1, "hello"), say_after(2, "world"))
        print("half a ", end="")
        await asyncio.sleep(1)
        print("line", "and more", sep="\n")
        print()
        print("no end", end="")
        print("to stderr", file=sys.stderr)

    run = vtloop.simulate(main)
    assert run.printed == (
        (0, "main#1", "started"),
        (1_000_000_000, "say_after#2", "hello"),
        (2_000_000_000, "say_after#3", "world"),
        (2_000_000_000, "main#1", "half a line"),
        (3_000_000_000, "main#1", "and more"),
        (3_000_000_000, "main#1", ""),
        (3_000_000_000, "main#1", "no end"),
    )
    assert run.transcript().splitlines()[1] == "     1.000  say_after#2  | hello"
    printed, errors = capsys.readouterr()
    assert printed == "started\nhello\nworld\nhalf a line\nand more\n\nno end"
    assert errors == "to stderr\n"


def test_standard_output_is_given_back():
    before = sys.stdout
    vtloop.simulate(say_after(1, "hello"))
    assert sys.stdout is before


def test_prints_of_threads_and_callbacks_are_attributed():
    async def main():
        asyncio.get_running_loop().call_later(1, print, "from a callback")
        await asyncio.to_thread(print, "from a thread")
        await asyncio.sleep(2)

    printed = vtloop.simulate(main).printed
    assert [(line.who, line.text) for line in printed] == [
        ("asyncio_0", "from a thread"),
        ("-", "from a callback"),
    ]


def test_exceptions_that_nobody_awaits_are_told():
    async def main():
        async def fail(error):
            raise error

        kept = asyncio.create_task(fail(ValueError("kept until the end")))
        asyncio.create_task(fail(KeyError("collected on the way")))
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        awaited = asyncio.create_task(fail(OSError("handled")))
        await asyncio.wait([awaited])
        awaited.exception()
        await asyncio.sleep(1)
        return kept

    run = vtloop.simulate(main)
    assert sorted(type(error).__name__ for error in run.unretrieved) == [
        "KeyError",
        "ValueError",
        "ZeroDivisionError",
    ]


def test_blocking_calls_are_told_with_their_place():
    async def main():
        await asyncio.sleep(1)
        time.sleep(2)
        vtloop.busy(0.5)

    run = vtloop.simulate(main)
    line = main.__code__.co_firstlineno
    assert run.blocked == (
        (
            1_000_000_000,
            2_000_000_000,
            "main#1",
            "time.sleep",
            f"tests/simulation/test_simulation.py:{line + 2} in main: time.sleep(2)",
        ),
        (
            3_000_000_000,
            500_000_000,
            "main#1",
            "busy",
            f"tests/simulation/test_simulation.py:{line + 3} in main: vtloop.busy(0.5)",
        ),
    )


def test_simulations_nest_neither_their_time_nor_their_records():
    def inner():
        return vtloop.simulate(say_after(5, "inner")).elapsed

    async def main():
        print("outer")
        elapsed = await asyncio.get_running_loop().run_in_executor(None, inner)
        return elapsed, asyncio.get_running_loop().time()

    run = vtloop.simulate(main)
    assert run.value == (5.0, 0.0)


def test_context_variables_reach_the_program():
    variable = contextvars.ContextVar("variable")
    variable.set("outside")

    async def main():
        return variable.get()

    assert vtloop.simulate(main).value == "outside"


# The module random


async def draw():
    return random.random()


def test_random_is_seeded_for_the_run_and_restored_after():
    random.seed("outside")
    before = random.getstate()
    first = vtloop.run(draw())
    assert random.getstate() == before
    assert vtloop.run(draw()) == first
    assert vtloop.run(draw(), seed=1) != first
    assert vtloop.run(draw(), seed="a word") == vtloop.run(draw(), seed="a word")


def test_without_a_seed_random_is_left_alone():
    random.seed("outside")
    expected = random.random()
    random.seed("outside")
    assert vtloop.run(draw(), seed=None) == expected


def test_a_loop_with_a_seed_goes_on_with_its_own_numbers_between_its_runs():
    loop = vtloop.VirtualLoop(seed=3)
    numbers = [loop.run_until_complete(draw()) for _ in range(2)]
    loop.close()
    generator = random.Random(3)
    assert numbers == [generator.random(), generator.random()]


def test_a_run_leaves_no_thread_behind():
    async def main():
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 1) for _ in range(5)))

    before = set(threading.enumerate())
    vtloop.simulate(main)
    assert set(threading.enumerate()) <= before


def test_output_is_as_usual_for_the_program():
    async def main():
        return sys.stdout.encoding, sys.stdout.errors, sys.stdout.isatty()

    assert vtloop.simulate(main).value == (
        sys.stdout.encoding,
        sys.stdout.errors,
        sys.stdout.isatty(),
    )


def test_a_run_in_a_thread_of_another_loop_waits_for_nobody():
    async def main():
        return await asyncio.to_thread(vtloop.simulate, say_after(1, "inner"), patience=3600)

    with asyncio.Runner() as runner:
        run = runner.run(main())
    assert (run.value, run.elapsed) == ("inner", 1.0)


def test_runs_with_a_seed_that_overlap_in_two_threads_are_refused():
    inside, go_on = threading.Event(), threading.Event()

    async def stay():
        inside.set()
        while not go_on.is_set():
            await asyncio.sleep(1)

    thread = threading.Thread(target=vtloop.run, args=(stay,))
    thread.start()
    inside.wait()
    try:
        with pytest.raises(vtloop.SimulationError, match="pass seed=None to all of them but one"):
            vtloop.run(lambda: say_after(1, ""))
        assert vtloop.run(say_after(1, "without"), seed=None) == "without"
    finally:
        go_on.set()
        thread.join()


def test_a_child_process_is_polled_in_real_time():
    async def main():
        sleeping = [sys.executable, "-c", "import time; time.sleep(0.3)"]
        done = await asyncio.to_thread(subprocess.run, sleeping, timeout=50, check=False)
        return done.returncode, asyncio.get_running_loop().time()

    assert vtloop.run(main()) == (0, 0.0)
