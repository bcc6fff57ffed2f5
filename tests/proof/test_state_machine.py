"""A virtual loop under random use agrees with a model of a loop; many runs leave nothing behind.

The model is two lists, of ready entries and of timers. It is not run on its own: each callback and
each stretch of a task that really runs asks the model whether it is its turn, and then does the
same to both. Once jobs run in worker threads, whose handles the model does not know, it only checks
that nothing runs twice, too early, or after it was cancelled.

Environment: ROBUSTNESS_STEPS and ROBUSTNESS_RUNS. `make robustness` makes 1,000,000 steps and
10,000 runs, the same each time.
"""

import asyncio
import bisect
import functools
import gc
import itertools
import math
import os
import platform
import threading
import time
import tracemalloc
import weakref

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import vtloop
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from vtloop.values.clock import to_nanoseconds

STEPS = int(os.environ.get("ROBUSTNESS_STEPS", "3000"))
RUNS = int(os.environ.get("ROBUSTNESS_RUNS", "60"))
STEPS_OF_ONE = 100
STEPS_OF_A_SEARCH = 50_000  # of Hypothesis', which remembers all that it has tried
WARM_UP = 30  # runs before memory is measured

# Loops are closed with tasks that never ran.
pytestmark = pytest.mark.filterwarnings("ignore")


# The model


class Entry:
    """What a loop is to run: a callback, a task's step, or something inside asyncio."""

    def __init__(self, owner=None, inside=None):
        self.owner = owner  # the script of a callback, or a task
        self.inside = inside  # what it does, if asyncio does it and nobody sees
        self.deadline = -math.inf
        self.cancelled = self.done = False
        self.handle = None

    def __repr__(self):
        return f"<Entry {self.owner}>"


class ModelTask:
    """A task that may be suspended in a sleep, with the flags of `asyncio.Task.cancel`."""

    def __init__(self):
        self.task = None
        self.started = self.ended = False
        self.must_cancel = self.sleep_cancelled = False
        self.timer = None
        self.watchers = []


class Nothing(Exception):
    """The model has nothing left to run."""


class Model:
    """What a loop has to do, and the order in which it does it."""

    def __init__(self):
        self.now = 0
        self.ready = []
        self.batch = []  # what is left of this iteration
        self.timers = []  # (deadline, place, entry), sorted
        self.stopping = False
        self._places = 0

    def soon(self, entry):
        self.ready.append(entry)

    def at(self, deadline, entry):
        self._places += 1
        bisect.insort(self.timers, (deadline, self._places, entry), key=lambda timer: timer[:2])

    def begin_iteration(self):
        self.drop_cancelled_timers()
        if not self.ready and not self.stopping:
            if not self.timers:
                raise Nothing
            self.now = max(self.now, self.timers[0][0])
        while self.timers and self.timers[0][0] <= self.now:
            self.ready.append(self.timers.pop(0)[2])
        self.batch, self.ready = self.ready, []

    def drop_cancelled_timers(self):
        self.timers = [timer for timer in self.timers if not timer[2].cancelled]

    def next(self):
        """Return what is to be seen next."""
        while (entry := self._take()) is None:
            assert not self.stopping, "the loop was stopped, and went on"
            self.begin_iteration()
        return entry

    def returned(self):
        """The loop was stopped: nothing is left of its iteration that would be seen."""
        while (entry := self._take()) is None and not self.stopping:
            self.begin_iteration()
        assert entry is None, f"the loop stopped before {entry}"
        self.stopping = False

    def _take(self):
        """Return what is to be seen next in this iteration, if anything, after what is not seen."""
        while self.batch:
            entry = self.batch.pop(0)
            task = entry.owner
            if entry.cancelled:
                pass
            elif isinstance(task, ModelTask) and not task.started and task.must_cancel:
                self.ended(task)  # cancelled before its first step
            elif entry.inside is None:
                return entry
            else:
                entry.inside()
        return None

    # Tasks

    def cancel(self, task):
        if task.ended:
            return False
        if task.timer is not None and not task.sleep_cancelled:
            self._cancel_sleep(task)
        else:
            task.must_cancel = True
        return True

    def _cancel_sleep(self, task):
        task.sleep_cancelled = True
        self.soon(Entry(task))

    def sleeps(self, task, seconds):
        if seconds <= 0:
            self.soon(Entry(task))
            return

        def release():
            if not task.sleep_cancelled:
                task.timer = None
                self.soon(Entry(task))

        task.timer = Entry(inside=release)
        self.at(self.now + to_nanoseconds(seconds), task.timer)
        if task.must_cancel:
            task.must_cancel = False
            self._cancel_sleep(task)

    def resumed(self, task):
        """Tell whether a task that goes on is cancelled."""
        task.started = True
        cancelled = task.must_cancel or task.sleep_cancelled
        task.must_cancel = task.sleep_cancelled = False
        if task.timer is not None:
            task.timer.cancelled = True
            task.timer = None
        return cancelled

    def ended(self, task):
        task.started = task.ended = True
        for stop in task.watchers:
            self.soon(stop)
        task.watchers = []

    def watch(self, task):
        """Stop when a task has ended, as `run_until_complete` does."""
        stop = Entry(inside=self._stop)
        if task.ended:
            self.soon(stop)
        else:
            task.watchers.append(stop)

    def _stop(self):
        self.stopping = True


