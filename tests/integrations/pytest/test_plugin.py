"""The pytest plugin: tests and fixtures in virtual time, and what a failure tells.

Seen from outside: small test files, run by a pytest of their own.
"""

import re
import subprocess
import sys

import pytest

from tests.support.pytests import PACKAGE, run_beside_others, run_tests

pytestmark = pytest.mark.ends

pytest_plugins = ["pytester"]
__all__ = ["run_beside_others", "run_tests"]

HEAD = """
import asyncio, contextvars, random, time
from datetime import datetime
import pytest, vtloop

def now():
    return asyncio.get_running_loop().time()

async def tick():
    while True:
        await asyncio.sleep(1)

async def explode():
    raise ValueError("boom")
"""

MARKED = HEAD + "pytestmark = pytest.mark.vtloop\n"


# --- Tests and fixtures --------------------------------------------------------------------------

TESTS = (
    MARKED
    + """
variable = contextvars.ContextVar("variable", default="unset")

async def test_takes_no_time():
    await asyncio.sleep(86400)
    assert now() == 86400

class TestMethods:
    @pytest.fixture
    async def mine(self):
        self.number = 42
        return self

    async def test_method(self, mine):
        assert mine is self
        assert self.number == 42
        assert now() == 0

    @staticmethod
    async def test_static():
        await asyncio.sleep(1)

@pytest.mark.parametrize("seconds", [1, 3600])
async def test_parameters(seconds):
    await asyncio.sleep(seconds)
    assert now() == seconds

@pytest.fixture
async def value():
    await asyncio.sleep(10)
    return now()

@pytest.fixture
async def generator(value):
    token = variable.set("set by a fixture")
    await asyncio.sleep(5)
    yield now()
    variable.reset(token)
    await asyncio.sleep(5)
    assert now() == 21.0

@pytest.fixture
def ordinary(generator):
    assert variable.get() == "set by a fixture"
    return generator

async def test_fixtures_share_the_loop_of_the_test(ordinary, value):
    await asyncio.sleep(1)
    assert (value, ordinary, now()) == (10.0, 15.0, 16.0)

async def test_a_variable_of_a_fixture_is_seen(generator):
    assert variable.get() == "set by a fixture"
    await asyncio.sleep(1)

async def test_a_variable_of_a_fixture_is_gone_later():
    assert variable.get() == "unset"

@pytest.fixture(params=["a", "b"])
async def parametrized(request):
    await asyncio.sleep(1)
    return request.param

async def test_fixture_with_parameters(parametrized):
    assert parametrized in "ab"

async def test_skips():
    pytest.skip("not today")

@pytest.mark.xfail(reason="known", raises=AssertionError)
async def test_known():
    await asyncio.sleep(1)
    assert False

async def test_expects():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await asyncio.Event().wait()
    assert now() == 10

async def test_monkeypatch_and_capsys(monkeypatch, capsys):
    monkeypatch.setenv("NAME", "value")
    print("hello")
    assert capsys.readouterr().out == "hello\\n"

@pytest.mark.vtloop(seed=1)
async def test_seed():
    assert random.random() == random.Random(1).random()

@pytest.mark.vtloop(wall_clock=datetime(2024, 2, 29, 23, 59, 59))
async def test_wall_clock(value):
    assert datetime.now() == datetime(2024, 3, 1, 0, 0, 9)

@pytest.mark.vtloop(until=10)
async def test_within_until():
    await asyncio.sleep(9)

def test_that_is_not_async(vt, generator):
    assert vt.complete(asyncio.sleep(1, "result")) == "result"
    assert (vt.now(), vt.loop.time()) == (1.0, 16.0)
"""
)


def test_tests_and_fixtures_are_in_virtual_time(run_tests):
    done = run_tests(TESTS)
    assert {name: o for name, o in done.outcomes.items() if o in ("failed", "error")} == {}
    done.result.assert_outcomes(passed=16, skipped=1, xfailed=1)


