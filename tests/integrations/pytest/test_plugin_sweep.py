"""Tests that are marked vtloop_sweep: cancelled at every moment, and told of as other failures.

Seen from outside: small test files, run by a pytest of their own.
"""

import re

import pytest

from tests.support import swept
from tests.support.pytests import run_tests
from vtloop.choices import Choices
from vtloop.integrations.pytest.report import section
from vtloop.sweep import replay

pytestmark = pytest.mark.ends

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]

HEAD = """
import asyncio
import pytest, vtloop

async def query(pool):
    await pool.acquire()
    await asyncio.sleep(1)
    pool.release()

async def safe_query(pool):
    async with pool:
        await asyncio.sleep(1)
"""

SWEPT = (
    HEAD
    + """
calls = []

@pytest.mark.vtloop_sweep(victim="query", classes="AB")
async def test_leaks_a_permit():
    pool = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(query(pool))

@pytest.mark.vtloop_sweep(classes="AB")
async def test_safe():
    calls.append("test_safe")
    await safe_query(asyncio.Semaphore(2))

def test_how_often_that_was_run():
    assert len(calls) == 1 + 2 + 3  # at a fourth moment it has not begun

class TestPool:
    @pytest.fixture
    async def pool(self):
        assert isinstance(self, TestPool)
        pool = asyncio.Semaphore(2)
        yield pool
        assert not pool.locked()

    @pytest.fixture
    async def full(self, pool, begun):
        await pool.acquire()
        return pool

    @pytest.fixture(autouse=True)
    async def begun(self):
        return vtloop.now()

    @pytest.mark.vtloop_sweep(classes="A")
    @pytest.mark.parametrize("seconds", [1, 3600])
    async def test_with_fixtures(self, full, pool, begun, seconds):
        assert full is pool
        assert begun == 0
        try:
            await asyncio.sleep(seconds)
        finally:
            pool.release()

    @pytest.mark.vtloop_sweep(classes="A", victim=1)
    async def test_with_a_fixture_that_finds_fault(self, pool):
        await pool.acquire()
        await query(pool)
        pool.release()

@pytest.mark.vtloop_sweep(classes="A")
async def test_expects_an_error():
    with pytest.raises(ValueError):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return
        raise ValueError

@pytest.mark.vtloop_sweep
async def test_wrong_without_a_cancellation():
    await asyncio.sleep(1)
    assert vtloop.now() == 2

def nothing_goes(outcome):
    assert outcome.ended == "returned", "it has not returned"

@pytest.mark.vtloop_sweep(classes="A", check=nothing_goes, oracles=())
async def test_with_a_check():
    await asyncio.sleep(1)

@pytest.mark.vtloop_sweep(classes="A", victim="nobody")
async def test_without_a_victim():
    pass

@pytest.mark.vtloop_sweep
async def test_skipped():
    pytest.skip("not today")
"""
)


def test_a_test_is_run_for_every_moment(run_tests):
    done = run_tests(SWEPT)
    assert done.outcomes == {
        "test_leaks_a_permit": "failed",
        "test_safe": "passed",
        "test_how_often_that_was_run": "passed",
        "TestPool::test_with_fixtures[1]": "passed",
        "TestPool::test_with_fixtures[3600]": "passed",
        "TestPool::test_with_a_fixture_that_finds_fault": "failed",
        "test_expects_an_error": "failed",
        "test_wrong_without_a_cancellation": "failed",
        "test_with_a_check": "passed",
        "test_without_a_victim": "failed",
    }
    assert "1 skipped" in done.text

    leaks = done.section("test_leaks_a_permit")
    file = "test_a_test_is_run_for_every_moment.py"
    for line in (
        "test_leaks_a_permit is not safe to cancel.",
        "29 of 29 moments tried, of query#2, query#3, query#4:",
        "left held: in cases 12 of A, 5 of B; the first is query#2@A2",
        "In case query#2@A2:",
        "  cancelled as query#2 waits for a sleep until 1 s",
        f"at {file}:6 in query: await asyncio.sleep(1)",
        f"  pytest '{file}::test_leaks_a_permit' --vtloop-replay='query#2@A2'",
        "  query#2              |/x",
        "the sweep cancels query#2",
    ):
        assert line in leaks, f"{line!r} is not in:\n{leaks}"
    assert "traceback" not in leaks.lower(), "there is nothing to trace back"

    assert "assertion: in cases 2 of A" in done.section(
        "TestPool.test_with_a_fixture_that_finds_fault"
    )
    assert "'DID NOT RAISE ValueError'" in done.section("test_expects_an_error")
    wrong = done.section("test_wrong_without_a_cancellation")
    assert ">       assert vtloop.now() == 2" in wrong
    assert "moments tried" not in wrong
    assert "victim='nobody', while the program has test_without_a_victim#1" in done.section(
        "test_without_a_victim"
    )


