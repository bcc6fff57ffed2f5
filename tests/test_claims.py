"""Claims: each holds of a right program, and of one that is off by a little it says what is off.

The programs are texts, so that changing one text makes a wrong program of a right one, and so that
the line that a message has to name can be looked up.
"""

import asyncio
import linecache
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import inf, nan
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vtloop
from tests import programs, witness
from vtloop.claims import (
    Claim,
    ClaimError,
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
from vtloop.periods import Position, end_of, life, start_of
from vtloop.timeline import Timeline
from vtloop.trace import load

SECOND = 1_000_000_000
NS = Fraction(1, SECOND)

# Right programs, and what makes them wrong

PRELUDE = """\
import asyncio, vtloop
from asyncio import create_task, gather, sleep, wait
ns = 1e-9

class Lock(asyncio.Lock):
    def _wake_up_first(self):
        for waiter in list(self._waiters or ())[:1]:
            if not waiter.done():
                waiter.set_result(True)

async def work(delay, steps=0):
    await sleep(delay)
    for _ in range(steps):
        await sleep(0)
    print("worked")

async def fail(after):
    await sleep(after)
    raise ValueError("no")

async def hold(gate, inside):
    async with gate:
        async with vtloop.section("inside"):
            await sleep(inside)

async def stop(victim, later):
    await sleep(later)
    victim.cancel()

async def main():
"""

TWO = """\
    one = create_task(work(1), name="one")
    two = create_task(work(2), name="two")
    await one
    await two
"""
TWINS = TWO.replace("work(2)", "work(1)")
IN_TURN = """\
    one = create_task(work(1), name="one")
    await sleep(1)
    two = create_task(work(1), name="two")
    await two
"""
AWAITED = """\
    await create_task(work(1), name="one")
    await create_task(work(1), name="two")
"""
BESIDE = """\
    one = create_task(work(1), name="one")
    await sleep(1 - ns)
    await create_task(work(1), name="two")
"""
GATE = """\
    gate = asyncio.Semaphore(2)
    await gather(*(hold(gate, delay) for delay in (1, 2, 3)))
"""
LOCK = """\
    lock = Lock()
    await gather(*(create_task(hold(lock, 1), name=name) for name in ("one", "two", "three")))
"""
FAIL = """\
    await wait([create_task(fail(1))])
"""
STOP = """\
    victim = create_task(work(10), name="victim")
    boss = create_task(stop(victim, 1), name="boss")
    idler = create_task(sleep(1), name="idler")
    await wait([victim])
"""
WORK, FAILS, INSIDE = "await sleep(delay)", "await sleep(after)", "await sleep(inside)"
STOPS = "await sleep(later)"


class Case(NamedTuple):
    """A claim that holds of a program, and no longer when one text in it is changed.

    The message then names a task, an instant, and the line that begins with a text.
    """

    off_by: str
    claim: Claim
    main: str
    before: str
    after: str
    task: str
    instant: str
    line: str

    def __str__(self):
        return f"{self.claim}, off by {self.off_by}".replace(" ", "_")


A_NS, A_TASK, A_STEP, MORE = "a nanosecond", "a task", "a step", "something else"

CASES = [
    Case(A_NS, takes(2), TWO, "work(2)", "work(2 + ns)", "two", "2.000000001 s", WORK),
    Case(A_NS, takes(2), TWO, "work(2)", "work(2 - ns)", "two", "1.999999999 s", WORK),
    Case(A_TASK, takes(2), TWO, "await two", "await two; await work(1)", "main", "3 s", WORK),
    Case(MORE, takes(2), TWO, "await two", "await two; 1 / 0", "main", "2 s", "await two"),
    Case(A_NS, task("one").takes(1), TWO, "work(1)", "work(1 + ns)", "one", "1.0000", WORK),
    Case(A_TASK, task(2).takes(1), TWO, "one =", "create_task(work(2)); one =", "2", "2 s", WORK),
    Case(
        A_NS,
        task("two").starts.at(1),
        IN_TURN,
        "sleep(1)\n",
        "sleep(1 + ns)\n",
        "two",
        "1.000000001 s",
        "two =",
    ),
    Case(
        A_NS,
        task("two").finishes.at(2),
        TWO,
        "work(2)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(
        A_NS,
        task("two").finishes.at(2),
        TWO,
        "work(2)",
        "work(2 - ns)",
        "two",
        "1.999999999 s",
        WORK,
    ),
    Case(MORE, task("one").finishes, TWO, "work(1)", "fail(1)", "one", "1 s", FAILS),
    Case(
        A_NS,
        task("two").ends.within(2),
        TWO,
        "work(2)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(A_NS, task("fail").raises.at(1), FAIL, "(1)", "(1 + ns)", "fail", "1.000000001", FAILS),
    Case(MORE, task(2).raises, FAIL, "fail(1)", "work(1)", "work#2", "1 s", WORK),
    Case(
        A_NS,
        task("victim").ends.at(1),
        STOP,
        "victim, 1)",
        "victim, 1 + ns)",
        "victim",
        "1.000000001 s",
        WORK,
    ),
    Case(
        A_NS,
        task("one").ends.before(task("two").ends),
        TWO,
        "work(1)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(
        A_STEP,
        task("one").ends.before(task("two").ends),
        TWINS,
        'work(1), name="one"',
        'work(1, steps=1), name="one"',
        "one",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        A_STEP,
        task("two").ends.after(task("one").ends),
        TWINS,
        'work(1), name="one"',
        'work(1, steps=1), name="one"',
        "one",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        A_NS,
        task("one").ends.together_with(task("two").starts),
        IN_TURN,
        "sleep(1)\n",
        "sleep(1 + ns)\n",
        "two",
        "1.000000001 s",
        "two =",
    ),
    Case(
        A_NS,
        printed("worked").at(1, 2),
        TWO,
        "work(2)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(
        A_TASK,
        printed("worked").at(1, 2),
        TWO,
        "await two",
        "await two; await work(0)",
        "main",
        "2 s",
        WORK,
    ),
    Case(
        A_NS,
        printed("worked").within(2),
        TWO,
        "work(2)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(
        MORE,
        ~printed("error"),
        TWO,
        "await two",
        'await two; print("error")',
        "main",
        "2 s",
        "await two",
    ),
    Case(A_NS, task("one").overlaps("two"), BESIDE, "1 - ns", "1", "one", "1 s", WORK),
    Case(
        A_NS,
        ~task("one").overlaps("two"),
        IN_TURN,
        "sleep(1)\n",
        "sleep(1 - ns)\n",
        "one",
        "0.999999999 s",
        WORK,
    ),
    Case(
        A_STEP,
        ~task("one").overlaps("two"),
        IN_TURN,
        'work(1), name="one"',
        'work(1, steps=2), name="one"',
        "one",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        A_NS,
        in_sequence("one", "two"),
        IN_TURN,
        "sleep(1)\n",
        "sleep(1 - ns)\n",
        "one",
        "0.999999999 s",
        WORK,
    ),
    Case(
        A_STEP,
        in_sequence("work"),
        IN_TURN,
        'work(1), name="one"',
        'work(1, steps=2), name="one"',
        "one",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        A_TASK,
        in_sequence("work"),
        AWAITED,
        '    await create_task(work(1), name="two")',
        '    create_task(work(1)); await create_task(work(1), name="two")',
        "two",
        "1 s",
        WORK,
    ),
    Case(A_NS, in_parallel("one", "two"), BESIDE, "1 - ns", "1", "one", "1 s", WORK),
    Case(
        A_STEP,
        in_parallel("work"),
        BESIDE.replace("1 - ns", "1").replace(
            'work(1), name="one"', 'work(1, steps=1), name="one"'
        ),
        "steps=1",
        "steps=0",
        "one",
        "1 s",
        WORK,
    ),
    Case(
        A_TASK,
        in_parallel("work"),
        TWO,
        "await two",
        "await two; await create_task(work(0))",
        "work#4",
        "2 s",
        WORK,
    ),
    Case(
        A_TASK,
        at_most(2, "work"),
        TWO,
        "await one",
        "create_task(work(3)); await one",
        "work#4",
        "0 s",
        WORK,
    ),
    Case(
        A_STEP,
        at_most(1, "work"),
        IN_TURN,
        'work(1), name="one"',
        'work(1, steps=2), name="one"',
        "one",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        A_NS,
        at_most(1, "work"),
        IN_TURN,
        "sleep(1)\n",
        "sleep(1 - ns)\n",
        "one",
        "0.999999999 s",
        WORK,
    ),
    Case(A_TASK, at_most(2, "gate"), GATE, "(2)", "(3)", "hold#4", "0 s", INSIDE),
    Case(A_TASK, at_most(2, vtloop.section("inside")), GATE, "(2)", "(3)", "hold#4", "0 s", INSIDE),
    Case(A_TASK, ~at_most(1, "inside"), GATE, "(2)", "(1)", "hold#2", "0 s", INSIDE),
    Case(A_NS, task("two").waits(2), TWO, "work(2)", "work(2 + ns)", "two", "2.000000001 s", WORK),
    Case(
        A_NS,
        task("hold#4").waits(1, "gate"),
        GATE,
        "in (1,",
        "in (1 + ns,",
        "hold#4",
        "1.000000001 s",
        "async with gate",
    ),
    Case(
        A_TASK,
        task("main").waits(1, "one"),
        TWO,
        "work(1)",
        "work(2)",
        "main#1",
        "2 s",
        "await one",
    ),
    Case(
        A_NS,
        task("victim").is_cancelled(at=1),
        STOP,
        "victim, 1)",
        "victim, 1 + ns)",
        "boss",
        "1.000000001 s",
        STOPS,
    ),
    Case(
        A_TASK,
        task("victim").is_cancelled(by="boss"),
        STOP,
        "sleep(1)",
        "stop(victim, 0)",
        "idler",
        "0 s",
        WORK,
    ),
    Case(MORE, task("victim").is_cancelled(), STOP, "work(10)", "work(1)", "victim", "1 s", WORK),
    Case(
        A_TASK,
        fair("gate"),
        LOCK,
        "list(self._waiters or ())[:1]",
        "list(self._waiters or ())[-1:]",
        "two",
        "1 s",
        "async with gate",
    ),
    Case(
        A_NS,
        never_blocks(),
        TWO,
        "await one",
        "await one; vtloop.busy(ns)",
        "main#1",
        "1 s",
        "await one; vtloop",
    ),
    Case(A_TASK, nothing_unfinished(), TWO, "await two", "pass", "two", "1 s", WORK),
    Case(
        A_STEP,
        nothing_unfinished(),
        TWINS.replace("await two", "await sleep(0)").replace(
            'work(1), name="two"', 'work(1, steps=3), name="two"'
        ),
        "steps=3",
        "steps=4",
        "two",
        "1 s",
        "await sleep(0)",
    ),
    Case(
        MORE,
        takes(2) & takes(Fraction(2)) & printed("worked"),
        TWO,
        "work(2)",
        "work(2 + ns)",
        "two",
        "2.000000001 s",
        WORK,
    ),
    Case(MORE, takes(3) | takes(2), TWO, "work(2)", "work(2 + ns)", "two", "2.000000001 s", WORK),
]


def simulated(directory, text):
    """Return the run of a program, which is in a file, so that its lines have a source."""
    file = directory / "program.py"
    file.write_text(text)
    linecache.checkcache()
    names = {}
    exec(compile(text, str(file), "exec"), names)
    return vtloop.simulate(names["main"])


def line_of(text, beginning):
    """Return the number of the first line that begins with a text, indentation aside."""
    lines = [line.strip() for line in text.splitlines()]
    return next(number for number, line in enumerate(lines, 1) if line.startswith(beginning))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_claim_holds_of_a_right_program_and_says_what_is_off_in_a_wrong_one(case, tmp_path):
    right = PRELUDE + case.main
    case.claim.check(simulated(tmp_path, right))

    assert right.count(case.before) == 1, "the change is not one change"
    wrong = right.replace(case.before, case.after)
    run = simulated(tmp_path, wrong)
    assert not case.claim.of(run)
    with pytest.raises(ClaimError) as caught:
        case.claim.check(run)
    message = str(caught.value)
    first, *others = message.splitlines()
    assert first.startswith(f"Claimed: {case.claim}; in fact ")
    told = first.partition("; in fact ")[2]
    assert case.instant in told
    assert case.task in message
    assert f"program.py:{line_of(wrong, case.line)} in " in message
    assert any(line.startswith("seconds") for line in others), "there is no picture"
    (~case.claim).check(run)


def test_each_kind_of_small_error_occurs_in_the_table():
    assert {case.off_by for case in CASES} == {A_NS, A_TASK, A_STEP, MORE}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_run_a_timeline_and_a_trace_from_a_file_say_the_same(case, tmp_path):
    text = PRELUDE + case.main
    for program in (text, text.replace(case.before, case.after)):
        run = simulated(tmp_path, program)
        run.trace.save(tmp_path / "run.jsonl")
        loaded = load(tmp_path / "run.jsonl")
        verdicts = [case.claim.of(each) for each in (run, run.timeline, run.trace, loaded)]
        assert len(set(map(bool, verdicts))) == 1
        assert len(set(map(repr, verdicts))) == 1
        assert len(set(map(str, verdicts))) == 1


# What random programs do

MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    database=None,
)
quietly = pytest.mark.filterwarnings("ignore")  # programs leave coroutines and exceptions behind


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_the_claims_are_true_of_what_a_witness_saw_and_false_beside_it(
    program, blocking
):
    run = witness.run(program, blocking)
    timeline = run.timeline
    ends = {witness.number(one): at for at, one in _ends(run)}
    for lane in timeline.lanes.values():
        for moment, position in (
            (task(lane.number).starts, start_of(timeline, lane)),
            (task(lane.number).ends, end_of(lane)),
        ):
            assert bool(moment.of(timeline)) is (position is not None)
            if position is not None:
                assert moment.at(position.at * NS).of(timeline)
                assert moment.within(position.at * NS).of(timeline)
                assert not moment.at((position.at + 1) * NS).of(timeline)
                if position.at:
                    assert not moment.at((position.at - 1) * NS).of(timeline)
                    assert not moment.within((position.at - 1) * NS).of(timeline)
        if lane.number in ends:
            assert task(lane.number).ends.at(ends[lane.number] * NS).of(timeline)


def _ends(run):
    """Return when each task's last step ended, and which task it was, from the testimony."""
    last = {}
    for seen in run.testimony.steps:
        if seen.task is not None:
            last[seen.task] = seen.ended
    return [(at, one) for one, at in last.items() if one.done()]


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_as_many_are_in_progress_as_a_count_of_steps_gives(program, blocking):
    timeline = witness.run(program, blocking).timeline
    lives = {lane.number: life(timeline, lane) for lane in timeline.lanes.values()}
    for name in {lane.coroutine for lane in timeline.lanes.values()}:
        mine = [lives[lane.number] for lane in timeline.named(name) if lives[lane.number]]
        most = max(
            (sum(one.start <= each.start < one.end for one in mine) for each in mine), default=0
        )
        assert at_most(most, task(name)).of(timeline)
        assert not (most and at_most(most - 1, task(name)).of(timeline))


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_an_order_and_an_overlap_exclude_each_other(program, blocking):
    timeline = witness.run(program, blocking).timeline
    ran = [lane.number for lane in timeline.lanes.values() if lane.steps][:6]
    for one in ran:
        for other in ran:
            if one != other:
                overlap = bool(task(one).overlaps(other).of(timeline))
                assert overlap is bool(task(other).overlaps(one).of(timeline))
                assert overlap is bool(in_parallel(one, other).of(timeline))
                in_turn = [
                    bool(in_sequence(*pair).of(timeline)) for pair in ((one, other), (other, one))
                ]
                assert sum(in_turn) == (not overlap)


@quietly
@MANY
@given(programs.programs(), st.booleans())
def test_in_any_program_locks_and_semaphores_of_asyncio_are_fair(program, blocking):
    timeline = witness.run(program, blocking).timeline
    for number in {holding.thing for holding in timeline.holdings}:
        thing = timeline.trace.things[number]
        assert fair(f"{thing.kind} #{thing.number}").of(timeline)


# Composition

RUN = vtloop.simulate(asyncio.sleep(1))
LEAVES = [
    takes(1),
    takes(2),
    task("sleep").finishes.at(1),
    task("sleep").finishes.at(0),
    never_blocks(),
    printed("nothing"),
    at_most(0, "sleep"),
    nothing_unfinished(),
]
CLAIMS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=8,
)