WIDE = (
    MARKED
    + """
@pytest.fixture(scope="session")
async def database():
    await asyncio.sleep(100)
    pump = asyncio.create_task(tick(), name="pump")
    yield now
    pump.cancel()
    await asyncio.sleep(100)
    assert now() == 208

@pytest.fixture(scope="module")
async def table(database):
    await asyncio.sleep(1)
    return "table"

async def test_first(table, vt):
    await asyncio.sleep(2)
    assert (now(), vt.now(), vt.run.elapsed) == (103, 2, 2)
    assert [lane.label for lane in vt.timeline.lanes.values()] == ["test_first", "pump"]

async def test_alone():
    await asyncio.sleep(3)
    assert now() == 3

async def test_second(database):
    await asyncio.sleep(4)
    assert now() == 107

@pytest.fixture
def by_name(request):
    return request.getfixturevalue("database")

async def test_asked_for_at_run_time(by_name, vt):
    await asyncio.sleep(1)
    assert now() == 108
    assert [line.split()[0] for line in vt.marbles().splitlines()[1:3]] == [
        "test_asked_for_at_run_time",
        "pump",
    ]
"""
)


def test_a_module_may_have_objects_with_any_attribute(run_tests):
    module = "from unittest.mock import MagicMock, call\nmock = MagicMock()\n"
    run_tests(module + "def test_nothing(): pass\n").result.assert_outcomes(passed=1)


def test_fixtures_of_wider_scopes_have_a_loop_that_goes_on(run_tests):
    done = run_tests(WIDE)
    done.result.assert_outcomes(passed=4)


def test_the_fixture_vt_tells_of_the_run_so_far(run_tests):
    done = run_tests(
        MARKED
        + """
from vtloop.claims import nothing_unfinished, takes

async def test_it(vt):
    assert vt.now() == 0
    task = asyncio.create_task(asyncio.sleep(5), name="sleeper")
    await asyncio.sleep(2)
    assert (vt.now(), vt.clock.now, vt.loop) == (2, 2 * 10**9, asyncio.get_running_loop())
    assert vt.timeline["sleeper"].outcome == ""
    assert vt.run.unfinished == ("sleeper",)
    print("noon")
    assert vt.run.printed[0][2] == "noon"
    lines = vt.marbles(tasks=["sleeper"]).splitlines()
    assert lines[1].split()[0] == "sleeper"
    assert repr(vt) == "<VirtualTime of test_it at 2 s>"
    with pytest.raises(vtloop.SimulationError, match="of a run that goes on, at 2 s; use vtloop"):
        (~takes(2)).check(vt.run)
    with pytest.raises(vtloop.SimulationError, match="of a run that goes on, at 2 s; make the"):
        nothing_unfinished().check(vt.run)
    await task
    assert vt.timeline["sleeper"].outcome == "returned"

def test_nothing_has_run(vt):
    assert vt.now() == 0
    with pytest.raises(vtloop.SimulationError, match="while nothing of it had run"):
        vt.run
"""
    )
    done.result.assert_outcomes(passed=2)


def test_auto_mode_takes_async_tests_that_are_marked_for_no_other_plugin(run_beside_others):
    tests = (
        HEAD
        + """
@pytest.fixture
async def started():
    await asyncio.sleep(3600)
    return now()

async def test_async(started):
    await asyncio.sleep(3600)
    assert now() == 7200

def test_ordinary(started):
    assert started == 3600

def test_other():
    pass

@pytest.mark.asyncio
async def test_of_pytest_asyncio():
    assert not isinstance(asyncio.get_running_loop(), vtloop.VirtualLoop)
"""
    )
    run_beside_others(tests, config="vtloop_mode = auto").result.assert_outcomes(passed=4)


def test_strict_mode_leaves_async_tests_alone_that_are_not_marked(run_tests):
    done = run_tests(HEAD + "async def test_it():\n    pass\n")
    assert done.outcomes == {"test_it": "failed"}
    assert "async def functions are not natively supported" in done.text


