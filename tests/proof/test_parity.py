"""Random programs do on a virtual loop, handle for handle, what they do on asyncio's own.

The reference is the stock loop itself, with as little changed as makes a comparison possible:

- its selector does not wait: it moves a clock of whole nanoseconds to the next deadline, and with
  no deadline left it tells of a deadlock instead of waiting for ever;
- a deadline is rounded to nanoseconds, as the sum of floats 0.1 + 0.2 would miss that of 0.3;
- equal deadlines are in order of creation: the stock heap has them in any;
- tasks hash by their number, and what `as_completed` is given stays in its order: the stock sets
  are in order of addresses.

The last three are where a virtual loop differs on purpose; what asyncio does without them is shown
at the end. Environment: PARITY_PROGRAMS is how many programs to run. `make parity` runs 10,000;
`--hypothesis-seed=N` repeats a run.
"""

import asyncio
import contextlib
import contextvars
import itertools
import math
import os
import platform
import random
from asyncio import runners, taskgroups, tasks
from collections import Counter
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from hypothesis import Phase, event, find, given, settings

import vtloop
from tests.support import programs
from tests.support.clocks import wake_twelve_equal_sleepers
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.programs import drawn
from vtloop.core import timers
from vtloop.core.timers import Timers

PROGRAMS = int(os.environ.get("PARITY_PROGRAMS", "200"))

# Programs leave coroutines and exceptions behind, on both loops.
pytestmark = pytest.mark.filterwarnings("ignore")


# The reference


class Deadlock(Exception):
    """The stock loop would wait for ever."""


class Deadline(float):
    """A deadline in seconds that is equal to no other: made earlier is earlier."""

    ties = 0  # how often the order of creation decided
    place: int

    def __new__(cls, seconds, place):
        deadline = super().__new__(
            cls, round(seconds * 1e9) / 1e9 if seconds < math.inf else seconds
        )
        deadline.place = place
        return deadline

    def __lt__(self, other):
        if isinstance(other, Deadline) and float(self) == float(other):
            Deadline.ties += 1
            return self.place < other.place
        return float(self) < float(other)


class InOrder(dict):
    """A set in order of insertion, as far as asyncio uses one."""

    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class NumberedTask(asyncio.Task):
    """A task whose hash is its number, so that sets of tasks are those of a virtual loop."""

    number: int

    def __new__(cls, *args, loop, **options):
        task = super().__new__(cls)
        task.number = next(loop.numbers)
        return task

    def __hash__(self):
        return self.number


class StockLoop(asyncio.SelectorEventLoop):
    """The stock loop on a virtual clock."""

    _selector: Any
    _scheduled: Any

    def __init__(self):
        super().__init__()
        self.numbers = itertools.count(1)
        self._now = 0  # nanoseconds
        self._places = itertools.count()
        self._really_select, self._selector.select = self._selector.select, self._select

    def time(self):
        return self._now / 1e9

    def call_at(self, when, callback, *args, context=None):
        deadline = Deadline(when, next(self._places))
        return super().call_at(deadline, callback, *args, context=context)

    def set_task_factory(self, factory):
        if factory is not None:
            factory = asyncio.create_eager_task_factory(NumberedTask)
        super().set_task_factory(factory)

    def _select(self, timeout):
        selected = self._really_select(0)
        if timeout != 0 and not selected:
            deadline = self._scheduled[0].when() if self._scheduled else math.inf
            if deadline == math.inf:
                raise Deadlock
            self._now = max(self._now, round(deadline * 1e9))
        return selected


# What asyncio's runner cancels in the end is a set of tasks, in any order.
IN_ORDER = SimpleNamespace(
    all_tasks=lambda loop: sorted(asyncio.all_tasks(loop), key=hash), gather=tasks.gather
)


def run_on_stock(program):
    loop = StockLoop()
    with (
        mock.patch.object(tasks, "Task", NumberedTask),
        mock.patch.object(tasks, "set", InOrder, create=True),
        mock.patch.object(taskgroups, "set", InOrder, create=True),
    ):
        return programs.run(program, loop)


# Comparing


class Parted(AssertionError):
    """Two runs of a program differ."""


def compare(program, make_loop=vtloop.VirtualLoop, handle_for_handle=True):
    """Run a program on the stock loop and another; return the record, or raise Parted."""
    with mock.patch.object(runners, "tasks", IN_ORDER):
        expected = run_on_stock(program)
        found = programs.run(program, make_loop())
    _compare("log", program, expected.log, found.log)
    if handle_for_handle:
        _compare("handles", program, expected.handles, found.handles)
    return expected


def _compare(what, program, expected, found):
    if expected == found:
        return
    pairs = itertools.zip_longest(expected, found, fillvalue="(nothing)")
    place = next(place for place, (one, other) in enumerate(pairs) if one != other)
    before = "".join(f"    {line}\n" for line in expected[max(0, place - 5) : place])
    raise Parted(
        f"The {what} of the two loops part at entry {place}, after\n{before}"
        f"stock:\n    {[*expected, '(nothing)'][place]}\n"
        f"virtual:\n    {[*found, '(nothing)'][place]}\nin this program:\n\n{program}"
    )


