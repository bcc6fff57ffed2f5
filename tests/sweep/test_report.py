"""What a report and a replay tell of a case, and how it is seen again."""

import asyncio
import itertools
import pickle

import pytest

from tests.support import swept
from vtloop.errors import ClaimError
from vtloop.sweep import replay, sweep


async def careless():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.sleep(1)
    lock.release()


async def long_and_leaky():
    for _ in range(50):
        await asyncio.sleep(1)
    await careless()
    for _ in range(50):
        await asyncio.sleep(1)


def test_an_explanation_tells_where_it_landed_and_the_schedule_around_it():
    report = sweep(long_and_leaky, classes="A")
    lines = report.explain().splitlines()
    assert "\n".join(lines).startswith(f"{report}\n\nleft held: Lock made at ")
    begin = lines.index("cancelled as long_and_leaky#1 waits for a sleep until 51 s")
    assert lines[begin + 1].endswith("in long_and_leaky: await careless()")
    assert lines[begin + 2].endswith("in careless: await asyncio.sleep(1)")
    assert lines[begin + 4].startswith("seconds ")
    assert lines[-1] == f"To see it again: {report.command(report.errors[0].token)}"


def test_only_so_many_problems_are_explained():
    async def many():
        locks = [(asyncio.Lock(), await asyncio.sleep(0))[0] for _ in range(2)]
        locks += [asyncio.Lock()]
        for lock in locks:
            await lock.acquire()
        await asyncio.sleep(1)
        for lock in locks:
            lock.release()
        asyncio.create_task(asyncio.sleep(5), name="left")
        await asyncio.sleep(1)

    report = sweep(many, classes="A", check=lambda outcome: 1 / (outcome.ended == "returned"))
    assert len(report.errors) > 2
    text = report.explain(most=1)
    assert text.count("To see it again: ") == 1
    assert text.endswith(
        f"{len(report.errors) - 1} more are not explained; ask for them with most="
    )


def test_a_program_that_is_not_the_same_each_time_is_explained_as_far_as_it_can_be():
    def explained(what_changes):
        runs = itertools.count()

        async def changing():
            await (careless if next(runs) < 4 else what_changes)()

        report = sweep(changing, classes="A")
        assert report.errors
        return report.explain()

    async def nothing():
        pass

    assert "comes to no such moment" in explained(nothing)
    assert "runs once, while the second time it ended" in explained(asyncio.Lock().acquire)
    assert "this time it was not found" in explained(swept.safe)


def test_a_report_that_is_not_clean_can_be_raised():
    sweep(swept.safe).assert_clean()
    report = sweep(swept.leaky, classes="AB")
    with pytest.raises(ClaimError) as error:
        report.assert_clean()
    assert str(error.value) == (
        f"Claimed: tests.support.swept:leaky is safe to cancel; in fact:\n{report.explain()}"
    )


def invariant():
    pass


def test_what_shows_a_case_again_is_a_command_or_else_an_expression():
    token = "leaky#1@B0"

    def commands(program, **options):
        report = sweep(program, classes="A", **options)
        return report.command(token)

    name = f"{__name__}:invariant"
    assert commands(swept.leaky) == f"vtloop sweep tests.support.swept:leaky --replay '{token}'"
    assert commands("tests.support.swept:leaky", always=invariant, seed=5) == (
        f"vtloop sweep tests.support.swept:leaky --always {name} --seed 5 --replay '{token}'"
    )
    by_name = "tests.support.swept:SLOW"
    assert commands(swept.leaky, network=by_name, wall_clock="2024-02-29") == (
        "vtloop sweep tests.support.swept:leaky --wall-clock 2024-02-29 "
        f"--network {by_name} --replay '{token}'"
    )
    assert commands(swept.leaky, network=None, wall_clock=None) == (
        f"vtloop sweep tests.support.swept:leaky --wall-clock real --no-network --replay '{token}'"
    )
    assert commands(swept.leaky, network=swept.SLOW) == (
        f"vtloop.sweep.replay(leaky, '{token}', network=…)"
    )
    check = lambda outcome: None  # noqa: E731
    assert commands(swept.leaky, check=check, always=name, seed="x") == (
        f"vtloop.sweep.replay(leaky, '{token}', check=…, always='{name}', seed='x')"
    )