# --- What fails, and how -------------------------------------------------------------------------

LEAKS = (
    MARKED
    + """
kept = []

async def test_task():
    asyncio.create_task(tick())
    await asyncio.sleep(1)

async def test_exception():
    asyncio.create_task(explode())
    await asyncio.sleep(1)

async def test_exception_of_a_task_that_is_kept():
    kept.append(asyncio.create_task(explode()))
    await asyncio.sleep(1)

async def test_callback():
    asyncio.get_running_loop().call_later(1, lambda: 1 / 0)
    await asyncio.sleep(2)

async def test_coroutine():
    tick()
    await asyncio.sleep(1)

@pytest.mark.vtloop(leaks="allow")
async def test_allowed():
    asyncio.create_task(tick())
    kept.append(asyncio.create_task(explode()))
    await asyncio.sleep(1)

@pytest.fixture
async def group():
    async with asyncio.TaskGroup() as group:
        yield group

async def test_that_a_fixture_cleans_up(group):
    group.create_task(asyncio.sleep(3600))

@pytest.fixture(scope="module")
async def wide():
    yield asyncio.create_task(asyncio.sleep(1000), name="of the fixture")

async def test_on_the_shared_loop(wide):
    asyncio.create_task(tick())
    await asyncio.sleep(1)

async def test_next_on_the_shared_loop(wide):
    assert asyncio.all_tasks() == {asyncio.current_task(), wide}
    await wide
"""
)


def test_what_a_test_leaves_behind_makes_it_fail(run_tests):
    done = run_tests(LEAKS, "-W", "ignore::pytest.PytestUnraisableExceptionWarning")
    failed = {name for name, outcome in done.outcomes.items() if outcome == "failed"}
    assert failed == {
        "test_task",
        "test_exception",
        "test_exception_of_a_task_that_is_kept",
        "test_callback",
        "test_coroutine",
    }
    assert done.outcomes["test_on_the_shared_loop"] == "error"
    assert done.outcomes["test_next_on_the_shared_loop"] == "passed"
    task = done.section("test_task")
    assert "test_task ended while it left something behind:" in task
    assert "- tick#2 is unfinished: it waits for a sleep until 2 s" in task
    assert "started at test_what_a_test_leaves_behind_makes_it_fail.py:" in task
    assert "in test_task: asyncio.create_task(tick())" in task
    assert "leaks='allow'" in task
    for test in ("test_exception", "test_exception_of_a_task_that_is_kept"):
        text = done.section(test)
        assert "- explode#2 raised ValueError('boom'), which nobody retrieved\n" in text
        assert 'in explode: raise ValueError("boom")' in text
    callback = done.section("test_callback")
    assert "- a callback raised ZeroDivisionError('division by zero')" in callback
    coroutine = done.section("test_coroutine")
    assert "- tick() was never awaited\n" in coroutine
    assert "in test_coroutine: tick()" in coroutine
    shared = done.section("test_on_the_shared_loop")
    assert "tick#4 is unfinished" in shared
    assert "of the fixture is unfinished" not in shared


REPORTS = (
    MARKED
    + """
async def test_wrong_time():
    lock = asyncio.Lock()

    async def worker(seconds):
        async with lock:
            await asyncio.sleep(seconds)
            print("worked for", seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (1, 2):
            group.create_task(worker(seconds))
    assert now() == 2

async def test_waits_for_ever():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.sleep(3)
    await lock.acquire()

@pytest.mark.vtloop(until=60)
async def test_never_ends():
    await tick()

@pytest.fixture
async def late():
    await asyncio.sleep(3600)

async def test_after_a_fixture(late):
    await asyncio.sleep(1)
    assert False

@pytest.fixture
async def stuck():
    await asyncio.Event().wait()

async def test_with_a_fixture_that_is_stuck(stuck):
    pass

@pytest.fixture
async def stuck_at_the_end():
    yield
    await asyncio.Event().wait()

async def test_with_a_fixture_that_does_not_end(stuck_at_the_end):
    pass

async def test_passes():
    pass
"""
)


