"""At a breakpoint time stands still, and the run goes on as if it had not been there."""

import asyncio
import io
import pdb
import sys
import threading
import time
import types

import pytest

from vtloop import simulate
from vtloop.core.threads import actor

PATIENCE = 0.3  # real seconds, within which a thread gets the processor on a busy machine
LONGER = 0.6

# What a debugger does while it holds a thread: it has threads, locks, events and queues of its own.
DEBUGGER = """
import queue, threading, time

def hold(seconds):
    released, answers, lock = threading.Event(), queue.Queue(), threading.Lock()

    def serve():
        time.sleep(seconds)
        released.set()
        answers.put("go on")
        lock.release()

    lock.acquire()
    threading.Thread(target=serve, daemon=True).start()
    while not released.wait(0.01):
        pass
    assert answers.get(timeout=60) == "go on"
    lock.acquire()
"""


class SlowTypist(io.StringIO):
    """Who types commands, after thinking for longer than the run is patient."""

    def readline(self, *args):
        actor.real_sleep(LONGER)
        return super().readline(*args)


@pytest.fixture(params=["pdb", "debugpy"])
def stop(request, monkeypatch):
    """What a breakpoint calls."""
    if request.param == "pdb":
        debugger = pdb.Pdb(stdin=SlowTypist("p 1\nc\n" * 9), stdout=io.StringIO(), nosigint=True)
        return lambda: debugger.set_trace(sys._getframe(1))
    module = types.ModuleType("pydevd")
    exec(compile(DEBUGGER, "pydevd.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "pydevd", module)
    return lambda: module.hold(LONGER)


async def held_in_the_loop(stop):
    await asyncio.sleep(1)
    began = time.monotonic()
    stop()
    passed = time.monotonic() - began
    await asyncio.sleep(1)
    return passed


def work(stop):
    time.sleep(1)
    began = time.monotonic()
    stop()
    passed = time.monotonic() - began
    time.sleep(1)
    return passed


async def held_in_a_worker(stop):
    return await asyncio.to_thread(work, stop)


async def held_in_a_thread(stop):
    passed = []
    thread = threading.Thread(target=lambda: passed.append(work(stop)))
    thread.start()
    await asyncio.to_thread(thread.join)
    return passed[0]


async def held_in_a_loop_in_a_thread(stop):
    return await asyncio.to_thread(lambda: asyncio.run(held_in_the_loop(stop)))


@pytest.mark.parametrize(
    "held",
    [held_in_the_loop, held_in_a_worker, held_in_a_thread, held_in_a_loop_in_a_thread],
)
def test_time_stands_still_at_a_breakpoint(held, stop):
    async def main(stop):
        ticks = []

        async def tick():
            for _ in range(3):
                await asyncio.sleep(0.75)
                ticks.append(asyncio.get_running_loop().time())

        passed, _ = await asyncio.gather(held(stop), tick())
        return passed, ticks

    run = simulate(lambda: main(stop), patience=PATIENCE)
    assert run.result() == (0, [0.75, 1.5, 2.25])
    assert run.elapsed == 2.25
    assert run.reproducible
    assert run.digest() == simulate(lambda: main(lambda: None)).digest()


def test_others_wait_while_a_worker_is_held_at_a_breakpoint(stop):
    async def main():
        seen = []
        loop = asyncio.get_running_loop()
        loop.call_later(1, seen.append, "at that instant, but earlier")

        def held():
            time.sleep(1)
            stop()
            seen.append("held")

        job = loop.run_in_executor(None, held)
        await asyncio.sleep(0)
        await asyncio.sleep(1)
        loop.call_later(1, seen.append, "a second later")
        await job
        await asyncio.sleep(1)
        return seen

    run = simulate(main, patience=PATIENCE)
    assert run.result() == ["at that instant, but earlier", "held", "a second later"]
