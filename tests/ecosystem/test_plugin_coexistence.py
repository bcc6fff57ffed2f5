"""The plugin beside others, each really installed: the same tests, the same results and times."""

import json
import sys
from pathlib import Path

import pytest

from tests.support.pytests import run_beside_others

pytestmark = pytest.mark.ends

pytest_plugins = ["pytester"]
__all__ = ["run_beside_others"]

THIRTY = (Path(__file__).parents[1] / "support" / "ordinary_tests.py").read_text()

TELL = """
import json, sys

def pytest_unconfigure(config):
    found = (getattr(module, "ENDED", None) for module in list(sys.modules.values()))
    times = next(one for one in found if isinstance(one, dict))
    with open("times.json", "w") as file:
        json.dump(times, file)
"""

# Of each runner: the lines after the tests, conftest.py, the options.
RUNNERS = {
    "ours": ("pytestmark = pytest.mark.vtloop", "", ()),
    "ours in auto mode": ("", "", ("-o", "vtloop_mode=auto")),
    "pytest-asyncio": (
        "pytestmark = pytest.mark.asyncio",
        """
import vtloop

def pytest_asyncio_loop_factories(config, item):
    return {"virtual": vtloop.VirtualLoop}
""",
        ("--asyncio-mode=strict",),
    ),
    "pytest-asyncio in auto mode": (
        "",
        """
import vtloop

def pytest_asyncio_loop_factories(config, item):
    return {"virtual": vtloop.VirtualLoop}
""",
        ("--asyncio-mode=auto",),
    ),
    "anyio": (
        "pytestmark = pytest.mark.anyio",
        """
import pytest, vtloop

@pytest.fixture
def anyio_backend():
    return "asyncio", {"loop_factory": vtloop.VirtualLoop}
""",
        (),
    ),
    "unittest": (
        """
import unittest, vtloop

def method(test):
    async def run(self):
        await test()
    return run

Thirty = type(
    "Thirty",
    (unittest.IsolatedAsyncioTestCase,),
    {name: method(test) for name, test in list(globals().items()) if name.startswith("test_")},
)
for name in [name for name in globals() if name.startswith("test_")]:
    del globals()[name]
"""
        + (
            "Thirty.loop_factory = vtloop.VirtualLoop"
            if sys.version_info >= (3, 13)
            else """
class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return vtloop.VirtualLoop()

def setUpModule():
    asyncio.set_event_loop_policy(Policy())

def tearDownModule():
    asyncio.set_event_loop_policy(None)
"""
        ),
        "",
        (),
    ),
}


@pytest.mark.once
def test_thirty_tests_have_equal_results_and_equal_times_under_each_runner(
    run_beside_others, pytester
):
    seen = {}
    for runner, (lines, conftest, options) in RUNNERS.items():
        done = run_beside_others(f"{THIRTY}\n\n{lines}\n", *options, conftest=conftest + TELL)
        outcomes = {name.rpartition("::")[2]: outcome for name, outcome in done.outcomes.items()}
        seen[runner] = outcomes, json.loads((pytester.path / "times.json").read_text())
    outcomes, times = seen["ours"]
    assert list(outcomes.values()).count("passed") == 29, outcomes
    assert outcomes["test_30_that_fails"] == "failed"
    assert (len(times), times["test_01_sleep"]) == (30, 3600 * 10**9)
    for runner in RUNNERS:
        assert seen[runner] == (outcomes, times), runner


HEAD = """
import asyncio, pytest, pytest_asyncio, vtloop

def now():
    return asyncio.get_running_loop().time()

def is_virtual():
    return isinstance(asyncio.get_running_loop(), vtloop.VirtualLoop)
"""