def test_the_command_in_a_report_runs_the_case_alone(run_tests):
    first = run_tests(SWEPT, "-k", "leaks").section("test_leaks_a_permit")
    name, token = re.search(r"  pytest '.*::(.+)' --vtloop-replay='(.+)'", first).groups()
    done = run_tests(SWEPT, "-k", f"{name} or safe", f"--vtloop-replay={token}")
    assert "comes to no such moment" in done.section("test_safe")
    again = done.section(name)
    assert "moments tried" not in again
    assert "left held: Semaphore made at" in again
    where = f"In case {token}:"
    assert again[again.index(where) :].partition("---")[0].strip() in first
    assert again.partition(" Virtual time ")[2] == first.partition(" Virtual time ")[2]


MISUSED = (
    HEAD
    + """
import hypothesis
from hypothesis import strategies

@pytest.mark.vtloop_sweep
def test_not_async():
    pass

@pytest.mark.vtloop_sweep
@hypothesis.given(strategies.integers())
async def test_given(number):
    pass

@pytest.mark.vtloop_sweep
async def test_vt(vt):
    pass

@pytest.fixture(scope="module")
async def wide():
    return 1

@pytest.mark.vtloop_sweep
async def test_wide(wide):
    pass

@pytest.fixture
async def value():
    return 1

@pytest.fixture
def ordinary(value):
    return value

@pytest.mark.vtloop_sweep
async def test_ordinary(ordinary):
    pass

@pytest.fixture
def late(request):
    return request.getfixturevalue("value")

@pytest.mark.vtloop_sweep
async def test_late(late):
    pass

@pytest.mark.vtloop_sweep
@pytest.mark.vtloop(until=1)
async def test_until():
    pass

@pytest.mark.vtloop_sweep(klasses="A")
async def test_unknown_option():
    pass
"""
)


EXPLORED = """
import asyncio
import pytest, vtloop
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from vtloop.strategies import delays, fates

pytestmark = pytest.mark.vtloop
quickly = settings(
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=set(Phase) - {Phase.explain},
)

class TestPool:
    @quickly
    @given(fate=fates(cancellations=1), number=st.integers(1, 3))
    async def test_leaks_a_permit(self, fate, number):
        async def query():
            await pool.acquire()
            await asyncio.sleep(fate.draw(delays(), "seconds"))
            pool.release()

        pool = asyncio.Semaphore(2)
        async with asyncio.TaskGroup() as group:
            for _ in range(number):
                group.create_task(query())

@quickly
@given(fates(), st.integers(2, 3))
async def test_counts_on_an_order(fate, number):
    async def work(which):
        await asyncio.sleep(1)
        order.append(which)

    order = []
    await asyncio.gather(*map(work, range(number)))
    assert order == [*range(number)]

@quickly
@given(fates(cancellations=2))
async def test_safe(fate):
    async with asyncio.Lock():
        await asyncio.sleep(fate.draw(delays()))

@pytest.fixture
async def value():
    return 1



@quickly
@given(fate=fates())
async def test_with_a_fixture(fate, value):
    pass

@quickly
@given(fate=fates())
async def test_with_vt(fate, vt):
    pass
"""


