"""What is left to chance in a run is drawn by Hypothesis while it goes on, and shrinks."""

import ast
import asyncio
import re
import traceback

import hypothesis
import pytest
from hypothesis import Phase, assume, find, given, reproduce_failure, settings, target
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

import vtloop
from tests.support.examples import QUICKLY
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.strategies import delays, fates, faults, programs, schedules, tokens
from vtloop.sweep import replay, sweep

quickly = settings(QUICKLY, max_examples=60)


# Examples that fail keep coroutines alive, which end in vain when they are collected.
pytestmark = [
    pytest.mark.ends,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def failure_of(test):
    """Return what a test fails with, and what Hypothesis tells of the last example."""
    try:
        test()
    except Exception as error:
        return error, "\n".join(getattr(error, "__notes__", []))
    pytest.fail("nothing was found")


async def nap():
    await asyncio.sleep(1)


async def query(pool, seconds):
    await pool.acquire()
    await asyncio.sleep(seconds)
    pool.release()


async def in_turn(number):
    """Return the order in which tasks wake up that sleep for the same time."""
    order = []

    async def work(which):
        await asyncio.sleep(1)
        order.append(which)

    await asyncio.gather(*map(work, range(number)))
    return order


# Ties


def test_any_timer_of_an_instant_may_fire_first():
    orders = set()

    @settings(quickly, max_examples=200)
    @given(fates())
    def explore(fate):
        async def main():
            orders.add(tuple(await in_turn(3)))

        fate.explore(main)

    explore()
    assert len(orders) == 6


def test_an_order_shrinks_to_the_one_deviation_that_matters():
    @quickly
    @given(fates(), st.integers(2, 5))
    def explore(fate, number):
        async def main():
            assert await in_turn(number) == [*range(number)]

        fate.explore(main)

    error, told = failure_of(explore)
    assert isinstance(error, AssertionError)
    assert "number=2" in told
    assert "\nnumber 2 of 2 timers of 1 s comes first\nseconds  " in told
    assert told.count("comes first") == 1


def test_without_ties_the_order_is_that_of_any_run():
    @quickly
    @given(fates(ties=False))
    def explore(fate):
        async def main():
            assert await in_turn(4) == [0, 1, 2, 3]

        assert fate.explore(main).trace.steps == vtloop.simulate(main).trace.steps

    explore()


def test_a_schedule_is_a_policy_of_any_loop():
    orders = set()

    @quickly
    @given(schedules())
    def run(schedule):
        recording = Recording()
        with Runner(vtloop.VirtualLoop(policy=schedule, recorder=recording), None) as runner:
            orders.add(tuple(runner.run(in_turn(3))))
        causes = [step[2] for step in recording.trace().steps if step[3] == "returned"]
        assert len(causes) == 4, "the recorder knows who has woken whom"

    run()
    assert (0, 1, 2) in orders
    assert len(orders) > 1


# Cancellations


def test_inputs_and_the_moment_shrink_together():
    @quickly
    @given(fates(cancellations=1, victim="query"), st.integers(1, 5))
    def explore(fate, number):
        async def main():
            pool = asyncio.Semaphore(2)
            async with asyncio.TaskGroup() as group:
                for _ in range(number):
                    group.create_task(query(pool, fate.draw(delays(), "seconds")))

        fate.explore(main)

    error, told = failure_of(explore)
    assert str(error).startswith("left held: Semaphore made at")
    assert "number=1" in told
    assert "Draw 1 (seconds): 0.0" in told
    assert "cancelled in case query#2@C1.0, while\n  query#2 is running\n" in told
    assert "the sweep cancels query#2" in told


async def leaky():
    await query(asyncio.Semaphore(1), 1)


def test_the_token_that_is_noted_replays_what_was_found():
    @quickly
    @given(fates(cancellations=1))
    def explore(fate):
        fate.explore(leaky)

    error, told = failure_of(explore)
    token = re.search(r"in case (.+),", told)[1]
    (finding,) = replay(leaky, token).findings
    assert str(error) == f"{finding.oracle}: {finding.subject}: {finding.words}"


def test_every_moment_of_a_sweep_can_be_chosen_and_no_other():
    chosen = set()

    @settings(quickly, max_examples=300)
    @given(fates(cancellations=1, classes="AB"))
    def explore(fate):
        chosen.add(str(fate.explore(nap).outcome.case))

    explore()
    tried = []
    sweep(nap, classes="AB", check=lambda outcome: tried.append(str(outcome.case)))
    assert chosen == set(tried)


async def late_lock():
    """Keep a lock for ever if the cleanup is cancelled as well."""
    lock = asyncio.Lock()
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        await lock.acquire()
        await asyncio.sleep(1)
        lock.release()
        raise


def test_a_second_cancellation_comes_while_the_first_is_cleaned_up():
    def explore(cancellations):
        @settings(quickly, max_examples=150)
        @given(fates(cancellations=cancellations))
        def test(fate):
            fate.explore(late_lock)

        return test

    explore(1)()
    error, told = failure_of(explore(2))
    assert str(error).startswith("left held: Lock made at")
    assert re.search(r"in case late_lock#1@\S+\+\S+, while", told)


def test_tokens_are_those_of_a_program():
    seen = set()

    @settings(quickly, max_examples=100)
    @given(tokens(nap, classes="AB"))
    def see(token):
        seen.add(token)
        assert not replay(nap, token).findings

    see()
    assert seen == {"nap#1@B0", "nap#1@R0", "nap#1@A1", "nap#1@B2"}


# What a program does


def test_an_error_of_the_program_is_raised_as_it_is():
    @quickly
    @given(fates(cancellations=1))
    def explore(fate):
        async def main():
            await asyncio.sleep(1)
            if error := fate.draw(faults(ConnectionError)):
                raise error("down")

        fate.explore(main)

    error, told = failure_of(explore)
    assert isinstance(error, ConnectionError)
    assert traceback.extract_tb(error.__traceback__)[-1].line == 'raise error("down")'
    assert "Draw 1: ConnectionError" in told


def test_a_deadlock_is_found_without_a_cancellation():
    @quickly
    @given(fates())
    def explore(fate):
        async def main():
            if fate.draw(st.booleans()):
                await asyncio.Event().wait()

        fate.explore(main)

    error, told = failure_of(explore)
    assert str(error).startswith("deadlock: the main coroutine")
    assert "waits for Event #1" in str(error)
    assert "main#1   |/x" in told


def test_a_check_judges_each_run():
    def check(outcome):
        if outcome.ended == "cancelled":
            raise ValueError("it was cancelled")

    only_checks = [oracle for oracle in vtloop.sweep.ORACLES if oracle.name == "check"]

    @quickly
    @given(fates(cancellations=1, check=check, oracles=only_checks))
    def explore(fate):
        fate.explore(nap)

    error, told = failure_of(explore)
    assert str(error) == "check: the run: ValueError: it was cancelled"
    assert "nap#1@B0" in told


def test_an_assumption_ends_the_example_wherever_it_is_made():
    survived = []

    @quickly
    @given(fates(cancellations=1))
    def explore(fate):
        async def child():
            try:
                assume(fate.draw(st.booleans()))
            except asyncio.CancelledError:
                raise

        async def main():
            await child()

        fate.explore(main)
        survived.append(fate)

    explore()
    assert survived


class Stop(BaseException):
    """What ends an example that has drawn too much."""


def test_the_end_of_an_example_cannot_be_caught_by_the_program(monkeypatch):
    @quickly
    @given(fates(), st.data())
    def explore(fate, data):
        def stop(*_):
            raise Stop

        async def greedy():
            for _ in range(3):
                fate.draw(st.integers())

        async def main():
            monkeypatch.setattr(type(data), "draw", stop)
            await asyncio.gather(greedy(), return_exceptions=True)

        with monkeypatch.context(), pytest.raises(Stop):
            fate.explore(main)

        monkeypatch.undo()
        monkeypatch.setattr(fate._chooser, "choose", stop)
        with pytest.raises(Stop):
            fate.explore(lambda: in_turn(2))

    explore()


def test_a_program_that_differs_from_run_to_run_is_told_what_to_do():
    @quickly
    @given(fates(cancellations=1, classes="A"))
    def explore(fate):
        runs = []

        async def main():
            runs.append(None)
            if len(runs) < 3:
                await asyncio.sleep(1)

        fate.explore(main)

    error, _ = failure_of(explore)
    assert isinstance(error, LookupError)
    assert "let what differs from run to run be drawn by fate.draw()" in str(error)


@pytest.mark.parametrize("options", [{"cancellations": 3}, {"classes": "D"}, {"classes": ""}])
def test_what_fate_cannot_do_is_refused(options):
    (name,) = options

    @quickly
    @given(fates(**options))
    def explore(fate):
        pass

    error, _ = failure_of(explore)
    assert isinstance(error, ValueError)
    assert f"{name}={options[name]!r} was given; pass" in str(error)


class Handing:
    """A pool that hands an item to who waits for one; it is lost if that one is cancelled then."""

    def __init__(self, size):
        self.items = [*range(size)]
        self.waiters = []

    async def get(self):
        if self.items:
            return self.items.pop()
        self.waiters.append(asyncio.get_running_loop().create_future())
        return await self.waiters[-1]

    def put(self, item):
        waiting = [waiter for waiter in self.waiters if not waiter.done()]
        self.waiters = waiting[1:]
        if waiting:
            waiting[0].set_result(item)
        else:
            self.items.append(item)


@pytest.mark.parametrize("chance", range(3))
def test_what_is_lost_as_it_is_handed_over_is_found_within_a_hundred_examples(chance):
    @hypothesis.seed(chance)
    @settings(quickly, derandomize=False, max_examples=100, phases=[Phase.generate])
    @given(fates(cancellations=1), st.integers(1, 4))
    def explore(fate, number):
        async def main():
            pool = Handing(2)

            async def use():
                item = await pool.get()
                try:
                    await asyncio.sleep(1)
                finally:
                    pool.put(item)

            await asyncio.gather(*(use() for _ in range(number)), return_exceptions=True)
            assert len(pool.items) == 2, "one is lost"

        fate.explore(main)

    error, _ = failure_of(explore)
    assert "one is lost" in str(error)


# Hypothesis


def explained(*parameters):
    """Return the lines that Hypothesis explains the failure of a test with."""

    def explain(test):
        _, told = failure_of(settings(quickly, phases=[*Phase])(given(*parameters)(test)))
        return re.findall(r"^ +(\S+):\d+$", told.partition("Explanation:")[2], re.MULTILINE)

    return explain


def test_an_explanation_has_no_lines_of_this_package():
    @explained(fates(cancellations=1), st.integers(1, 4))
    def of_fate(fate, number):
        async def main():
            await query(asyncio.Semaphore(2), number)

        fate.explore(main)

    @explained(st.integers(0, 40))
    def of_a_run(number):
        async def main():
            await asyncio.sleep(1)
            if number > 7:
                raise ValueError

        vtloop.run(main())

    assert not of_fate, "they are the program's own, which are the same in all examples"
    assert of_a_run == [__file__]


def test_the_order_that_a_schedule_has_chosen_is_noted_and_is_its_repr():
    seen = []

    @quickly
    @given(schedules())
    def run(schedule):
        with Runner(vtloop.VirtualLoop(policy=schedule), None) as runner:
            order = runner.run(in_turn(3))
        seen.append(repr(schedule))
        assert order == [0, 1, 2]

    _, told = failure_of(run)
    assert "number 2 of 2 timers of 1 s comes first" in told
    assert seen[-1] == "Ties(number 2 of 2 timers of 1 s comes first)"


def test_the_database_replays_a_failure():
    database = InMemoryExampleDatabase()
    failing = []

    @settings(quickly, derandomize=False, database=database)
    @given(fates(cancellations=1))
    def explore(fate):
        try:
            fate.explore(leaky)
        except AssertionError:
            failing.append(True)
            raise
        failing.append(False)

    failure_of(explore)
    failing.clear()
    failure_of(explore)
    assert failing[0], "the first example is the one that failed before"


def test_a_blob_reproduces_a_failure(capsys):
    def explore(fate, number):
        async def main():
            assert await in_turn(number) == [*range(number)]

        fate.explore(main)

    noisily = settings(quickly, print_blob=True)
    _, told = failure_of(noisily(given(fates(), st.integers(2, 5))(explore)))
    blob = ast.literal_eval(re.search(r"@reproduce_failure\('.+?', (b'.+?')\)", told)[1])
    again = reproduce_failure(hypothesis.__version__, blob)(
        quickly(given(fates(), st.integers(2, 5))(explore))
    )
    error, _ = failure_of(again)
    assert isinstance(error, AssertionError)
    assert "number 2 of 2 timers of 1 s comes first" in capsys.readouterr().out


def test_a_figure_of_a_run_can_be_a_target():
    slowest = []

    @quickly
    @given(fates())
    def explore(fate):
        async def main():
            await asyncio.sleep(fate.draw(delays(100)))

        last = fate.explore(main).trace.steps[-1][0]
        target(float(last))
        slowest.append(last)

    explore()
    assert max(slowest) > 90 * 10**9


def test_delays_are_multiples_of_a_step_and_faults_are_classes():
    @quickly
    @given(delays(2, step=0.25), faults(OSError, ValueError))
    def look(delay, fault):
        assert delay in [n / 4 for n in range(9)]
        assert fault in (None, OSError, ValueError)

    look()


# Programs

odd = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Some programs are so odd that a coroutine of theirs cannot be closed."""


@odd
def test_a_program_is_a_script_that_does_the_same_in_every_run():
    seen = set()

    @settings(quickly, max_examples=60)
    @given(programs())
    def run(program):
        compile(str(program), "script.py", "exec")
        assert repr(program).startswith("Program:\n\n    import asyncio")
        first, again = vtloop.simulate(program), vtloop.simulate(program)
        assert first.digest() == again.digest()
        seen.add(type(first.error))

    run()
    assert {type(None), vtloop.DeadlockError, ExceptionGroup} <= seen


@pytest.mark.once
@odd
def test_a_program_shrinks_to_what_matters_of_it():
    smallest = find(
        programs(), lambda program: vtloop.simulate(program).elapsed >= 3, settings=quickly
    )
    assert (
        str(smallest)
        == """\
import asyncio


async def main():
    async def worker1():
        await asyncio.sleep(1)
        await asyncio.sleep(2)

    async with asyncio.TaskGroup() as group:
        group.create_task(worker1())


if __name__ == "__main__":
    asyncio.run(main())
"""
    )


@odd
def test_programs_can_be_swept():
    @settings(quickly, max_examples=10)
    @given(programs(tasks=2))
    def run(program):
        report = sweep(program, classes="AB")
        assert not report.missed
        for problem in report.problems[:1]:
            again = replay(program, problem.token)
            assert problem.finding.oracle in [one.oracle for one in again.findings]

    run()
