"""A builtin function can be redirected while others hold it, and copied before."""

import copy
import gc
import math
import random
import sys
import threading
import time

import pytest

from vtloop.core.patches import module_random
from vtloop.patching import redirect
from vtloop.patching.memory import POSSIBLE
from vtloop.patching.originals import TIME
from vtloop.patching.redirect import Redirection, can_be_redirected, real

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this interpreter is laid out otherwise")


@pytest.fixture
def redirected():
    """Redirect functions until the test has ended."""
    begun = []

    def begin(function, stand_in):
        redirection = Redirection(function, stand_in)
        begun.append(redirection)
        redirection.words.raw = redirection.redirected
        return redirection

    yield begin
    for redirection in reversed(begun):
        redirection.words.raw = redirection.original


def test_every_clock_can_be_redirected_on_this_python():
    assert {name for name in TIME if not can_be_redirected(TIME[name])} == set()


@pytest.mark.parametrize("function", [math.sin, len, [].append, print, int, lambda: 0, None])
def test_what_is_laid_out_otherwise_cannot_be_redirected(function):
    if can_be_redirected(function):
        pytest.skip("it can, on this Python")
    with pytest.raises(ValueError, match="was to be redirected, while it is no builtin function"):
        Redirection(function, print)
    assert real(function) is function


def test_each_way_to_pass_arguments_reaches_the_stand_in(redirected):
    redirected(time.monotonic, lambda: 42)
    redirected(time.sleep, lambda seconds: ("slept", seconds))
    redirected(time.ctime, lambda *args: ("ctime", args))
    assert time.monotonic() == 42
    assert time.sleep("long") == ("slept", "long")
    assert (time.ctime(), time.ctime(5), time.ctime(1, 2)) == (
        ("ctime", ()),
        ("ctime", (5,)),
        ("ctime", (1, 2)),
    )
    with pytest.raises(TypeError, match="takes no arguments"):
        time.monotonic(1)


def test_an_error_of_the_stand_in_is_raised_by_the_call(redirected):
    def fail():
        raise KeyError("no time")

    redirected(time.monotonic, fail)
    with pytest.raises(KeyError, match="no time"):
        time.monotonic()


def test_a_copy_does_what_the_function_did(redirected):
    copied = real(time.monotonic)
    redirected(time.monotonic, lambda: 42)
    before = copied()
    assert 0 < before <= copied()
    assert real(copied) is not copied


def test_calls_that_the_interpreter_has_specialised_are_redirected_too(redirected):
    def read():
        return time.monotonic(), time.gmtime(0).tm_year

    for _ in range(1_000):
        assert read()[0] != 42
    redirection = redirected(time.monotonic, lambda: 42)
    assert [read() for _ in range(1_000)] == [(42, 1970)] * 1_000
    redirection.words.raw = redirection.original
    assert read()[0] != 42


def test_references_are_counted_rightly(redirected):
    class Thing:
        pass

    things = [Thing() for _ in range(3)]
    before = sys.getrefcount(things[0])
    redirected(time.ctime, lambda *args: args)
    for _ in range(100):
        returned = time.ctime(*things) == tuple(things)
    gc.collect()
    after = sys.getrefcount(things[0])
    assert returned
    assert after == before


def test_other_threads_never_see_half_a_redirection():
    redirection = Redirection(time.monotonic, lambda: -1.0)
    wrong, stop = [], False

    def read():
        while not stop:
            try:
                time.monotonic()
            except BaseException as error:
                wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=read) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(20_000):
            redirection.words.raw = redirection.redirected
            redirection.words.raw = redirection.original
    finally:
        stop = True
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert wrong == []


def test_where_memory_is_not_to_be_written_to_nothing_can_be_redirected(monkeypatch):
    monkeypatch.setattr(redirect, "POSSIBLE", False)
    assert not can_be_redirected(time.monotonic)
    assert real(time.monotonic) is time.monotonic


def test_the_state_of_random_is_copied_and_put_back_whole():
    assert module_random._memory is not None
    random.seed(5)
    random.gauss(0, 1)  # leaves another number behind
    before, state = module_random.state(), random.getstate()
    first = [random.random(), random.gauss(0, 1), random.getrandbits(100)]
    for _ in range(1000):
        random.random()
    module_random.set_state(before)
    assert random.getstate() == state
    assert [random.random(), random.gauss(0, 1), random.getrandbits(100)] == first


@pytest.mark.parametrize("seed", [0, "a text", 10**30, True])
def test_a_seeded_state_is_that_after_the_seed(seed, monkeypatch):
    before = random.getstate()
    fast = module_random.seeded(seed)
    assert random.getstate() == before
    with monkeypatch.context() as patch:
        patch.setattr(module_random, "_memory", None)
        slow = module_random.seeded.__wrapped__(seed)
    module_random.set_state(fast)
    try:
        assert random.getstate() == slow == random.Random(seed).getstate()
    finally:
        random.setstate(copy.deepcopy(before))