@pytest.mark.once
def test_an_async_test_is_run_as_fate_has_it(run_tests):
    done = run_tests(EXPLORED)
    assert done.outcomes.pop("test_safe") == "passed"
    assert set(done.outcomes.values()) == {"failed"}
    for test, told in {
        "TestPool.test_leaks_a_permit": (
            "AssertionError: left held: Semaphore made at test_an_async_test_is_run_as_fate_has",
            "number=1",
            "Draw 1 (seconds): 0.0",
            "cancelled in case TestPool.test_leaks_a_permit#1@C0.0, while",
            "|/ox",
        ),
        "test_counts_on_an_order": (
            ">       assert order == [*range(number)]",
            "number=2",
            "number 2 of 2 timers of 1 s comes first",
        ),
        "test_with_a_fixture": ("while value is an async fixture, which is set up on a loop of",),
        "test_with_vt": ("is run as fate has it while it asks for vt",),
    }.items():
        for line in told:
            assert line in done.section(test), f"{line!r} is not in:\n{done.section(test)}"


def test_what_cannot_be_swept_is_refused_with_what_to_do(run_tests):
    done = run_tests(MISUSED)
    for test, told in {
        "test_not_async": "while it is not async; what is searched are the runs of an async test",
        "test_given": "while Hypothesis gives it examples; draw what else is to happen as well,",
        "test_vt": "while it asks for vt, which tells of one run; ask vtloop.now()",
        "test_wide": "while wide is an async fixture of a wider scope",
        "test_ordinary": "ordinary is set up once for all runs and asks for an async fixture",
        "test_late": "The async fixture value was asked for by getfixturevalue() in a test",
        "test_until": "while its marker vtloop has until=, which only single runs have",
        "test_unknown_option": "was given klasses, while its options are victim=, classes=",
    }.items():
        assert told in done.section(test), done.section(test)
    assert "passed" not in done.outcomes.values()


def test_what_a_sweep_does_between_two_steps_is_told_of_neither():
    trace = replay(swept.leaky, "query#2@A2").trace
    told = section(trace, began=0, reproducible=True, date="", title="", charts=None)
    steps = told.partition("\nSteps:\n")[2]
    assert "gets CancelledError" in steps
    assert "cancels query#2" not in steps


def test_how_pytest_puts_a_failed_assertion_into_words_is_no_step_of_the_test(run_tests):
    done = run_tests(
        HEAD
        + """
@pytest.fixture
async def pool():
    pool = asyncio.Semaphore(1)
    yield pool
    assert not pool.locked()

@pytest.mark.vtloop_sweep(classes="ABC")
async def test_leaks_a_permit(pool):
    await query(pool)
"""
    )
    assert done.outcomes == {"test_leaks_a_permit": "failed"}
    told = done.section("test_leaks_a_permit")
    assert "assertion: in cases" in told
    assert "did not come again" not in told


# A whole suite

SUITE = (
    HEAD
    + """
import os
from hypothesis import given, strategies as st

async def test_nothing_of_ours():
    pass

test_nothing_of_ours = pytest.mark.skip(test_nothing_of_ours)

@pytest.mark.vtloop
async def test_leaks_a_permit():
    await query(asyncio.Semaphore(2))

@pytest.mark.vtloop
class TestOthers:
    async def test_safe(self):
        await safe_query(asyncio.Semaphore(2))

    async def test_with_vt(self, vt):
        await asyncio.sleep(1)
        assert vt.now() == 1

    @pytest.mark.vtloop(until=5)
    async def test_that_has_an_end(self):
        await asyncio.sleep(1)

    @given(st.just(1))
    async def test_of_hypothesis(self, number):
        await asyncio.sleep(number)

    def test_that_is_not_async(self, vt):
        vt.complete(asyncio.sleep(1))

    async def test_wrong_anyway(self):
        await asyncio.sleep(1)
        assert vtloop.now() == 2

    async def test_skips_itself(self):
        pytest.skip("not today")

    async def test_works_once(self, tmp_path):
        await asyncio.sleep(1)
        (tmp_path / "made").mkdir()

@pytest.fixture(scope="module")
async def wide():
    await asyncio.sleep(1)

@pytest.mark.vtloop
async def test_with_a_wide_fixture(wide):
    pass

@pytest.mark.vtloop_sweep(classes="B")
async def test_marked_by_itself():
    await query(asyncio.Semaphore(2))

def test_ordinary():
    pass
"""
)
LEFT_OUT = {
    "TestOthers::test_with_vt": "it asks for vt, which tells of one run",
    "TestOthers::test_that_has_an_end": "its marker vtloop has until=, which only single runs have",
    "TestOthers::test_of_hypothesis": "Hypothesis gives it examples",
    "TestOthers::test_that_is_not_async": "it is not async",
    "TestOthers::test_wrong_anyway": "it fails without any cancellation",
    "TestOthers::test_skips_itself": "it was skipped",
    "TestOthers::test_works_once": "test_works_once passed, while it failed when it was run again",
    "test_with_a_wide_fixture": "wide is an async fixture of a wider scope, whose loop goes on",
}


