"""The recorder of `simulate`: from what a loop tells, step by step, to a trace.

- A step is looked at when it has ended: what its task waits for then is read from its await stack.
  A stack is known by its code objects and their positions in it, so that lines and names are looked
  up once for each place in a program.
- Who made a handle ready is not noted by whoever does it, but counted: the ready queue is first in,
  first out, so beside it runs a queue of sources, which is filled up after each step.
- Nothing here keeps a task, a future or a primitive alive.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import weakref
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import repeat
from types import CoroutineType, FrameType, GeneratorType, MethodType
from typing import Any, Protocol, TypeAlias

from vtloop.clock import NEVER, Clock
from vtloop.ordering import without_addresses
from vtloop.places import calling_frame, place, running_frames
from vtloop.sites import Sites, waiting_frames
from vtloop.tasks import Task, given_name, label, number_of, without_locals
from vtloop.trace import Blocked, Event, Printed, Step, TaskMade, Thing, Trace
from vtloop.waits import is_of_thread, name_in, shielded_by

Holders: TypeAlias = Mapping[int, Iterable[str]]

_OF_TASKS = ("__step", "__wakeup")  # methods of a task written in Python that are its steps


class Recorder(Protocol):
    """What a loop tells, as it happens. Times and durations are nanoseconds."""

    def attach(self, ready: deque[Any], clock: Clock) -> None:
        """Take note of the loop's ready queue and clock, before anything else."""

    @property
    def take(self) -> Callable[[], Any]:
        """Take the next handle from the ready queue, as its step begins."""

    @property
    def rest(self) -> Callable[[], object]:
        """Take note that all the steps of an iteration have ended."""

    def eager_step(self, task: asyncio.Task[Any] | None) -> None:
        """Note that a new task runs within the current step, or that it has done so: None."""

    def task_created(self, task: asyncio.Task[Any], coro: Any) -> None: ...

    def renamed(self, task: asyncio.Task[Any]) -> None: ...

    def cancel_requested(self, task: asyncio.Task[Any], message: Any) -> None: ...

    def timer_set(self, handle: Any) -> None: ...

    def timer_cancelled(self, handle: Any) -> None: ...

    def timers_due(self, handles: Iterable[Any]) -> None:
        """Note that timers join the ready queue."""

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        """Note that the loop's own thread was blocked."""

    def notice(self, message: str) -> None:
        """Note something that the user of the run should know."""

    def reported(self, context: dict[str, Any]) -> None:
        """Note a call of the loop's exception handler."""

    def acquired(self, primitive: Any) -> None:
        """Note that the current task has taken a lock or semaphore."""

    def released(self, primitive: Any) -> None: ...

    def holders(self) -> Holders:
        """Return who holds which lock or semaphore, by its id()."""


