"""The audit: where two runs part, and why, as it is found out from how they do in surroundings.

Here the processes are functions that run a program in this one, so that it is quick to see what is
made of what they tell. That real ones tell so is in test_audited.
"""

import asyncio
import random
import sys
from dataclasses import replace
from itertools import count

import pytest

import vtloop
from vtloop.audit import audit, comparison
from vtloop.audit.comparison import Comparison
from vtloop.audit.parting import parting
from vtloop.audit.report import Audit
from vtloop.audit.requests import FUNCTION, SCRIPT, STOPPED, Program, Read, Surroundings, Told
from vtloop.errors import SimulationError
from vtloop.integrations.audited.audited import steady, told_of
from vtloop.integrations.cli.main import main as command_line
from vtloop.values.clock import START


async def nap(seconds):
    await asyncio.sleep(seconds)


def sleeps(*seconds):
    """Return what is told of a program whose tasks sleep for so long, one after the other."""

    async def main():
        for number, one in enumerate(seconds, 1):
            await asyncio.create_task(nap(one), name=f"nap {number}")

    return told_of(vtloop.simulate(main))


def prints(line):
    async def main():
        await asyncio.sleep(1)
        print(line)

    return told_of(vtloop.simulate(main))


# Where two runs part


def test_runs_that_are_the_same_do_not_part():
    assert parting(sleeps(1, 2), sleeps(1, 2)) is None


def test_two_runs_part_in_the_first_step_that_differs_with_its_time_task_and_line():
    found = parting(sleeps(1, 2, 3), sleeps(1, 5, 3))
    assert found.what == "step"
    one, other = found.sides
    assert (one.at, one.task, other.at, other.task) == (10**9, "nap 2", 10**9, "nap 2")
    assert one.does == "waits for a sleep until 3 s"
    assert other.does == "waits for a sleep until 6 s"
    assert "await asyncio.sleep(seconds)" in one.place


def test_a_run_that_is_longer_goes_on_where_the_other_is_over():
    found = parting(sleeps(1), sleeps(1, 1))
    assert [side.does for side in found.sides] == ["returned", "waits for nap 2"]


def test_what_is_printed_in_a_step_is_part_of_it():
    one, other = parting(prints("a"), prints("b")).sides
    assert (one.does, other.does) == ("prints 'a'", "prints 'b'")


def test_tasks_that_are_named_differently_are_different():
    async def named(name):
        await asyncio.create_task(nap(1), name=name)

    one, other = (told_of(vtloop.simulate(lambda name=name: named(name))) for name in "ab")
    assert {side.does for side in parting(one, other).sides} == {"waits for a", "waits for b"}


def test_what_happens_within_a_step_is_part_of_it():
    async def main(delay):
        asyncio.get_running_loop().call_later(delay, print).cancel()

    one, other = (told_of(vtloop.simulate(lambda delay=delay: main(delay))) for delay in (1, 2))
    found = parting(one, other)
    assert found.what == "step"
    assert found.sides[0].does != found.sides[1].does


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"output": ("before the loop",)}, "output"),
        ({"outcome": "raised ValueError()"}, "outcome"),
        ({"errors": ("a line that was logged",)}, "standard error"),
        ({"traces": ()}, "step"),
    ],
)
def test_what_is_no_step_is_compared_as_well(change, what):
    told = sleeps(1)
    found = parting(told, replace(told, **change))
    assert found.what == what
    assert found.sides[0].does != found.sides[1].does


def test_on_another_python_the_lines_and_their_times_are_to_be_the_same_and_not_the_steps():
    def on_another_python(told):
        (trace,) = told.traces
        return replace(told, traces=(trace._replace(header={**trace.header, "python": "3.99"}),))

    async def with_another_task():
        await asyncio.create_task(nap(1))
        print("a")

    other = told_of(vtloop.simulate(with_another_task))
    assert parting(prints("a"), other) is not None
    assert parting(prints("a"), on_another_python(other)) is None
    assert parting(prints("b"), on_another_python(other)).sides[1].does == "prints 'a'"


def test_values_are_the_same_if_they_are_equal_and_not_if_their_order_shows():
    class Plain:
        pass

    assert steady({"a", "b", "c"}) == steady({"c", "a", "b"})
    assert steady([{1, 2}, {"k": frozenset("ab")}]) == steady([{2, 1}, {"k": frozenset("ba")}])
    assert steady([1, 2]) != steady([2, 1])
    assert steady(Plain()) == steady(Plain())


# Why they part

PROGRAM = Program(SCRIPT, "program.py", options={"wall_clock": START, "seed": 0, "until": None})


