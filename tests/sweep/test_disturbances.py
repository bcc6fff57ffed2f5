"""What can happen to a program besides one cancellation: shutdown, failing siblings, timeouts."""

import asyncio
import sys

import pytest

from vtloop.sweep import replay, sweep
from vtloop.sweep.moments import case_of
from vtloop.sweep.report import TWO_TASKS


def found(report):
    return {(one.finding.oracle, one.finding.subject) for one in report.errors}


def outcomes(program, classes, **options):
    """Return the report of a sweep and its outcomes by token, in order."""
    seen = []
    report = sweep(program, classes=classes, check=seen.append, **options)
    return report, {str(one.case): one for one in seen[2:]}


async def nap():
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    "token",
    ["everybody#0@S12", "everybody#0@SR3", "group#2@F12", "group#2@FR0", "timeout#1@T4"]
    + [f"timeout#1@{kind}0" for kind in ("TR", "TE", "TL", "TN")],
)
def test_a_token_names_a_case_and_a_case_its_token(token):
    assert str(case_of(token)) == token
    assert case_of(token).letter == token.partition("@")[2][0]


@pytest.mark.parametrize("text", ["everybody#0@S1+A2", "main#1@A1+TR2", "timeout#1@TX1"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(ValueError, match="copy one from the report of a sweep"):
        case_of(text)


# Shutdown


async def two_naps():
    async with asyncio.TaskGroup() as group:
        group.create_task(nap())
        group.create_task(nap())


async def swallows_in_the_background():
    async def background():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

    task = asyncio.create_task(background())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])


async def starts_a_task_to_clean_up():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        asyncio.create_task(nap(), name="goodbye")
        raise


async def waits_for_who_is_gone():
    gone = asyncio.Event()

    async def background():
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            await gone.wait()

    task = asyncio.create_task(background())
    await asyncio.sleep(1)
    gone.set()
    task.cancel()
    await task


def test_all_tasks_are_cancelled_before_each_handle_and_at_each_rest():
    report, tried = outcomes(nap, "S")
    assert list(tried) == [f"everybody#0@{at}" for at in ("S0", "SR0", "S1", "S2")]
    assert {one.ended for one in tried.values()} == {"cancelled"}
    assert report.ok
    assert "S (all tasks at once, as at a shutdown): 4 of 4 moments" in str(report)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (swallows_in_the_background, ("cancel swallowed", "background")),
        (starts_a_task_to_clean_up, ("orphan", "nap")),
        (waits_for_who_is_gone, ("deadlock", "the tasks that were left")),
    ],
    ids=lambda value: getattr(value, "__name__", None) or value[0],
)
def test_a_shutdown_shows_who_does_not_end(program, expected):
    report = sweep(program, classes="S")
    assert expected in found(report), report
    problem = next(one for one in report.problems if one.finding.oracle == expected[0])
    assert problem.finding in replay(program, problem.token).findings


def test_a_shutdown_is_not_tried_for_a_chosen_victim():
    report = sweep(two_naps, victim="nap")
    assert {*"ABCD"} <= report.tallies.keys() <= {*"ABCD", TWO_TASKS}
    assert report.nothing_of == ("S", "F", "T", "O")


# Siblings


async def groups_within():
    async with asyncio.TaskGroup() as outer:
        outer.create_task(nap())
        async with asyncio.TaskGroup() as inner:
            inner.create_task(nap())


def test_a_sibling_fails_at_each_moment_while_a_group_is_open():
    report, tried = outcomes(two_naps, "F")
    assert report.ok
    # Before the group's first handle it is not entered, after its last child it is closed.
    assert [token.partition("@")[2] for token in tried] == [
        *["F1", "F2", "FR0", "F3", "F4", "F5", "F6", "F7", "F8"]
    ]
    assert {one.ended for one in tried.values()} == {"raised"}
    assert {one.who for one in tried.values()} == {"two_naps"}


