"""A run of a generated program with a witness: what happened, from another source than the trace.

The witness sees each handle that the loop takes, each `call_soon` and each `create_task`; the
programs themselves log when they sleep, what they hold, and when they run. `note(1)` takes a
quarter of a second in which the loop is blocked, so that steps have a length, if `blocking`.
"""

import asyncio
import contextlib
import gc
import inspect
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import vtloop
from tests.support import programs
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import Trace

QUARTER = 250_000_000  # nanoseconds


@dataclass
class Step:
    """A handle that ran."""

    at: int  # nanoseconds
    task: Any  # None for a callback
    woken_by: int = -1  # the index of the step in which it was made ready; -1 for none
    ready: int | None = None  # nanoseconds: when it was made ready, None for a timer
    ended: int = 0  # nanoseconds


@dataclass
class Testimony:
    """What the witness saw, and the program told. Tasks are by number, times in nanoseconds."""

    steps: list[Step] = field(default_factory=list)
    created: dict[int, tuple[int, int]] = field(default_factory=dict)  # by whom and when
    notes: list[tuple[int, int, int]] = field(default_factory=list)  # begin, end, who
    # Who, from, to, the deadline, whether it was not cancelled.
    sleeps: list[tuple[int, int, int, int, bool]] = field(default_factory=list)
    turns: list[tuple[int, str, str]] = field(default_factory=list)  # when, who took or gave it
    tasks: dict[int, Any] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    eager: bool = False


def number(task) -> int:
    return 0 if task is None else task.number


def whose_step(callback):
    owner = getattr(callback, "__self__", None)
    own = isinstance(owner, asyncio.Task) and not inspect.ismethod(callback)  # such as its cancel()
    return owner if own else None


class Witness(Recording):
    """A recorder that also takes its own notes, of which handles the loop takes."""

    def __init__(self, testimony):
        super().__init__()
        self.testimony = testimony
        self.made_ready: dict[int, tuple[Any, int, int]] = {}  # by id(): handle, step, when
        self.inside = False

    def attach(self, ready, clock):
        super().attach(ready, clock)
        take, rest = self.take, self.rest

        def witnessed_take():
            self._step_ends()
            handle = take()
            if handle._callback is not None:
                step = Step(clock.now, whose_step(handle._callback))
                _, step.woken_by, step.ready = self.made_ready.pop(id(handle), (None, -1, None))
                self.testimony.steps.append(step)
                self.inside = True
            return handle

        def witnessed_rest():
            self._step_ends()
            return rest()

        self.take, self.rest = witnessed_take, witnessed_rest

    def _step_ends(self):
        if self.inside:
            self.inside = False
            step = self.testimony.steps[-1]
            step.ended = self._clock.now
            if step.task is not None and step.task.done():
                self.testimony.ends[step.task.number] = step.ended


class WitnessedLoop(vtloop.VirtualLoop):
    def __init__(self, testimony, recorder):
        self.testimony, self.witness = testimony, recorder
        super().__init__(recorder=recorder, seed=0)

    def call_soon(self, callback, *args, context=None):
        handle = super().call_soon(callback, *args, context=context)
        step = len(self.testimony.steps) - 1 if self.witness.inside else -1
        self.witness.made_ready[id(handle)] = handle, step, self._clock.now
        return handle

    def create_task(self, coro, **options):
        at, by = self._clock.now, number(asyncio.current_task(self))
        task = super().create_task(coro, **options)
        self.testimony.created[task.number] = by, at
        self.testimony.tasks[task.number] = task
        return task

    def set_task_factory(self, factory):
        self.testimony.eager = True
        super().set_task_factory(factory)


class WitnessedStage(programs.Stage):
    """A stage on which programs tell what they do."""

    def __init__(self, loop, testimony, blocking):
        super().__init__(loop)
        self.testimony, self._blocking = testimony, blocking

    def names(self):
        stage, testimony, clock = self, self.testimony, self.loop.clock

        async def sleep(delay, result=None):
            me, since, slept = number(stage._current_task()), clock.now, False
            try:
                result = await asyncio.sleep(delay, result)
                slept = True
                return result
            finally:
                with contextlib.suppress(RuntimeError):  # closed when the loop is gone
                    deadline = since + round(delay * 1e9) if delay < float("inf") else -1
                    testimony.sleeps.append((me, since, clock.now, deadline, slept))

        class WitnessedLock(asyncio.Lock):
            async def acquire(self):
                await super().acquire()
                testimony.turns.append((clock.now, "acquire", number(stage._current_task())))
                return True

            def release(self):
                super().release()
                testimony.turns.append((clock.now, "release", number(stage._current_task())))

        return {**super().names(), "sleep": sleep, "Lock": WitnessedLock}

    def note(self, value):
        clock = self.loop.clock
        since = clock.now
        if self._blocking and value == 1 and asyncio._get_running_loop() is not None:
            vtloop.busy(QUARTER / 1e9)
        if asyncio._get_running_loop() is not None:
            me = number(asyncio.current_task())
            self.testimony.notes.append((since, clock.now, me))
        super().note(value)


@dataclass
class Witnessed:
    """A run: what was recorded, and what really happened."""

    trace: Trace
    timeline: Timeline
    testimony: Testimony
    log: list[str]


def run(program, blocking) -> Witnessed:
    """Run a program; its tasks are gone afterwards."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(program, blocking)
    finally:
        if collecting:
            gc.enable()
        gc.collect(0)


def _run(program, blocking) -> Witnessed:
    testimony = Testimony()
    recorder = Witness(testimony)
    loop = WitnessedLoop(testimony, recorder)
    stage = WitnessedStage(loop, testimony, blocking)
    runner = asyncio.Runner(loop_factory=lambda: loop)
    for part in (lambda: runner.run(stage.load(program)()), runner.close):
        try:
            part()
        except BaseException as error:
            stage.log.append(
                stage.show(error) if "Deadlock" not in str(type(error)) else "deadlock"
            )
    ended = loop.virtual_time()
    trace = recorder.trace(finished=ended, ended=ended)
    return Witnessed(trace, Timeline(trace), testimony, stage.log)


def features(witnessed) -> Counter[str]:
    """Return what a run was like, so that nobody takes trivial ones for a proof."""
    timeline = witnessed.timeline
    found = Counter(span.kind for lane in timeline.lanes.values() for span in lane.spans)
    found.update(f"{arrow.kind} arrow" for arrow in timeline.arrows)
    found.update(event[2] for event in witnessed.trace.events)
    found["steps"] = len(witnessed.trace.steps)
    found["holdings"] = len(timeline.holdings)
    return found
