"""Tests that are marked vtloop_explore: run by many schedules, and told of as other failures.

Seen from outside: small test files, run by a pytest of their own.
"""

import re

import pytest

from tests.support.pytests import run_tests
from vtloop.choices import Choices

pytestmark = pytest.mark.once

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]

EXPLORED = """
import asyncio
import pytest, vtloop

calls = []

class Shop:
    def __init__(self):
        self.stock, self.sold = 1, []

    async def buy(self, name, seconds=0.01):
        if self.stock:
            await asyncio.sleep(seconds)  # the payment
            self.stock -= 1
            self.sold.append(name)

@pytest.fixture
async def shop():
    await asyncio.sleep(1)
    shop = Shop()
    yield shop
    await asyncio.sleep(1)
    assert len(shop.sold) <= 1, "sold twice"

@pytest.mark.vtloop_explore
async def test_a_payment_that_takes_long(shop):
    async def later():
        await asyncio.sleep(0.02)
        await shop.buy("Bob")

    await asyncio.gather(shop.buy("Ann"), later())

class TestOrder:
    @pytest.mark.vtloop_explore(mode="any")
    @pytest.mark.parametrize("seconds", [0])
    async def test_counts_on_an_order(self, seconds):
        async def work(which, steps):
            for _ in range(steps):
                await asyncio.sleep(seconds)
            order.append(which)

        order = []
        await asyncio.gather(work("first", 1), work("second", 2))
        assert order == ["first", "second"]

@pytest.mark.vtloop_explore(budget=30)
async def test_safe():
    calls.append("test_safe")
    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))

def test_how_often_that_was_run():
    assert len(calls) == 1 + 30

@pytest.mark.vtloop_explore
async def test_of_one_schedule():
    assert vtloop.now() == 0

@pytest.mark.vtloop_explore
async def test_wrong_as_stock_asyncio_runs_it():
    await asyncio.sleep(1)
    assert vtloop.now() == 2

def on_time(value):
    assert vtloop.now() <= 1, "too late"

@pytest.mark.vtloop_explore(always=on_time, mode="realisable")
async def test_with_an_invariant():
    await asyncio.sleep(1)

def nobody_returns(value):
    assert value, "it has returned None"

@pytest.mark.vtloop_explore(check=nobody_returns)
async def test_with_a_check():
    await asyncio.sleep(1)

@pytest.mark.vtloop_explore
async def test_works_once(tmp_path):
    await asyncio.sleep(1)
    (tmp_path / "made").mkdir()

@pytest.mark.vtloop_explore
@pytest.mark.vtloop_sweep(classes="A")
async def test_is_swept_as_well():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.sleep(1)
    lock.release()

@pytest.mark.vtloop_explore
async def test_skipped():
    pytest.skip("not today")
""".replace("def on_time(value)", "def on_time()")


def test_a_test_is_run_by_one_schedule_after_the_other_until_it_fails(run_tests):
    done = run_tests(EXPLORED)
    assert done.outcomes == {
        "test_a_payment_that_takes_long": "failed",
        "TestOrder::test_counts_on_an_order[0]": "failed",
        "test_safe": "passed",
        "test_how_often_that_was_run": "passed",
        "test_of_one_schedule": "passed",
        "test_wrong_as_stock_asyncio_runs_it": "failed",
        "test_with_an_invariant": "failed",
        "test_with_a_check": "failed",
        "test_works_once": "failed",
        "test_is_swept_as_well": "failed",
    }
    assert "1 skipped" in done.text

    file = "test_a_test_is_run_by_one_schedule_after_the_other_until_it_fails.py"
    slow = done.section("test_a_payment_that_takes_long")
    for line in (
        "fails in another schedule than stock asyncio's usual one.",
        f"schedules of {file[:-3]}:test_a_payment_that_takes_long run, ",
        'the program raises AssertionError("sold twice',
        "stock asyncio does this if things take longer:",
        "    Shop.buy#2 waits from 1 s on, ",
        f"at {file}:12 in Shop.buy: await asyncio.sleep(seconds)  # the payment",
        f"  pytest '{file}::test_a_payment_that_takes_long' --vtloop-replay='c1:late2.0=",
        "  Shop.buy#2 ",
    ):
        assert line in slow, f"{line!r} is not in:\n{slow}"
    assert "traceback" not in slow.lower(), "there is nothing to trace back"

    order = done.section("TestOrder.test_counts_on_an_order[0]")
    assert "in an adversarial order: what is ready may have to wait" in order
    assert ">       assert vtloop.now() == 2" in done.section("test_wrong_as_stock_asyncio_runs_it")
    assert "what is always to be true is not: " in done.section("test_with_an_invariant")
    checked = done.section("test_with_a_check")
    assert "test_with_a_check fails as stock asyncio runs it." in checked
    assert "what is to be true in the end is not: AssertionError('it has returned" in checked
    assert "let it keep nothing from one run to the next" in done.section("test_works_once")
    assert "test_is_swept_as_well is not safe to cancel" in done.section("test_is_swept_as_well")