TOGETHER = (
    HEAD
    + """
@pytest.fixture
async def started():
    await asyncio.sleep(3600)
    return is_virtual()

@{fixture}
async def theirs():
    await asyncio.sleep(0)
    return is_virtual()

@pytest.mark.vtloop
async def test_ours(started, theirs):
    await asyncio.sleep(3600)
    assert (started, theirs, now()) == (True, True, 7200)

{mark}
async def test_theirs(theirs):
    await asyncio.sleep(0)
    assert not theirs
    assert not is_virtual()

@pytest.mark.vtloop
class TestOurs:
    {mark}
    async def test_with_both_markers(self):
        await asyncio.sleep(3600)
        assert is_virtual()

    @pytest.mark.parametrize("number", [1, 2])
    async def test_parameters(self, number, started):
        assert is_virtual()
"""
)


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio_runs_its_tests_and_we_run_ours(run_beside_others, mode):
    fixture, mark = {
        "strict": ("pytest_asyncio.fixture", "@pytest.mark.asyncio"),
        "auto": ("pytest.fixture", ""),
    }[mode]
    tests = TOGETHER.format(fixture=fixture, mark=mark)
    run_beside_others(tests, f"--asyncio-mode={mode}").result.assert_outcomes(passed=5)


@pytest.mark.once
def test_anyio_runs_its_tests_and_we_run_ours(run_beside_others):
    done = run_beside_others(
        HEAD
        + """
import anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.fixture
async def started():
    await anyio.sleep(0)
    return is_virtual()

@pytest.mark.anyio
async def test_theirs(started):
    assert not started
    assert not is_virtual()

@pytest.mark.vtloop
async def test_ours(started):
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 3600)
    assert started
    assert anyio.current_time() == 3600
"""
    )
    done.result.assert_outcomes(passed=2)


@pytest.mark.once
def test_hypothesis_gives_each_example_a_loop_of_its_own(run_beside_others):
    done = run_beside_others(
        HEAD
        + """
from hypothesis import given, settings, strategies as st

pytestmark = pytest.mark.vtloop
anything = settings(max_examples=25, database=None, deadline=None, derandomize=True)

@anything
@given(st.integers(1, 1000))
async def test_passes(number):
    await asyncio.sleep(number)
    assert now() == number

@anything
@given(st.integers(1, 1000))
async def test_fails(number):
    await asyncio.sleep(number)
    assert now() < 500

@anything
@given(st.integers(1, 1000))
async def test_leaks(number):
    if number > 700:
        asyncio.create_task(asyncio.sleep(1))
    await asyncio.sleep(0)

class TestMethods:
    @anything
    @given(number=st.integers(1, 1000))
    async def test_method(self, number):
        await asyncio.sleep(number)
        assert now() == number
""",
        "-W",
        "ignore::hypothesis.errors.NonInteractiveExampleWarning",
    )
    assert done.outcomes == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_leaks": "failed",
        "TestMethods::test_method": "passed",
    }
    failed = done.section("test_fails")
    assert "number=500" in failed
    assert "500 s  test_fails  raises AssertionError" in failed
    assert "number=701" in done.section("test_leaks")


@pytest.mark.once
def test_xdist_passes_reports_on(run_beside_others):
    tests = (
        HEAD
        + """
pytestmark = pytest.mark.vtloop

@pytest.mark.parametrize("number", range(8))
async def test_many(number):
    await asyncio.sleep(3600)
    assert number != 5
"""
    )
    done = run_beside_others(tests, "-n", "2", "--vtloop-durations=1")
    done.result.assert_outcomes(passed=7, failed=1)
    assert "3600 s  test_many[5]  raises AssertionError('assert 5 != 5')" in done.text
    assert "slowest 1 of 8 by virtual time:" in done.text
    assert "They waited 8:00:00 of virtual time in " in done.text


@pytest.mark.once
def test_a_timeout_of_pytest_timeout_ends_a_test_that_runs_on(run_beside_others):
    done = run_beside_others(
        HEAD
        + """
pytestmark = [pytest.mark.vtloop, pytest.mark.timeout(1, func_only=True)]

async def tick():
    while True:
        await asyncio.sleep(1)

async def test_in_a_task_of_its_own():
    task = asyncio.create_task(tick())
    await asyncio.Event().wait()

async def test_in_the_test_itself():
    await tick()

async def test_busy():
    while True:
        pass

@pytest.mark.timeout(60)
async def test_virtual_time_does_not_count():
    await asyncio.sleep(86400)
""",
    )
    assert done.outcomes == {
        "test_in_a_task_of_its_own": "failed",
        "test_in_the_test_itself": "failed",
        "test_busy": "failed",
        "test_virtual_time_does_not_count": "passed",
    }
    assert "instants:" in done.section("test_in_a_task_of_its_own")
    assert done.text.count("Failed: Timeout") >= 3
