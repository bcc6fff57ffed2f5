"""Ctrl-C ends a program as it does under `python`, whatever the loop is about.

Each program prints a line when it is time for the signal.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

import vtloop
from vtloop.core.threads.program_threads import start_outside

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

PACKAGE = Path(vtloop.__file__).parent
HANG = 50  # real seconds

WAYS = {
    "python": ((), "asyncio.run(main())"),
    "Runner": (
        (),
        "import vtloop\n"
        "with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:\n"
        "    runner.run(main())",
    ),
    "vtloop run": (("-m", "vtloop", "run"), "asyncio.run(main())"),
}
VIRTUAL = [way for way in WAYS if way != "python"]

PROGRAMS = {
    "it sleeps for ever": """\
async def main():
    print("now", flush=True)
    while True:
        await asyncio.sleep(1)
""",
    "it waits for a thread": """\
async def main():
    loop = asyncio.get_running_loop()
    line = loop.create_future()

    def read():
        time.sleep(0.1)
        print("now", flush=True)
        loop.call_soon_threadsafe(line.set_result, os.read(0, 80))

    threading.Thread(target=read, daemon=True).start()
    await line
""",
    "a worker computes": """\
def compute(task):
    time.sleep(0.1)  # until the stock loop waits, where a signal wakes it
    print("now", flush=True)
    while not (task.cancelling() or task.done()):  # the end of asyncio.run takes it back
        pass
    print("computed", flush=True)

async def main():
    await asyncio.to_thread(compute, asyncio.current_task())
    print("not reached")
""",
    "it cleans up": """\
async def main():
    try:
        print("now", flush=True)
        while True:
            await asyncio.sleep(1)
    finally:
        await asyncio.sleep(0.01)
        print("cleaned up")
""",
    "it goes on": """\
async def main():
    try:
        print("now", flush=True)
        while True:
            await asyncio.sleep(1)
    except asyncio.CancelledError:
        print("goes on")
        await asyncio.sleep(0.01)
        sys.exit(7)
""",
    "it is not in a loop": """\
async def main():
    pass

print("now", flush=True)
while True:
    pass
""",
}


@dataclass(frozen=True)
class End:
    """How a program ended."""

    status: int
    printed: str
    last_words: str


def interrupt(program: str, way: str, directory: Path) -> End:
    """Run a program, send it the signal of Ctrl-C when it is time, and see how it ends."""
    options, start = WAYS[way]
    text = f"import asyncio, os, sys, threading, time\n\n{PROGRAMS[program]}\n{start}\n"
    directory.joinpath("program.py").write_text(text)
    with subprocess.Popen(
        [sys.executable, *options, "program.py"],
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        hang = threading.Timer(HANG, process.kill)
        hang.start()
        try:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stderr is not None
            assert process.stdout.readline() == "now\n"
            process.send_signal(signal.SIGINT)
            process.wait()  # with its standard input open
            printed, errors = process.stdout.read(), process.stderr.read()
        finally:
            hang.cancel()
            process.kill()
    return End(process.returncode, printed, errors.splitlines()[-1] if errors else "")


@pytest.mark.ends
@pytest.mark.parametrize("way", VIRTUAL)
@pytest.mark.parametrize("program", PROGRAMS)
def test_ctrl_c_ends_a_program_as_under_python(program, way, tmp_path):
    if program == "it is not in a loop" and way == "Runner":
        pytest.skip("nothing of it is virtual")
    for name in ("stock", "virtual"):
        tmp_path.joinpath(name).mkdir()
    stock = interrupt(program, "python", tmp_path / "stock")
    assert interrupt(program, way, tmp_path / "virtual") == stock
    assert stock.status == (7 if program == "it goes on" else -signal.SIGINT)


@pytest.fixture
def ctrl_c_interrupts():
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_ctrl_c_may_come_in_the_middle_of_the_end_of_a_sleep():
    reports = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
        while True:
            await asyncio.sleep(1)

    def trace(frame, event, argument):
        if frame.f_code.co_name != "_set_result_unless_cancelled":
            return None
        *_, (_, _, last) = frame.f_code.co_lines()
        if event == "line" and frame.f_lineno == last:  # where it sets the result
            signal.raise_signal(signal.SIGINT)
        return trace

    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        runner.get_loop().call_later(10, sys.settrace, trace)
        try:
            with pytest.raises(KeyboardInterrupt):
                runner.run(main())
        finally:
            sys.settrace(None)
    assert reports == []


def test_the_handler_of_a_signal_wakes_a_loop_that_waits_for_a_thread():
    finished = threading.Event()

    def send_signal_and_work_on():
        finished.wait(0.1)  # until the loop waits for this thread
        os.kill(os.getpid(), signal.SIGUSR1)
        finished.wait(HANG)

    async def main():
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        handler = signal.signal(signal.SIGUSR1, lambda *args: loop.call_soon_threadsafe(told.set))
        thread = threading.Thread(target=send_signal_and_work_on)
        start_outside(thread)  # so that it does not belong to the run
        try:
            await told.wait()
        finally:
            finished.set()
            thread.join()
            signal.signal(signal.SIGUSR1, handler)
        return loop.time()

    assert vtloop.run(main, patience=2 * HANG) == 0.0
