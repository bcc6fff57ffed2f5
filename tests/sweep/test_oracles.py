"""What a sweep finds wrong, one oracle after the other: each what it is for, and only that."""

import asyncio
import contextlib
import gc
import weakref

import pytest

from tests.support.garbage import a_sweep_thaws_what_is_frozen  # noqa: F401
from tests.support.swept import careless, nap, two_naps
from vtloop.errors import ClaimError, SimulationError
from vtloop.search.bench import Bench
from vtloop.sweep import ORACLES, SlowCleanup, cases, replay, sweep
from vtloop.sweep.moments import Case


def found(report):
    """Return what a report holds against a program: the oracles, and what they speak of."""
    return {
        (one.finding.oracle, one.finding.subject.partition(" made at")[0]) for one in report.errors
    }


async def returns():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        pass


async def takes_back():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()


async def takes_back_and_raises():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()
        raise


async def raises_another():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        raise asyncio.CancelledError from None


async def another_takes_back_and_raises():
    async def other():
        try:
            await asyncio.sleep(2)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()
            raise

    task = asyncio.create_task(other())
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    await task


async def cancels_and_does_not_wait():
    async def other():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(9)

    task = asyncio.create_task(other())
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.sleep(0)
        raise
    await task


async def cleans_up_for_long():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        await asyncio.sleep(100)
        raise


async def never_ends():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        while True:
            await asyncio.sleep(1)


async def cannot_be_cancelled():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass


async def takes_a_permit():
    semaphore = asyncio.Semaphore(2)
    await semaphore.acquire()
    await asyncio.sleep(1)
    semaphore.release()


async def gives_two_permits():
    semaphore = asyncio.Semaphore(2)
    async with semaphore:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            semaphore.release()
            raise


async def forgets_to_wake():
    class CarelessLock(asyncio.Lock):
        def _wake_up_first(self):
            if asyncio.current_task().cancelling() == 0:
                super()._wake_up_first()

    lock = CarelessLock()

    async def worker():
        async with lock:
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(worker())
        group.create_task(worker())


async def waits_for_the_cancelled():
    news = asyncio.Event()

    async def tell():
        await asyncio.sleep(1)
        news.set()

    task = asyncio.create_task(tell())
    try:
        await news.wait()
    finally:
        task.cancel()


async def releases_twice():
    lock = asyncio.Lock()
    await lock.acquire()
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        lock.release()
        raise
    finally:
        lock.release()


async def leaves_a_task():
    task = asyncio.create_task(nap())
    await asyncio.sleep(1)
    await task


async def loses_an_error():
    async def fail():
        raise ValueError("lost")

    task = asyncio.create_task(fail())
    await asyncio.sleep(1)
    with pytest.raises(ValueError, match="lost"):
        await task


async def makes_a_coroutine_early():
    later = nap()
    await asyncio.sleep(1)
    await later


async def asserts():
    state = []
    try:
        await asyncio.sleep(1)
        state.append("done")
    finally:
        assert state


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (returns, ("cancel swallowed", "returns")),
        (takes_back_and_raises, ("cancelled by nobody", "takes_back_and_raises")),
        (another_takes_back_and_raises, ("cancelled by nobody", "other")),
        (cancels_and_does_not_wait, ("cleanup cut off", "other")),
        (raises_another, ("message lost", "raises_another")),
        (cleans_up_for_long, ("slow cleanup", "cleans_up_for_long")),
        (never_ends, ("endless", "the main coroutine")),
        (cannot_be_cancelled, ("deadlock", "the tasks that were left")),
        (careless, ("left held", "Lock")),
        (takes_a_permit, ("left held", "Semaphore")),
        (gives_two_permits, ("released twice", "Semaphore")),
        (forgets_to_wake, ("lost wake-up", "CarelessLock")),
        (waits_for_the_cancelled, ("deadlock", "the main coroutine")),
        (releases_twice, ("RuntimeError of asyncio", "RuntimeError('Lock is not acquired.')")),
        (leaves_a_task, ("orphan", "nap")),
        (loses_an_error, ("never retrieved", "ValueError('lost')")),
        (makes_a_coroutine_early, ("never awaited", "nap")),
        (asserts, ("assertion", "AssertionError('assert []')")),
    ],
    ids=lambda value: getattr(value, "__name__", None) or value[0],
)
def test_an_oracle_finds(program, expected):
    report = sweep(program)
    assert expected in found(report), report
    assert not report.before
    problem = next(one for one in report.problems if one.finding.oracle == expected[0])
    again = replay(program, problem.token).findings  # recorded, so its words may say more
    assert problem.finding[:2] in [finding[:2] for finding in again]


