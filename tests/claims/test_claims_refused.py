"""Claims with names that are wrong or ambiguous, and claims about runs that went wrong."""

import asyncio
import copy

import pytest

import vtloop
from tests.support import timelines
from vtloop.claims import (
    at_most,
    fair,
    in_parallel,
    in_sequence,
    never_blocks,
    nothing_unfinished,
    printed,
    takes,
    task,
)
from vtloop.integrations.notebook.session import Notebook
from vtloop.timeline.timeline import Timeline

# Names


async def work(delay=1):
    await asyncio.sleep(delay)


def of_workers(*names):
    async def main():
        await asyncio.gather(*(asyncio.create_task(work(), name=name) for name in names))

    return vtloop.simulate(main)


def test_a_name_that_nobody_has_is_an_error_that_lists_those_who_are_there():
    run = of_workers(None, "anna")
    for claim in (
        task("wrok").finishes,
        task("wrok").starts.at(0),
        ~task("wrok").finishes,
        task("wrok").takes(1),
        task("wrok").waits(1),
        task("wrok").overlaps("anna"),
        task("anna").overlaps("wrok"),
        task("wrok").is_cancelled(),
        in_sequence("anna", "wrok"),
        in_parallel("anna", "wrok"),
    ):
        with pytest.raises(
            LookupError,
            match=r"'wrok' was asked for, while none of that name ran; "
            r"ask for one of these: main#1, work#2, anna",
        ):
            claim.of(run)
    with pytest.raises(LookupError, match="'wrok' was asked for, while nothing of that name"):
        at_most(1, "wrok").of(run)
    with pytest.raises(LookupError, match="The task 9 was asked for"):
        task(9).finishes.of(run)
    with pytest.raises(LookupError, match="'wrok' was asked for, while none"):
        task("anna").is_cancelled(by="wrok").of(run)


def test_a_name_that_several_have_is_an_error_that_says_what_each_is_called():
    run = of_workers(None, None)
    with pytest.raises(LookupError, match=r"while 2 of that name ran.*: work#2, work#3"):
        task("work").finishes.of(run)
    task("work#2").finishes.at(1).check(run)
    at_most(2, "work").check(run)
    in_parallel("work").check(run)

    run = of_workers("anna", "anna")
    with pytest.raises(LookupError, match=r"ask for one of these: 2 \('anna'\), 3 \('anna'\)"):
        task("anna").finishes.of(run)
    (task(2).finishes.at(1) & at_most(2, "anna") & ~at_most(1, "anna")).check(run)


def test_many_tasks_are_listed_by_their_kind():
    run = of_workers(*[None] * 1000)
    with pytest.raises(LookupError, match=r"these: main, work \(1000 tasks\)$"):
        task("nobody").finishes.of(run)


def test_a_name_with_several_meanings_is_an_error_that_says_how_to_choose():
    async def upload():
        upload = asyncio.Lock()
        async with upload, vtloop.section("upload"):
            await asyncio.sleep(1)

    run = vtloop.simulate(upload)
    with pytest.raises(LookupError, match=r"several meanings: .* say task\('upload'\) or section"):
        at_most(1, "upload").of(run)
    at_most(1, task("upload")).check(run)
    at_most(1, vtloop.section("upload")).check(run)
    at_most(1, "Lock #1").check(run)


def test_locks_of_one_name_are_told_apart_by_their_number():
    async def hold():
        lock = asyncio.Lock()
        async with lock:
            await asyncio.sleep(1)

    async def main():
        await asyncio.gather(hold(), hold())

    run = vtloop.simulate(main)
    with pytest.raises(LookupError, match=r"meanings: holders of Lock 'lock' #1, holders of Lock"):
        at_most(1, "lock").of(run)
    with pytest.raises(LookupError, match=r"2 of that name were taken.*: Lock 'lock' #1 and"):
        fair("lock").of(run)
    (at_most(1, "Lock #1") & at_most(1, "Lock 'lock' #2") & fair("Lock #2")).check(run)
    assert at_most(1, "Lock #1").of(run).actual.endswith("hold#2 (holders of Lock 'lock' #1)")


def test_what_nobody_waits_for_is_a_wait_of_no_time_if_it_is_known_and_an_error_if_not():
    run = of_workers("anna", "boris")
    (task("anna").waits(0, "lock") & task("anna").waits(0, "boris")).check(run)
    (task("anna").waits(1, "sleep") & task("anna").waits(1)).check(run)
    with pytest.raises(LookupError, match="nothing of that name is known; it waited for: a sleep"):
        task("anna").waits(0, "lokc").of(run)


def test_an_order_needs_two_tasks_or_more_each_once():
    run = of_workers("anna", "boris")
    with pytest.raises(LookupError, match="name two tasks or more, each once"):
        in_sequence("anna").of(run)
    with pytest.raises(LookupError, match="while that is anna and anna"):
        in_parallel("anna", 2).of(run)
    with pytest.raises(TypeError, match="none is named"):
        in_parallel()
    with pytest.raises(LookupError, match="overlap of anna with itself"):
        task("anna").overlaps(2).of(run)
    with pytest.raises(ValueError, match="how many, 0 or more"):
        at_most(-1, "work")


