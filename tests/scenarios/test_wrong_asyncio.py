"""If asyncio did otherwise, what is said of the scenarios would come out otherwise.

A check that cannot fail shows nothing.
"""

import asyncio
import builtins
import dataclasses
import sys
from itertools import count

import pytest

import vtloop
from scenarios.claims import HOLDS, NOT_SHOWN, REFUTED
from scenarios.transcript import Transcript
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.scenarios import golden, statement, statements

# Programs that break down leave open what they had opened.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

simulate = vtloop.simulate
sleep = asyncio.sleep
semaphore = asyncio.Semaphore


def late(main):
    """Begin a second late."""

    async def begin():
        await sleep(1)
        return await main()

    return begin


def eager(main):
    """Start each task at once."""

    async def begin():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        return await main()

    return begin


def oversleeps(number):
    """Return a sleep that, one time, takes a second longer."""
    calls = count()

    def oversleep(seconds, result=None):
        return sleep(seconds + (next(calls) == number), result)

    return oversleep


def cancelling(number):
    """Cancel one of the tasks soon."""

    def cancelling_run(main):
        numbers = count()

        def make(loop, coroutine, **options):
            task = asyncio.Task(coroutine, loop=loop, **options)
            if next(numbers) == number:
                loop.call_later(0.25, task.cancel)
            return task

        async def begin():
            asyncio.get_running_loop().set_task_factory(make)
            return await main()

        return begin

    return cancelling_run


def loses(number):
    """Return a `print` that, one time, prints nothing."""
    calls = count()

    def lossy_print(*objects, **options):
        if next(calls) != number:
            sys.stdout.write(f"{' '.join(map(str, objects))}\n")

    return lossy_print


def one_more(value=1):
    """Make a lock or a semaphore that one more can hold."""
    return semaphore(value + 1)


async def impatient_wait_for(awaited, timeout):
    """Raise TimeoutError before what is awaited has ended."""
    done, _ = await asyncio.wait({awaited}, timeout=timeout)
    if not done:
        awaited.cancel()
        raise TimeoutError


def started(how):
    """Return a `simulate` that starts the main coroutine in some way, under its own name."""

    def run(main, **options):
        coroutine = how(main)()
        coroutine.__qualname__ = getattr(main, "func", main).__qualname__
        return simulate(coroutine, **options)

    return run


WRONG = [
    (vtloop, "simulate", started(late)),
    *((vtloop, "simulate", started(cancelling(number))) for number in range(3)),
    (asyncio, "Lock", one_more),
    (asyncio, "Semaphore", one_more),
    (asyncio, "wait_for", impatient_wait_for),
    *((asyncio, "sleep", oversleeps, number) for number in range(12)),
    *((builtins, "print", loses, number) for number in range(9)),
]
if sys.version_info >= (3, 12):
    WRONG.append((vtloop, "simulate", started(eager)))


def changed(transcript):
    """Yield transcripts in which one line says something else."""
    for index, line in enumerate(transcript.lines):
        other = dataclasses.replace(line, text=f"{line.text}?")
        yield Transcript((*transcript.lines[:index], other, *transcript.lines[index + 1 :]))


@pytest.mark.parametrize(("scenario", "said"), statements())
def test_something_that_goes_wrong_turns_the_verdict(scenario, said):
    transcript = golden(scenario)

    def turns(transcript):
        outcome = said.judge(transcript, scenario.wall_clock).outcome
        return outcome not in (said.expected, NOT_SHOWN)

    for module, name, wrong, *number in WRONG:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, name, wrong(*number) if number else wrong)
            if turns(transcript):
                return
    assert any(map(turns, changed(transcript)))


def verdict_on(name, words):
    scenario, said = statement(name, words)
    return said.judge(golden(scenario), scenario.wall_clock)


def test_the_lecture_would_be_right_if_gather_cancelled_the_siblings(monkeypatch):
    said = "gather_one_raises", "error occured"
    assert str(verdict_on(*said)) == "refuted: sleeper#4 finished at 3 s"

    async def gather(*coroutines):
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        try:
            return [await task for task in tasks]
        except BaseException:
            for task in tasks:
                task.cancel()
            raise

    monkeypatch.setattr(asyncio, "gather", gather)
    assert str(verdict_on(*said)) == (
        "holds: sleeper#4 was cancelled at 2 s; it was asked to stop by main#1 at 2 s"
    )


def test_half_of_what_is_said_of_shield_is_about_the_caller_and_half_about_the_inner_task(
    monkeypatch,
):
    said = "shield_and_cancellation", "if the caller is cancelled"
    assert str(verdict_on(*said)) == (
        "half true: caller was cancelled at 1 s; it was asked to stop by shielded#1 at 1 s;"
        " but inner finished at 3 s"
    )
    monkeypatch.setattr(asyncio, "shield", lambda awaited: awaited)
    assert verdict_on(*said).outcome is HOLDS


def test_a_timeout_that_is_raised_before_the_cleanup_is_over_would_be_noticed(monkeypatch):
    monkeypatch.setattr(asyncio, "wait_for", impatient_wait_for)
    assert verdict_on("wait_for_timeout", "first the coroutine ends").outcome is REFUTED


def test_a_semaphore_that_lets_a_third_one_in_or_only_one_would_be_noticed(monkeypatch):
    for value in (1, 3):
        monkeypatch.setattr(asyncio, "Semaphore", lambda _, value=value: semaphore(value))
        assert verdict_on("semaphore_of_two", "at most 2").outcome is not HOLDS


def test_results_in_the_order_of_the_set_would_be_noticed(monkeypatch):
    monkeypatch.setattr(asyncio, "as_completed", list)
    verdict = verdict_on("as_completed_order", "results come in order")
    assert verdict.outcome is not HOLDS


def test_of_what_was_not_there_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(vtloop, "simulate", lambda main, **options: simulate(sleep(1)))
    verdict = verdict_on("shield_and_cancellation", "if the caller is cancelled")
    assert verdict.outcome is NOT_SHOWN
    assert "caller" in verdict.actual