async def is_cancelled_at_once():
    """The message is lost by gather(), which takes the error of the child."""
    task = asyncio.create_task(nap())
    try:
        await asyncio.sleep(0)
    finally:
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def takes_back_and_awaits_the_cancelled():
    try:
        async with asyncio.timeout(1):
            await asyncio.sleep(2)
    except TimeoutError:
        await asyncio.create_task(nap())


def test_a_semaphore_that_was_released_twice_is_told_with_both_lines():
    async def main():
        pool = asyncio.Semaphore(2)

        async def work():
            await pool.acquire()
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                pool.release()
                raise
            finally:
                pool.release()

        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(work(), name=f"worker {number}")

    report = sweep(main, victim="worker 0", classes="A")
    (finding,) = (one.finding for one in report.errors)
    first, second = (main.__code__.co_firstlineno + more for more in (8, 11))
    assert finding.oracle == "released twice"
    assert finding.words == (
        f"it has 3 of 2 permits; released at tests/sweep/test_oracles.py:{first} in work, "
        f"and again at tests/sweep/test_oracles.py:{second} in work"
    )
    assert finding in replay(main, report.errors[0].token).findings


def test_a_replay_says_who_cancels():
    async def main():
        async with asyncio.timeout(1):
            await asyncio.sleep(2)

    by_sweep = replay(main, "main#1@R0")
    assert "the sweep cancels main#1" in str(by_sweep)
    assert "a callback" not in str(by_sweep)
    assert "a timeout cancels main#1" in str(replay(main, "timeout#1@TR0"))
    assert "the sweep cancels main#1" in str(replay(main, "everybody#0@SR0"))


@pytest.mark.parametrize(
    "program",
    [
        nap,
        two_naps,
        takes_back,
        is_cancelled_at_once,
        takes_back_and_awaits_the_cancelled,
    ],
)
def test_nothing_is_found_in_a_program_that_is_right(program):
    report = sweep(program)
    assert report.ok
    assert "Nothing was found." in str(report)


async def awaits_whom_it_has_cancelled(how):
    child = asyncio.create_task(asyncio.sleep(9))
    try:
        await asyncio.sleep(1)
    finally:
        child.cancel()
        await how(child)


async def gathers_it(child):
    await asyncio.gather(child, return_exceptions=True)


async def passes_on_its_own(child):
    try:
        await child
    except asyncio.CancelledError:
        if asyncio.current_task().cancelling():
            raise


async def shields_its_cleanup(child):
    closing = asyncio.ensure_future(nap())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait([closing, child])
        raise


async def bounds_its_cleanup(child):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.wait([child])
            await asyncio.sleep(5)


@pytest.mark.parametrize(
    "how", [gathers_it, passes_on_its_own, shields_its_cleanup, bounds_its_cleanup]
)
def test_a_message_that_asyncio_drops_is_not_lost_by_the_program(how):
    report = sweep(lambda: awaits_whom_it_has_cancelled(how))
    assert not [one for one in report.errors if one.finding.oracle == "message lost"], report


def test_a_task_that_nobody_waits_for_is_not_slow_because_nothing_happens_then():
    async def main():
        asyncio.create_task(nap())
        await asyncio.sleep(500)

    assert sweep(main, victim="nap").ok


def test_a_task_that_has_not_begun_to_clean_up_in_the_end_is_not_cut_off():
    async def main():
        async def other():
            try:
                await asyncio.sleep(9)
            finally:
                await asyncio.sleep(9)

        task = asyncio.create_task(other())
        await asyncio.sleep(1)
        asyncio.get_running_loop().call_soon(task.cancel)

    assert not sweep(main, victim=1, classes="A").before


def test_what_the_undisturbed_run_shows_is_told_apart():
    async def main():
        asyncio.create_task(asyncio.sleep(9), name="background")
        await asyncio.sleep(1)

    report = sweep(main, victim="main")
    assert not report.problems
    assert not report.ok, "it is wrong all the same"
    assert [finding.oracle for finding in report.before] == ["orphan"]
    assert "Without any cancellation: orphan: sleep: background was pending" in str(report)


def test_a_program_that_fails_by_itself_is_not_safe_to_cancel():
    async def main():
        await asyncio.sleep(1)
        raise ValueError("as ever")

    report = sweep(main)
    assert not report.ok
    failure = "failure: the main coroutine: it raised ValueError('as ever')"
    assert str(report).endswith(f"Without any cancellation: {failure}")
    with pytest.raises(ClaimError, match="as ever"):
        report.assert_clean()
    with pytest.raises(LookupError, match=r"has main#1 and raises ValueError\('as ever'\); pass"):
        sweep(main, victim="worker")