def holds(claim):
    verdict = claim.of(RUN)
    assert repr(verdict).startswith("<holds: " if verdict else "<refuted: ")
    return bool(verdict)


@MANY
@given(CLAIMS, CLAIMS, CLAIMS)
def test_claims_combine_as_truth_values_do(a, b, c):
    assert holds(a & b) == (holds(a) and holds(b))
    assert holds(a | b) == (holds(a) or holds(b))
    assert holds(~a) == (not holds(a))
    assert holds(~~a) == holds(a)
    assert holds(~(a & b)) == holds(~a | ~b)
    assert holds(~(a | b)) == holds(~a & ~b)
    assert holds(a & (b | c)) == holds((a & b) | (a & c))


@MANY
@given(CLAIMS)
def test_any_claim_is_either_checked_or_explained(claim):
    if holds(claim):
        claim.check(RUN)
    else:
        with pytest.raises(ClaimError, match=f"^{re.escape(f'Claimed: {claim}; in fact ')}"):
            claim.check(RUN)


def test_of_a_combination_only_the_parts_that_decide_are_told():
    assert takes(1).of(RUN).actual == "the run took 1 s"
    claim = takes(1) & never_blocks() & takes(2)
    assert claim.of(RUN).actual == "the run took 1 s, 1 s less"
    assert (takes(1) | takes(2)).of(RUN).actual == "the run took 1 s"
    assert str(claim) == (
        "((the run takes 1 s) and (nothing blocks the loop)) and (the run takes 2 s)"
    )


