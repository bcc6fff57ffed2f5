"""What is gathered of a run while it goes on, as lightly as can be.

A witness is told of what its run makes and leaves behind: by the loop of the run, which is at the
end of this file, and by what stands in for asyncio's functions (see `noting`).

- A primitive is held on to until the run is over: it would be gone with the last frame that knows
  it, and a lock that nobody can reach any more may well be held.
- Tasks and coroutines are held weakly.
"""

from __future__ import annotations

import asyncio
import weakref
from asyncio import locks
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeAlias

from vtloop.core.await_stacks import WRAPPERS
from vtloop.core.borrowed import STOCK
from vtloop.core.left_open import dropped, has_sockets
from vtloop.core.loop import VirtualLoop
from vtloop.core.options import Options
from vtloop.core.policy import PolicyOf
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import Task, coroutine_name, ended_cancelled, given_name, in_order, number_of
from vtloop.private.events import (
    ACCEPTING,
    CONNECTED,
    FUTURES,
    TASKS,
    current_task,
    get_running_loop,
)
from vtloop.private.interpreter import getframe
from vtloop.recording.openings import opened_at
from vtloop.search.failures import Failing
from vtloop.search.outcome import (
    Complaint,
    Fault,
    Left,
    LeftOpen,
    MisusedPrimitive,
    Outcome,
    faults_of,
)
from vtloop.search.releases import Releases, programs_line
from vtloop.search.wakeups import Made, WakeUps
from vtloop.values.source import PACKAGE, Place
from vtloop.values.text import counted, without_addresses

if TYPE_CHECKING:
    from vtloop.net.descriptors import File
    from vtloop.net.unclosed import Unclosed

_NOTED = (*FUTURES, CoroutineType)