# Replays


def test_a_replay_shows_the_instants_around_its_moment():
    (problem,) = sweep(long_and_leaky, classes="A").errors
    again = replay(long_and_leaky, problem.token)
    assert again.moments == (50_000_000_000,)
    assert 30 <= float(again.marbles(width=1_000).splitlines()[0].split()[1]) < 50
    assert again.marbles(start=0, width=1_000).splitlines()[0].split()[1] == "0"
    assert again.marbles() in str(again)


def test_a_replay_has_the_views_of_a_run(tmp_path):
    again = replay(swept.leaky, "query#2@R0")
    again.chart(tmp_path / "case.txt")
    assert "query#2" in (tmp_path / "case.txt").read_text()
    assert again.timeline["query#2"].outcome == "cancelled"
    assert again.digest() == again.trace.digest() == replay(swept.leaky, "query#2@R0").digest()


async def talkative():
    def hum(number):
        print("hum", number)

    hum(1)
    await asyncio.sleep(1)
    print("not", "yet")
    hum(2)


def test_a_replay_tells_what_was_printed():
    again = replay(talkative, "talkative#1@R0")
    assert [(one.at, one.who, one.text) for one in again.trace.printed] == [
        (0, "talkative#1", "hum 1")
    ]
    assert "hum 1" in again.story()


def test_what_is_printed_makes_no_moments(capsys):
    in_steps = ["C0.0", "C0.1", "C0.2", "C0.3", "C2.0", "C2.1"]  # hum is called at C0.1, C2.1
    assert sweep(talkative, classes="C").tallies["C"].tried == len(in_steps)
    assert all(replay(talkative, f"talkative#1@{moment}").ok for moment in in_steps)
    assert capsys.readouterr().out == ""


def test_a_replay_is_ok_if_nothing_is_wrong_but_by_design():
    async def siblings():
        await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
        raise ValueError

    assert replay(swept.safe, "safe#1@R0").ok
    assert str(replay(swept.safe, "safe#1@R0")).startswith("safe#1@R0: nothing was found\n")
    assert not replay(swept.leaky, "query#2@R0").ok


def test_the_settings_and_results_that_travel_are_plain_values():
    report = sweep(swept.leaky, classes="A")
    assert pickle.loads(pickle.dumps(report.setting)) == report.setting


def test_a_problem_has_its_simplest_case():
    tokens = {one.finding.oracle: one.token for one in sweep(careless, classes="BCA").errors}
    assert tokens == {"left held": "careless#1@R0"}
    tokens = {one.finding.oracle: one.token for one in sweep(careless, classes="BC").errors}
    assert tokens == {"left held": "careless#1@B2"}


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        ("S", "cancelled with all others as "),
        ("F", "a sibling failed as leaky#1 waits for the tasks of its TaskGroup"),
        ("A", "cancelled as "),
    ],
)
def test_it_is_told_what_a_case_lets_happen(letter, words):
    report = sweep(swept.leaky, classes=letter)
    problem = report.errors[0]
    again = report.replay(problem.token)
    assert again.happenings()
    assert all(line.startswith(words) for line in again.happenings())
    assert len(again.happenings()) == len(again.landed)
    assert again.happenings()[0] in report.explain()


def test_a_chart_of_a_case_is_titled_with_its_token_and_how_it_ended():
    async def main():
        lock = asyncio.Lock()
        await lock.acquire()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await lock.acquire()

    chart = pytest.importorskip("vtloop.chart")
    axes = chart.figure(replay(main, "main#1@R0").timeline).axes[0]
    assert axes.get_title("left") == "main: 1 task, 0 s, then a deadlock, in case main#1@R0"