def test_names_that_break_lines_do_not_break_messages():
    timeline = timelines.of_hostile_names()
    for lane in timeline.lanes.values():
        verdict = task(lane.label).finishes.at(5).of(timeline)
        assert len(repr(verdict).splitlines()) == 1
        assert "seconds" in str(verdict).splitlines()[2]


# Runs of all sorts


def test_claims_about_a_cell_count_from_its_start_and_know_the_tasks_of_earlier_cells():
    lock = asyncio.Lock()

    async def hold():
        async with lock, vtloop.section("inside"):
            await asyncio.sleep(3)

    async def first():
        asyncio.create_task(hold(), name="early")
        await asyncio.sleep(1)

    async def second():
        await asyncio.create_task(hold(), name="late")

    notebook = Notebook()
    (takes(1) & ~task("early").ends).check(notebook.run(first))
    run = notebook.run(second)
    (takes(5) & task("early").ends.at(2) & task("late").takes(5)).check(run)
    (task("late").waits(2, on="lock") & at_most(1, "lock") & at_most(1, "inside")).check(run)
    assert run["late"].waited_for("lock") == 2
    assert not at_most(0, "inside").of(run)
    notebook.close()


# Runs that went wrong


def test_a_run_that_was_stopped_takes_no_time_that_could_be_claimed():
    run = vtloop.simulate(work(10), until=5)
    assert takes(5).of(run).actual == "the run was stopped at 5 s, by its until"
    assert not takes(10).of(run)
    assert not task("work").finishes.of(run)
    assert "work#1 sleeps until 10 s, not reached" in str(takes(5).of(run))
    assert nothing_unfinished().of(run).actual == "work#1 was pending at the end, at 5 s"


def test_a_run_that_raised_did_not_take_its_time():
    async def fails():
        await asyncio.sleep(1)
        raise ValueError("no")

    run = vtloop.simulate(fails)
    assert takes(1).of(run).actual == "the run raised ValueError('no') at 1 s"
    (task("fails").raises.at(1) & ~task("fails").finishes & task("fails").ends).check(run)
    assert task("fails").takes(1).of(run).actual == "fails#1 raised ValueError('no') at 1 s"


def test_a_deadlock_is_told():
    async def main():
        await asyncio.sleep(1)
        await asyncio.Event().wait()

    run = vtloop.simulate(main)
    verdict = takes(1).of(run)
    assert not verdict
    assert verdict.actual.startswith("the run raised DeadlockError(")
    assert not nothing_unfinished().of(run)
    assert "Event" in str(verdict)


def test_a_run_in_which_nothing_ran_bears_out_what_is_said_of_nothing():
    recording = vtloop.recording.recording.Recording()
    vtloop.VirtualLoop(recorder=recording).close()
    run = recording.trace(error="KeyError('nobody')")
    (never_blocks() & nothing_unfinished() & ~printed("x")).check(run)
    assert takes(0).of(run).actual == "the run raised KeyError('nobody') at 0 s"
    assert "no task is there" in str(takes(0).of(run))
    with pytest.raises(LookupError, match="there is no task"):
        task("main").finishes.of(run)
    with pytest.raises(LookupError, match="there is no task"):
        at_most(0, "main").of(run)


def test_a_task_that_never_ran_neither_starts_nor_overlaps():
    async def spawns():
        asyncio.create_task(work(), name="late")
        raise SystemExit

    recording = vtloop.recording.recording.Recording()
    loop = vtloop.VirtualLoop(recorder=recording)
    with pytest.raises(SystemExit):
        loop.run_until_complete(spawns())
    left = asyncio.all_tasks(loop)
    timeline = Timeline(recording.trace(ended=0))
    assert task("late").starts.of(timeline).actual == "late never started"
    assert task("late").ends.of(timeline).actual == "late never ended"
    assert not task("late").takes(0).of(timeline)
    assert not task("late").overlaps("spawns").of(timeline)
    assert not in_sequence("spawns", "late").of(timeline)
    assert not in_parallel("spawns", "late").of(timeline)
    assert "late never started" in str(in_parallel("spawns", "late").of(timeline))
    at_most(0, "late").check(timeline)
    assert not nothing_unfinished().of(timeline)
    for each in left:
        each.get_coro().close()
    loop.close()


def test_a_task_that_raises_a_cancelled_error_of_its_own_is_cancelled_by_nobody():
    async def gives_up():
        await asyncio.sleep(1)
        raise asyncio.CancelledError

    async def main():
        await asyncio.wait([asyncio.create_task(gives_up())])

    run = vtloop.simulate(main)
    (task("gives_up").is_cancelled() & task("gives_up").is_cancelled(at=1)).check(run)
    assert task("gives_up").is_cancelled(by="main").of(run).actual == (
        "gives_up#2 was cancelled at 1 s, which nobody had asked for"
    )