class Witness:
    """Knows what one run has made, left behind and complained of.

    `is_ours` tells whether an exception was raised as the case has it.
    """

    def __init__(self, is_ours: Callable[[BaseException], bool]) -> None:
        self.failing = Failing(is_ours)
        self.unawaited: list[str] = []
        """The coroutines that nobody has awaited."""
        self.late: list[str] = []
        """The generators that nobody has closed in time."""
        self.hidden: list[str] = []
        """The exceptions that shield() has seen and told nobody."""
        self._faults: list[Fault] = []
        self._unretrieved: list[str] = []
        self._destroyed: list[str] = []
        self.primitives: list[Made] = []
        """In the order in which they were made."""
        self.wakeups = WakeUps(self.primitives)
        self.releases = Releases()
        self._permits: dict[int, int] = {}  # with which a semaphore was made, by id()
        self._counted: set[int] = set()  # queues whose items are counted as done, by id()
        self.groups: list[weakref.ref[asyncio.TaskGroup]] = []
        """In the order in which they were entered."""
        self._given: dict[weakref.ref[Any], str] = {}  # tasks and coroutines, to what
        self.dropped: list[Unclosed] = []
        """What was open in the network as it was collected."""
        self.abandoned: set[File] = set()
        """Sockets of servers that asyncio had made and was cancelled before anybody had them."""
        self.makers: dict[int, int] = {}
        """By number, of each task: the task that has made it; 0 for a callback."""

    def made(self, primitive: Any, value: int = 0) -> None:
        """Take note of a new primitive; for a semaphore, of its first value."""
        self.primitives.append(Made(primitive, *programs_line(), value))
        if isinstance(primitive, locks.Semaphore):
            self._permits[id(primitive)] = value

    def acquired(self, semaphore: Any) -> None:
        """Take note that somebody has got a permit."""
        self.releases.acquired(semaphore, current_number())

    def released(self, semaphore: Any) -> None:
        """Take note that somebody has released a semaphore, if it was made in this run."""
        permits = self._permits.get(id(semaphore))
        if permits is not None:
            self.releases.released(semaphore, current_number(), permits)

    def entered(self, group: asyncio.TaskGroup) -> None:
        """Take note of a group that is about to be entered."""
        self.groups.append(weakref.ref(group))

    def counted(self, queue: Any) -> None:
        """Take note of a queue for whose items somebody calls `task_done`."""
        self._counted.add(id(queue))

    def given(self, awaitables: Iterable[Any], to: str) -> None:
        """Take note of tasks, or coroutines, that were given to a function."""
        for awaitable in awaitables:
            if isinstance(awaitable, _NOTED):
                self._given[weakref.ref(awaitable)] = to

    def reported(self, context: dict[str, Any]) -> None:
        """Take note of what the loop's exception handler is called with."""
        message, error = context["message"], context.get("exception")
        if "never retrieved" in message:
            self._unretrieved.append(without_addresses(repr(error)))
        elif "destroyed" in message:
            self._destroyed.append(coroutine_name(context["task"].get_coro()))
        elif error is not None:
            self._faults.extend(faults_of(error))
            self.failing.reported(error, by_callback="handle" in context)

    def left(self, pending: Iterable[asyncio.Task[Any]]) -> tuple[Left, ...]:
        """Return those of the tasks that are pending in the end that will not just be cancelled.

        Nobody has cancelled them yet, or they are about to clean up, which another cancellation
        would cut off. Those apart with which the loop closes generators, and those that are the
        business of a task which is pending itself: it has made or awaits them, or has their group.
        Nor those by which asyncio itself accepts a connection.
        """
        pending = tuple(pending)
        if not pending:
            return ()
        nobodys = self._nobodys(pending)
        return tuple(
            Left(
                given_name(task) or f"{made}#{number_of(task)}",
                made,
                self._given_to(task, coro),
                cleans_up=task.cancelling() > 0,
            )
            for task in pending
            if number_of(task) in nobodys
            for coro in [task.get_coro()]
            if not task.cancelling() or _cleans_up(task)
            if type(coro).__name__ not in WRAPPERS
            for made in [coroutine_name(coro)]
            if made != ACCEPTING
        )

    def left_open(self, unclosed: Iterable[Unclosed]) -> tuple[LeftOpen, ...]:
        """Return the facts of what nobody has closed, given what is open when all tasks have ended.

        What was collected while it was open is closed by then, but not by who had opened it.
        """
        return tuple(
            LeftOpen(one.name, one.what, not self.abandoned.isdisjoint(one.files))
            for one in (*self.dropped, *unclosed)
        )

    def _nobodys(self, pending: Collection[asyncio.Task[Any]]) -> Collection[int]:
        """Return the numbers of the pending tasks that are no business of another pending one.

        Of several that are only each other's, the one that was made first is nobody's.
        """
        tasks: dict[int, Any] = {number_of(task): task for task in pending}
        numbers = tasks.keys()
        theirs: defaultdict[int, set[int]] = defaultdict(set)
        for number, task in tasks.items():
            if (maker := self.makers.get(number)) in numbers:
                theirs[maker].add(number)
            if isinstance(task._fut_waiter, TASKS):
                theirs[number].add(number_of(task._fut_waiter))
        for reference in self.groups:
            group: Any = reference()
            if group is not None and group._tasks:
                owner = number_of(group._parent_task)
                if owner in numbers:
                    theirs[owner].update(map(number_of, group._tasks))
        if not theirs:
            return numbers
        owned = set().union(*theirs.values())
        nobodys, known = set(), set()
        for first in sorted(numbers, key=lambda number: (number in owned, number)):
            if first not in known:
                nobodys.add(first)
            to_do = [first]
            while to_do:
                if (number := to_do.pop()) not in known:
                    known.add(number)
                    to_do += theirs.get(number, ())
        return nobodys

    def _given_to(self, task: Any, coroutine: Any) -> str:
        to = self._given.get(weakref.ref(task), "")
        if not to and isinstance(coroutine, _NOTED):
            to = self._given.get(weakref.ref(coroutine), "")
        return to

    def tell(self, outcome: Outcome) -> None:
        """Write down what was gathered, now that the run's garbage has been collected."""
        outcome.faults += tuple(self._faults)
        outcome.failures = self.failing.failures()
        outcome.by_nobody = tuple(self.failing.by_nobody)
        outcome.bystanders = self.failing.bystanders()
        outcome.primitives = (*self.wakeups.lost(), *self._wrong_at_the_end())
        outcome.unretrieved = tuple(self._unretrieved)
        outcome.hidden = tuple(self.hidden)
        outcome.destroyed = tuple(self._destroyed)
        outcome.unawaited = tuple(self.unawaited)
        outcome.late = tuple(self.late)

    def _wrong_at_the_end(self) -> Iterator[MisusedPrimitive]:
        """Yield the primitives that are not as they were made, now that all tasks have ended."""
        for made in self.primitives:
            primitive, value = made.primitive, made.value
            if isinstance(primitive, locks.Lock):
                if primitive.locked():
                    yield MisusedPrimitive(made.name, "held", "nobody will release it")
            elif isinstance(primitive, locks.Semaphore):
                if (now := primitive._value) != value > 0:
                    detail = f"it has {now} of {counted(value, 'permit')}"
                    complaint: Complaint = "permits lost"
                    if now > value:
                        complaint = "released twice"
                        detail += f"; {self.releases.where(primitive)}"
                    yield MisusedPrimitive(made.name, complaint, detail)
            elif id(primitive) in self._counted:
                queue = primitive
                if taken := queue._unfinished_tasks - queue.qsize():
                    detail = f"{counted(taken, 'item')} taken out without task_done()"
                    yield MisusedPrimitive(made.name, "items not done", detail)


def current_number() -> int:
    """Return the number of the task that runs, 0 for a callback."""
    loop = get_running_loop()
    task = None if loop is None else current_task(loop)
    return 0 if task is None else number_of(task)


