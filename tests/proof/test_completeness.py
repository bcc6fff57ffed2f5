"""A sweep tries every moment that there is, and what happens then is what asyncio's loop does.

The reference is an enumeration that knows nothing of the sweep: on the stock loop (with a clock of
its own, see `test_parity`) it looks before every handle which tasks are there and which of them
have a step in the ready queue, and then, one run for each, lets a callback cancel one of them
there, or all. A sweep must count the same moments, and each run must do, handle for handle, the
same.

Environment: COMPLETENESS_PROGRAMS is how many programs to run; `make completeness` runs
1,000.
"""

import asyncio
import gc
import os
from asyncio import runners, tasks
from types import SimpleNamespace
from unittest import mock

import pytest
from hypothesis import given, settings

import vtloop
from tests.proof import test_parity
from tests.support import programs
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.programs import drawn
from vtloop.search.bench import Bench
from vtloop.sweep import sweep
from vtloop.sweep.cases import count
from vtloop.sweep.counting import Counting
from vtloop.sweep.disturbances import Shutdown
from vtloop.sweep.injection import MESSAGE, Injection
from vtloop.sweep.moments import Case, Moment

PROGRAMS = int(os.environ.get("COMPLETENESS_PROGRAMS", "25"))
AT_MOST = 40  # runs of one program, unless all are asked for
EVERYBODY = 0  # the number of a victim that is all tasks

MANY = settings(drawn, max_examples=PROGRAMS)

# Programs leave coroutines and exceptions behind, on both loops.
pytestmark = pytest.mark.filterwarnings("ignore")


# The reference


class Interrupted(programs.Watched):
    """A queue of ready handles whose loop is asked before each of them."""

    def popleft(self):
        if self._counts(self[0]):
            self._loop.before_handle()
        return super().popleft()

    def _counts(self, handle):
        if handle._cancelled:  # a virtual loop forgets a timer at once
            return not any(handle is gone for gone in self._loop.gone)
        return self._describe(handle._callback)  # '' if so the stock loop wakes itself


class EnumeratingLoop(test_parity.StockLoop):
    """The stock loop, which notes who could be cancelled, or cancels some before one handle."""

    def __init__(self, number=EVERYBODY, place=-1):
        super().__init__()
        self.moments = set()
        self.gone = []  # timers that were cancelled before they were due
        self._victim, self._place = number, place
        self._handles = 0
        self._over = False

    def before_handle(self):
        if self._over:
            return
        for task in _in_order(self):
            steps = [handle for handle in self._ready if _steps(handle, task)]
            self.moments.add((task.number, self._handles, "B" if steps else "A"))
            if self._handles == self._place:
                if self._victim == EVERYBODY:
                    task.cancel()
                elif self._victim == task.number:
                    task.cancel(MESSAGE)
        self._handles += 1

    def _timer_handle_cancelled(self, handle):
        if handle._scheduled:
            self.gone.append(handle)
        super()._timer_handle_cancelled(handle)

    def run_until_complete(self, future):
        try:
            return super().run_until_complete(future)
        finally:
            self._over = True  # what follows is the runner's cleanup


def _steps(handle, task):
    callback = handle._callback
    name = getattr(callback, "__name__", "step")
    return getattr(callback, "__self__", None) is task and name in ("step", "task_wakeup")


def _in_order(loop):
    return sorted(asyncio.all_tasks(loop), key=hash)


# What asyncio's runner cancels in the end is a set of tasks, in any order.
IN_ORDER = SimpleNamespace(all_tasks=_in_order, gather=tasks.gather)


def on_stock(program, *interruption):
    loop = EnumeratingLoop(*interruption)
    with (
        mock.patch.object(runners, "tasks", IN_ORDER),
        mock.patch.object(test_parity, "StockLoop", return_value=loop),
        mock.patch.object(programs, "Watched", Interrupted),
    ):
        return test_parity.run_on_stock(program), loop.moments


# The sweep's own


class SteeredLoop(vtloop.VirtualLoop):
    """A virtual loop whose policy stops with the main coroutine."""

    blocked_until = 0

    def run_until_complete(self, future):
        try:
            return super().run_until_complete(future)
        finally:
            self._policy.stop()

    def will_cancel(self, task):
        """Tell nobody, as there is no witness."""


def on_virtual(program, policy):
    with mock.patch.object(runners, "tasks", IN_ORDER):
        return programs.run(program, SteeredLoop(policy=policy))


