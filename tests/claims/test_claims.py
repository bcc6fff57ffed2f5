"""Claims: each holds of a right program, and of one that is off by a little it says what is off.

The programs are texts, so that changing one text makes a wrong program of a right one, and so that
the line that a message has to name can be looked up.
"""

import linecache
from fractions import Fraction
from typing import NamedTuple

import pytest

import vtloop
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
from vtloop.values.trace import load

SECOND = 1_000_000_000
NS = Fraction(1, SECOND)


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