def test_who_cancels_is_found_behind_callbacks_and_the_end_of_the_run():
    async def boss(future):
        await asyncio.sleep(1)
        future.cancel()

    async def main():
        loop = asyncio.get_running_loop()
        gathered = asyncio.gather(asyncio.create_task(work(10), name="gathered"))
        asyncio.create_task(boss(gathered))
        loop.call_later(2, asyncio.create_task(work(10), name="timed").cancel)
        asyncio.create_task(work(10), name="left")
        await asyncio.sleep(3)

    run = vtloop.simulate(main)
    (
        task("gathered").is_cancelled(at=1, by="boss")
        & task("timed").is_cancelled(at=2, by="a callback")
        & task("left").is_cancelled(at=3, by="the run")
    ).check(run)
    assert not task("left").is_cancelled(by="main").of(run)


def test_a_cleanup_puts_the_end_off_but_not_the_cancellation():
    async def tidy():
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(2)

    async def main():
        worker = asyncio.create_task(tidy())
        await asyncio.sleep(1)
        worker.cancel()
        await asyncio.wait([worker])

    run = vtloop.simulate(main)
    (task("tidy").is_cancelled(at=1, by="main") & task("tidy").ends.at(3)).check(run)


def test_within_one_instant_the_order_is_that_of_the_steps():
    async def main():
        print("one")
        print("two")
        await asyncio.sleep(0)
        print("three")

    run = vtloop.simulate(main)
    one, two, three = map(printed, ("one", "two", "three"))
    (one.before(two) & two.before(three) & three.after(one) & one.together_with(three)).check(run)
    assert "in the same step" in two.before(one).of(run).actual
    assert "1 step later" in three.before(two).of(run).actual
    assert not one.before(one).of(run)
    (task("main").starts.before(one) & three.before(task("main").ends)).check(run)


def test_a_thread_prints_but_is_no_task():
    async def main():
        await asyncio.to_thread(print, "from a thread")

    run = vtloop.simulate(main)
    printed("from a thread").at(0).check(run)
    assert "printed 'from a thread' at 0 s" in str(printed("from a thread").at(1).of(run))


def test_of_many_times_the_wrong_ones_are_told():
    async def main(late=0):
        for number in range(100):
            await asyncio.sleep(1 + late * (number == 50) - late * (number == 51))
            print("tick")

    claim = printed("tick").at(*range(1, 101))
    claim.check(vtloop.simulate(main))
    told = claim.of(vtloop.simulate(lambda: main(1e-9)))
    assert told.actual == "main#1 printed 'tick' at 51.000000001 s, 1 ns later"
    told = printed("tick").at(*range(1, 100)).of(vtloop.simulate(main))
    assert told.actual.endswith(" and 92 more, 100 times instead of 99 times: besides at 100 s")
    told = printed("tick").at(*range(102)).of(vtloop.simulate(main))
    assert told.actual.endswith(", 100 times instead of 102 times: not at 0 s and 101 s")
    told = printed("tick").within(99).of(vtloop.simulate(main))
    assert told.actual == "main#1 printed 'tick' at 100 s, 1 s later"


def test_a_long_message_is_cut():
    async def main():
        for number in range(500):
            await asyncio.sleep(1)
            print("tick", number)

    message = str(takes(1).of(vtloop.simulate(main)))
    assert len(message.splitlines()) < 60
    assert "left out: " in message
    assert len(str(printed("tock").of(vtloop.simulate(main))).splitlines()[0]) < 400


def test_what_overlaps_for_no_time_is_said_to_overlap_for_some_steps():
    async def visit():
        async with vtloop.section("room"):
            await asyncio.sleep(1)

    async def main():
        first = asyncio.create_task(visit())
        await asyncio.sleep(1)
        await asyncio.gather(first, visit())

    async def late():
        await asyncio.sleep(1)
        await visit()

    async def meet():
        await asyncio.gather(late(), visit())

    assert at_most(1, "room").check(vtloop.simulate(main)) is None
    told = at_most(1, "room").of(vtloop.simulate(meet)).actual
    assert told.startswith("the most were 2, at 1 s for no time but some steps: ")


def test_what_is_no_moment_cannot_be_before_another():
    with pytest.raises(TypeError, match=r"before\(1\) was claimed, while it takes another moment"):
        task("anna").finishes.before(1)
    with pytest.raises(TypeError, match="takes another moment"):
        task("anna").finishes.together_with(task("boris"))


# A task alone


def test_a_task_alone_is_no_claim_and_says_what_can_be_claimed_of_it():
    run = of_workers("anna")
    what = r"while a task alone is no claim; say what it does: \.starts, .*\.takes\(…\)"
    for use in (
        lambda: task("anna").check(run),
        lambda: task("anna").of(run),
        lambda: task("anna").finished.at(1),
    ):
        with pytest.raises(AttributeError, match=rf"task\('anna'\)\.\w+ was asked for, {what}"):
            use()
    with pytest.raises(TypeError, match=rf"task\('anna'\) was used as a truth value, {what}"):
        assert task("anna")
    assert not hasattr(task("anna"), "check")
    assert copy.copy(task("anna")) == task("anna")


def test_a_line_that_is_missing_among_none_is_said_so():
    verdict = printed("done").of(of_workers("anna"))
    assert verdict.actual == "'done' was never printed; nothing at all was printed"