def test_a_part_of_a_combination_with_a_wrong_name_is_noticed_even_if_another_part_decides():
    for claim in (takes(1) | task("nobody").finishes, takes(2) & task("nobody").finishes):
        with pytest.raises(LookupError, match="'nobody' was asked for, while none"):
            claim.of(RUN)


def test_a_claim_without_a_run_has_no_truth_value():
    with pytest.raises(TypeError, match=r"is about no run yet; say claim\.of\(run\)"):
        assert takes(1)
    with pytest.raises(TypeError, match="unsupported operand"):
        takes(1) & True


def test_a_claim_is_about_a_run_and_nothing_else():
    with pytest.raises(TypeError, match="to be checked on 'a run', while that is of type str"):
        takes(1).check("a run")
    with pytest.raises(TypeError, match="of type takes"):
        takes(1).check(takes(1))


# Times


@pytest.mark.parametrize(
    "seconds", [1, 1.0, Fraction(1), Decimal("1.000000000"), timedelta(milliseconds=1000)]
)
def test_a_time_may_be_any_exact_number_of_seconds(seconds):
    (takes(seconds) & task("sleep").finishes.at(seconds)).check(RUN)


def test_tenths_add_up():
    async def main():
        for _ in range(3):
            await asyncio.sleep(0.1)

    takes(0.3).check(vtloop.simulate(main))
    takes(0.1 + 0.2).check(vtloop.simulate(main))