def test_groups_are_numbered_as_they_are_entered():
    _, tried = outcomes(groups_within, "F")
    assert {case_of(token).number for token in tried} == {1, 2}


def test_groups_belong_to_the_task_that_has_entered_them():
    assert "F" in sweep(groups_within, victim=1).tallies
    assert "F" not in sweep(groups_within, victim=2).tallies


async def counts_its_children():
    ended = 0

    async def child():
        nonlocal ended
        await asyncio.sleep(1)
        ended += 1

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
    except* Exception:
        pass
    assert ended == 1, "a child has not come to its end"


def test_what_a_failing_sibling_leads_to_is_judged():
    report = sweep(counts_its_children, classes="F")
    (problem,) = report.errors
    assert problem.finding.oracle == "assertion"
    assert problem.token == "group#1@F1"


async def goes_on():
    """The inner group takes the cancellation that the outer one asks for (gh-116720)."""

    async def fail():
        await asyncio.sleep(1)
        raise ValueError

    async with asyncio.TaskGroup():
        try:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fail())
        except* ValueError:
            pass
        await asyncio.sleep(500)


async def goes_on_in_its_own_time():
    """Only what is in the block has to end."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(nap())
    except* Exception:
        pass
    await asyncio.sleep(500)


async def ignores_its_timeout():
    async with asyncio.timeout(5):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await asyncio.sleep(500)
            raise


@pytest.mark.parametrize(
    ("program", "classes", "words"),
    [
        (ignores_its_timeout, "T", "the block of its timeout went on for 500 s after that had"),
        (goes_on_in_its_own_time, "FT", ""),
    ],
)
def test_the_block_of_a_group_that_fails_or_a_timeout_that_fires_has_to_end(
    program, classes, words
):
    slow = [
        one.finding.words
        for one in sweep(program, classes=classes).errors
        if one.finding.oracle == "slow cleanup"
    ]
    assert [one.startswith(words) for one in slow] == [True] * bool(words)


def test_a_block_that_goes_on_as_if_its_group_had_not_failed_is_found():
    async def main():
        async with asyncio.TaskGroup():
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                await asyncio.sleep(500)
                raise

    (problem,) = sweep(main, classes="F").errors
    expected = "the block of its TaskGroup went on for 500 s after a task of that had failed"
    assert problem.finding.words == f"{expected}; the bound is 60 s"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the inner group passes it on")
def test_a_group_that_takes_the_cancellation_of_another_is_found():
    assert ("slow cleanup", "goes_on") in found(sweep(goes_on, classes="F"))


# Timeouts


async def in_time():
    """The timeout and the sleep within are due at one instant, the sleep's end first."""
    async with asyncio.timeout(2):
        await asyncio.sleep(1)


async def too_late():
    try:
        async with asyncio.timeout(1):
            await asyncio.sleep(2)
            await asyncio.sleep(2)
    except TimeoutError:
        await asyncio.sleep(1)


def test_a_timeout_fires_at_each_rest_and_on_either_side_of_what_is_due_next():
    report, tried = outcomes(in_time, "T")
    assert report.ok
    assert {token.partition("@")[2]: one.ended for token, one in tried.items()} == {
        "TR0": "raised",
        "TE0": "raised",
        "TL0": "raised",  # the sleep is over, but its task has not run yet
        "T2": "returned",  # the task's step is ready: it leaves before the timeout's turn
    }


def test_a_timeout_that_has_fired_is_tried_beyond_its_deadline_and_never():
    _, tried = outcomes(too_late, "T")
    assert [token.partition("@")[2] for token in tried] == [
        *["TR0", "TE0", "TL0", "T2", "TR1", "TE1", "TL1", "T4", "TN0"]
    ]
    assert {one.ended for one in tried.values()} == {"returned"}


async def waits_for_nothing():
    try:
        async with asyncio.timeout(1):
            await asyncio.Event().wait()
    except TimeoutError:
        pass