DATES = """
import time
import pytest

@pytest.fixture
async def begun():
    return time.strftime("%F %T")

@pytest.mark.vtloop
async def test_of_the_suite(begun):
    assert begun == time.strftime("%F %T") == "2024-02-29 09:24:00"

@pytest.mark.vtloop(wall_clock="2030-01-01")
async def test_of_its_own(begun):
    assert begun == time.strftime("%F %T") == "2030-01-01 00:00:00"

@pytest.mark.vtloop_sweep
async def test_of_a_sweep():
    assert time.strftime("%F %T") == "2024-02-29 09:24:00"
"""


def test_the_configuration_has_the_date_at_which_all_tests_start(run_tests):
    done = run_tests(DATES, "-o", "vtloop_wall_clock=2024-02-29T09:24")
    assert list(done.outcomes.values()) == ["passed"] * 3
    real = run_tests(DATES, "-o", "vtloop_wall_clock=real")
    assert real.outcomes["test_of_the_suite"] == "failed"
    assert real.outcomes["test_of_its_own"] == "passed"
    wrong = run_tests(DATES, "-o", "vtloop_wall_clock=25:00")
    assert "vtloop_wall_clock = '25:00' was given" in wrong.errors


def test_a_failure_shows_the_run(run_tests):
    done = run_tests(REPORTS, "--vtloop-charts=charts")
    assert done.outcomes["test_passes"] == "passed"

    wrong = done.section("test_wrong_time")
    assert ">       assert now() == 2" in wrong
    assert "assert 3.0 == 2" in wrong
    code, _, section = wrong.partition(" Virtual time ")
    assert "worked for 2" in code
    for line in (
        "test_wrong_time  |------TaskGroup: worker#2, worker#3------! AssertionError(",
        "  worker#3       |-Lock 'lock'-o=============2s============b|",
        "  1 s  worker#3         woken by worker#2; takes Lock 'lock'; sleeps until 3 s, at test_",
        "  3 s  worker#3         prints 'worked for 2'; releases Lock 'lock'; ends normally",
        "  3 s  test_wrong_time  woken by worker#3; raises AssertionError('assert 3.0 == 2..",
        "The date was 2000-01-01 00:00:03 UTC.",
        "Chart: charts/test_a_failure_shows_the_run.py_test_wrong_time.",
    ):
        assert line in section, f"{line!r} is not in:\n{section}"

    stuck = done.section("test_waits_for_ever")
    assert ">       await lock.acquire()" in stuck
    assert "E       vtloop.errors.DeadlockError: The program waited at virtual time 3 s" in stuck
    assert (
        "E         - test_waits_for_ever waits for Lock 'lock', held by test_waits_for_ever"
        in stuck
    )
    assert "3 s  test_waits_for_ever  waits for Lock 'lock', at test_a_failure" in stuck

    endless = done.section("test_never_ends")
    assert ">           await asyncio.sleep(1)" in endless
    assert "UntilReached: The run reached until=60 seconds" in endless
    assert "The last 40 of 61 instants:" in endless
    assert "Last 10 of 61 steps:" in endless

    late = done.section("test_after_a_fixture")
    assert "Times count from where this part of the test began, at 3600 s" in late
    assert "  1 s  test_after_a_fixture  raises AssertionError" in late

    setup = done.section("test_with_a_fixture_that_is_stuck")
    assert ">       await asyncio.Event().wait()" in setup
    assert "- stuck waits for Event #1 to be set" in setup
    teardown = done.section("test_with_a_fixture_that_does_not_end")
    assert "- stuck_at_the_end (teardown) waits for Event #1 to be set" in teardown
    assert "vtloop/" not in done.text.replace("vtloop/errors", ""), "frames of ours are shown"