@pytest.mark.parametrize("seconds", [-1, -1e-9, inf, Decimal("inf"), timedelta(seconds=-1)])
def test_a_time_that_no_run_has_is_refused(seconds):
    for claim in (takes, task("a").finishes.at, task("a").ends.within, task("a").waits):
        with pytest.raises(ValueError, match="pass a finite number that is not negative"):
            claim(seconds)


def test_what_is_no_number_of_seconds_is_refused():
    with pytest.raises(ValueError, match="nan"):
        takes(nan)
    with pytest.raises(TypeError, match="pass an int, a float, a Fraction or a timedelta"):
        takes("two")
    with pytest.raises(TypeError, match="at no time was claimed"):
        printed("x").at()


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
    with pytest.raises(LookupError, match=r"several meanings: .* say task\('upload'\), section"):
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
    with pytest.raises(LookupError, match=r"several meanings: holders of Lock #1, holders of Lock"):
        at_most(1, "lock").of(run)
    with pytest.raises(LookupError, match=r"2 of that name was taken.*: Lock #1 and Lock #2"):
        fair("lock").of(run)
    (at_most(1, "Lock #1") & at_most(1, "Lock #2") & fair("Lock #2")).check(run)


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
    with pytest.raises(ValueError, match="pass 0 or more"):
        at_most(-1, "work")