def test_a_program_without_end_is_refused_before_its_cases():
    async def main():
        while True:
            await asyncio.sleep(1)

    with pytest.raises(SimulationError, match="had not ended after 100,000 steps and callbacks"):
        sweep(main, max_seconds=5)


def test_where_there_is_nothing_to_try_nothing_is_said_to_be_safe():
    report = sweep(nap, classes="T")
    assert str(report).endswith("\nNothing was tried, as there was nothing to try.")
    assert not report.ok


@pytest.mark.parametrize("option", ["check", "always"])
def test_a_check_and_an_invariant_may_return_false(option):
    report = sweep(nap, **{option: lambda *_: False})
    (finding,) = report.before
    assert finding.oracle == option
    assert finding.words.startswith("AssertionError: it returned False")
    assert sweep(nap, **{option: lambda *_: None}).ok


def test_a_check_that_is_async_is_refused():
    async def check(outcome):
        raise AssertionError

    report = sweep(nap, check=check)
    assert not report.ok
    assert report.before[0].words.startswith("TypeError: it is async")


def test_a_check_that_fails_is_a_finding_and_may_look_at_the_program():
    items = []

    async def main():
        items.clear()
        items.append(1)
        await asyncio.sleep(1)
        items.pop()

    def all_items_are_gone(outcome):
        assert outcome.ended in ("returned", "cancelled")
        assert not items

    report = sweep(main, classes="AB", check=all_items_are_gone)
    (problem,) = report.errors
    assert problem.finding.oracle == "check"
    assert problem.token == "main#1@R0"  # before its first step there is no item
    assert problem.counts == {"A": 2, "B": 1}
    assert replay(main, problem.token, check=all_items_are_gone).findings == (problem.finding,)


def test_an_oracle_can_be_left_out_or_given_another_bound():
    others = [oracle for oracle in ORACLES if oracle.name != "left held"]
    assert sweep(careless, oracles=others).ok
    assert sweep(cleans_up_for_long, oracles=[SlowCleanup(bound=200)], classes="AB").ok


def test_nobody_hears_of_what_went_wrong_in_another_case():
    blamed = {}

    async def main():
        task = asyncio.create_task(asyncio.sleep(0), name="short")
        await asyncio.sleep(1)
        if task.cancelled():
            nap()  # never awaited

    def note(outcome):
        if outcome.unawaited:
            blamed[str(outcome.case)] = outcome.unawaited

    sweep(main, classes="AB", check=note)
    assert set(blamed.values()) == {("nap",)}
    assert {token.partition("@")[0] for token in blamed} == {"short#2"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of other tests
@pytest.mark.usefixtures("a_sweep_thaws_what_is_frozen")
def test_what_others_have_left_is_not_told_of_though_a_program_collects_garbage(request):
    gc.disable()  # else it might be collected before
    request.addfinalizer(gc.enable)
    others = [nap()]  # never awaited
    others.append(others)
    del others

    async def main():
        gc.collect()
        await asyncio.sleep(1)

    outcomes = []
    assert sweep(main, classes="A", check=outcomes.append).ok
    assert not any(one.unawaited for one in outcomes)
    with pytest.warns(RuntimeWarning, match="nap' was never awaited"):
        gc.collect()


def test_a_sweep_leaves_no_tasks_behind_in_cycles():
    async def main():
        for first in asyncio.as_completed([nap(), nap()]):
            await first

    def tasks():
        return sum(issubclass(type(one), asyncio.Task) for one in gc.get_objects())

    gc.collect()
    before = tasks()
    sweep(main, classes="AB")
    assert tasks() <= before + 4  # of the last case


def test_what_a_case_has_made_is_gone_with_it_and_needs_no_collector():
    loops, collected = [], []

    async def main():
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await asyncio.gather(nap(), nap())

    def count(phase, info):
        if phase == "stop":
            collected.append(info["collected"])

    with Bench(main) as bench:
        _, counting = cases.count(bench, "ABC")
        gc.collect()
        gc.callbacks.append(count)
        try:
            for number, moments in counting.moments.items():
                for moment in moments:
                    cases.run_and_count(bench, Case("", number, (moment,)), "ABC")
                    assert loops[-1]() is None
        finally:
            gc.callbacks.remove(count)
    assert len(collected) > 10
    assert not any(collected)