def test_a_failed_claim_shows_what_the_user_wrote_and_no_source_of_the_library(run_tests):
    done = run_tests(
        """
import asyncio, pytest, vtloop
from vtloop.claims import takes, task
from vtloop.simulation.growth import check_growth

RUN = vtloop.simulate(asyncio.sleep(1, "value"))

def test_claim():
    takes(2).check(RUN)

def test_a_name_that_nobody_has():
    (task("nobody").finishes & takes(1)).check(RUN)

def test_growth():
    check_growth(lambda size: asyncio.sleep(size), "constant")

@pytest.mark.vtloop
async def test_body():
    async with vtloop.takes(2):
        await asyncio.sleep(1)
""",
    )
    done.result.assert_outcomes(failed=4)
    for test in done.outcomes:
        told = done.section(test)
        assert "vtloop/" not in told
        assert "__tracebackhide__" not in told
        assert "def judge" not in told


def test_charts_are_written_where_they_are_asked_for(run_tests, pytester):
    run_tests(REPORTS, "--vtloop-charts=charts", "-k", "wrong or passes")
    (chart,) = (pytester.path / "charts").iterdir()
    assert chart.name.startswith("test_charts_are_written_where_they_are_asked_for.py_test_wrong")
    assert "worker#3" in chart.read_text()


MISUSED = (
    HEAD
    + """
import unittest

@pytest.mark.vtloop(sed=1)
async def test_unknown_option():
    pass

@pytest.mark.vtloop(leaks="maybe")
async def test_unknown_value():
    pass

@pytest.mark.vtloop
class TestCase(unittest.IsolatedAsyncioTestCase):
    async def test_method(self):
        pass

@pytest.mark.vtloop
@pytest.mark.anyio
async def test_of_two_plugins():
    pass

def test_vt_elsewhere(vt):
    assert vt.now() == 0

@pytest.mark.asyncio
async def test_vt_with_another_plugin(vt):
    pass

@pytest.fixture
async def something():
    pass

@pytest.fixture(scope="session")
async def wide():
    pass

@pytest.mark.vtloop
async def test_asks_too_late(request):
    request.getfixturevalue("something")

@pytest.mark.vtloop
async def test_complete(vt):
    vt.complete(asyncio.sleep(1))

@pytest.fixture
def asks_for_a_wide_one(something, request):
    return request.getfixturevalue("wide")

@pytest.mark.vtloop
async def test_two_loops(asks_for_a_wide_one):
    pass

@pytest.fixture
async def yields_twice():
    yield 1
    yield 2

@pytest.mark.vtloop
async def test_yields_twice(yields_twice):
    pass
"""
)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("until=-1", "until=-1 was given; pass a number of seconds from 0 on, or None"),
        ("until='soon'", "until='soon' was given; pass a number of seconds"),
        (
            "wall_clock='tomorrow'",
            "'tomorrow' was given as a wall clock, which is no time",
        ),
        ("wall_clock=True", "wall_clock=True was given, which is no datetime; pass"),
        ("seed=1.5", "seed=1.5 was given; pass a whole number or a text"),
    ],
)
def test_a_value_that_cannot_be_is_refused_before_the_test_begins(run_tests, option, words):
    done = run_tests(f"import pytest\n@pytest.mark.vtloop({option})\nasync def test_it(): pass")
    done.result.assert_outcomes(errors=1)
    assert f"The marker vtloop cannot be used: {words}" in done.text
    assert "never awaited" not in done.text


def test_a_wall_clock_may_be_a_text_as_on_the_command_line(run_tests):
    done = run_tests(
        """
import asyncio, datetime, pytest
@pytest.mark.vtloop(wall_clock="09:24:00")
async def test_it():
    await asyncio.sleep(60)
    assert datetime.datetime.now().strftime("%H:%M:%S") == "09:25:00"
"""
    )
    done.result.assert_outcomes(passed=1)