# Runs that went wrong


def test_a_run_that_was_stopped_takes_no_time_that_could_be_claimed():
    run = vtloop.simulate(work(10), until=5)
    assert takes(5).of(run).actual == "the run was stopped at 5 s, by its until"
    assert not takes(10).of(run)
    assert not task("work").finishes.of(run)
    assert "deadline of 10 s, not reached" in str(takes(5).of(run))
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
    async def main():
        raise AssertionError("never called")

    coroutine = main()
    run = vtloop.simulate(lambda: None)
    coroutine.close()
    assert not run.timeline.lanes
    (never_blocks() & nothing_unfinished() & ~printed("x")).check(run)
    assert takes(0).of(run).actual.startswith("the run raised ValueError(")
    assert "no task is there" in str(takes(0).of(run))
    with pytest.raises(LookupError, match="there is no task"):
        task("main").finishes.of(run)
    with pytest.raises(LookupError, match="there is no task"):
        at_most(0, "main").of(run)


def test_a_task_that_never_ran_neither_starts_nor_overlaps():
    async def spawns():
        asyncio.create_task(work(), name="late")
        raise SystemExit

    recording = vtloop.recording.Recording()
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


def test_a_long_message_is_cut():
    async def main():
        for number in range(500):
            await asyncio.sleep(1)
            print("tick", number)

    message = str(takes(1).of(vtloop.simulate(main)))
    assert len(message.splitlines()) < 60
    assert "left out: " in message
    assert len(str(printed("tock").of(vtloop.simulate(main))).splitlines()[0]) < 400