class Tally:
    """What the programs of a test were like, so that nobody takes trivial ones for a proof."""

    def __init__(self):
        self.programs = self.handles = 0
        self.features: Counter[str] = Counter()
        self.templates: Counter[str] = Counter()

    def add(self, program, record, ties):
        self.programs += 1
        self.handles += len(record.handles)
        self.templates.update(program.templates)
        log = "\n".join(record.log)
        features = {
            "a deadlock": "deadlock" in log,
            "a cancellation": "CancelledError" in log,
            "a timeout": "TimeoutError" in log,
            "an error of its own": "Error(0" in log or "Error(1" in log or "Error(2" in log,
            "a group of errors": "ExceptionGroup" in log,
            "equal deadlines": ties,
            "eager tasks": "eager_task_factory" in str(program),
            "more than one task": len({line.split(":")[0].split(" ", 1)[1] for line in record.log})
            > 2,
            "more than 50 handles": len(record.handles) > 50,
            "a lifetime of more than 1 s": float(record.handles[-1].split()[0]) > 1,
        }
        for name, has in features.items():
            self.features[name] += bool(has)
            if has:
                event(name)

    def __str__(self):
        shares = "".join(
            f"  {count / self.programs:6.1%} with {name}\n"
            for name, count in self.features.most_common()
        )
        rarest, uses = min(self.templates.items(), key=lambda item: item[1])
        return (
            f"\nPython {platform.python_version()}: {self.programs:,} programs ran the same "
            f"{self.handles:,} handles on both loops.\n{shares}  {len(self.templates)} kinds of "
            f"statement, the rarest in {uses:,} programs: {rarest.splitlines()[0]}\n"
        )


@pytest.fixture(scope="module")
def tally(request):
    tally = Tally()
    yield tally
    if "PARITY_PROGRAMS" in os.environ and tally.programs:
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(tally)


@settings(drawn, max_examples=PROGRAMS)
@given(programs.programs())
def test_programs_run_handle_for_handle_as_on_the_stock_loop(tally, program):
    ties = Deadline.ties
    record = compare(program)
    tally.add(program, record, Deadline.ties - ties)


# What would be caught


class LastComeFirst(Timers):
    """Timers of one deadline fire in reverse."""

    def pop_first(self):
        return dict.fromkeys(reversed(super().pop_first()))


class ByCreation(Timers):
    """Deadlines that have passed count as now, so that the earlier of two does not come first."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def insert(self, handle):
        handle.deadline = max(handle.deadline, self._loop.virtual_time())
        super().insert(handle)


class Forgetful(Timers):
    """Cancelled timers stay, and the clock stops at them."""

    def discard(self, handle):
        pass


class OneIterationLate(Timers):
    """Timers join the ready queue one iteration after they were due."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def pop_first(self):
        due = super().pop_first()
        self._loop.call_soon(_read_from_self, self._loop._ready, due)
        return ()


def _read_from_self(ready, due):
    """Has the name of a handle that the comparison leaves out."""
    ready.extend(due)


class TwoQueues(vtloop.VirtualLoop):
    """Callbacks of `call_soon` run before timers that became due earlier."""

    def call_soon(self, *args, **options):
        handle = super().call_soon(*args, **options)
        if self._ready[0] is not handle:
            self._ready.rotate(1)
        return handle


class AlwaysLazy(vtloop.VirtualLoop):
    """Eager tasks are as lazy as others."""

    def set_task_factory(self, factory):
        pass


class WithoutContexts(vtloop.VirtualLoop):
    """Callbacks do not see the context variables of their caller."""

    def call_soon(self, *args, context=None):
        return super().call_soon(
            *args, context=contextvars.Context() if context is None else context
        )


def _with_timers(make_timers):
    def make_loop():
        loop = vtloop.VirtualLoop()
        loop._timers = make_timers(loop)
        return loop

    return make_loop


MUTANTS = {
    "ties last come, first served": _with_timers(lambda loop: LastComeFirst()),
    "the past in order of creation": _with_timers(ByCreation),
    "the clock stops at cancelled timers": _with_timers(lambda loop: Forgetful()),
    "timers one iteration late": _with_timers(OneIterationLate),
    "soon before due": TwoQueues,
    "callbacks without their context": WithoutContexts,
}
if hasattr(asyncio, "eager_task_factory"):
    MUTANTS["eager tasks lazy"] = AlwaysLazy


IN_MAKE_PARITY = pytest.mark.skipif(
    "PARITY_PROGRAMS" not in os.environ, reason="takes long: make parity"
)


