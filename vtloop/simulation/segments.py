"""A loop that is run for one part after another, and the trace of each: cells, or tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any, NamedTuple

from vtloop.core.loop import VirtualLoop
from vtloop.recording.recording import Recording
from vtloop.values.clock import NEVER, Seconds, to_nanoseconds
from vtloop.values.trace import ENDED_BY, ENDS, PlainEvent, PlainStep, TaskMade, Trace, pairs
from vtloop.values.waits import WAITS, Subject

_ABSENT: Any = object()


class Start(NamedTuple):
    """Where in a recording a part begins: its instant, in nanoseconds, and how much is there."""

    at: int
    tasks: int
    steps: int
    events: int
    printed: int
    blocked: int
    notices: int


def cut(trace: Trace, start: Start) -> Trace:
    """Return the part of a trace from a start on, with times that count from there.

    The task that the part runs in gets the number 1, and others follow in order. Of a task that was
    already running, the last step is kept. What it holds at the start is acquired there again, and
    the sections that it is in are entered.
    """
    before = enumerate(trace.steps[: start.steps])
    last = {who: index for index, (_, who, *_) in before if who}
    ended = {who for who, index in last.items() if trace.step(index).ended in ENDS}
    made = [task for task in trace.tasks if task.number not in ended]
    made.sort(key=lambda task: (task.number != start.tasks + 1, task.number))
    part = _Part(start, {task.number: number for number, task in enumerate(made, 1)})
    kept = sorted(index for who, index in last.items() if who not in ended)
    steps = [*kept, *range(start.steps, len(trace.steps))]
    part.steps.update({index: number for number, index in enumerate(steps)})
    events = [
        *_hosts(trace.events[: start.events], part.tasks),
        *_held(trace.events[: start.events]),
        *trace.events[start.events :],
    ]
    return trace._replace(
        tasks=tuple(map(part.task, made)),
        steps=tuple(part.step(index, trace.steps[index]) for index in steps),
        events=tuple(map(part.event, events)),
        printed=tuple(
            line._replace(at=line.at - start.at) for line in trace.printed[start.printed :]
        ),
        blocked=tuple(
            call._replace(at=call.at - start.at) for call in trace.blocked[start.blocked :]
        ),
        notices=trace.notices[start.notices :],
    )


class _Part:
    """How the records of a trace are called in a part of it."""

    def __init__(self, start: Start, tasks: dict[int, int]) -> None:
        self.start = start
        self.tasks = {0: 0, -1: -1, **tasks}  # by their numbers in the whole
        self.steps = {-1: -1}  # by their indexes in the whole

    def since(self, at: int) -> int:
        """Return an instant of the whole, counted from the start."""
        return max(0, at - self.start.at)

    def task(self, made: TaskMade) -> TaskMade:
        older = made.number <= self.start.tasks
        return made._replace(
            number=self.tasks[made.number],
            parent=0 if older else self.tasks.get(made.parent, 0),
            at=self.since(made.at),
            step=-1 if older else self.steps.get(made.step, -1),
            # That of the part's own task is somewhere in IPython or pytest.
            stack=0 if made.number == self.start.tasks + 1 else made.stack,
        )

    def step(self, index: int, step: PlainStep) -> PlainStep:
        at, who, woken_by, kind, subject, stack = step
        about = WAITS[kind].subject if kind in WAITS else Subject.NOTHING
        if about is Subject.DEADLINE and subject >= 0:
            subject = self.since(subject)
        elif about is Subject.TASKS:
            subject = tuple(self.tasks.get(number, 0) for number in subject)
        woken_by = self.steps.get(woken_by, -1) if index >= self.start.steps else -1
        return self.since(at), self.tasks.get(who, 0), woken_by, kind, subject, stack

    def event(self, event: PlainEvent) -> PlainEvent:
        step, at, kind, who, subject, detail = event
        if kind in ("cancel", "deliver", "crash", "abort", "host"):
            subject = self.tasks[subject]
        elif kind == "late":
            subject = self.since(subject)
        elif kind == "print":
            subject -= self.start.printed
        elif kind == "block":
            subject -= self.start.blocked
        elif kind in ("set", "reschedule") and detail not in (None, -1):
            detail = self.since(detail)
        elif kind == "timeout" and detail[1] is not None:
            detail = detail[0], self.since(detail[1])
        return (
            self.steps.get(step, -1),
            self.since(at),
            kind,
            self.tasks.get(who, min(who, 0)),
            subject,
            detail,
        )


def _hosts(events: tuple[PlainEvent, ...], tasks: Mapping[int, int]) -> list[PlainEvent]:
    """Return the events that tell on which hosts tasks are, of those that go on."""
    return [event for event in events if event[2] == "host" and event[4] in tasks]


def _held(events: tuple[PlainEvent, ...]) -> list[PlainEvent]:
    """Return the event with which each holding, visit and timeout begins that is not over."""
    begun = (pair for kind in ENDED_BY for pair in pairs(events, kind))
    held = [events[first] for first in sorted(first for first, last in begun if last < 0)]
    due = {subject: detail for _, _, kind, _, subject, detail in events if kind == "reschedule"}
    return [_as_due(event, due) for event in held]


def _as_due(event: PlainEvent, due: Mapping[int, int | None]) -> PlainEvent:
    """Return the begin of something; if it is a timeout, with the deadline that it has by now."""
    step, at, kind, who, subject, detail = event
    if kind == "timeout" and subject in due:
        detail = detail[0], due[subject]
    return step, at, kind, who, subject, detail


def adopt(context: Context) -> Callable[[], None]:
    """Give context variables the values that they have in a context; return what undoes it."""
    changed = [
        (variable, variable.set(value))
        for variable, value in context.items()
        if variable.get(_ABSENT) is not value
    ]

    def restore() -> None:
        for variable, token in reversed(changed):
            variable.reset(token)

    return restore


class PartRecording(Recording):
    """A recording that goes on from part to part, and gives a trace of each."""

    def begin(self, tasks: int) -> None:
        """Begin a part, with the loop at rest, when so many tasks have been numbered."""
        self.errors.clear()
        self.failed.clear()
        self._eager.clear()
        self._told.clear()
        self.attach(self._ready, self._clock)
        self.start = Start(
            self._clock.now,
            tasks,
            len(self._steps),
            len(self._events),
            len(self.printed),
            len(self._blocks),
            len(self._notices),
        )

    def so_far(self, **header: Any) -> Trace:
        """Return what has been recorded of the part up to now, with a header."""
        return cut(super().so_far(**header), self.start)


class PartLoop(VirtualLoop):
    """A loop that is run for one part after another.

    Its clock goes on from part to part, and so do the tasks that a part leaves behind.
    """

    def __init__(
        self, new_recording: Callable[[], PartRecording] = PartRecording, **options: Any
    ) -> None:
        self._new_recording = new_recording
        self.recording = new_recording()
        super().__init__(recorder=self.recording, **options)
        self.rest()

    def begin(self, until: Seconds | None) -> None:
        """Begin a part of at most `until` seconds; number tasks from 1 on if nothing is left."""
        timers: Any = self._timers
        if self._register.created and not (asyncio.all_tasks(self) or self._ready or timers):
            self._register.created = 0
            self.recording = self._new_recording()
            self.recording.attach(self._ready, self._clock)
            self._recorder = timers.watcher = self.recording
        new = set(threading.enumerate()).difference(self._known)
        self.threads.outsiders.leave_out(*new)
        self._clock.began = now = self._clock.now
        self._limits.until = NEVER if until is None else now + to_nanoseconds(until)
        self.recording.begin(self._register.created)
        for what in self._clock.outside:  # still has a say
            self.recording.notice(what)

    def rest(self) -> None:
        """End a part: threads that come up from now on are of no part, and time has no end."""
        self._limits.until = NEVER
        self._known = threading.enumerate()
