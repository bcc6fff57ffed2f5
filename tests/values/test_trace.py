"""A trace is a value: saved, loaded, compared."""

import asyncio
import gzip
import inspect
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vtloop
from tests.support import programs, witness
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.processes import printed_by
from tests.support.programs import drawn, quietly
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import CALLBACKS, ENDS, EVENTS, load
from vtloop.values.waits import WAITS, Subject

SOME = settings(drawn, max_examples=40)


async def workers():
    lock = asyncio.Lock()

    async def worker(number):
        async with lock:
            await asyncio.sleep(number)
            print("worked", number)

    async with asyncio.timeout(2.5), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(worker(number), name=f"worker {number}")


def trace_of(main):
    return vtloop.simulate(main).trace


def through_a_file(trace, path):
    trace.save(path)
    return load(path)


@quietly
@SOME
@given(programs.programs(), st.booleans())
def test_a_trace_comes_back_from_a_file_as_it_was(tmp_path_factory, program, blocking):
    trace = witness.run(program, blocking).trace
    again = through_a_file(trace, tmp_path_factory.mktemp("traces") / "trace.jsonl")
    assert again == trace
    assert again.digest() == trace.digest()
    assert repr(Timeline(again).arrows) == repr(Timeline(trace).arrows)


@quietly
@SOME
@given(programs.programs(), st.booleans())
def test_equal_runs_have_equal_traces(program, blocking):
    first, second = witness.run(program, blocking), witness.run(program, blocking)
    assert first.trace == second.trace
    assert first.trace.digest() == second.trace.digest()


@quietly
@SOME
@given(programs.programs(), st.booleans())
def test_traces_say_only_what_their_tables_say(program, blocking):
    trace = witness.run(program, blocking).trace
    tasks = {made.number for made in trace.tasks}
    for _, who, woken_by, ended, subject, stack in trace.steps:
        assert who in tasks or who == 0
        assert -1 <= woken_by < len(trace.steps)
        assert 0 <= stack < len(trace.stacks)
        assert ended in (WAITS | ENDS if who else CALLBACKS)
        check_subject(trace, tasks, of_step(ended), subject)
    for step, _, kind, who, subject, _ in trace.events:
        assert kind in EVENTS
        assert -1 <= step < len(trace.steps)
        assert who in tasks | {0, -1}
        check_subject(trace, tasks, EVENTS[kind][0], subject)
        if step >= 0 and kind != "late" and who > 0:
            assert trace.steps[step][1] == who


def of_step(ended):
    """Return what a step of such an end is about."""
    return WAITS[ended].subject if ended in WAITS else ENDS.get(ended)


def check_subject(trace, tasks, means, subject):
    if means is Subject.PRIMITIVE:
        assert 0 <= subject < len(trace.things)
    elif means is Subject.TASKS:
        assert set(subject) <= tasks | {0}
    elif means is Subject.TASK:
        assert subject in tasks
    elif means is Subject.DEADLINE:
        assert isinstance(subject, int)


@quietly
@SOME
@given(programs.programs())
def test_recording_does_not_change_the_run(program):
    unrecorded = programs.run(program, vtloop.VirtualLoop())
    loop = vtloop.VirtualLoop(recorder=Recording())
    stage = programs.Stage(loop)
    runner = asyncio.Runner(loop_factory=lambda: loop)
    for part in (lambda: runner.run(stage.load(program)()), runner.close):
        try:
            stage.note(f"ended with {stage.show(part())}")
        except BaseException as error:
            deadlock = "Deadlock" in type(error).__name__
            stage.note("deadlock" if deadlock else f"ended with {stage.show(error)}")
    assert tuple(stage.log) == unrecorded.log


# Digests

CHANGES = {
    "a time": ("sleep(number)", "sleep(number + 1)"),
    "a name": ('"worker {number}"', '"worker no. {number}"'),
    "a print": ('"worked"', '"done"'),
    "a lock": ("asyncio.Lock()", "asyncio.Semaphore(1)"),
    "one task less": ("range(3)", "range(2)"),
    "a timeout": ("timeout(2.5)", "timeout(3.5)"),
}

PROGRAM = f"""
import asyncio, vtloop

{inspect.getsource(workers)}
run = vtloop.simulate(workers)
print(run.digest())
"""


def digest_of(program):
    names = {}
    exec(compile(program, "<program>", "exec"), names)
    return names["run"].digest()


@pytest.mark.parametrize("change", CHANGES)
def test_different_runs_have_different_digests(change):
    before, after = CHANGES[change]
    assert before in PROGRAM
    assert digest_of(PROGRAM) != digest_of(PROGRAM.replace(before, after))


def test_where_the_code_stands_is_no_part_of_the_digest():
    assert digest_of(PROGRAM) == digest_of(f"\n\n\n{PROGRAM}")