def test_that_not_every_schedule_was_run_is_told_of_tests_that_pass(run_tests):
    done = run_tests(EXPLORED, "-k", "safe or one_schedule or skipped")
    assert "2 tests explored in virtual time, by 31 schedules; UNRESOLVED: 1, as not" in done.text
    told = done.section("test_safe")
    assert "UNRESOLVED: not every schedule was run\n  the budget of 30 runs is spent" in told


@pytest.mark.parametrize("test", ["test_a_payment_that_takes_long", "test_with_an_invariant"])
def test_the_command_in_a_report_runs_the_schedule_alone(test, run_tests, tmp_path):
    first = run_tests(EXPLORED, "-k", test).section(test)
    name, token = re.search(r"  pytest '.*::(.+)' --vtloop-replay='(.+)'", first).groups()
    done = run_tests(
        EXPLORED, "-k", f"{name} or safe", f"--vtloop-replay={token}", "--vtloop-charts", tmp_path
    )
    again = done.section(name)
    assert "schedules of" not in again
    where = again.partition(f"In schedule {token}:\n")[2].partition("---")[0]
    assert where
    for line in where.split("\n"):
        assert line.strip() in first
    steps = first.partition(" Virtual time ")[2].rstrip()
    assert again.partition(" Virtual time ")[2].startswith(steps)
    assert [*tmp_path.iterdir()]


def test_a_schedule_that_fails_is_kept_in_the_cache_of_pytest_and_run_first(run_tests, tmp_path):
    both = "-k", "takes_long or an_order"
    assert "; run 2 fails\n" not in run_tests(EXPLORED, *both, cache=tmp_path).text
    again = run_tests(EXPLORED, *both, cache=tmp_path)
    for name in ("test_a_payment_that_takes_long", "TestOrder.test_counts_on_an_order[0]"):
        assert "; run 2 fails\n" in again.section(name)
    mended = EXPLORED.replace("self.stock -= 1", "self.sold.clear()")
    done = run_tests(mended, *both, cache=tmp_path)
    assert done.outcomes["test_a_payment_that_takes_long"] == "passed"
    kept = [path.read_text() for path in tmp_path.glob("d/vtloop/failing/*/*.txt")]
    assert [token.startswith("c1:hold") for token in kept] == [True]


def test_a_token_of_a_sweep_is_told_from_one_of_a_schedule(run_tests):
    by_sweep = run_tests(EXPLORED, "-k", "swept", "--vtloop-replay=test_is_swept_as_well#1@R0")
    assert "left held: Lock made at" in by_sweep.section("test_is_swept_as_well")
    late = Choices([("late1", 0, 5_000_000)])
    by_schedule = run_tests(EXPLORED, "-k", "swept", f"--vtloop-replay={late}")
    assert by_schedule.outcomes == {"test_is_swept_as_well": "passed"}


MISUSED = """
import pytest

@pytest.mark.vtloop_explore
def test_not_async():
    pass

@pytest.mark.vtloop_explore
async def test_vt(vt):
    pass

@pytest.mark.vtloop_explore(mode="fast")
async def test_mode():
    pass

@pytest.mark.vtloop_explore(budged=10)
async def test_unknown_option():
    pass

@pytest.fixture
async def value():
    return 1

@pytest.fixture
def late(request):
    return request.getfixturevalue("value")

@pytest.mark.vtloop_explore
async def test_late(late):
    pass
"""


def test_what_cannot_be_explored_is_refused_with_what_to_do(run_tests):
    done = run_tests(MISUSED)
    for test, told in {
        "test_not_async": "is marked vtloop_explore while it is not async; what is searched are",
        "test_vt": "while it asks for vt, which tells of one run; ask vtloop.now()",
        "test_mode": "The marker vtloop_explore cannot be used: mode='fast' was given; pass 'any'",
        "test_unknown_option": "was given budged, while its options are budget=, max_seconds=",
        "test_late": "by getfixturevalue() in a test that is explored; name it as",
    }.items():
        assert told in done.section(test), done.section(test)
    assert "passed" not in done.outcomes.values()


def test_a_token_that_is_damaged_is_refused_before_anything_runs(run_tests):
    assert (
        "is a token that was damaged"
        in run_tests(EXPLORED, "--vtloop-replay=c1:late2.0=11000001:5480960d").errors
    )