def found_by(tell, program=PROGRAM, runs=4, **options):
    """Return what a comparison finds where a function stands for the processes.

    It is called with a program and surroundings.
    """
    comparing = Comparison(
        program,
        runs,
        tell=lambda program, at, copies=1: [tell(program, at) for _ in range(copies)],
        **options,
    )
    return comparing.run()


@pytest.fixture(autouse=True)
def _no_time_has_to_pass(monkeypatch):
    monkeypatch.setattr(comparison, "_SOON", 0)


def test_a_program_that_does_not_look_at_its_surroundings_is_the_same():
    told = replace(sleeps(1), reads=(Read("variables", "HOME", "x.py:1"),))
    found = found_by(lambda program, at: told)
    report = Audit("program.py", found)
    assert report.ok
    assert report.processes == 2 + 4 + 1
    report.assert_same()
    text = str(report)
    assert text.startswith("program.py does the same every time: 7 processes, one schedule of ")
    assert "HOME, LANG" in text


FACTORS = ["hash_seed", "directory", "listing", "processors", "host", "date"]


@pytest.mark.parametrize("factor", FACTORS)
def test_what_makes_the_difference_alone_is_the_cause(factor):
    same, other = sleeps(1), sleeps(2)
    usual = getattr(Surroundings(), factor)
    found = found_by(lambda _, at: same if getattr(at, factor) == usual else other)
    assert found.cause.name == factor
    assert found.parting.sides[1].does == "waits for a sleep until 2 s"


def test_memory_is_the_cause_if_it_differs_wherever_the_program_is_run_anew():
    chance = random.Random(1)
    twins = iter([sleeps(0), sleeps(0)])
    others = [sleeps(1), sleeps(2), sleeps(3)]
    found = found_by(lambda *_: next(twins, None) or chance.choice(others))
    assert found.cause.name == "memory"


def test_memory_is_the_cause_if_another_thing_does_not_make_the_same_difference_again():
    values = count()
    same = sleeps(0)

    def tell(_, at):
        return same if at.hash_seed == 0 else sleeps(next(values) + 1)

    assert found_by(tell).cause.name == "memory"


def test_the_environment_variable_that_matters_is_named_with_the_line_that_reads_it():
    names = ["A", "B", "PORT", "D", "E"]
    reads = tuple(Read("variables", name, f"x.py:{n} in main") for n, name in enumerate(names))
    same, other = (replace(sleeps(n), reads=reads) for n in (1, 2))
    found = found_by(lambda _, at: other if "PORT" in dict(at.variables) else same)
    assert (found.cause.name, found.cause.subject) == ("variables", "PORT")
    assert [read.place for read in found.cause.reads] == ["x.py:2 in main"]
    assert "the environment: PORT" in str(Audit("x", found))
    kept = found_by(lambda _, at: other if "PORT" in dict(at.variables) else same, keep=["PORT"])
    assert kept.parting is None


def test_a_variable_that_only_a_library_reads_is_not_set_where_it_has_no_value(monkeypatch):
    monkeypatch.setenv("SET", "1")
    monkeypatch.delenv("UNSET", raising=False)
    reads = tuple(Read("variables", name, "lib.py:1", installed=True) for name in ("SET", "UNSET"))
    found = found_by(lambda *_: replace(sleeps(1), reads=reads))
    assert "SET" in found.varied
    assert "UNSET" not in found.varied


def test_variables_that_matter_only_together_are_named_together():
    reads = (Read("variables", "A", ""), Read("variables", "B", ""))
    same, other = (replace(sleeps(n), reads=reads) for n in (1, 2))
    found = found_by(lambda _, at: other if {"A", "B"} <= dict(at.variables).keys() else same)
    assert {"A", "B"} <= set(found.cause.subject.split(", "))


def test_what_differs_only_after_a_while_is_a_real_clock():
    told = iter([sleeps(1)] * 6)
    found = found_by(lambda *_: next(told, None) or sleeps(2))
    assert found.cause.name == "later"


@pytest.mark.parametrize(("option", "cause"), [("wall_clock", "virtual clocks"), ("seed", "seed")])
def test_what_an_option_leaves_to_the_world_outside_is_the_cause_if_it_is_enough_to_give_it(
    option, cause
):
    values = count()
    program = replace(PROGRAM, options={**PROGRAM.options, option: None})
    found = found_by(
        lambda program, _: sleeps(next(values) if program.options[option] is None else 1), program
    )
    assert found.cause.name == cause
    assert f"{option}=" in found.cause.proof