def test_a_misuse_is_told_with_what_to_do(run_beside_others):
    done = run_beside_others(MISUSED)
    for told in (
        "The marker vtloop was given sed, while its options are seed=, wall_clock=, until=, leaks=",
        "The marker vtloop cannot be used: leaks='maybe' was given; pass 'fail' or 'allow'",
        "test_method is marked vtloop while it is a method of a unittest.TestCase",
        "is marked vtloop while anyio's plugin is to run it as well",
        "The fixture vt was asked for while the test is not in virtual time; mark it",
        "The async fixture something was asked for by getfixturevalue() while a loop runs",
        "RuntimeError: vt.complete() was called while a loop runs; await the coroutine",
        "An async fixture of a wider scope was asked for by getfixturevalue() while test_two_loops",
        "RuntimeError: The async fixture yields_twice has yielded twice; let it yield only once",
    ):
        assert told in done.text
    assert [name for name, outcome in done.outcomes.items() if outcome == "passed"] == [
        "test_vt_elsewhere"
    ]


@pytest.mark.parametrize("mode", ["loose", "auto"])
def test_a_mode_that_cannot_be_is_refused(run_beside_others, mode):
    done = run_beside_others("", "--asyncio-mode=auto", config=f"vtloop_mode = {mode}")
    assert done.result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"vtloop_mode = {mode}" in done.errors.replace("'", "")


def test_ctrl_c_while_a_failed_test_cleans_up_hides_neither_the_failure_nor_its_time(run_tests):
    done = run_tests(
        """
        import asyncio, pytest, vtloop

        @pytest.mark.vtloop(until=7, leaks="allow")
        def test_it(vt):
            async def main():
                try:
                    await asyncio.sleep(9)
                finally:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt) as caught:
                vt.complete(main())
            error, chain = caught.value, []
            while error is not None:
                chain.append(type(error))
                error = error.__context__
            assert chain == [KeyboardInterrupt, asyncio.CancelledError, vtloop.UntilReached]
        """,
        "--vtloop-durations=1",
    )
    assert done.outcomes == {"test_it": "passed"}
    assert re.search(r"7 s .*test_it", done.text)


def test_the_slowest_tests_and_the_waiting_that_was_saved_are_shown(run_tests):
    done = run_tests(TESTS, "--vtloop-durations=2")
    assert "slowest 2 of 18 by virtual time:" in done.text
    assert "       86400 s virtual " in done.text
    assert "They waited 1 day, 1:" in done.text
    assert "of waiting saved." in done.text


def test_an_interrupt_lets_the_test_clean_up_and_ends_the_session(run_tests):
    tests = (
        MARKED
        + """
import _thread, signal

async def test_interrupted():
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(1)
        print("cleaned up at", now())

async def test_not_reached():
    pass
"""
    )
    done = run_tests(tests, "-s")
    assert done.result.ret == pytest.ExitCode.INTERRUPTED
    assert "cleaned up at 1.0" in done.text
    assert done.outcomes == {}


def test_a_session_without_tests_in_virtual_time_imports_neither_asyncio_nor_the_loop(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it(request):\n"
        "    print('plugin:', request.config.pluginmanager.has_plugin('vtloop.pytest_plugin'))\n"
        "    looked_for = {'asyncio', 'vtloop.core.loop', 'vtloop.integrations.pytest.one_test'}\n"
        "    print('imported:', *looked_for & set(sys.modules))\n"
    )

    def told(*options):
        code = (
            "import os, sys, pytest; os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'; "
            f"sys.path.insert(0, {str(PACKAGE.parent)!r}); "
            f"sys.exit(pytest.main([*{options}, '-s', '-p', 'no:cacheprovider']))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
        return re.search(r"plugin: (\w+)\nimported: *(.*)", done.stdout).groups()

    _, by_pytest = told()  # by pdb, since Python 3.14
    assert told("-p", "vtloop.pytest_plugin") == ("True", by_pytest)
    assert by_pytest in ("", "asyncio")