async def polls():
    try:
        async with asyncio.timeout(3):
            while True:
                await asyncio.sleep(1)
    except TimeoutError:
        pass


@pytest.mark.parametrize("program", [waits_for_nothing, polls])
def test_a_timeout_without_which_the_program_has_no_end_fires_by_its_deadline(program):
    report, tried = outcomes(program, "T")
    assert report.ok, report
    assert 0 < len(tried) < 20
    assert not any("TN" in token for token in tried)


async def wait_for_one():
    await asyncio.wait_for(asyncio.sleep(1), 5)


async def wait_for_some():
    await asyncio.wait([asyncio.create_task(nap())], timeout=5)


@pytest.mark.parametrize("program", [wait_for_one, wait_for_some])
def test_wait_for_and_wait_have_timeouts_too(program):
    report, tried = outcomes(program, "T")
    assert report.ok or program is wait_for_some
    assert {case_of(token).number for token in tried} == {1}
    assert len(tried) >= 4


async def moves_its_deadline():
    async with asyncio.timeout(1) as timeout:
        timeout.reschedule(asyncio.get_running_loop().time() + 5)
        await asyncio.sleep(2)


def test_a_timeout_that_is_armed_again_has_a_number_more():
    _, tried = outcomes(moves_its_deadline, "T")
    assert {case_of(token).number for token in tried} == {2}


async def asks_again():
    replies = asyncio.Queue()

    async def server():
        for number in range(3):
            await asyncio.sleep(1)
            replies.put_nowait(number)

    async with asyncio.TaskGroup() as group:
        group.create_task(server())
        for number in range(2):
            try:
                async with asyncio.timeout(5):
                    assert await replies.get() == number
            except TimeoutError:
                pass


def test_what_a_timeout_leads_to_is_judged():
    report = sweep(asks_again)
    (problem,) = report.errors
    assert problem.finding.oracle == "assertion"
    assert problem.counts.keys() == {"T"}
    assert problem.token == "timeout#1@T1"
    assert problem.finding in replay(asks_again, problem.token).findings


# All of them


@pytest.mark.parametrize("program", [two_naps, in_time, waits_for_who_is_gone])
def test_every_case_is_the_same_when_it_is_recorded(program):
    _, tried = outcomes(program, "SFT")
    for token, outcome in list(tried.items())[::2]:
        again = replay(program, token)
        assert again.outcome.landed or "TN" in token
        again.outcome.landed = ()
        assert again.outcome == outcome
        assert replay(program, token).trace.digest() == again.trace.digest()


@pytest.mark.parametrize(
    "token", ["everybody#0@S99", "group#2@F1", "group#1@F0", "timeout#9@TN0", "timeout#1@TR0"]
)
def test_a_token_of_another_program_is_refused(token):
    with pytest.raises(LookupError, match="this program comes to no such moment"):
        replay(two_naps, token)


# The callers of gather, shield and wait


async def shields():
    inner = asyncio.create_task(nap())
    try:
        await asyncio.shield(inner)
    finally:
        await inner


async def gathers():
    await asyncio.gather(nap(), nap())


async def waits():
    await asyncio.wait([asyncio.create_task(nap())])


@pytest.mark.parametrize("program", [shields, gathers, waits])
def test_the_caller_of_gather_shield_or_wait_is_cancelled_while_it_waits_and_when_it_is_woken(
    program,
):
    report, tried = outcomes(program, "AB", victim=1)
    ends = {letter: set() for letter in "AB"}
    for one in tried.values():
        ends[one.case.letter].add((one.ended, one.victim))
    assert ends == {"A": {("cancelled", "cancelled")}, "B": {("cancelled", "cancelled")}}
    assert report.ok
    by_design = {one.finding.words for one in report.problems}
    assert by_design == (
        {"wait() leaves nap#2 running, as documented"} if program is waits else set()
    )