class Recording:
    """The recorder of `simulate`."""

    def __init__(self) -> None:
        self.printed: list[Printed] = []
        self.errors: list[BaseException] = []  # that the loop's exception handler was called with
        self._steps: list[Step | None] = []  # None for those that have not ended
        self._events: list[Event] = []
        self._blocks: list[Blocked] = []
        self._notices: list[str] = []
        self._made: list[tuple[int, str, str, int, int, int, int]] = []
        self._names: dict[int, str] = {}  # given to tasks after their creation, by number
        self._failed: list[weakref.ref[asyncio.Future[Any]]] = []  # tasks that raised something
        self._sites = Sites()
        self._things: dict[int, tuple[weakref.ref[Any], int]] = {}  # by id()
        self._described: list[Thing] = []
        self._kinds: Counter[str] = Counter()
        self._holders: dict[int, tuple[Any, list[str]]] = {}  # by the id() of what they hold
        self._timers: dict[Any, tuple[int, int]] = {}  # pending ones: number, step that set it
        self._timers_set = 0
        self._deadline = 0  # of the timer that was set last
        self._cancelled: set[int] = set()  # tasks whose cancellation is on its way

        # The step that runs, and those that have an eager task's step in them.
        self._index = -1
        self._who = 0
        self._eager: list[tuple[Any, int, int, int, int]] = []

    def attach(self, ready: deque[Any], clock: Clock) -> None:
        self._ready = ready
        self._sources: deque[int] = deque()  # which step has made ready what is in the queue
        self._clock = clock
        self._following = self._follow()
        self.take = self._following.__next__
        self.rest = functools.partial(self._following.send, True)

    # Steps

    def _follow(self) -> Generator[Any, bool | None, None]:
        """Yield the handles of the ready queue; what comes after a `yield` looks at the step."""
        ready, sources, steps, clock = self._ready, self._sources, self._steps, self._clock
        while True:
            handle = ready.popleft()
            source = sources.popleft() if sources else self._index
            callback = handle._callback
            if callback is None:  # cancelled
                if (yield handle):
                    yield None
                continue
            timer = source < -1
            if timer:
                source = -2 - source
            owner = getattr(callback, "__self__", None)
            if type(owner) is Task and type(callback) is not MethodType:
                who = hash(owner)
            elif isinstance(owner, asyncio.Task) and (
                type(callback) is not MethodType or callback.__name__ in _OF_TASKS
            ):
                who = number_of(owner)
            else:
                owner, who = callback, 0
            at = clock.now
            self._who = who
            self._index = index = len(steps)
            steps.append(None)
            if self._cancelled and who in self._cancelled:
                self._deliver(owner, handle._args)
            resting = yield handle
            added = len(ready) - len(sources)
            if added == 1:
                sources.append(index)
            elif added:
                sources.extend(repeat(index, added))
            if not who:
                ended = "timer" if timer else "callback"
                steps[index] = at, 0, source, ended, qualified_name(owner), 0
            elif owner.done():
                ended, subject = self._outcome(owner)
                steps[index] = at, who, source, ended, subject, 0
            else:
                stack, kind, subject = self._suspension(owner)
                steps[index] = at, who, source, kind, subject, stack
            handle = callback = owner = None  # not to be kept alive
            if resting:
                yield None

    def eager_step(self, task: asyncio.Task[Any] | None) -> None:
        self._count_sources()
        if task is not None:
            self._eager.append((task, self._clock.now, self._index, self._who, len(self._steps)))
            self._who, self._index = number_of(task), len(self._steps)
            self._steps.append(None)
        else:
            owner, at, source, who, index = self._eager.pop()
            if owner.done():
                ended, subject, stack = *self._outcome(owner), 0
            else:
                stack, ended, subject = self._suspension(owner)
            self._steps[index] = at, self._who, source, ended, subject, stack
            self._who, self._index = who, source

    def _count_sources(self) -> None:
        """Note that what was added to the ready queue was added by the step that runs."""
        added = len(self._ready) - len(self._sources)
        self._sources.extend(repeat(self._index, added))

    def _suspension(self, task: Any) -> tuple[int, str, Any]:
        """Return where a task is suspended, for what kind of thing it waits, and for which."""
        coro = task.get_coro()
        site, inner = self._sites.of(coro)
        stack, kind, variable = site
        if kind == "sleep":
            if type(inner.cr_await) is GeneratorType:  # sleep(0)
                return stack, "turn", None
            return stack, kind, self._deadline
        if variable:
            return stack, kind, self._subject(coro, inner, kind, variable)
        if kind:
            return stack, kind, None
        return stack, *_of_future(task._fut_waiter)

    def _outcome(self, task: Any) -> tuple[str, Any]:
        if task.cancelled():
            return "cancelled", None
        error = task._exception
        if error is None:
            return "returned", None
        self._failed.append(weakref.ref(task))
        return "raised", without_addresses(repr(error))

    def _subject(self, coro: Any, inner: Any, kind: str, variable: str) -> Any:
        frame: Any = inner.cr_frame if type(inner) is CoroutineType else waiting_frames(coro)[-1]
        found = frame.f_locals[variable]
        if kind == "group":
            return _numbers(found._tasks)
        if kind == "wait":
            return _numbers(found)
        if kind == "wait_for":
            return _numbers((found,))
        return self._thing(found, lambda: reversed(waiting_frames(coro)[:-1]))

    def _thing(self, thing: Any, callers: Callable[[], Iterable[FrameType]]) -> int:
        """Return the index of a primitive, named as its callers know it, the innermost first."""
        known = self._things.get(id(thing))
        if known is not None and known[0]() is thing:
            return known[1]
        kind = type(thing).__name__
        name = next(filter(None, (name_in(frame, thing) for frame in callers())), "")
        self._kinds[kind] += 1
        self._things[id(thing)] = weakref.ref(thing), len(self._described)
        self._described.append(Thing(kind, name, self._kinds[kind]))
        return len(self._described) - 1

    def _deliver(self, task: Any, args: Any) -> None:
        woken_by_cancelled = bool(args) and getattr(args[0], "cancelled", bool)()
        if task._must_cancel or woken_by_cancelled:
            self._event("deliver", self._who, None)
        self._cancelled.discard(self._who)

    # Events

    def _event(self, kind: str, subject: Any, detail: Any) -> None:
        self._events.append((self._index, self._clock.now, kind, self._who, subject, detail))

    def task_created(self, task: asyncio.Task[Any], coro: Any) -> None:
        number = hash(task) if type(task) is Task else number_of(task)
        place = self._sites.caller(sys._getframe(1))
        made = qualified_name(coro), self._who, self._clock.now, self._index, place
        self._made.append((number, given_name(task), *made))

    def renamed(self, task: asyncio.Task[Any]) -> None:
        self._names[number_of(task)] = task.get_name()

    def cancel_requested(self, task: asyncio.Task[Any], message: Any) -> None:
        number = number_of(task)
        self._cancelled.add(number)
        text = None if message is None else without_addresses(str(message))
        self._event("cancel", number, text)

    def timer_set(self, handle: Any) -> None:
        number = self._timers_set = self._timers_set + 1
        self._timers[handle] = number, self._index
        self._deadline = handle.deadline if handle.deadline < NEVER else -1
        self._event("set", number, self._deadline)

    def timer_cancelled(self, handle: Any) -> None:
        timer = self._timers.pop(handle, None)
        if timer is not None:
            self._event("unset", timer[0], None)

    def timers_due(self, handles: Iterable[Any]) -> None:
        self._count_sources()
        for handle in handles:
            number, step = self._timers.pop(handle)
            self._sources.append(-2 - step)  # negative, as it is a timer's
            self._event("fire", number, None)

    def printed_line(self, at: int, who: str, text: str) -> None:
        self._event("print", len(self.printed), None)
        self.printed.append(Printed(at, who, text))

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        self._event("block", len(self._blocks), None)
        self._blocks.append(Blocked(at, duration, who, how, str(place(calling_frame()))))

    def notice(self, message: str) -> None:
        self._notices.append(message)

    def reported(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            self.errors.append(error)

    def acquired(self, primitive: Any) -> None:
        self._holders.setdefault(id(primitive), (primitive, []))[1].append(_current_label())
        self._hold("acquire", primitive)

    def released(self, primitive: Any) -> None:
        _, holders = self._holders.get(id(primitive), (None, []))
        me = _current_label()
        if me in holders:
            holders.remove(me)
        elif holders:  # released by somebody who did not acquire it
            holders.pop(0)
        if not holders:
            self._holders.pop(id(primitive), None)
        self._hold("release", primitive)

    def _hold(self, kind: str, primitive: Any) -> None:
        waiting = sum(not waiter.done() for waiter in primitive._waiters or ())
        self._event(kind, self._thing(primitive, running_frames), waiting)

    def holders(self) -> Holders:
        return {identity: labels for identity, (_, labels) in self._holders.items()}

    # The outcome

    def unretrieved(self) -> list[BaseException]:
        """Return the exceptions of finished tasks that nobody has asked for."""
        tasks: Iterable[Any] = (ref() for ref in self._failed)
        return [task._exception for task in tasks if task is not None and task._log_traceback]

    def _tasks(self) -> Iterator[TaskMade]:
        for number, name, coroutine, *where in self._made:
            coroutine = without_locals(coroutine)
            label = self._names.get(number, name) or f"{coroutine}#{number}"
            yield TaskMade(number, label, coroutine, *where)

    def trace(self, **header: Any) -> Trace:
        """Return what was recorded, with a header; nothing is recorded from then on."""
        if self._steps and self._steps[-1] is None:  # the run was interrupted in it
            self.rest()
        self._following.close()
        return Trace(
            header=header,
            tasks=tuple(self._tasks()),
            things=tuple(self._described),
            stacks=tuple(self._sites.stacks),
            steps=tuple(step for step in self._steps if step is not None),
            events=tuple(self._events),
            printed=tuple(self.printed),
            blocked=tuple(self._blocks),
            notices=tuple(self._notices),
        )


def qualified_name(function: Any) -> str:
    """Return the name of a coroutine or callback with all that it is nested in."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__qualname__", None) or type(function).__name__


def _numbers(futures: Iterable[Any]) -> tuple[int, ...]:
    return tuple(number_of(item) for item in futures if isinstance(item, asyncio.Task))


def _of_future(future: Any) -> tuple[str, Any]:
    """Return the kind of a wait for a bare future, and its subject."""
    if isinstance(future, asyncio.Task):
        return "task", (number_of(future),)
    if future is None:
        return "turn", None
    children = getattr(future, "_children", None)  # of gather()
    if children:
        return "gather", _numbers(children)
    if (shielded := shielded_by(future)) is not None:
        return "shield", _numbers((shielded,))
    if is_of_thread(future):
        return "thread", None
    if isinstance(future, asyncio.Future):
        return "future", None
    return "other", type(future).__name__


def _current_label() -> str:
    task = asyncio.current_task()
    return "a callback" if task is None else label(task)
