"""A search of schedules finds what an order or a duration breaks, and tells the least that does."""

import asyncio
import re

import pytest

from tests.support.processes import printed_by
from vtloop.choices import Choices
from vtloop.errors import SimulationError
from vtloop.explore import explore, replay
from vtloop.explore.members.holds import Holds
from vtloop.explore.members.lates import Lates
from vtloop.explore.members.meet import Meet
from vtloop.explore.members.urw import URW

MILLISECOND = 0.001


async def lost_update():
    """Two tasks add to one number, the second of them well after the first."""
    total = 0

    async def add(amount, waits):
        nonlocal total
        for _ in range(waits):
            await asyncio.sleep(0)
        seen = total
        await asyncio.sleep(0)
        total = seen + amount

    await asyncio.gather(add(1, 0), add(10, 3))
    assert total == 11, f"1 and 10 make {total}"


async def late_reply():
    """A reply that takes 2 seconds is waited for, for 5 seconds."""
    async with asyncio.timeout(5):
        await asyncio.sleep(2)


async def no_choice():
    for _ in range(3):
        await asyncio.sleep(0)


async def both_right():
    """Two tasks add to one number, and it does not matter in which order."""
    total = 0

    async def add(amount):
        nonlocal total
        await asyncio.sleep(1)
        total += amount

    await asyncio.gather(add(1), add(10))
    assert total == 11


def test_an_order_is_found_and_shrunk_to_one_hold():
    report = explore(lost_update)
    assert not report.ok
    assert str(report.failures[0].choices).startswith("c1:hold")
    assert len(report.failures[0].choices) == 1
    assert not report.failures[0].realisable


def test_a_duration_is_found_and_shrunk_to_one_late_timer():
    (failing,) = explore(late_reply).failures
    assert failing.realisable
    assert "TimeoutError" in failing.detail
    assert failing.token.startswith("c1:late1.1=3000000000:")  # the second timer, 3 s late


def test_a_report_says_what_has_to_wait_and_where():
    line = lost_update.__code__.co_firstlineno + 10
    text = str(explore(lost_update, seed=1))
    assert (
        re.sub(r"run \d+ fails|\d+ (schedules|different)|:[0-9a-f]{8}", "", text)
        == (
            "  of tests.explore.test_explore:lost_update run, ; \n"
            "the program raises AssertionError('1 and 10 make 1')\n"
            "  in an adversarial order: what is ready may have to wait\n"
            "    lost_update.<locals>.add#2 is ready at 0 s, and has to wait\n"
            f"      at tests/explore/test_explore.py:{line} in lost_update.<locals>.add: "
            "await asyncio.sleep(0)\n"
            "      while lost_update.<locals>.add#3 takes 4 steps\n"
            "  replay with the token c1:hold2.1=4"
        )
        or text
    )


def test_a_report_of_a_late_timer_says_how_long_it_takes():
    assert (
        "  stock asyncio does this if things take longer:\n"
        "    late_reply#1 waits from 0 s on, 5 s and not 2 s\n"
    ) in str(explore(late_reply))


@pytest.mark.parametrize("program", [lost_update, late_reply])
def test_a_failure_is_replayed_by_its_token(program):
    (failing,) = explore(program).failures
    run = replay(program, failing.token)
    assert type(run.error).__name__ in failing.detail
    assert run.trace.header["explore"] == failing.token


def test_a_failure_is_drawn(tmp_path):
    (failing,) = explore(lost_update).failures
    failing.chart(tmp_path / "failing.svg")
    assert "<svg" in (tmp_path / "failing.svg").read_text()


def test_a_replay_of_another_program_says_what_did_not_happen():
    (failing,) = explore(lost_update).failures
    with pytest.raises(LookupError, match=r"the run has left it: task 2 is passed over \d times"):
        replay(no_choice, failing.token)


def test_a_token_of_something_else_is_refused():
    with pytest.raises(LookupError, match="has choices that are none of a schedule"):
        replay(no_choice, str(Choices([("tie", 0, 1)])))
    with pytest.raises(ValueError, match="given as a token of choices"):
        replay(no_choice, "what")


def test_a_program_with_one_schedule_is_run_once():
    report = explore(no_choice)
    assert (report.runs, report.ok, report.complete) == (1, True, True)
    assert "none fails, and there are no others" in str(report)


def test_a_search_that_is_not_exhausted_says_so():
    report = explore(both_right, budget=50)
    assert (report.runs, report.ok, report.complete) == (50, True, False)
    assert "UNRESOLVED" in str(report)
    assert "the budget of 50 runs is spent" in str(report)


def test_a_search_by_members_with_an_end_ends():
    report = explore(both_right, members=[Holds(), Lates()], budget=10_000)
    assert report.ok
    assert report.complete
    assert report.runs < 200
    assert "Holds: complete for one task that is held once" in str(report)


