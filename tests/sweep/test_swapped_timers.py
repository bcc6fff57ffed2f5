"""Two timers of one instant, the other way round: class O of a sweep."""

import asyncio
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import swept
from vtloop.sweep import replay, sweep
from vtloop.sweep.moments import Case, Moment, case_of
from vtloop.sweep.report import TWO_TASKS, Tally


async def opened_in_time():
    """Use what is opened at the same instant, if it is open by then."""
    opened = []

    async def opens():
        await asyncio.sleep(1)
        opened.append("open")

    async def uses():
        await asyncio.sleep(0.5)
        await asyncio.sleep(0.5)
        assert opened, "it is not open yet"

    await asyncio.gather(opens(), uses())


async def last_write_wins():
    """Call back at instants that meet, without a task."""
    loop, written = asyncio.get_running_loop(), []
    for number, delay in enumerate((2, 1, 2)):
        loop.call_later(delay, written.append, number)
    await asyncio.sleep(3)
    assert written == [1, 0, 2]


async def late_for_both():
    """Block the loop until two instants have passed, each with two timers."""
    order = []

    async def nap(number, seconds):
        await asyncio.sleep(seconds)
        order.append(number)

    naps = [asyncio.create_task(nap(number, 1 + number // 2)) for number in range(4)]
    await asyncio.sleep(0)
    time.sleep(5)
    await asyncio.gather(*naps)
    assert order != [0, 1, 3, 2]


async def without_a_race():
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(3)))


def test_a_token_names_a_case_and_a_case_its_token():
    case = case_of("timers#0@O12.14")
    assert case == Case("timers", 0, (Moment("O", 12, 14),))
    assert str(case) == "timers#0@O12.14"
    assert case.letter == "O"


@pytest.mark.parametrize("text", ["timers#0@O1", "main#1@A1+O2.3", "timers#0@O1.2+O1.2"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(ValueError, match="copy one from the report of a sweep"):
        case_of(text)


@pytest.mark.parametrize(
    ("program", "subject"),
    [
        (opened_in_time, "it is not open yet"),
        (last_write_wins, "assert [1, 2, 0] == [1, 0, 2]"),
        (late_for_both, "assert [0, 1, 3, 2] != [0, 1, 3, 2]"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_race_of_order_is_found_and_seen_again(program, subject):
    (problem,) = sweep(program, classes="O").errors
    assert problem.case.letter == "O"
    assert problem.finding.oracle == "assertion"
    assert subject in problem.finding.subject
    again = replay(program, problem.token)
    assert problem.finding in again.findings
    assert not again.ok


def test_the_order_of_timers_is_among_what_is_tried_by_default():
    report = sweep(last_write_wins)
    assert [*report.tallies] == [*"ABCSOD"]
    assert any("O" in problem.counts for problem in report.errors)


def test_it_is_told_which_timer_comes_first_and_whom_each_wakes():
    report = sweep(opened_in_time, classes="O")
    assert report.tallies == {"O": Tally(1, 1)}
    text = report.explain()
    assert text.startswith("1 of 1 pairs of timers tried:\n  O (two timers of one instant, ")
    for line in (
        "the order was another one: the timer of uses#3 fires before that of opens#2, at 1 s",
        "  uses#3 waits for a sleep until 1 s",
        "  opens#2 waits for a sleep until 1 s",
        "To see it again: vtloop sweep ",
    ):
        assert f"\n{line}" in text, text
    (problem,) = sweep(last_write_wins, classes="O").errors
    (happening,) = replay(last_write_wins, problem.token).landed
    assert happening == "the timer of list.append fires before that of list.append, at 2 s"


def test_each_pair_of_an_instant_is_tried_the_later_one_just_before_the_earlier_one():
    orders = []

    async def main():
        order = []
        orders.append(order)

        async def nap(number):
            await asyncio.sleep(1)
            order.append(number)

        await asyncio.gather(*map(nap, range(4)))

    report = sweep(main, classes="O")
    assert report.ok, report
    assert report.tallies["O"] == Tally(6, 6)
    straight = [0, 1, 2, 3]
    assert orders[:2] == [straight, straight]
    assert orders[2:] == [
        [1, 0, 2, 3],
        [2, 0, 1, 3],
        [3, 0, 1, 2],
        [0, 2, 1, 3],
        [0, 3, 1, 2],
        [0, 1, 3, 2],
    ]


def test_of_many_pairs_a_sample_is_tried_always_the_same_and_said():
    async def main():
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(30)))

    seen = []
    report = sweep(main, classes="O", budget=20, check=lambda outcome: seen.append(outcome.case))
    assert report.tallies["O"] == Tally(20, 435, is_sample=True)
    assert len({*seen}) == 21  # and the undisturbed one
    assert "20 of 435 pairs of timers, a sample" in str(report)
    assert "Nothing was found in what was tried: of some pairs it was a sample." in str(report)
    assert report.ok
    before = seen[:]
    seen.clear()
    sweep(main, classes="O", budget=20, check=lambda outcome: seen.append(outcome.case))
    assert seen == before


def test_timers_of_one_instant_are_no_class_of_a_chosen_victim():
    report = sweep(opened_in_time, victim="uses")
    assert "O" not in report.tallies
    assert "O" in report.nothing_of


def test_a_program_without_a_race_is_right_in_any_order():
    report = sweep(without_a_race)
    assert report.ok, report
    assert report.tallies["O"] == Tally(3, 3)


def test_a_token_that_names_no_two_timers_is_refused():
    with pytest.raises(LookupError, match="comes to no such moment"):
        replay(without_a_race, "timers#0@O0.1")


# Two tasks in one run


async def tolerates_one_loss():
    """Two of three workers have to come to their end."""
    done = []

    async def work():
        await asyncio.sleep(1)
        done.append(True)

    await asyncio.gather(*(work() for _ in range(3)), return_exceptions=True)
    assert len(done) >= 2, "there are too few"


async def hands_over():
    """A baton is handed on, also by who is cancelled as it comes; but only once."""
    loop, waiting, saved = asyncio.get_running_loop(), [], []

    def pass_on():
        for future in waiting:
            if not future.done():
                future.set_result(None)
                return

    async def runner():
        future = loop.create_future()
        waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if not future.cancelled() and not saved:
                saved.append(True)
                pass_on()
            raise
        pass_on()

    runners = [asyncio.create_task(runner()) for _ in range(3)]
    await asyncio.sleep(1)
    pass_on()
    async with asyncio.timeout(10):
        await asyncio.gather(*runners, return_exceptions=True)


@pytest.mark.parametrize(
    "token", ["main#1@A12+B14#2", "main#1@R0+R0#3", "a#1@A1+b, with @ and #2 in it#2@C1.0+A2#17"]
)
def test_a_token_may_name_another_task_as_well(token):
    case = case_of(token)
    assert str(case) == token
    assert case.letter == "D"
    assert case.of_two_tasks
    assert case.moments[1].of == int(token.rpartition("#")[2])
    assert not case_of(token.partition("#2")[0].rpartition("+")[0] or "m#1@A1").of_two_tasks


@pytest.mark.parametrize("text", ["m#1@A1#2", "m#1@A1+C2.1#2", "m#1@A1+B2#0", "m#1@A1#2+B2"])
def test_what_cannot_happen_to_another_task_is_no_token(text):
    with pytest.raises(ValueError, match="copy one from the report of a sweep"):
        case_of(text)


@pytest.mark.parametrize(
    ("program", "subject"),
    [
        (tolerates_one_loss, "there are too few"),
        (hands_over, "TimeoutError"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_takes_two_tasks_is_found_and_seen_again(program, subject):
    def check(outcome):
        assert "TimeoutError" not in (outcome.error or ""), outcome.error

    report = sweep(program, classes="ABD", check=check)
    problem = next(one for one in report.errors if subject in str(one.finding))
    assert {*problem.counts} == {"D"}
    assert problem.case.of_two_tasks
    again = replay(program, problem.token, check=check)
    assert problem.finding in again.findings
    first, second = again.happenings()
    assert first.startswith("cancelled as ")
    assert second.startswith("also cancelled as ")


async def waits_for_either_setter():
    is_set = asyncio.Event()

    async def sets():
        await asyncio.sleep(1)
        is_set.set()

    await asyncio.gather(sets(), sets(), is_set.wait(), return_exceptions=True)


async def waits_for_either_setter_itself():
    is_set = asyncio.Event()

    async def sets():
        await asyncio.sleep(1)
        is_set.set()

    setters = [asyncio.create_task(sets()) for _ in range(2)]
    await is_set.wait()
    await asyncio.wait(setters)


@pytest.mark.parametrize(
    ("program", "is_told"),
    [(waits_for_either_setter, True), (waits_for_either_setter_itself, False)],
)
def test_who_waits_for_ever_as_two_tasks_are_gone_is_told_unless_only_the_main_one_does(
    program, is_told
):
    report = sweep(program, classes="AD")
    oracles = {problem.finding.oracle for problem in report.errors}
    assert ("deadlock" in oracles) == is_told


def test_the_readme_shows_what_the_sweep_of_its_program_prints(tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    section = readme.partition("\n## Is it safe to cancel?\n")[2]
    program, shown = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)[:2]
    (tmp_path / "pool.py").write_text(program, "utf-8")
    done = subprocess.run(
        [sys.executable, "pool.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    # How many moments there are differs from Python to Python, by what asyncio calls.
    printed, shown = (re.sub(r"\d+", "N", text).splitlines() for text in (done.stdout, shown))
    for number, line in enumerate(shown):
        assert printed[number].startswith(line.removesuffix("…").rstrip()), done.stderr


async def three_naps():
    async def nap():
        await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(nap(), name=f"nap {number}")


def two_tasks_of(program, **options):
    """Return the report of a sweep, and the cases in which two tasks are cancelled."""
    seen = []
    report = sweep(program, check=lambda outcome: seen.append(outcome.case), **options)
    return report, [case for case in seen if case.of_two_tasks]


def test_another_task_is_cancelled_near_the_first_one_and_ever_less_often_far_from_it():
    report, tried = two_tasks_of(three_naps, classes="ABD", victim="nap 0")
    assert not tried, "there is but one victim"
    assert TWO_TASKS not in report.tallies

    report, tried = two_tasks_of(three_naps, classes="ABD")
    assert report.ok, report
    assert report.tallies[TWO_TASKS] == Tally(len(tried), len(tried))
    assert f"  D, two tasks (another one as well): {len(tried)} of {len(tried)} pairs" in str(
        report
    )
    at_first = [str(case) for case in tried if str(case).startswith("nap 0#2@B1+")]
    # At the same handle, at the next two, at the rest after the fourth, and at the eighth place.
    assert [one.partition("+")[2] for one in at_first if one.endswith("#1")] == [
        *["A1#1", "A2#1", "A3#1", "R0#1", "A8#1"]
    ]
    assert {case.number for case in tried} == {1, 2, 3, 4}
    assert all(case.number != case.moments[1].of for case in tried)


def test_of_pairs_of_two_tasks_a_twentieth_of_the_budget_is_tried_always_the_same():
    report, tried = two_tasks_of(three_naps, classes="AD", budget=200)
    total = report.tallies[TWO_TASKS].total
    assert report.tallies[TWO_TASKS] == Tally(10, total, is_sample=True)
    assert f"10 of {total} pairs, a sample" in str(report)
    assert two_tasks_of(three_naps, classes="AD", budget=200)[1] == tried
    assert two_tasks_of(three_naps, classes="AD", budget=0)[1] == []


def test_two_tasks_and_orders_come_to_the_same_elsewhere_and_later(tmp_path):
    options = {"classes": "ADO", "budget": 400}
    here = sweep(swept.leaky, **options)
    assert here.tallies[TWO_TASKS].is_sample
    assert here.nothing_of == ("O",)
    with ThreadPoolExecutor(2) as executor:
        assert sweep(swept.leaky, executor=executor, **options) == here
    path = tmp_path / "journal"
    cut = sweep(swept.leaky, resume=path, max_seconds=0, **options)
    assert cut.time_is_up
    assert not cut.ok
    assert sweep(swept.leaky, resume=path, **options) == here
    tried = path.read_text()
    assert "#" in tried.splitlines()[-1].partition("+")[2]
    assert sweep(swept.leaky, resume=path, **options) == here
    assert path.read_text() == tried, "nothing is tried twice"


async def needs_an_order_and_the_writer():
    cache = {}

    async def write():
        await asyncio.sleep(2)
        cache["k"] = 1

    async def read():
        await asyncio.sleep(2)
        return cache["k"]

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        group.create_task(read())


def test_what_an_order_leads_to_is_told_beside_the_same_of_a_cancellation():
    problems = [one for one in sweep(needs_an_order_and_the_writer).errors if "Key" in str(one)]
    assert len(problems) == 2
    assert [set(problem.counts) == {"O"} for problem in problems].count(True) == 1
