"""What an event loop schedules: callbacks, timers and tasks.

- Handles, timers and tasks are made without a call of their classes (see `timers`).
- A task that others make is seen as it is made: it gives its first step to `call_soon`, or asks
  whether the loop is running, as it is to start eagerly. From then on it has its number.
- A loop that is closed or in debug mode is *strict*: it checks what asyncio checks then, and its
  handles remember where they were made.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from asyncio import events
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from functools import partial
from itertools import islice
from types import FrameType
from typing import Any

from vtloop.core.await_stacks import local_variables
from vtloop.core.borrowed import hide_frames
from vtloop.core.executors import Executors
from vtloop.core.patches.environment import Environment
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import NAMES_ARE_READ, NO_NAME, Task, TaskRegister, in_order, number_of
from vtloop.core.timers import AnyTimerHandle, DebugTimerHandle, Handle, Timers
from vtloop.private.events import EAGER_FACTORY_OPTIONS, TASK_OPTIONS, TASKS, may_be_tasks
from vtloop.private.interpreter import getframe
from vtloop.values.clock import (
    MONOTONIC,
    NANOSECONDS,
    NEVER,
    Clock,
    format_seconds,
    to_nanoseconds,
    to_seconds,
)
from vtloop.values.source import place, program_frames

_NEAR = 366 * 86_400 * NANOSECONDS  # from now, for a deadline by time.monotonic()
_MAYBE_MONOTONIC = MONOTONIC - _NEAR
_ROUNDING = 2.0**-52
_NOT_GIVEN: Any = object()
_EAGER = getattr(asyncio, "eager_task_factory", object())  # since 3.12
_new_task = partial(Task.__new__, Task)
_initialise_task: Any = Task.__init__
_NOBODYS = Context()  # of what is no code of the program's, so that it is on no host
_LOOKED_AT = 200  # of the youngest objects, among which a task is that is being made


def _duration(seconds: float) -> int:
    """Return seconds as nanoseconds; TypeError for what asyncio could not add to a float."""
    return to_nanoseconds(seconds if type(seconds) in (float, int) else 0.0 + seconds)


class Scheduling(Executors):
    """What is put into a loop's ready queue and among its timers."""

    _clock: Clock
    _timers: Timers
    _ready: deque[Any]
    _recorder: Recorder | None
    _strict: bool
    _register: TaskRegister
    environment: Environment
    _task_is_made: Callable[[Any, int], object] | None = None

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback in the next iteration; see `asyncio.loop.call_soon`."""
        if self._strict:
            return self._call_soon_strictly("call_soon", callback, args, context)
        if context is None:
            context = copy_context()
        elif not args and (owner := getattr(callback, "__self__", None)).__class__ is not Task:
            self._see(owner)  # a task has a context for its steps
        handle = Handle()
        handle._callback = callback
        handle._args = args
        handle._context = context
        self._ready.append(handle)
        return handle  # type: ignore[no-any-return]

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback after `delay` seconds; never after math.inf. ValueError for nan."""
        if delay is None:
            raise TypeError("delay must not be None")
        clock = self._clock
        duration = delay * NANOSECONDS if type(delay) is int else _duration(delay)
        deadline = clock.now + duration
        if clock.read_at == clock.now:
            clock.expect(deadline, delay)
        if deadline > NEVER:
            deadline = NEVER
        if self._strict:
            return self._add_timer_strictly("call_later", deadline, callback, args, context)
        return self._timers.add(deadline, callback, args, context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> AnyTimerHandle:
        """Run a callback when `loop.time()` is `when`; see `asyncio.loop.call_at`."""
        if when is None:
            raise TypeError("when cannot be None")
        clock = self._clock
        deadline = _duration(when)
        if "time" in vars(self):  # of a test's own
            deadline += clock.now - to_nanoseconds(self.time())
        elif deadline > _MAYBE_MONOTONIC and clock.monotonic.at >= 0:
            deadline = self._by_monotonic(deadline)
        if clock.read_at == clock.now:
            # The caller has added the delay to loop.time(), which may have rounded it down.
            clock.expect(deadline, when - to_seconds(clock.now) + abs(when) * _ROUNDING)
        if self._strict:
            return self._add_timer_strictly("call_at", deadline, callback, args, context)
        return self._timers.add(deadline, callback, args, context)

    def _by_monotonic(self, deadline: int) -> int:
        """Return a deadline by the loop's time, of one that a program has by `time.monotonic()`.

        The two are the same for asyncio's own loop, so that nobody notices.
        """
        delay = deadline - MONOTONIC - self._clock.now
        if abs(delay) > _NEAR:
            return deadline
        self.notice(
            f"{place(program_frames()[0])} was to happen at {format_seconds(deadline)} by "
            f"time.monotonic(), and so {format_seconds(delay)} later, while loop.time() counts "
            "from the start of the run; add to loop.time() instead"
        )
        return deadline - MONOTONIC

    def notice(self, message: str) -> None:
        """Tell the user of the run, if it is recorded, something that they should know."""
        if self._recorder is not None:
            self._recorder.notice(message)

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle:
        """Run a callback at `deadline`, in nanoseconds of virtual time; for the loop's threads."""
        return self._timers.add(deadline, callback, args, _NOBODYS.copy())

    def _add_timer_strictly(
        self,
        method: str,
        deadline: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> AnyTimerHandle:
        self._check_closed()
        self._check_thread()
        self._check_callback(callback, method)
        handle = DebugTimerHandle(deadline, callback, args, context, self)
        hide_frames(handle, 3)
        self._timers.insert(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback in the next iteration; from any thread."""
        from_elsewhere = self._thread_id not in (None, threading.get_ident())
        if from_elsewhere:
            self._home.calls_in()
        if self._strict:
            handle = self._call_soon_strictly("call_soon_threadsafe", callback, args, context)
        else:
            handle = self.call_soon(callback, *args, context=context)
        if from_elsewhere:
            self._home.called_in()
        return handle

    def _call_soon_strictly(
        self,
        method: str,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> asyncio.Handle:
        self._check_closed()
        if method == "call_soon":
            self._check_thread()
        self._check_callback(callback, method)
        if not args and isinstance(owner := getattr(callback, "__self__", None), TASKS):
            self._see(owner)
        handle = events.Handle(callback, args, self, context)
        hide_frames(handle, 2)
        self._ready.append(handle)
        return handle

    def _timer_handle_cancelled(self, handle: AnyTimerHandle) -> None:
        self._timers.discard(handle)

    # Tasks

    def create_task(
        self, coro: Any, *, name: Any = NO_NAME, context: Any = _NOT_GIVEN, **options: Any
    ) -> Any:
        """Schedule a coroutine, with the options that asyncio takes on this Python.

        Tasks without a name are numbered by the loop's own count.
        """
        if self._closed:
            self._check_closed()
        eager = False
        if self._task_factory is not None or options:
            takes = TASK_OPTIONS if self._task_factory is None else EAGER_FACTORY_OPTIONS
            if self._task_factory not in (None, _EAGER) or not takes.issuperset(options):
                return self._task_by_stock(coro, name, context, options)
            eager = options.get("eager_start", self._task_factory is not None)
        register = self._register
        register.created = number = register.created + 1
        task = _new_task()
        task.__hash__ = number.conjugate  # asyncio asks while it initialises the task
        if name is None or name is NO_NAME:
            name = f"Task-{number}" if NAMES_ARE_READ else NO_NAME
        if context is _NOT_GIVEN:
            context = None
        if eager:
            self._start_eagerly(task, coro, name, context)
        else:
            _initialise_task(task, coro, loop=self, name=name, context=context)
        if self._debug:
            hide_frames(task, 2 if eager else 1)
        if self._recorder is not None:
            self._recorder.task_created(task, coro)
        if self._task_is_made is not None:
            self._task_is_made(task, number)
        try:
            return task
        finally:
            del task  # as in `_run_timed`

    def _start_eagerly(self, task: Any, coro: Any, name: Any, context: Context | None) -> None:
        """Let a new task run within the current step, up to where it waits for the first time."""
        recorder = self._recorder if asyncio.iscoroutine(coro) else None  # else it is an error
        if recorder is not None:
            recorder.eager_step(task)
        try:
            _initialise_task(task, coro, loop=self, name=name, context=context, eager_start=True)
        finally:
            if recorder is not None:
                recorder.eager_step(None)
            del task

    def _task_by_stock(self, coro: Any, name: Any, context: Any, options: dict[str, Any]) -> Any:
        """Return what a task factory of the program's makes of what was given, and no more.

        Raises TypeError for options that asyncio does not take on this Python.
        """
        if name is not NO_NAME:
            options["name"] = name
        if context is not _NOT_GIVEN:
            options["context"] = context
        made: list[Any] = []
        register = self._register
        outer, register.of_factory = register.of_factory, made
        try:
            task = self._task_from_factory(coro, **options)
            self._see(task)
            if options.get("name") is None:
                register.name(task)  # again, as some Pythons have called it 'None' since
            return task
        finally:
            register.of_factory = outer
            if self._recorder is not None and made:
                self._recorder.task_created(made[0], coro)
            made.clear()
            task = None

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that are not done, in order of creation.

        Since 3.14 `asyncio.all_tasks` does not know of those that are written in Python.
        """
        tasks: Iterable[asyncio.Task[Any]] = asyncio.all_tasks(self) if may_be_tasks() else ()
        if others := self._register.pending():
            tasks = {id(task): task for task in (*tasks, *others)}.values()
        return in_order(tasks)

    def task_of(self, number: int) -> asyncio.Task[Any] | None:
        """Return the task of a number, None if it is done or there is none."""
        return next((task for task in self.pending_tasks() if number_of(task) == number), None)

    # What a policy sees besides (see `policy.LoopView`)

    @property
    def ready(self) -> Sequence[asyncio.Handle]:
        """The ready queue."""
        return self._ready

    @property
    def stopping(self) -> bool:
        """Whether the loop is about to stop."""
        return self._stopping

    def prefer(self, index: int) -> None:
        """Let the handle at an index of the ready queue be the next to run."""
        if self._recorder is not None:
            self._recorder.preferred(index)
        handle = self._ready[index]
        del self._ready[index]
        self._ready.appendleft(handle)

    # Tasks that others make

    def number_of(self, task: Any) -> int:
        """Return the number of a task of this loop that others have made."""
        self._see(task)
        return self._register.number(task)

    def is_running(self) -> bool:
        """Return whether the loop runs; a task that is to start eagerly asks for it."""
        if self._thread_id is None:
            return False
        if self._thread_id == threading.get_ident():
            frame = getframe(1)
            if frame.f_code is not _OWN_EAGER_START:
                self._see(_being_made(frame))
                self.environment.collector.searched()
        return True

    def _see(self, thing: Any) -> None:
        """Count a task of this loop that others make, or have made, unless it is counted."""
        if not isinstance(thing, TASKS) or isinstance(thing, Task) or thing._loop is not self:
            return
        register = self._register
        if register.number(thing):
            return
        number = register.add(thing)
        if self._task_is_made is not None:
            self._task_is_made(thing, number)
        of_factory, register.of_factory = register.of_factory, None
        if of_factory is not None:
            of_factory.append(thing)
        elif self._recorder is not None:
            self._recorder.task_created(thing, thing._coro)


_OWN_EAGER_START = Scheduling._start_eagerly.__code__


def _being_made(frame: FrameType) -> Any:
    """Return the task in whose making a function asks whether a loop is running, if it is that.

    One in C has asked for itself, in the name of the function that makes it. It is the youngest.
    """
    code = frame.f_code
    if code.co_name == "__init__":
        return local_variables(frame).get(code.co_varnames[0])
    for thing in islice(reversed(gc.get_objects(generation=0)), _LOOKED_AT):
        if isinstance(thing, TASKS):
            return thing
    return None