# What callbacks and tasks do

DELAYS = st.sampled_from([1, 0, 0.1, 0.3, 2, -1])
PLACES = st.integers(0, 9)
KINDS = (
    "call_soon",
    "call_later",
    "call_at",
    "call_soon_threadsafe",
    "cancel_handle",
    "create_task",
    "cancel_task",
    "block",
    "fail",
    "stop",
    "run_job",
)


@st.composite
def actions(draw, depth):
    """Return what a callback does: the name of a method of the machine, and arguments."""
    kind = draw(st.sampled_from(KINDS))
    if kind in ("call_later", "call_at"):
        return kind, draw(DELAYS), draw(scripts(depth - 1))
    if kind in ("call_soon", "call_soon_threadsafe"):
        return kind, draw(scripts(depth - 1))
    if kind in ("cancel_handle", "cancel_task"):
        return kind, draw(PLACES)
    if kind == "create_task":
        return kind, draw(bodies(depth - 1)), draw(st.booleans())
    if kind in ("block", "run_job"):
        return kind, draw(st.sampled_from([0.1, 0, 0.25, 1]))
    return (kind,)


@functools.cache
def scripts(depth):
    """Return the strategy of what a callback does, one thing after the other."""
    return st.just([]) if depth < 0 else st.lists(actions(depth), max_size=3)


@functools.cache
def bodies(depth):
    """Return the strategy of what a task does: sleeps, and else what callbacks do."""
    sleep = st.tuples(st.just("sleep"), DELAYS)
    return st.lists(sleep | actions(depth) if depth >= 0 else sleep, max_size=3)


SCRIPTS = scripts(1)
BODIES = bodies(1)


class Failure(Exception):
    """What callbacks raise."""