def test_a_clock_that_an_import_reads_is_the_cause_if_it_differs_unless_it_stands_still():
    values = count()
    found = found_by(
        lambda _, at: sleeps(1 if at.date == STOPPED else next(values)),
        replace(PROGRAM, kind=FUNCTION),
    )
    assert found.cause.name == "clock"


@pytest.mark.parametrize(
    ("reads", "cause"),
    [
        (["file", "chance", "pid"], "pid"),
        (["file", "chance"], "chance"),
        (["file", "chance", "stat"], "stat"),
        (["process"], "process"),
        (["file"], "file"),
        (["id", "hash", "variables"], "unknown"),
    ],
)
def test_two_copies_differ_by_what_they_have_looked_at_the_surest_first(reads, cause):
    values = count()
    looks = tuple(Read(what, "", f"x.py:1 in {what}") for what in reads)
    found = found_by(lambda *_: replace(sleeps(next(values)), reads=looks))
    assert found.cause.name == cause
    assert [read.what for read in found.cause.reads] == [what for what in reads if what == cause]
    others = {read.what for read in found.cause.others}
    assert others == set(reads) - {cause, "id", "hash", "variables"}


def test_compiled_code_is_named_where_nothing_else_is_known():
    values = count()
    found = found_by(lambda *_: replace(sleeps(next(values)), compiled=("numpy",)))
    assert (found.cause.name, found.cause.subject) == ("compiled", "numpy")


def test_a_thread_is_the_cause_if_the_run_itself_knows_that_one_had_a_say():
    values = count()
    found = found_by(lambda *_: replace(sleeps(next(values)), reproducible=False))
    assert found.cause.name == "thread"


def test_another_python_is_the_cause_of_what_only_it_does():
    same, other = prints("a"), prints("b")
    found = found_by(
        lambda _, at: same if at.python == sys.executable else other, pythons=["python9"]
    )
    assert found.cause.name == "python"


def test_the_report_has_the_verdict_the_step_the_cause_and_what_to_do():
    same, other = sleeps(1, 1), sleeps(1, 2)
    report = Audit("program.py", found_by(lambda _, at: other if at.hash_seed else same))
    with pytest.raises(AssertionError) as failed:
        report.assert_same()
    lines = str(failed.value).splitlines()
    assert lines[0].startswith("program.py does not do the same every time: a step of its schedul")
    assert "  time  1 s" in lines
    assert "  task  nap 2" in lines
    assert "  it    first run:   waits for a sleep until 2 s" in lines
    assert "        another one: waits for a sleep until 3 s" in lines
    assert any(line.startswith("Likely cause: the hash seed") for line in lines)
    assert any(line.startswith("What to do: sort the set") for line in lines)


# What cannot be audited


def test_what_could_not_begin_is_refused():
    with pytest.raises(SimulationError, match="cannot be run: no such module"):
        found_by(lambda *_: Told("cannot be run: no such module", begun=False))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"runs": -1}, "runs=-1 was given"),
        ({"pythons": "python3"}, "pythons='python3' was given"),
        ({"keep": "HOME"}, "keep='HOME' was given"),
        ({"until": -1}, "until=-1 was given"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(option, words):
    with pytest.raises((TypeError, ValueError), match=words):
        audit("tests.audit.test_audit:fine", **option)


async def fine():
    await asyncio.sleep(1)


@pytest.mark.parametrize("main", [lambda: fine(), 3])
def test_what_another_process_cannot_import_is_refused(main):
    with pytest.raises(TypeError, match="cannot import that"):
        audit(main)


def test_a_coroutine_is_refused_as_it_runs_only_once():
    coroutine = fine()
    with pytest.raises(TypeError, match="not what it returns"):
        vtloop.simulate(coroutine, audit=True)
    coroutine.close()


def test_a_process_of_an_audit_begins_no_other_one(monkeypatch):
    monkeypatch.setenv("VTLOOP_AUDITED", "1")
    assert vtloop.simulate(lambda: fine(), audit=True).elapsed == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "without a script"),
        (["no_such_script.py"], "there is no file no_such_script.py"),
        (["--runs", "x", "script.py"], "'x' is no count"),
        (["tests.audit.test_audit:fine", "argument"], "is a function, which takes no arguments"),
    ],
)
def test_misuse_is_an_error_with_status_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        command_line(["audit", *arguments])
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_a_python_without_the_package_is_an_error_that_says_what_it_lacks(capsys, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no such thing >&2; exit 3\n")
    python.chmod(0o755)
    with pytest.raises(SystemExit) as stop:
        command_line(["audit", "--runs", "1", "--python", str(python), str(script)])
    assert stop.value.code == 2
    assert "no such thing" in capsys.readouterr().err
