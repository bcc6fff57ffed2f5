"""The calls of a step are counted alike on every Python, and only of that step."""

import _thread
import asyncio
import gc
import linecache
import socket
import sys
from functools import partial

import pytest

import vtloop.search.calls
from vtloop.recording.recording import Recording
from vtloop.search.calls import Calls, end_run, forget_calls
from vtloop.sweep import sweep
from vtloop.values import source
from vtloop.values.text import without_addresses


@pytest.fixture(autouse=True)
def _nothing_is_left_on():
    gc.disable()  # as in a sweep: what others have left would be tidied up in a step
    yield
    gc.enable()
    forget_calls()


def inner():
    return sorted([2, 1], key=lambda number: number)


def outer():
    inner()
    return inner()


def counted(function):
    numbers = []
    calls = Calls(numbers.append)
    calls.start()
    try:
        function()
    finally:
        calls.stop()
    outer()  # no longer counted
    assert calls.count == len(numbers)
    return numbers


def test_functions_count_when_they_begin_but_not_those_written_in_c():
    assert counted(outer) == list(range(7))  # itself, and twice a function with a key for 2 items


def test_what_stands_in_for_the_operating_system_calls_nothing_that_counts():
    async def opens_sockets():
        for end in socket.socketpair():
            end.close()
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))

    sockets_own = 5  # close(), three times, and that it is a context manager
    assert sweep(opens_sockets, classes="C").tallies["C"].total == 1 + sockets_own


def test_what_a_step_calls_when_its_task_is_done_is_no_moment_to_cancel_it_again():
    class Tidied:
        def __del__(self):
            inner()

    async def main():
        _ = Tidied()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            pass

    report = sweep(main, classes="ACD")
    assert report.tallies["D"].tried > 0
    assert report.missed == ()


def test_a_coroutine_counts_when_it_is_resumed_only_as_the_first_of_a_step():
    class Pause:
        def __await__(self):
            yield

    async def nested():
        await Pause()
        inner()

    async def coroutine():
        await nested()

    begun = coroutine()

    def step():
        begun.send(None)

    assert counted(step) == list(range(4))  # itself, two coroutines, and __await__
    calls = Calls(lambda number: None)
    calls.start()
    try:
        begun.send(None)
    except StopIteration:
        pass
    finally:
        calls.stop()
    assert calls.count == 1 + 3  # the outermost coroutine goes on, and `inner` and its key begin


def test_another_tracer_is_back_afterwards():
    def tracer(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        counted(outer)
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is tracer


def test_what_another_thread_calls_does_not_count():
    # Primitives written in C, so that waiting for the thread is no call of a Python function.
    asked, answered = _thread.allocate_lock(), _thread.allocate_lock()
    asked.acquire()
    answered.acquire()

    def other():
        asked.acquire()
        outer()
        answered.release()

    def ask():
        asked.release()
        answered.acquire()

    _thread.start_new_thread(other, ())
    assert counted(ask) == [0]


def test_what_looks_up_a_line_of_source_calls_nothing_that_counts():
    linecache.clearcache()
    assert counted(partial(source.place_at, __file__, 1, "looks_up")) == []


class Failed:
    """What a recorder asks of a task that has raised something."""

    cancelled = bool

    class Error(Exception):
        def __repr__(self):
            return "an error that says what it is in Python"

    _exception = Error()


def test_what_a_recorder_asks_of_an_error_as_an_eager_task_ends_does_not_count():
    numbers, recording, failed = [], Recording(), Failed()
    calls = Calls(numbers.append, recorded=True)
    calls.start()
    try:
        assert recording._outcome(failed) == ("raised", repr(failed._exception))
    finally:
        calls.stop()
    assert len(numbers) == 1, "only what the test itself calls"
    assert len(counted(partial(recording._outcome, failed))) > 0, "if nobody knows of a recorder"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
def test_after_a_sweep_no_function_is_monitored_any_more():
    tools = [sys.monitoring.get_tool(number) for number in range(6)]

    async def main():
        inner()

    assert sweep(main).tallies["C"].tried > 2
    assert [sys.monitoring.get_tool(number) for number in range(6)] == tools
    assert not sys.monitoring.get_events(4)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
def test_between_steps_the_packages_own_functions_are_told_of_once_and_others_always(monkeypatch):
    heard = []
    switch_off = vtloop.search.calls._Tidying._switch_off

    def hear(tidying, code, *rest):
        heard.append(code)
        return switch_off(tidying, code, *rest)

    def told(function):
        before = len(heard)
        function()
        return len(heard) - before

    def asks():
        return without_addresses("nothing")

    monkeypatch.setattr(vtloop.search.calls._Tidying, "_switch_off", hear)
    asks()  # unheard, after which it is as if it had never been told of
    counted(inner)
    assert [told(inner) for _ in range(2)] == [3, 3]  # itself, and its key twice
    assert [told(asks) for _ in range(3)] == [2, 1, 1]
    assert counted(asks) == [0]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
def test_no_function_is_monitored_any_more_after_some_runs_that_have_followed_no_step():
    def events_after(runs):
        counted(inner)
        for _ in range(runs):
            end_run()
        return sys.monitoring.get_events(4) if sys.monitoring.get_tool(4) else 0

    assert events_after(5)
    assert events_after(5), "a step was followed in between"
    assert not events_after(20)
    assert counted(inner) == [0, 1, 2], "and when they are wanted again"