# Facts


def test_the_facts_of_a_task_are_plain_numbers_of_seconds():
    async def hold(lock):
        async with lock:
            await asyncio.sleep(1)

    async def main():
        lock = asyncio.Lock()
        tasks = [asyncio.create_task(hold(lock)) for _ in range(2)]
        await asyncio.sleep(1.5)
        tasks[1].cancel()
        await asyncio.wait(tasks)

    run = vtloop.simulate(main)
    first, second = run["hold#2"], run[3]
    assert (first.created_at, first.started_at, first.finished_at, first.took) == (0, 0, 1, 1)
    assert (first.outcome, first.error, first.cancelled_at) == ("returned", "", None)
    assert first.cancelled_by is None
    assert (second.waited, second.waited_for("lock"), second.waited_for("sleep")) == (1.5, 1, 0.5)
    assert (second.ended_at, second.finished_at, second.took) == (1.5, None, 1.5)
    assert (second.cancelled_at, second.cancelled_by) == (1.5, "main#1")
    assert repr(second) == "<Task hold#3: started at 0.0 s, cancelled at 1.5 s>"
    with pytest.raises(LookupError, match="2 of that name ran"):
        run["hold"]
    with pytest.raises(LookupError, match="nothing of that name is known"):
        first.waited_for("lokc")


def test_the_facts_of_a_task_that_was_left_say_so():
    async def main():
        asyncio.create_task(work(10), name="left")
        await asyncio.sleep(1)

    left = vtloop.simulate(main)["left"]
    assert (left.outcome, left.cancelled_by, left.finished_at) == ("cancelled", "the run", None)


def test_positions_are_in_the_order_of_time_steps_and_events():
    assert Position(0, 5, 1) < Position(1, 0, 0) < Position(1, 0, 1) < Position(1, 2, -1)