def test_a_digest_is_the_same_in_fresh_processes():
    digests = {printed_by("-c", PROGRAM, hash_seed=seed).splitlines()[-1] for seed in (1, 2, 3)}
    assert digests == {digest_of(PROGRAM)}


# Files


def test_a_trace_file_is_lines_of_json_with_the_header_first(tmp_path):
    path = tmp_path / "trace.jsonl"
    trace = trace_of(workers)
    trace.save(path)
    first, *others = path.read_text(encoding="utf-8").splitlines()
    header = json.loads(first)
    assert header.pop("vtloop trace") == 1
    assert header == trace.header
    tables = [json.loads(line)[0] for line in others]
    assert len(tables) == sum(len(getattr(trace, table)) for table in set(tables))


async def says_strange_things():
    print("a \ud800 that stands alone, \u2028 and \r\n\0\x85 \N{GRINNING FACE}")
    with_a_name = asyncio.create_task(asyncio.sleep(0), name="\N{SNOWMAN} \udcff")
    with_a_name.cancel("\u2029")
    await asyncio.wait([with_a_name])


def test_any_text_comes_back_from_a_file(tmp_path, monkeypatch):
    with open(os.devnull, "w", errors="surrogatepass") as nowhere:
        monkeypatch.setattr("sys.stdout", nowhere)
        trace = trace_of(says_strange_things)
        monkeypatch.undo()
    assert through_a_file(trace, tmp_path / "trace") == trace
    assert through_a_file(trace, tmp_path / "trace.jsonl.gz") == trace


async def sleeps_often():
    for _ in range(1000):
        await asyncio.sleep(1)


def test_a_compressed_trace_is_small_and_has_the_same_bytes_at_any_time(tmp_path, monkeypatch):
    trace = trace_of(sleeps_often)
    files = [tmp_path / name for name in ("run.jsonl", "run.jsonl.gz", "later.jsonl.gz")]
    for file in files:
        trace.save(file)
        monkeypatch.setattr("time.time", lambda: 10**9)
    plain, compressed, later = (file.read_bytes() for file in files)
    assert compressed == later
    assert gzip.decompress(compressed) == plain
    assert len(compressed) < len(plain) / 7


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda whole: b'{"vtloop trace": 1}', "no trace"),
        (lambda whole: whole[:20], "no trace"),
        (lambda whole: whole[:-9], "damaged in line "),
        (lambda whole: whole[:9000] + bytes(200) + whole[9200:], "damaged in line "),
    ],
)
def test_a_compressed_file_that_is_no_whole_trace_is_refused(tmp_path, damage, what):
    path = tmp_path / "run.jsonl.gz"
    trace_of(sleeps_often).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(vtloop.SimulationError, match=f"was opened as a trace, while it is {what}"):
        load(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no trace"),
        (b"\x89PNG\r\n\x1a\n\0\0\xff", "no trace"),
        (b"{}\n", "no trace"),
        (b"[1]\n", "no trace"),
        (b'"text"\n', "no trace"),
        (b'{"vtloop trace": 99}\n', "a trace of format 99"),
        (b'{"vtloop trace": 1}\n["steps", [0,1', "damaged in line 2"),
        (b'{"vtloop trace": 1}\n["notices", "one"]\n["leaps", []]\n', "damaged in line 3"),
        (b'{"vtloop trace": 1}\n["tasks", [1, 2]]\n', "damaged in line 2"),
        (b'{"vtloop trace": 1}\n7\n', "damaged in line 2"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_with_a_reason(tmp_path, content, what):
    path = tmp_path / "some.file"
    path.write_bytes(content)
    with pytest.raises(vtloop.SimulationError) as refused:
        load(path)
    assert str(refused.value) == (
        f"{str(path)!r} was opened as a trace, while it is {what}; this version of vtloop reads "
        "what Trace.save writes in format 1"
    )


def test_a_file_that_is_not_there_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")


# Addresses


class WithAddress(Exception):
    """An error whose text has an address in it."""


async def full_of_addresses():
    class Machine:
        def __call__(self):
            pass

        def __await__(self):
            yield from asyncio.sleep(1).__await__()

    loop = asyncio.get_running_loop()
    machine = Machine()
    loop.call_soon(machine)
    loop.call_later(1, machine)

    async def fail():
        raise WithAddress(f"{machine!r}")

    failing = asyncio.create_task(fail(), name=f"the task of {machine!r}")
    waiting = asyncio.create_task(asyncio.Event().wait())
    await machine
    waiting.cancel(f"{machine!r}")
    lock = asyncio.Lock()
    async with lock:
        await asyncio.wait([failing, waiting])
    vtloop.busy(1)


def test_nothing_in_a_trace_has_an_address(tmp_path):
    path = tmp_path / "trace"
    trace_of(full_of_addresses).save(path)
    content = path.read_text(encoding="utf-8")
    assert "the task of" in content
    assert "WithAddress" in content
    assert "0x" not in content
