"""The steps of a run, as a recorder follows them: what woke each, how it ended, and where.

- A step is looked at when it has ended: what its task waits for then is read from its await stack.
  A stack is known by its code objects and their positions in it, so that lines and names are looked
  up once for each place in a program.
- Who made a handle ready is not noted by whoever does it, but counted: the ready queue is first in,
  first out, so beside it runs a queue of sources, of the same length. After each step it is filled
  up: what has come into the ready queue meanwhile was put there by that step.
- A source is one number. 7 is step 7, which has called `call_soon`, or set a future. -1 is nobody:
  it was called between two steps, or before the first. -10 is a timer that step 7 has set (-3 - 7).
  What is below -2**60 is a mark: the handle became ready while a step blocked the loop, and not at
  the instant of that step. Its source, and since when it is ready, are kept under that mark.
- For example: step 0 sets a timer and creates a task. The queue of sources is [0]. Step 1, which
  the task begins with, is taken with source 0, and ends; the clock moves, and the timer joins with
  source -3. Step 2 is taken with that: it is a timer of step 0.
- What runs inside the loop, for speed, is `_follow`: instead of taking a handle from the ready
  queue, the loop asks this generator for it. So a step costs one call. All else observes.
- Nothing here keeps a task, a future or a primitive alive.
"""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import repeat
from types import CoroutineType, FunctionType, MethodType
from typing import Any, cast

from vtloop.core.await_stacks import local_variables
from vtloop.core.network_waits import IN_NETWORK, address_in
from vtloop.core.tasks import OWN_STEPS, Task, ended_cancelled, given_name, number_of
from vtloop.core.waits import kind_of_future
from vtloop.private.events import TASKS, get_running_loop
from vtloop.recording.suspensions import SLEEP, PrimitiveTable, Sites, waiting_frames
from vtloop.values.clock import NEVER, Clock
from vtloop.values.text import without_addresses
from vtloop.values.trace import PlainEvent, PlainStep

# The sources of handles, besides steps.
_OUTSIDE = -1  # no step has made it ready
_TIMER = -3  # minus the step that set it, which is -1 before the first
_LATE = -(1 << 60)  # and all below: see `Steps._late`