def test_a_search_ends_when_its_time_is_over():
    report = explore(both_right, max_seconds=0)
    assert report.runs == 0
    assert "0 s are over" in str(report)


def test_realisable_schedules_hold_nobody():
    assert explore(lost_update, mode="realisable").ok
    assert not explore(late_reply, mode="realisable").ok


def test_members_can_be_chosen():
    assert set(explore(lost_update, members=[URW()]).guarantees) >= {"URW"}
    assert explore(late_reply, members=[URW()], budget=100).ok
    assert not explore(late_reply, members=[Meet()]).ok


def test_a_failure_as_stock_asyncio_runs_it_needs_no_search():
    async def wrong():
        raise KeyError("what")

    report = explore(wrong)
    assert report.first_failure == 1
    assert "as stock asyncio runs it" in str(report)
    assert report.failures[0].token == "c1::" + report.failures[0].token[-8:]


def test_what_nobody_looks_at_is_a_failure():
    async def background():
        async def fail():
            raise OSError("disk full")

        task = asyncio.create_task(fail())
        await asyncio.sleep(1)
        assert task.done()

    (failing,) = explore(background).failures
    assert failing.kind == "unretrieved"
    assert "disk full" in failing.detail


def test_a_deadlock_is_a_failure_that_names_who_waits():
    async def two_locks():
        one, other = asyncio.Lock(), asyncio.Lock()

        async def take(first, second, waits):
            for _ in range(waits):
                await asyncio.sleep(MILLISECOND)
            async with first:
                await asyncio.sleep(MILLISECOND)
                async with second:
                    pass

        await asyncio.gather(take(one, other, 0), take(other, one, 3))

    (failing,) = explore(two_locks).failures
    assert failing.kind == "deadlock"
    assert failing.realisable
    assert "take#2 waits for Lock" in failing.detail


def test_an_invariant_is_watched_and_a_check_is_made_in_the_end():
    total = 0

    async def add_up():
        nonlocal total
        total = 0

        async def add(amount):
            nonlocal total
            seen = total
            await asyncio.sleep(0)
            total = seen + amount

        await asyncio.gather(add(1), asyncio.sleep(0), asyncio.sleep(0))
        await add(2)
        return total

    def is_three(value):
        return value == 3

    def is_small():
        assert total < 3, f"it is {total}"

    assert explore(add_up, check=is_three, budget=100).ok
    (failing,) = explore(add_up, always=is_small).failures
    assert failing.kind == "always"
    assert "it is 3" in failing.detail
    (failing,) = explore(add_up, check=lambda value: value == 4).failures
    assert failing.kind == "check"


def test_a_poller_is_not_starved():
    async def poll():
        done = False

        async def work():
            nonlocal done
            for _ in range(3):
                await asyncio.sleep(0)
            done = True

        task = asyncio.create_task(work())
        while not done:
            await asyncio.sleep(0)
        await task

    assert explore(poll, budget=200).ok


def test_what_a_program_prints_goes_nowhere(capsys):
    async def talk():
        print("hello")
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

    explore(talk, budget=5)
    assert capsys.readouterr() == ("", "")


def test_a_program_without_end_is_refused():
    async def forever():
        while True:
            await asyncio.sleep(1)

    with pytest.raises(SimulationError, match="forever, which had not ended after 100,000 steps"):
        explore(forever)


@pytest.mark.parametrize("program", [lambda: 3, lambda what: what])
def test_what_makes_no_coroutine_is_refused(program):
    with pytest.raises(TypeError, match="pass"):
        explore(program)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"budget": -1}, "budget=-1 was given"),
        ({"budget": "many"}, "budget='many' was given"),
        ({"mode": "all"}, "pass 'any' or 'realisable'"),
        ({"members": [3]}, "a list of members"),
        ({"shrink": 1}, "True or False"),
        ({"check": 1}, "a function"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_runs(options, error):
    with pytest.raises((TypeError, ValueError), match=re.escape(error)):
        explore(no_choice, **options)


def test_a_coroutine_instead_of_a_function_is_refused():
    coroutine = no_choice()
    with pytest.raises(TypeError, match="main, not main"):
        explore(coroutine)
    coroutine.close()


IN_ANOTHER_PROCESS = """
from tests.explore.test_explore import lost_update, late_reply
from vtloop.errors import SimulationError
from vtloop.explore import explore
print(explore(lost_update), explore(late_reply, seed=3))
"""


def test_a_search_is_the_same_in_every_process():
    texts = {printed_by("-c", IN_ANOTHER_PROCESS, hash_seed=seed) for seed in ("0", "7")}
    assert len(texts) == 1
