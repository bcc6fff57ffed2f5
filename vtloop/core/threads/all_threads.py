"""The threads of a run in virtual time: real ones, of which exactly one runs, or the loop does.

Blocking code needs a stack of its own, so `run_in_executor`, `asyncio.to_thread` and threads that
the program starts are real threads. Who runs is decided by a baton: the loop hands it to a thread
and stands still until it is back. A thread gives it back when it ends, sleeps (`time.sleep`), or
waits for a lock or for anything built on one (events, queues, futures of
`run_coroutine_threadsafe`); it gets it again from a timer or a callback of the loop. So the order
of everything is the loop's order, and the run is reproducible. A thread that stays away for real is
an outsider from then on (see `baton_back`).
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from math import inf
from typing import Any, Protocol

from vtloop.core.threads.actor import AwaitedLock, outside, real_monotonic
from vtloop.core.threads.alarms import Alarms
from vtloop.core.threads.baton import BatonThread, is_outside
from vtloop.core.threads.baton_back import BatonBack
from vtloop.core.threads.external import Outsiders
from vtloop.core.threads.other_executors import ForeignJobs
from vtloop.core.threads.pools import Job, Pool, is_simulated
from vtloop.core.threads.program_threads import IN_VAIN, ProgramThread, start_outside
from vtloop.core.threads.workers import Worker
from vtloop.core.timers import AnyTimerHandle, Timers
from vtloop.private.threads import thread_count
from vtloop.values.clock import NEVER, Clock, to_seconds

_LEAVE = 1.0  # real seconds for abandoned workers to unwind


class Loop(Protocol):
    """What the threads need of their loop."""

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle: ...

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> object: ...

    def notice(self, message: str) -> None: ...


class Threads:
    """The threads of one loop."""

    def __init__(
        self,
        loop: Loop,
        clock: Clock,
        timers: Timers,
        ready: Collection[object],
        patience: float,
    ) -> None:
        self._loop = loop
        self._timers = timers
        self._ready = ready
        self._is_blocked = False  # whether the loop's own thread sleeps, or waits
        self._blocked_until = NEVER
        self._pools: dict[ThreadPoolExecutor, Pool] = {}
        self._workers: dict[Worker, None] = {}
        self._members: dict[ProgramThread, None] = {}
        self._alarms = Alarms(clock)
        self._turns: dict[int, Callable[[], object]] = {}  # what the loop is to do, in order
        self._turn_numbers = itertools.count()
        self._last_turn = -1
        self._processor_free = 0  # nanoseconds: when the last computation in a worker ends
        self.clock = clock
        self.is_deadlocked = False
        """Whether the run has ended as nothing could happen any more."""
        self.outsiders = Outsiders(patience, clock.depends_on)
        self._foreign: ForeignJobs | None = None  # until a job is given to one of these
        self._patience = patience

    @cached_property
    def baton_back(self) -> BatonBack:
        """How the loop gets the baton back; none is made until a thread is to have it."""
        return BatonBack(weakref.proxy(self), self._patience)  # so that there is no cycle

    def __repr__(self) -> str:
        return f"<Threads {[*self._workers, *self._members]}>"

    # Turns: what the loop does for its threads. Each comes in a callback of the loop, or earlier,
    # while a coroutine blocks the loop's own thread.

    def turn(self, function: Callable[..., object], *args: Any) -> None:
        """Let the loop's thread call `function`; from any thread."""
        number = self._last_turn = next(self._turn_numbers)
        self._turns[number] = partial(function, *args)
        self._loop.call_soon_threadsafe(self._take_turn, number)

    def _next_turn(self) -> int:
        return min(self._turns)  # in one go, as other threads may be adding more

    def _take_turn(self, number: int) -> None:
        function = self._turns.pop(number, None)
        if function is not None:
            function()

    def traffic(self) -> int:
        """Return a number that changes when a thread does something to the run."""
        return self._last_turn + len(self._ready) + len(self._members)

    def serve(self, loop: Loop, timers: Timers, ready: Collection[object]) -> None:
        """Be the threads of another loop from now on, which does for them what is to be done."""
        self._loop, self._timers, self._ready = loop, timers, ready
        self._alarms.move(loop)
        for number in sorted(self._turns):
            loop.call_soon_threadsafe(self._take_turn, number)

    def wake_at(self, deadline: int, thread: BatonThread, suspension: int) -> None:
        """Resume a thread at an instant, in nanoseconds."""
        self._alarms.set(self._loop, deadline, thread, suspension)

    def forget_alarm(self, thread: BatonThread) -> None:
        """Do not wake a thread at an instant any more."""
        self._alarms.forget(thread)

    def run_until(self, instant: int) -> None:
        """Let the workers run while the loop's own thread sleeps up to `instant`."""
        if self._turns or self._alarms.are_there():
            with self._blocked(instant):
                while True:
                    if self._turns:
                        self._take_turn(self._next_turn())
                    elif (event := self._alarms.next_event(instant)) is not None:
                        event[1]()
                    else:
                        break
        self.clock.now = instant

    @contextmanager
    def _blocked(self, end: int) -> Iterator[None]:
        """Keep in mind until when the loop's own thread is blocked."""
        self._is_blocked, self._blocked_until = True, end
        try:
            yield
        finally:
            self._is_blocked, self._blocked_until = False, NEVER

    def next_deadline(self) -> int:
        """Return when the run's own loop has something to do, in nanoseconds."""
        return min(self._timers.first, self._blocked_until)

    def nothing_until(self, instant: int) -> bool:
        """Return whether nothing but the thread that runs now has anything to do until then."""
        return not (self._ready or self._turns) and instant < self.next_deadline()

    def run_until_released(self, lock: AwaitedLock, end: int) -> bool:
        """Let everybody run while the loop's own thread waits for `lock`, at most until `end`.

        Returns False if it would wait for ever.
        """
        with self._blocked(end):
            while lock.locked():
                if self._turns:
                    self._take_turn(self._next_turn())
                    continue
                event = self._alarms.next_event(end)
                if self.wait_outside(end if event is None else event[0]):
                    continue
                if event is not None:
                    event[1]()
                elif end < NEVER:
                    self.clock.now = end
                    break
                else:
                    return False
        return True

    def next_alarm_in(self) -> float:
        """Return in how many seconds of virtual time something is due, infinity if nothing is."""
        event = self._alarms.next_event(NEVER - 1)
        return inf if event is None else to_seconds(max(0, event[0] - self.clock.now))

    def all_in_vain(self, wakes: int = IN_VAIN) -> bool:
        """Return whether nothing is pending but daemon threads that wake up in vain.

        They have done so as often as `wakes` says.
        """
        return 0 < self._alarms.in_vain(wakes) == self._timers.pending()

    def only_daemons(self) -> bool:
        """Return whether nothing is going to happen but that daemon threads wake up."""
        if self._is_blocked:  # then no timer of the loop's fires
            return self._alarms.only_in_vain()
        return not self._ready and self._alarms.in_vain(0) == self._timers.pending()

    # Workers

    def submit(self, executor: Executor, function: Callable[[], Any]) -> Future[Any]:
        """Arrange for `function` to run in a thread, from the next turn of the loop on."""
        if isinstance(executor, ThreadPoolExecutor) and is_simulated(executor):
            return self.run_in_pool(executor, function)
        if self._foreign is None:
            self._foreign = ForeignJobs(weakref.proxy(self), self._patience)
        return self._foreign.submit(executor, function)

    def run_in_pool(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Job:
        """Arrange for `function` to run in one of the workers that stand in for an executor's."""
        pool = self._pools.get(executor)
        if pool is None:
            pool = self._pools[executor] = Pool(executor)
            if pool.ignores_how_threads_start:
                self._loop.notice(
                    f"{type(executor).__qualname__} starts threads in a way of its own, which was "
                    "not used"
                )
        job = pool.add(function)
        self.turn(self._start, pool)
        return job

    def _start(self, pool: Pool) -> None:
        """Let a worker begin the next job; the job fails if there is no thread to be had for it."""
        if not pool.waiting:
            return
        if pool.idle:
            worker = pool.idle.popleft()
        elif pool.takes_workers():
            try:
                worker = self._new_worker(pool)
            except Exception as error:
                pool.waiting.popleft().fail(error)
                pool.finished()
                return
        else:
            return
        worker.job = pool.waiting.popleft()
        worker.hand_over()

    def own(self) -> set[threading.Thread]:
        """Return the threads of the run, without the loop's."""
        return {one.thread for one in (*self._workers, *self._members)}

    def _new_worker(self, pool: Pool) -> Worker:
        worker = Worker(self, pool, *pool.new_worker())
        try:
            start_outside(worker.thread)
        except BaseException:
            pool.worker_left()
            raise
        self._workers[worker] = None
        return worker

    def ended(self, thread: BatonThread) -> None:
        """Take note that a thread has given the baton back for the last time."""
        with outside():
            thread.thread.join(_LEAVE)  # what it does at its end is done then
        self._workers.pop(thread, None)  # type: ignore[call-overload]
        self._members.pop(thread, None)  # type: ignore[call-overload]
        thread.ended()

    def say_it_is_real(self, executor: Executor) -> None:
        """Tell the user of an executor that works outside of the run."""
        self.clock.depends_on(
            f"{type(executor).__qualname__} is not simulated: what it ran took real time, and no "
            "virtual"
        )

    def occupy_processor(self, nanoseconds: int) -> int:
        """Return how long a computation in a worker takes, behind those that came before it."""
        now = self.clock.now
        self._processor_free = max(self._processor_free, now) + nanoseconds
        return self._processor_free - now

    def shut_down(
        self, executor: Executor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        """Let an executor's workers end once its jobs have run, then call `done`."""
        pool = self._pools.pop(executor, None)  # type: ignore[call-overload]
        if pool is None:
            done()
            return
        if cancel_futures:
            pool.cancel_waiting()
        pool.when_drained(lambda: self.turn(self._dismiss, pool, done))

    def _dismiss(self, pool: Pool, done: Callable[[], object]) -> None:
        while pool.idle:
            pool.idle.popleft().hand_over()  # without a job: the thread ends
        pool.when_left(done)

    def at_work(self) -> list[BatonThread]:
        """Return those that have something to do, and wait in it while the loop runs."""
        return [*self._members, *(worker for worker in self._workers if worker.job is not None)]

    # Threads of the program

    def notice(self, message: str) -> None:
        """Tell the user of the run something that they should know."""
        self._loop.notice(message)

    def start_thread(self, thread: threading.Thread) -> None:
        """Start a thread of the program; it runs first in the next turn of the loop."""
        member = ProgramThread(self, thread)
        member.start()
        self._members[member] = None
        self.outsiders.leave_out(thread)
        self.turn(member.begin)

    def are_there(self) -> bool:
        """Return whether there is a thread that has not ended, or is to come."""
        return bool(self._workers or self._members or self._turns)

    def close(self) -> None:
        """Unwind every worker thread, and let the program's go on in real time."""
        self._turns.clear()
        for pool in self._pools.values():
            pool.clear()
        self._pools.clear()
        workers = list(self._workers)
        for worker in workers:
            worker.has_left = True
        for worker in workers:
            if worker.suspended:
                worker.hand_over()
        deadline = real_monotonic() + _LEAVE
        for worker in workers:
            worker.thread.join(max(0.0, deadline - real_monotonic()))
        self._workers.clear()
        asleep = set(self._alarms)
        for member in tuple(self._members):
            member.set_free(is_stuck=self.is_deadlocked and member not in asleep)
        self._members.clear()
        self._alarms.clear()

    # Outside the simulation

    def calls_in(self) -> None:
        """Take note that the current thread is about to tell the loop something.

        Before it does so: the run may be over as soon as it has.
        """
        if is_outside(self.clock):
            self.outsiders.note_call()

    def called_in(self) -> None:
        """Wake the loop, as the current thread has told it something, or released what it needs."""
        if is_outside(self.clock):
            self.outsiders.wake()

    def note_say(self) -> None:
        """Take note that the current thread is about to release what one of the run waits for."""
        if is_outside(self.clock):
            self.outsiders.note_say()

    def clock_may_move(self) -> bool:
        """Return whether nothing need be asked before the clock moves; cheap, as for each move."""
        return thread_count() == self.outsiders.usual and not (self._foreign or self._members)

    def wait_outside(self, deadline: int, ready: Collection[object] = ()) -> bool:
        """Wait in real time for what is not simulated, before the clock moves to `deadline`.

        Returns False when it may move. What a signal's handler adds to `ready` ends the wait.
        """
        if self._foreign and self._foreign.take_over():
            return True
        if deadline < NEVER and not self.outsiders.present():
            return False
        return self.outsiders.wait(to_seconds(max(deadline - self.clock.now, 0)), ready)
