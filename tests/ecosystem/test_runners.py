"""The runners of the standard library, and the test runners, take a virtual loop as they are.

What the pytest plugins do is seen from outside: small test files, run by a pytest of their own.
"""

import asyncio
import sys
import unittest
from pathlib import Path

import pytest
from pytest_asyncio.plugin import PytestAsyncioSpecs

import vtloop

pytest_plugins = ["pytester"]

PACKAGE = Path(vtloop.__file__).parent


async def nap(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return asyncio.get_running_loop().time()


# Policies are deprecated since Python 3.14.
with_a_policy = pytest.mark.filterwarnings("ignore:'asyncio.*olicy' is:DeprecationWarning")


@pytest.fixture
def virtual_policy():
    """Make every new event loop a virtual one."""

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            return vtloop.VirtualLoop()

    asyncio.set_event_loop_policy(Policy())
    yield
    asyncio.set_event_loop_policy(None)


# --- asyncio -------------------------------------------------------------------------------------


def test_a_runner_keeps_its_loop_and_its_time():
    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        assert runner.run(nap(3600)) == 3600.0
        assert runner.run(nap(3600)) == 7200.0
        assert isinstance(runner.get_loop(), vtloop.VirtualLoop)
        assert runner.get_loop().time() == 7200.0
    assert asyncio.run(asyncio.sleep(0, "and stock asyncio is as it was")).startswith("and")


def test_a_runner_cleans_up_in_virtual_time():
    seen = []

    async def linger():
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(60)
            seen.append(asyncio.get_running_loop().time())

    async def count():
        try:
            for number in range(3):
                yield number
        finally:
            await asyncio.sleep(600)
            seen.append(asyncio.get_running_loop().time())

    kept = []

    async def main():
        kept.append(asyncio.create_task(linger()))
        kept.append(numbers := count())
        return await anext(numbers), await nap(1)

    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        assert runner.run(main()) == (0, 1.0)
        assert seen == []
    assert seen == [61.0, 661.0]


def test_a_runner_waits_for_its_worker_threads_in_virtual_time():
    seen = []

    async def main():
        loop = asyncio.get_running_loop()

        def work():
            vtloop.busy(100)
            seen.append(loop.time())

        loop.run_in_executor(None, work)
        await asyncio.sleep(1)

    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        runner.run(main())
    assert seen == [100.0]


if sys.version_info >= (3, 12):

    def test_asyncio_run_takes_the_loop_as_its_loop_factory():
        assert asyncio.run(nap(86400), loop_factory=vtloop.VirtualLoop) == 86400.0
        assert asyncio.run(nap(1), loop_factory=vtloop.VirtualLoop, debug=True) == 1.0


@with_a_policy
def test_asyncio_run_takes_the_loop_from_the_policy(virtual_policy):
    assert asyncio.run(nap(86400)) == 86400.0


def test_a_loop_runs_by_hand():
    loop = vtloop.VirtualLoop()
    try:
        assert loop.run_until_complete(nap(5)) == 5.0
        loop.call_later(10, loop.stop)
        loop.run_forever()
        assert loop.time() == 15.0
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


# --- unittest ------------------------------------------------------------------------------------


def check_times_of_a_test_case(**attributes):
    """Run a test case with further class attributes; each of its parts takes its own time."""
    seen = []

    async def take(seconds, part):
        await asyncio.sleep(seconds)
        seen.append((part, asyncio.get_running_loop().time()))

    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            await take(10, "setup")

        async def asyncTearDown(self):
            await take(1000, "teardown")

        async def runTest(self):
            self.addAsyncCleanup(take, 10000, "cleanup")
            await take(100, "test")

    result = type("Case", (Case,), attributes)().run()
    assert result.wasSuccessful()
    assert seen == [("setup", 10.0), ("test", 110.0), ("teardown", 1110.0), ("cleanup", 11110.0)]


@with_a_policy
def test_unittest_takes_the_loop_from_the_policy(virtual_policy):
    check_times_of_a_test_case()


@pytest.mark.skipif(sys.version_info < (3, 13), reason="unittest has no loop_factory")
def test_unittest_takes_the_loop_as_its_loop_factory():
    check_times_of_a_test_case(loop_factory=vtloop.VirtualLoop)


@with_a_policy
def test_unittest_reports_a_test_that_waits_for_ever(virtual_policy):
    class Stuck(unittest.IsolatedAsyncioTestCase):
        async def runTest(self):
            await asyncio.Event().wait()

    result = Stuck().run()
    assert result is not None
    ((_, traceback),) = result.errors
    assert "DeadlockError" in traceback
    assert "runTest#" in traceback
    assert "waits for an Event to be set" in traceback


# --- pytest-asyncio ------------------------------------------------------------------------------

ASYNCIO_TESTS = """
import asyncio, pytest, pytest_asyncio

def now():
    return asyncio.get_running_loop().time()

@{fixture}
async def server():
    await asyncio.sleep(3600)
    yield now()
    await asyncio.sleep(3600)
    assert now() >= 7200

@{fixture}
async def client(server):
    await asyncio.sleep(60)
    return server, now()

{mark}
async def test_fixtures_and_test_share_one_clock(client):
    await asyncio.sleep(0.5)
    assert (client, now()) == ((3600.0, 3660.0), 3660.5)

{mark}
async def test_each_test_has_a_clock_of_its_own():
    assert now() == 0.0

{mark}
@pytest.mark.parametrize("seconds", [1, 86400])
async def test_parameters(seconds):
    await asyncio.sleep(seconds)
    assert now() == seconds

{mark}
async def test_that_a_wrong_time_fails():
    await asyncio.sleep(1)
    assert now() == 2.0

{mark}
async def test_that_waits_for_ever(server):
    await asyncio.Event().wait()

class TestInOneLoop:
    pytestmark = pytest.mark.asyncio(loop_scope="class")

    async def test_first(self):
        await asyncio.sleep(5)
        assert now() == 5.0

    async def test_second(self):
        await asyncio.sleep(5)
        assert now() == 10.0
"""

STRICT = ASYNCIO_TESTS.format(fixture="pytest_asyncio.fixture", mark="@pytest.mark.asyncio")
AUTO = ASYNCIO_TESTS.format(fixture="pytest.fixture", mark="")

HOOK = """
import vtloop

def pytest_asyncio_loop_factories(config, item):
    return {"virtual": vtloop.VirtualLoop}
"""

POLICY = """
import asyncio, pytest, vtloop

class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return vtloop.VirtualLoop()

@pytest.fixture(scope="session")
def event_loop_policy():
    return Policy()
"""
# From 1.4 on pytest-asyncio prefers its hook; asyncio deprecates policies since Python 3.14.
DEPRECATED = (
    "-Wignore::pytest.PytestDeprecationWarning",
    "-Wignore:'asyncio.DefaultEventLoopPolicy':DeprecationWarning",
)


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Run a test file and a conftest.py by a pytest that takes warnings for errors."""
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))

    def run(tests, conftest, *arguments):
        pytester.makepyfile(tests)
        pytester.makeconftest(conftest)
        plain = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
        return pytester.runpytest_subprocess(*plain, "-W", "error", *arguments)

    return run


@pytest.mark.ends
@pytest.mark.parametrize(("mode", "tests"), [("strict", STRICT), ("auto", AUTO)])
@pytest.mark.parametrize(
    "conftest",
    [
        pytest.param(
            HOOK,
            marks=pytest.mark.skipif(
                not hasattr(PytestAsyncioSpecs, "pytest_asyncio_loop_factories"),
                reason="this pytest-asyncio has no hook for loop factories",
            ),
            id="hook",
        ),
        pytest.param(POLICY, id="policy"),
    ],
)
def test_pytest_asyncio_runs_tests_and_fixtures_in_virtual_time(run_pytest, conftest, mode, tests):
    result = run_pytest(tests, conftest, f"--asyncio-mode={mode}", *DEPRECATED)
    result.assert_outcomes(passed=6, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E  *assert 1.0 == 2.0",
            "E  *DeadlockError: The program waited at virtual time 3600 s while *",
            "E  *waits for an Event to be set",
            "E  *in test_that_waits_for_ever: await asyncio.Event().wait()",
        ]
    )


# --- The plugin of anyio -------------------------------------------------------------------------

ANYIO_TESTS = """
import anyio, pytest
from anyio import to_thread

pytestmark = pytest.mark.anyio

@pytest.fixture
async def server():
    await anyio.sleep(3600)
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        yield anyio.current_time()
        group.cancel_scope.cancel()
    await anyio.sleep(3600)

async def test_fixtures_and_test_share_one_clock(server):
    with anyio.move_on_after(0.5):
        await anyio.sleep_forever()
    assert (server, anyio.current_time()) == (3600.0, 3600.5)

async def test_each_test_has_a_clock_of_its_own():
    assert anyio.current_time() == 0.0

async def test_worker_threads():
    assert await to_thread.run_sync(int) == 0
    assert anyio.current_time() == 0.0

async def test_that_a_wrong_time_fails():
    await anyio.sleep(1)
    assert anyio.current_time() == 2.0
"""

BACKEND = """
import pytest, vtloop

@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"loop_factory": vtloop.VirtualLoop}), id="virtual"),
        pytest.param(("asyncio", {"loop_factory": vtloop.VirtualLoop, "debug": True}), id="debug"),
    ]
)
def anyio_backend(request):
    return request.param
"""


@pytest.mark.ends
def test_anyio_runs_tests_and_fixtures_in_virtual_time(run_pytest):
    result = run_pytest(ANYIO_TESTS, BACKEND, "-v")
    result.assert_outcomes(passed=6, failed=2)
    result.stdout.fnmatch_lines(["E  *assert 1.0 == 2.0"])
    result.stdout.fnmatch_lines_random(
        [
            "*::test_that_a_wrong_time_fails[[]virtual[]] FAILED*",
            "*::test_that_a_wrong_time_fails[[]debug[]] FAILED*",
        ]
    )
