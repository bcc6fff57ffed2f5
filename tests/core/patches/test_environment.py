"""What a run replaces around it is put back, whatever happens."""

import asyncio
import gc
import queue
import random
import sys
import threading
import time
import types

import pytest

import vtloop
from vtloop.core.patches.environment import ALWAYS, WALL
from vtloop.core.patches.recorded import RECORDED
from vtloop.core.threads.program_threads import start_outside
from vtloop.patching.redirect import _words

ABSENT = object()
TABLES = (*ALWAYS, *WALL, *RECORDED)
BEHIND_THE_NAME = {item.name: item.redirected for item in TABLES if item.redirected}


def words():
    """Return what redirected functions do."""
    return {name: bytes(_words(function)) for name, function in BEHIND_THE_NAME.items()}


def surroundings():
    """Return all that a run may change in the process."""
    names = {
        (item.module.__name__, item.name): vars(item.module).get(item.name, ABSENT)
        for item in TABLES
    }
    return names | {
        "redirected": words(),
        "random": random.getstate(),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "generators": sys.get_asyncgen_hooks(),
        "origins": sys.get_coroutine_origin_tracking_depth(),
        "output": sys.stdout,
        "loop": asyncio._get_running_loop(),
    }


async def nothing():
    pass


async def fail():
    raise KeyError


async def wait_for_ever():
    await asyncio.Event().wait()


async def leave():
    raise SystemExit


@pytest.mark.parametrize("program", [nothing, fail, wait_for_ever, leave])
@pytest.mark.parametrize("start", [vtloop.run, vtloop.simulate])
def test_a_run_leaves_the_process_as_it_was(program, start):
    before, threads = surroundings(), set(threading.enumerate())
    try:
        start(program, debug=True)
    except (KeyError, vtloop.DeadlockError, SystemExit):
        pass
    assert surroundings() == before
    assert set(threading.enumerate()) <= threads


def test_the_tables_say_what_is_replaced_while_a_run_is_on():
    before = words()

    async def main():
        return {
            (item.module.__name__, item.name)
            for item in TABLES
            if vars(item.module)[item.name] is item.stand_in
            or (item.redirected and bytes(_words(item.redirected)) != before[item.name])
        }

    always = {(item.module.__name__, item.name) for item in (*ALWAYS, *WALL)}
    recorded = {(item.module.__name__, item.name) for item in RECORDED}
    assert vtloop.run(main()) == always
    assert vtloop.simulate(main).value == always | recorded


def test_runs_in_two_threads_at_once_put_things_back_only_once_both_have_ended():
    inside, go_on = threading.Event(), threading.Event()

    async def stay():
        inside.set()
        while not go_on.is_set():
            await asyncio.sleep(1)

    before = surroundings()
    thread = threading.Thread(target=vtloop.run, args=(stay,), kwargs={"seed": None})
    thread.start()
    inside.wait()
    vtloop.run(nothing, seed=None)
    assert bytes(_words(time.sleep)) != before["redirected"]["sleep"]
    go_on.set()
    thread.join()
    assert surroundings() == before


@pytest.fixture
def taker(monkeypatch):
    """A module of the program's, that took things by name before the run."""
    module = types.ModuleType("taker")
    monkeypatch.setitem(sys.modules, "taker", module)
    return module


def test_a_module_that_took_a_lock_by_another_name_has_one_in_virtual_time(taker):
    taker.Mutex = original = threading.Lock

    async def main():
        lock = taker.Mutex()
        lock.acquire()
        return lock.acquire(timeout=3600), asyncio.get_running_loop().time()

    assert vtloop.run(main()) == (False, 3600)
    assert taker.Mutex is original


def test_a_module_imported_during_a_run_keeps_nothing_of_it(taker, monkeypatch):
    monkeypatch.delitem(sys.modules, "taker")

    async def main():
        monkeypatch.setitem(sys.modules, "taker", taker)
        exec("from threading import Lock as Mutex; from queue import SimpleQueue", vars(taker))
        return taker.Mutex

    assert vtloop.run(main()) is not threading.Lock
    assert taker.Mutex is threading.Lock
    assert taker.SimpleQueue is queue.SimpleQueue


def test_threads_outside_the_run_keep_the_real_sleep_and_clocks():
    seen = {}

    def outside():
        seen["queue"] = abs(queue.time() - time.monotonic()) < 1
        seen["threading"] = abs(threading._time() - time.monotonic()) < 1
        time.sleep(0)

    async def main():
        await asyncio.sleep(10**9)
        thread = threading.Thread(target=outside)
        start_outside(thread)
        thread.join()

    vtloop.run(main())
    assert seen == {"queue": True, "threading": True}


def test_a_disabled_collector_stays_disabled():
    gc.disable()
    try:

        async def main():
            for _ in range(30_000):
                await asyncio.sleep(0)
            return gc.isenabled()

        collections = gc.get_stats()[0]["collections"]
        assert vtloop.run(main()) is False
        assert gc.get_stats()[0]["collections"] == collections
    finally:
        gc.enable()


def test_garbage_in_cycles_is_collected_during_a_long_run():
    class Node:
        alive = 0

        def __init__(self):
            self.me = self
            Node.alive += 1

        def __del__(self):
            Node.alive -= 1

    async def main():
        most = 0
        for _ in range(100_000):
            Node()
            most = max(most, Node.alive)
            await asyncio.sleep(0)
        return most

    assert vtloop.run(main()) < 30_000