def test_a_whole_suite_is_swept_as_if_all_were_marked_and_what_was_not_is_told(run_tests):
    done = run_tests(SUITE, "--vtloop-sweep=A")
    file = "test_a_whole_suite_is_swept_as_if_all_were_marked_and_what_was_not_is_told.py"
    assert {name for name, how in done.outcomes.items() if how == "failed"} == {
        "test_leaks_a_permit",
        "TestOthers::test_wrong_anyway",
        "test_marked_by_itself",
    }
    leaks = done.section("test_leaks_a_permit")
    assert "test_leaks_a_permit is not safe to cancel." in leaks
    assert "  A (suspended): 2 of 2 moments" in leaks
    assert "B (woken" not in leaks
    assert f"pytest '{file}::test_leaks_a_permit' --vtloop-sweep --vtloop-replay='" in leaks
    assert "B (woken, but not yet run)" in done.section("test_marked_by_itself"), "its marker's"
    assert "swept 3 of 11 tests in virtual time\nnot swept:\n" in done.text
    for test, why in LEFT_OUT.items():
        assert f"  {file}::{test}, because {why}" in done.text


def test_a_test_of_which_there_is_nothing_to_try_is_not_called_unsafe(run_tests):
    suite = """
import asyncio, pytest

@pytest.mark.vtloop
async def test_one():
    await asyncio.sleep(1)

@pytest.mark.vtloop_sweep(classes="O")
async def test_marked():
    await asyncio.sleep(1)
"""
    done = run_tests(suite, "--vtloop-sweep=O")
    assert done.outcomes == {"test_one": "passed", "test_marked": "failed"}
    assert "::test_one, because there was nothing to try of test_one, of O" in done.text
    assert "there was nothing to try of test_marked, of O" in done.text


def test_the_command_of_a_swept_suite_runs_one_case(run_tests):
    done = run_tests(
        SUITE, "--vtloop-sweep", "--vtloop-replay=test_leaks_a_permit#1@R0", "-k", "leaks_a"
    )
    assert done.outcomes == {"test_leaks_a_permit": "failed"}
    assert "left held: Semaphore made at" in done.text


def test_the_choices_of_a_case_are_run_as_its_token(run_tests):
    choices = Choices([("R", 0, 1)])
    done = run_tests(SUITE, "--vtloop-sweep", f"--vtloop-replay={choices}", "-k", "leaks_a")
    assert done.outcomes == {"test_leaks_a_permit": "failed"}
    assert f"In case {choices}:\n  cancelled as test_leaks_a_permit#1" in done.text.replace(
        "E ", ""
    )


def test_without_the_option_nothing_is_swept_or_told(run_tests):
    done = run_tests(SUITE, "-k", "safe or leaks_a")
    assert {*done.outcomes.values()} == {"passed"}
    assert "swept" not in done.text.replace("test_without_the_option_nothing_is_swept", "")


def test_in_mode_auto_all_async_tests_are_swept_and_a_number_is_the_budget(run_tests):
    done = run_tests(
        """
import asyncio

async def test_two():
    try:
        await asyncio.sleep(1)
    finally:
        await asyncio.sleep(1)
        assert False

async def test_one():
    await asyncio.sleep(1)
""",
        "--vtloop-sweep=3",
        "-o",
        "vtloop_mode=auto",
    )
    assert done.outcomes == {"test_two": "failed", "test_one": "passed"}
    assert "swept 1 of 2 tests in virtual time" in done.text


def test_what_is_neither_classes_nor_a_budget_is_refused(run_tests):
    text = run_tests("", "--vtloop-sweep", "some/tests").errors
    assert "--vtloop-sweep=some/tests was given; pass some of 'ABCDSFTO'" in text
    assert "or a number of pairs, from 0 on; write --vtloop-sweep= for neither" in text