class Steps:
    """What a recorder knows of steps and timers."""

    def __init__(self) -> None:
        self.failed: list[weakref.ref[asyncio.Future[Any]]] = []  # tasks that raised something
        self._steps: list[PlainStep | int] = []  # when it began, for one that has not ended
        self._events: list[PlainEvent] = []
        self._names: dict[int, str] = {}  # given to tasks after their creation, by number
        self._sites = Sites()
        self._primitives = PrimitiveTable()
        self._timers_set = 0
        self._deadline = 0  # of the timer that was set last
        self._cancelled: set[int] = set()  # tasks whose cancellation is on its way
        self._late: dict[int, tuple[int, int]] = {}  # by mark: the source, since when it is ready
        self._marks = _LATE
        self._begun: dict[int, int] = {}  # eager tasks that are being made: since when, by number
        self._new: list[tuple[weakref.ref[Any], int, int, int]] = []  # see `_note_new`

        # The step that runs or was the last, and those that have an eager task's step in them.
        self._index = -1
        self._who = 0  # between steps too
        self._source = _OUTSIDE
        self._eager: list[tuple[Any, int, int, int]] = []  # task, its step, the outer step, whose

    def attach(self, ready: deque[Any], clock: Clock) -> None:
        self._ready = ready
        self._sources: deque[int] = deque()  # which step has made ready what is in the queue
        self._clock = clock
        self._following = self._follow()
        self.take = self._following.__next__
        self.rest = functools.partial(self._following.send, True)

    def _follow(self) -> Generator[Any, bool | None, None]:
        """Yield the handles of the ready queue; what comes after a `yield` looks at the step."""
        ready, sources, steps, clock = self._ready, self._sources, self._steps, self._clock
        cancelled, suspension, sleeps = self._cancelled, self._suspension, self._sites.sleeps
        new = self._new
        while True:
            # An iteration begins. What nobody has counted was put there between two steps.
            if len(ready) > len(sources):
                sources.extend(repeat(_OUTSIDE, len(ready) - len(sources)))
            resting: bool | None = False
            while not resting:
                handle = ready.popleft()
                source = sources.popleft()
                callback = handle._callback
                if callback is None:  # cancelled: the loop skips it, so it is no step
                    self._late.pop(source, None)
                    resting = yield handle
                    continue
                # Who has made it ready: a late handle, and a timer's, first have to be resolved.
                timer = False
                if source < _OUTSIDE:
                    if source <= _LATE:
                        source, since = self._late.pop(source)
                        self._events.append((len(steps), clock.now, "late", 0, since, None))
                    timer = source < _OUTSIDE
                    if timer:
                        source = _TIMER - source
                # Whose step it is. A plain function is a callback. A task in C has steps of a type
                # of its own; one in Python has methods, of which two are steps.
                owner: Any = None
                who, form = 0, type(callback)
                if form is not FunctionType:
                    owner = getattr(callback, "__self__", None)
                    if type(owner) is Task and form is not MethodType:
                        who = hash(owner)
                    elif isinstance(owner, TASKS) and (
                        form is not MethodType or callback.__name__ in OWN_STEPS
                    ):
                        who = number_of(owner)
                        if name := given_name(owner):  # given after its creation
                            self._names[who] = name
                # The step begins: until it has ended, its record is the instant alone.
                at = clock.now
                self._who = who
                self._source = source
                self._index = index = len(steps)
                steps.append(at)
                if cancelled and who in cancelled:
                    self._deliver(owner, handle._args)
                resting = yield handle
                # Here the loop has run the handle, and asks for the next one, or says by True that
                # the iteration is over. First: what has this step made ready?
                added = len(ready) - len(sources)
                if added:
                    if clock.now != at:  # it has blocked the loop
                        self._count_sources(clock.now)
                    elif added == 1:
                        sources.append(index)
                    else:
                        sources.extend(repeat(index, added))
                if new:
                    self._note_begun()
                    new.clear()
                # Then: how has it ended? Most steps of tasks end where that task has slept before:
                # one look at its coroutine shows it. Others are looked at in full.
                if not who:
                    ended = "timer" if timer else "callback"
                    steps[index] = at, 0, source, ended, qualified_name(callback), 0
                elif (
                    (last := sleeps.get(who)) is not None
                    and type(inner := (coro := owner.get_coro()).cr_await) is CoroutineType
                    and inner.cr_code is SLEEP
                    and coro.cr_frame.f_lasti == last[0]
                ):
                    if owner._fut_waiter is None:  # sleep(0)
                        steps[index] = at, who, source, "turn", None, last[1]
                    else:
                        steps[index] = at, who, source, "sleep", self._deadline, last[1]
                elif owner.done():
                    sleeps.pop(who, None)
                    ended, subject = self._outcome(owner)
                    steps[index] = at, who, source, ended, subject, 0
                else:
                    stack, kind, subject = suspension(owner, who)
                    steps[index] = at, who, source, kind, subject, stack
            handle = callback = owner = None  # not to be kept alive
            self._who = 0
            yield None

    def preferred(self, index: int) -> None:
        if len(self._ready) != len(self._sources):
            self._count_sources(self._clock.now)
        source = self._sources[index]
        del self._sources[index]
        self._sources.appendleft(source)

    @property
    def length(self) -> int:
        return len(self._steps)

    def eager_step(self, task: asyncio.Task[Any] | None) -> None:
        if task is None:
            made, index, source, who = self._eager.pop()
            if made is not None:
                self._count_sources(self._clock.now)
                self._end_of_eager(made, index, source)
                self._who, self._index = who, source
        elif get_running_loop() is None:  # then it is not eager
            self._eager.append((None, 0, 0, 0))
        else:
            self._count_sources(self._clock.now)
            index = len(self._steps)
            self._eager.append((task, index, self._index, self._who))
            self._who, self._index = hash(task), index
            self._steps.append(self._clock.now)

    def _end_of_eager(self, task: Any, index: int, source: int) -> None:
        at: Any = self._steps[index]
        number = hash(task)
        self._begun[number] = at
        self._steps[index] = at, number, source, *self._end_of(task, number)

    def _note_new(self, task: Any, number: int) -> None:
        """Take note of a task that others make: it may run within the current step, unseen."""
        self._new.append((weakref.ref(task), number, self._clock.now, self._index))

    def _note_begun(self) -> None:
        """Write down the first steps of tasks that others have made and begun in this step."""
        for found in [*self._new]:
            reference, number, at, source = found
            task = reference()
            if task is None:  # it has come to its end, or it would be kept
                ended: tuple[str, Any, int] = ("returned", None, 0)
            elif task.done() or getattr(task.get_coro(), "cr_await", None) is not None:
                ended = self._end_of(task, number)
            else:
                continue
            self._new.remove(found)
            self._steps.append((at, number, source, *ended))

    # Timers

    def timer_set(self, handle: Any) -> int:
        number = self._timers_set = self._timers_set + 1
        events, deadline = self._events, handle.deadline
        self._deadline = deadline = deadline if deadline < NEVER else -1
        note = len(events)
        events.append((self._index, self._clock.now, "set", self._who, number, deadline))
        return note

    def timer_cancelled(self, note: int) -> None:
        _, _, _, _, number, _ = self._events[note]
        self._event("unset", number, None)

    def timers_due(self, timers: Mapping[Any, int]) -> None:
        now, index, who = self._clock.now, self._index, self._who
        sources, events = self._sources, self._events
        if len(self._ready) != len(sources):
            self._count_sources(now)
        for handle, note in timers.items():
            step, _, _, _, number, _ = events[note]
            source = _TIMER - step
            if handle.deadline != now:
                source = self._mark(source, handle.deadline)
            sources.append(source)
            events.append((index, now, "fire", who, number, None))

    # What woke a step

    def _count_sources(self, since: int) -> None:
        """Note that what was added to the ready queue was added by the step that runs, if one does.

        It could have run since an instant, in nanoseconds.
        """
        added = len(self._ready) - len(self._sources)
        if added:
            began = self._steps[self._index] if self._steps else None
            if began == since:
                self._sources.extend(repeat(self._index, added))
            elif isinstance(began, int):
                self._sources.extend(self._mark(self._index, since) for _ in range(added))
            else:
                self._sources.extend(repeat(_OUTSIDE, added))

    def _mark(self, source: int, since: int) -> int:
        self._marks -= 1
        self._late[self._marks] = source, since
        return self._marks

    # Steps that are cut short

    def mend(self) -> None:
        """Go on after an exception from nowhere, such as a handler of signals may raise."""
        following: Any = self._following
        if following.gi_frame is None:
            if self._steps and isinstance(self._steps[self._index], int):
                for who, index, source in self._running():
                    self._steps[index] = cast(int, self._steps[index]), who, source, "turn", None, 0
            self._eager.clear()
            self._who = 0
            self.attach(self._ready, self._clock)

    def _running(self) -> Iterator[tuple[int, int, int]]:
        """Yield the step that runs now and those within it: who, its index, its source."""
        eager = [step for step in self._eager if step[0] is not None]
        yield *((eager[0][3], eager[0][2]) if eager else (self._who, self._index)), self._source
        for task, index, source, _ in eager:
            yield hash(task), index, source

    def _finish_steps(self) -> None:
        """Bring to an end the step in which the run was interrupted."""
        for task, index, source, _ in self._eager:
            at = self._steps[index]
            if task is not None and isinstance(at, int):
                self._steps[index] = at, 0, source, "callback", "", 0
                self._index = source
        if self._steps and isinstance(self._steps[self._index], int):
            self.rest()
        self._following.close()

    # How a step has ended

    def _numbers(self, futures: Iterable[Any]) -> tuple[int, ...]:
        return tuple(number_of(item) for item in futures if isinstance(item, TASKS))

    def _end_of(self, task: Any, number: int) -> tuple[str, Any, int]:
        """Return how a step of a task has ended, the subject, and the place."""
        if task.done():
            return *self._outcome(task), 0
        stack, kind, subject = self._suspension(task, number)
        return kind, subject, stack

    def _suspension(self, task: Any, who: int) -> tuple[int, str, Any]:
        """Return where a task is suspended, for what kind of thing it waits, and for which."""
        coro = task.get_coro()
        site, inner = self._sites.of(coro, who)
        stack, kind, variable = site
        if kind == "sleep":
            if task._fut_waiter is None:  # sleep(0)
                return stack, "turn", None
            return stack, kind, self._deadline
        if kind == "wait_for":  # what it waits for is what is of interest
            return stack, *self._of_future(waiting_frames(coro)[-1].f_locals[variable])
        if variable:
            return stack, kind, self._subject(coro, inner, kind, variable)
        if kind:
            return stack, kind, None
        return stack, *self._of_future(task._fut_waiter)

    def _outcome(self, task: Any) -> tuple[str, Any]:
        if task.cancelled():
            self._cancelled.discard(self._who)
            return "cancelled", None
        error = task._exception
        if error is None:
            return "returned", None
        self._cancelled.discard(self._who)
        self.failed.append(weakref.ref(task))
        return "raised", without_addresses(repr(error))

    def _subject(self, coro: Any, inner: Any, kind: str, variable: str) -> Any:
        frame: Any = inner.cr_frame if type(inner) is CoroutineType else waiting_frames(coro)[-1]
        if frame.f_code in IN_NETWORK:
            return address_in(frame, local_variables(frame))
        found = frame.f_locals[variable]
        known = self._primitives.known(found)
        if known >= 0:
            return known
        if kind == "group":
            return tuple(sorted(self._numbers(found._tasks)))
        if kind == "wait":
            return self._numbers(found)
        return self._primitives.index(found, lambda: reversed(waiting_frames(coro)[:-1]))

    def _of_future(self, future: Any) -> tuple[str, Any]:
        """Return the kind of a wait for a bare future, and its subject."""
        kind, subject = kind_of_future(future)
        return kind, self._numbers(subject) if type(subject) is tuple else subject

    def _deliver(self, task: Any, args: Any) -> None:
        if task._must_cancel or (args and ended_cancelled(args[0])):
            self._event("deliver", self._who, None)
        self._cancelled.discard(self._who)

    def _event(self, kind: str, subject: Any, detail: Any) -> None:
        self._events.append((self._index, self._clock.now, kind, self._who, subject, detail))


def qualified_name(function: Any) -> str:
    """Return the name of a coroutine or callback with all that it is nested in."""
    if type(function) is FunctionType:
        return function.__qualname__
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__qualname__", None) or type(function).__name__