class LoopAgainstTheModel(RuleBasedStateMachine):
    """A virtual loop and the model, side by side."""

    steps = seen = loops = 0

    @initialize(debug=st.sampled_from([False, False, False, True]), threads=st.integers(0, 3))
    def begin(self, debug=False, threads=0):
        LoopAgainstTheModel.loops += 1
        self.loop = vtloop.VirtualLoop()
        self.loop.set_debug(debug)
        self.loop.slow_callback_duration = float("inf")
        self.loop.set_exception_handler(self.reported)
        self.threads = threads == 1
        self.exact = True  # until the first job in a thread
        self.model = Model()
        self.entries = []
        self.tasks = []
        self.failed = self.reports = 0
        self.last = 0

    def teardown(self):
        self.loop.close()

    def reported(self, loop, context):
        self.reports += isinstance(context.get("exception"), Failure)

    # What rules and callbacks do to both

    def new_entry(self, script):
        entry = Entry(script)
        self.entries.append(entry)
        return entry

    def ran(self, entry):
        """A callback runs."""
        self.see(entry)
        assert not entry.cancelled
        assert not entry.done
        assert self.loop.virtual_time() >= entry.deadline
        entry.done = True
        for action in entry.owner:
            if action[0] == "fail":
                self.failed += 1
                raise Failure
            self.do(action)

    def see(self, entry=None, task=None):
        LoopAgainstTheModel.seen += 1
        now = self.loop.virtual_time()
        assert now >= self.last, "the clock went back"
        self.last = now
        if self.exact:
            expected = self.model.next()
            if task is None:
                assert expected is entry
            else:
                assert expected.owner is task
            assert now == self.model.now

    def do(self, action):
        if action[0] != "fail":
            getattr(self, f"do_{action[0]}")(*action[1:])

    def do_call_soon(self, script):
        entry = self.new_entry(script)
        entry.handle = self.loop.call_soon(self.ran, entry)
        self.model.soon(entry)

    def do_call_soon_threadsafe(self, script):
        entry = self.new_entry(script)
        entry.handle = self.loop.call_soon_threadsafe(self.ran, entry)
        self.model.soon(entry)

    def do_call_later(self, delay, script):
        entry = self.new_entry(script)
        entry.handle = self.loop.call_later(delay, self.ran, entry)
        self.add_timer(self.loop.virtual_time() + to_nanoseconds(delay), entry)

    def do_call_at(self, when, script):
        entry = self.new_entry(script)
        entry.handle = self.loop.call_at(when, self.ran, entry)
        self.add_timer(to_nanoseconds(when), entry)

    def add_timer(self, deadline, entry):
        entry.deadline = deadline
        assert to_nanoseconds(entry.handle.when()) == deadline
        self.model.at(deadline, entry)

    def do_cancel_handle(self, place):
        if self.entries:
            entry = self.entries[-1 - place % len(self.entries)]
            entry.handle.cancel()
            assert entry.handle.cancelled()
            entry.cancelled = True

    def do_create_task(self, body, stubborn):
        task = ModelTask()
        task.task = self.loop.create_task(self.live(task, body, stubborn))
        self.model.soon(Entry(task))
        self.tasks.append(task)

    def do_cancel_task(self, place):
        if self.tasks:
            task = self.tasks[-1 - place % len(self.tasks)]
            assert task.task.cancel() == self.model.cancel(task) or not self.exact

    def do_sleep(self, delay):
        """Sleeping is for tasks."""

    def do_block(self, seconds):
        if asyncio._get_running_loop() is not None:
            time.sleep(seconds)
            self.model.now += to_nanoseconds(seconds)

    def do_stop(self):
        self.loop.stop()
        self.model.stopping = True

    def do_run_job(self, seconds):
        if self.threads:
            self.exact = False
            self.loop.run_in_executor(None, self.job, seconds)

    def job(self, seconds):
        before = self.loop.virtual_time()
        time.sleep(seconds)
        assert self.loop.virtual_time() >= before + to_nanoseconds(seconds)
        self.do_call_soon_threadsafe([])

    async def live(self, task, body, stubborn):
        """The life of a task; a stubborn one goes on when it is cancelled."""
        self.see(task=task)
        assert not self.model.resumed(task) or not self.exact
        try:
            for action in body:
                if action[0] != "sleep":
                    self.do(action)
                    continue
                self.model.sleeps(task, action[1])
                cancelled = False
                try:
                    await asyncio.sleep(action[1])
                except asyncio.CancelledError:
                    cancelled = True
                self.see(task=task)
                assert self.model.resumed(task) == cancelled or not self.exact
                if cancelled and not stubborn:
                    raise asyncio.CancelledError
        except GeneratorExit:
            raise
        except BaseException:
            self.model.ended(task)
            raise
        self.model.ended(task)

    # Rules

    def runs(self, run):
        """Run the loop until it is stopped; tell whether it was, and not at its end."""
        try:
            run()
        except vtloop.DeadlockError:
            if self.exact:
                with pytest.raises(Nothing):
                    self.model.next()
            else:
                self.nothing_is_left()
            return False
        if self.exact:
            self.model.returned()
        else:
            self.model.stopping = False
        return True

    def nothing_is_left(self):
        for entry in self.entries:
            assert entry.done or entry.cancelled

    @rule(script=SCRIPTS)
    def call_soon(self, script):
        self.do_call_soon(script)

    @rule(script=SCRIPTS)
    def call_soon_threadsafe(self, script):
        self.do_call_soon_threadsafe(script)

    @rule(delay=DELAYS, script=SCRIPTS)
    def call_later(self, delay, script):
        self.do_call_later(delay, script)

    @rule(when=DELAYS, script=SCRIPTS)
    def call_at(self, when, script):
        self.do_call_at(self.loop.time() + when, script)

    @rule(place=PLACES)
    def cancel_handle(self, place):
        self.do_cancel_handle(place)

    @rule(body=BODIES, stubborn=st.booleans())
    def create_task(self, body, stubborn):
        self.do_create_task(body, stubborn)

    @rule(place=PLACES)
    def cancel_task(self, place):
        self.do_cancel_task(place)

    @precondition(lambda self: self.threads)
    @rule(seconds=st.sampled_from([0.1, 0, 1]))
    def run_job(self, seconds):
        self.do_run_job(seconds)

    @rule()
    def run_one_iteration(self):
        self.do_stop()
        if self.exact:
            self.model.begin_iteration()
        assert self.runs(self.loop.run_forever)

    @rule(seconds=st.sampled_from([0.3, 0, 1, 5]))
    def run_for(self, seconds):
        self.do_call_later(seconds, [("stop",)])
        self.entries.pop()  # so that nobody cancels it
        assert self.runs(self.loop.run_forever)

    @rule()
    def run_until_nothing_is_left(self):
        while self.runs(self.loop.run_forever):
            pass
        assert not self.loop._ready

    @precondition(lambda self: self.tasks)
    @rule(place=PLACES)
    def run_until_complete(self, place):
        task = self.tasks[-1 - place % len(self.tasks)]
        self.model.watch(task)

        def run():
            try:
                self.loop.run_until_complete(task.task)
            except asyncio.CancelledError:
                assert task.task.cancelled()
            except RuntimeError as error:
                if str(error) != "Event loop stopped before Future completed.":
                    raise

        self.runs(run)
        task.watchers = []

    @precondition(lambda self: len(self.entries) > 20)
    @rule(debug=st.booleans())
    def close(self, debug):
        self.loop.close()
        assert not self.loop._timers
        assert not self.loop._ready
        for call in (self.loop.call_soon, self.loop.call_soon_threadsafe):
            with pytest.raises(RuntimeError, match="Event loop is closed"):
                call(print)
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            self.loop.call_later(1, print)
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            self.loop.run_forever()
        self.begin(debug, self.threads)

    # Invariants

    @invariant()
    def queues_agree(self):
        LoopAgainstTheModel.steps += 1
        loop = self.loop
        loop._timers._check()
        assert not any(handle.cancelled() for handle in loop._timers)
        assert not loop.is_running()
        assert not loop._stopping
        assert loop.virtual_time() >= self.last
        assert self.reports == self.failed
        pending = {task.task for task in self.tasks if not task.task.done()}
        assert asyncio.all_tasks(loop) == pending
        if not self.exact:
            return
        assert loop.virtual_time() == self.model.now
        assert not self.model.batch
        self.model.drop_cancelled_timers()
        assert [handle.deadline for handle in loop._timers] == [
            deadline for deadline, _, _ in self.model.timers
        ]
        self.same_handles(loop._timers, [entry for _, _, entry in self.model.timers])
        ready = [handle for handle in loop._ready if not handle.cancelled()]
        self.same_handles(ready, [entry for entry in self.model.ready if not entry.cancelled])
        assert pending == {task.task for task in self.tasks if not task.ended}

    def same_handles(self, handles, entries):
        for handle, entry in zip(handles, entries, strict=True):
            assert entry.handle in (None, handle)