def programs_until_found(make_loop, handle_for_handle, at_most):
    """Return after how many programs a difference was found; None if there was none."""
    count = 0

    @settings(drawn, max_examples=at_most, derandomize=True, phases=[Phase.generate])
    @given(programs.programs())
    def search(program):
        nonlocal count
        count += 1
        compare(program, make_loop, handle_for_handle)

    try:
        search()
    except (Parted, ExceptionGroup):
        return count
    return None


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, marks=IN_MAKE_PARITY)
        if mutant in ("the past in order of creation", "the clock stops at cancelled timers")
        else mutant
        for mutant in MUTANTS
    ],
)
def test_a_loop_with_a_fault_is_found_out_by_its_handles(mutant):
    assert programs_until_found(MUTANTS[mutant], True, at_most=1000) is not None


@IN_MAKE_PARITY
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_loop_with_a_fault_is_found_out_by_what_programs_write(mutant):
    assert programs_until_found(MUTANTS[mutant], False, at_most=3000) is not None


@pytest.mark.parametrize("kind", ["Handle", "TimerHandle"])
def test_cancelled_handles_that_run_are_found_out(monkeypatch, kind):
    monkeypatch.setattr(getattr(timers, kind), "cancel", lambda handle: None)
    assert programs_until_found(vtloop.VirtualLoop, False, at_most=1000) is not None


def test_what_is_found_shrinks_to_a_few_lines_of_python():
    def differs(program):
        try:
            compare(program, MUTANTS["ties last come, first served"])
        except Parted:
            return True
        return False

    found = settings(drawn, max_examples=500)
    program = find(programs.programs(), differs, settings=found, random=random.Random(1))
    assert len(str(program).splitlines()) <= 10, str(program)  # of some 50; 4 to 10 by the seed


def test_a_difference_is_told_with_what_came_before_and_the_program():
    program = programs.Program(["await sleep(1)", "note(await gather(sleep(1, 1), sleep(1, 2)))"])
    compare(program)
    with pytest.raises(Parted) as caught:
        compare(program, MUTANTS["ties last come, first served"])
    told = str(caught.value)
    assert told.startswith("The handles of the two loops part at entry 7, after\n    1 task_wakeup")
    assert told.endswith(f"in this program:\n\n{program}")
    assert "stock:\n    2 task_wakeup of the 2. task\nvirtual:\n    2 task_wakeup of the 3." in told


# Where a virtual loop differs on purpose


class JumpingLoop(asyncio.SelectorEventLoop):
    """The stock loop whose clock jumps, and nothing else changed."""

    _selector: Any

    def __init__(self):
        super().__init__()
        self._now = 0.0
        self._really_select, self._selector.select = self._selector.select, self._select

    def time(self):
        return self._now

    def _select(self, timeout):
        self._now += timeout or 0
        return self._really_select(0)


def order_on(make_loop, main):
    with asyncio.Runner(loop_factory=make_loop) as runner:
        return runner.run(main())


def test_equal_deadlines_fire_in_order_of_creation_and_not_in_the_heaps():
    assert order_on(vtloop.VirtualLoop, wake_twelve_equal_sleepers) == list(range(12))
    stock = [0, 2, 6, 11, 10, 9, 8, 5, 7, 4, 1, 3]
    assert order_on(JumpingLoop, wake_twelve_equal_sleepers) == stock


async def meet_at_three_tenths():
    woken = []

    async def sleeper(*delays):
        for delay in delays:
            await asyncio.sleep(delay)
        woken.append(delays)

    await asyncio.gather(sleeper(0.1, 0.2), sleeper(0.3))
    return woken


def test_deadlines_meet_in_nanoseconds_where_floats_pass_each_other():
    assert 0.1 + 0.2 > 0.3
    # The timer of the second was made first.
    assert order_on(vtloop.VirtualLoop, meet_at_three_tenths) == [(0.3,), (0.1, 0.2)]
    assert order_on(JumpingLoop, meet_at_three_tenths) == [(0.3,), (0.1, 0.2)]


class BackwardTask(asyncio.Task):
    """A task whose hash puts it before those made earlier, as any task's address may."""

    made = 0
    place: int

    def __new__(cls, *args, **options):
        task = super().__new__(cls)
        BackwardTask.made += 1
        task.place = BackwardTask.made
        return task

    def __hash__(self):
        return 7 - self.place % 8


async def abort_a_group_of_three():
    ended = []

    async def child(name):
        try:
            await asyncio.sleep(1)
        finally:
            ended.append(name)

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(child(name))
            await asyncio.sleep(0.5)
            raise ValueError
    return ended


def test_a_group_ends_its_tasks_by_their_numbers_and_not_by_their_addresses(monkeypatch):
    assert order_on(vtloop.VirtualLoop, abort_a_group_of_three) == ["a", "b", "c"]
    monkeypatch.setattr(tasks, "Task", BackwardTask)
    assert order_on(JumpingLoop, abort_a_group_of_three) == ["c", "b", "a"]


async def complete_coroutines():
    async def number(value):
        return value

    given = [number(value) for value in range(12)]
    return [await next_done for next_done in asyncio.as_completed(given)]


def test_as_completed_starts_coroutines_in_the_order_given_and_not_by_their_addresses():
    assert order_on(vtloop.VirtualLoop, complete_coroutines) == list(range(12))
    assert sorted(order_on(JumpingLoop, complete_coroutines)) == list(range(12))  # in any order