def moments_of(counting):
    return {
        (number, moment.at, moment.kind)
        for number, moments in counting.moments.items()
        for moment in moments
        if moment.kind in "AB"
    }


def shutdowns_of(counting):
    """Return the shutdowns before handles that were counted."""
    cases = [case for _, case in counting.of_run]
    return [
        (case.number, moment) for case in cases for moment in case.moments if moment.kind == "S"
    ]


def as_function(program):
    """Return a coroutine function that is a program."""

    async def main():
        await programs.Stage(asyncio.get_running_loop()).load(program)()

    return main


class Parted(AssertionError):
    """The sweep and the reference differ."""


def compare(program, at_most):
    """Return how many moments a program has, and how many of them were compared."""
    gc.collect()  # else tasks of earlier programs stay in the set that all_tasks() walks through
    _, expected = on_stock(program)
    counting = Counting("AB")
    on_virtual(program, counting)
    if (found := moments_of(counting)) != expected:
        raise Parted(f"{sorted(found ^ expected)} in this program:\n\n{program}")
    gc.collect()  # before a bench freezes them
    with Bench(as_function(program)) as bench:
        _, swept = count(bench, "ABS")
    if (found := moments_of(swept)) != expected:
        raise Parted(f"{sorted(found ^ expected)} of a bench in this program:\n\n{program}")
    shutdowns = {(EVERYBODY, place, "S") for _, place, _ in expected}
    counted = {(owner, moment.at, moment.kind) for owner, moment in shutdowns_of(swept)}
    if counted != shutdowns:
        raise Parted(f"{sorted(counted ^ shutdowns)} of shutdowns in this program:\n\n{program}")
    every, every_shutdown = (max(1, len(some) // at_most) for some in (expected, shutdowns))
    tried = sorted(expected)[::every]
    for number, place, kind in tried + sorted(shutdowns)[:: 4 * every_shutdown]:
        record, _ = on_stock(program, number, place)
        policy = Injection if kind in "AB" else Shutdown
        injection = policy(Case("", number, (Moment(kind, place),)))
        found = on_virtual(program, injection)
        if found != record or injection.outcome.missed:
            raise Parted(
                f"Cancelling task {number} at {kind}{place}:\nstock:   {record}\nvirtual: {found}\n"
                f"in this program:\n\n{program}"
            )
    return len(expected), len(tried)


@pytest.fixture(scope="module")
def tally(request):
    counts = [0, 0, 0]
    yield counts
    if "COMPLETENESS_PROGRAMS" in os.environ:
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print("\n{:,} programs, {:,} moments counted, {:,} of them tried".format(*counts))


@MANY
@given(programs.programs())
def test_every_moment_is_tried_and_ends_as_on_the_stock_loop(tally, program):
    at_most = 1_000_000 if "COMPLETENESS_PROGRAMS" in os.environ else AT_MOST
    counted, tried = compare(program, at_most)
    tally[0] += 1
    tally[1] += counted
    tally[2] += tried


@settings(MANY, max_examples=max(5, PROGRAMS // 10))
@given(programs.programs())
def test_every_moment_comes_again_when_it_is_tried_within_steps_and_in_pairs_too(program):
    report = sweep(as_function(program), budget=50)
    assert not report.missed, f"{report}\n{program}"


# What would be caught


class Forgetful(Counting):
    """Does not see a moment now and then."""

    def _count(self, task, moment):
        if self.handles % 5 != 4:
            super()._count(task, moment)


class OneLate(Injection):
    """Cancels one handle too late."""

    def _comes(self, kinds, at):
        return super()._comes(kinds, at - 1)


@pytest.mark.parametrize(
    "mutant", [("Counting", Forgetful), ("Injection", OneLate)], ids=["forgetful", "one late"]
)
def test_a_sweep_with_a_fault_is_found_out(monkeypatch, mutant):
    monkeypatch.setitem(globals(), *mutant)
    program = programs.Program(["await sleep(1)", "await sleep(1)", "spawn(sleep(1))"])
    with pytest.raises(Parted):
        compare(program, AT_MOST)


@pytest.mark.parametrize(
    "statements",
    [
        ["await sleep(1)", "await sleep(1)", "spawn(sleep(1))"],
        ["note(await wait_for(gather(wait_for(sleep(0), 1), future), 1))"],  # two deadlines meet
    ],
    ids=" ".join,
)
def test_a_sweep_without_a_fault_is_not(statements):
    counted, tried = compare(programs.Program(statements), AT_MOST)
    assert counted == tried > 5