def test_a_loop_under_random_use_agrees_with_a_model(capsys):
    # What earlier tests have left would be reported from within the parsing of this file's source,
    # which Python 3.11 does not survive: a traceback is printed with the help of the same parser.
    gc.collect()
    LoopAgainstTheModel.steps = LoopAgainstTheModel.seen = LoopAgainstTheModel.loops = 0
    one_search = settings(
        max_examples=max(1, min(STEPS, STEPS_OF_A_SEARCH) // (STEPS_OF_ONE * 3 // 4)),
        stateful_step_count=STEPS_OF_ONE,  # at most: some end early
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    for number in itertools.count():
        if STEPS > STEPS_OF_A_SEARCH:
            seed(number)(LoopAgainstTheModel)
        run_state_machine_as_test(LoopAgainstTheModel, settings=one_search)
        if LoopAgainstTheModel.steps >= STEPS or STEPS <= STEPS_OF_A_SEARCH:
            break
    if "ROBUSTNESS_STEPS" in os.environ:
        with capsys.disabled():
            print(
                f"\nPython {platform.python_version()}: {LoopAgainstTheModel.steps:,} steps on "
                f"{LoopAgainstTheModel.loops:,} loops, {LoopAgainstTheModel.seen:,} callbacks and "
                "stretches of tasks in the model's order"
            )


# Many runs


async def all_sorts(loops):
    """Use a little of everything, and leave some of it unfinished."""
    loops.add(asyncio.get_running_loop())
    queue: asyncio.Queue[int] = asyncio.Queue(1)
    lock = asyncio.Lock()

    async def worker(number):
        async with asyncio.timeout(2.5):
            async with lock:
                await asyncio.sleep(1)
            await queue.put(number)

    async def ticks():
        for tick in range(9):
            yield tick
            await asyncio.sleep(1)

    left = asyncio.create_task(asyncio.sleep(1000))
    workers = [asyncio.create_task(worker(number)) for number in range(4)]
    asyncio.get_running_loop().call_later(500, workers[0].cancel)
    assert await queue.get() == 0
    async for _ in ticks():
        break
    await asyncio.wait_for(asyncio.shield(asyncio.sleep(2)), 3)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(9))
            await asyncio.to_thread(time.sleep, 1)
            raise ValueError
    except* ValueError:
        pass
    return [left.done(), *await asyncio.gather(*workers, return_exceptions=True)]


async def fails(loops):
    await all_sorts(loops)
    raise ValueError


async def ends_in_a_deadlock(loops):
    await all_sorts(loops)
    await asyncio.Event().wait()


ALL_SORTS = (all_sorts, fails, ends_in_a_deadlock)


def test_many_runs_leave_nothing_behind(capsys):
    def measure(runs):
        for number in range(runs):
            vtloop.simulate(ALL_SORTS[number % 3](loops)).digest()
        gc.collect()
        return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]

    loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
    tracemalloc.start()
    try:
        measure(WARM_UP)
        objects, memory = measure(WARM_UP)
        threads = threading.active_count()
        more_objects, more_memory = measure(RUNS)
    finally:
        tracemalloc.stop()
    assert not loops
    assert threading.active_count() == threads
    assert more_objects - objects < RUNS, "an object is left behind by each run"
    assert more_memory - memory < 50_000 + 100 * RUNS, "memory is left behind by each run"
    if "ROBUSTNESS_RUNS" in os.environ:
        with capsys.disabled():
            print(
                f"\nPython {platform.python_version()}: {RUNS:,} runs left "
                f"{more_objects - objects:+,} objects and {more_memory - memory:+,} bytes; "
                "no loop of theirs is alive"
            )