def _cleans_up(task: Any) -> bool:
    """Return whether a cancellation was thrown into a task before, which waits for something since.

    It has not been yet if it is to be thrown in the next step, or once what is awaited has ended.
    """
    waiter = task._fut_waiter
    if task._must_cancel or ended_cancelled(waiter):
        return False
    if isinstance(waiter, TASKS):
        return not waiter.cancelling()
    return not getattr(waiter, "_cancel_requested", False)  # of gather()


def is_open(group: Any) -> bool:
    """Return whether a TaskGroup takes new tasks."""
    return group._entered and not group._aborting and not (group._exiting and not group._tasks)


def _files(loop: VirtualLoop) -> set[File]:
    """Return what is open in the network of a loop."""
    return set(loop.clock.kernel.descriptors.files()) if has_sockets(loop) else set()


def _is_of_a_connection() -> bool:
    """Return whether the task that is made now is one of a `start_server`'s."""
    frame = getframe(2)
    while frame.f_code.co_filename.startswith(PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code is CONNECTED


def _unknown(task: int) -> None:
    """Return nothing, as nobody notes how tasks are made."""


ItsPolicy: TypeAlias = "PolicyOf[WitnessedLoop]"
"""What a witnessed loop can be steered by."""


class WitnessedLoop(VirtualLoop):
    """A virtual loop that tells a witness what it would log.

    `options` are those of the run, which were checked as they were made.
    """

    def __init__(
        self,
        witness: Witness,
        options: Options,
        policy: ItsPolicy | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.seen_off = False
        """Whether the program is over, so that what is closed for it is not held against it."""
        self.blocked_until = 0
        """The instant up to which a step has blocked the loop last, in nanoseconds."""
        self._witness = witness
        self._failing = witness.failing
        self._makers = witness.makers
        self._set_up(options, policy=policy, recorder=recorder)

    @property
    def groups(self) -> Sequence[weakref.ref[Any]]:
        """The TaskGroups, in the order in which they were entered."""
        return self._witness.groups

    def tell_blocked(self, since: int, how: str) -> None:
        """Take note that a step was blocked up to now."""
        self.blocked_until = self._clock.now
        super().tell_blocked(since, how)

    def will_cancel(self, task: Any) -> None:
        """Take note of whom the case is about to cancel."""
        self._failing.reaches(task)

    def _task_is_made(self, task: Any, number: int) -> None:
        """Tell the witness of a new task."""
        self._makers[number] = 0 if (maker := current_task(self)) is None else number_of(maker)
        if maker is None and _is_of_a_connection():
            self._witness.given((task,), "start_server")
        if type(task) is not Task:
            self._failing.adopted(task)
            return
        self._failing.tasks[number] = weakref.ref(task)
        if task.done():  # an eager one
            self._failing.collected(task)  # before its coroutine is gone

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that are not done, in order of creation."""
        known = [reference() for reference in self._failing.tasks.values()]
        own = [task for task in known if task is not None and not task.done()]
        others = self._register.pending()
        return self.living(in_order([*own, *others]) if others else sorted(own, key=hash))

    def task_of(self, number: int) -> asyncio.Task[Any] | None:
        """Return the task of a number, None if it is done or there is none."""
        if (reference := self._failing.tasks.get(number)) is None:
            return next((one for one in self._register.pending() if number_of(one) == number), None)
        task = reference()
        return None if task is None or task.done() else task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell the witness, and whom the program has set."""
        if self.seen_off:
            return
        self._witness.reported(context)
        if self._recorder is not None:
            self._recorder.reported(context)
        if self._exception_handler is not None:
            STOCK.call_exception_handler(self, context)

    def _asyncgen_finalizer_hook(self, generator: Any) -> None:
        self._witness.late.append(coroutine_name(generator))
        STOCK._asyncgen_finalizer_hook(self, generator)

    def opened(self) -> Place | None:
        """Return where the program is that opens a socket now, as the network asks."""
        return opened_at(_unknown)

    def dropped(self, file: File) -> None:
        """Take note of what is open in the network, as its last owner is collected."""
        if not self.is_closed():
            self._witness.dropped.append(dropped(self, file))

    def transport_dropped(self, transport: Any) -> None:
        """Take note of the end of a connection that a stream has, which is collected."""
        end = transport.get_extra_info("socket")
        if end is not None and has_sockets(self):
            self.dropped(self.clock.kernel.descriptors.find(end.fileno()))

    async def create_server(self, *args: Any, **options: Any) -> Any:
        """Return a server, as stock asyncio does; take note if nobody gets it."""
        before = _files(self)
        try:
            return await super().create_server(*args, **options)
        except asyncio.CancelledError:
            self._witness.abandoned.update(_files(self) - before)
            raise

    def shutdown_asyncgens(self) -> Any:
        """Close the generators that are still open, which are late by now."""
        open_ones = (one for one in self._asyncgens if one.ag_frame is not None)
        self._witness.late.extend(map(coroutine_name, open_ones))
        return super().shutdown_asyncgens()
