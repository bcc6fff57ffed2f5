"""Worker threads in virtual time: real threads, of which exactly one runs, or the loop does.

`run_in_executor` and `asyncio.to_thread` run their functions on real threads, because blocking code
needs a stack of its own. Who runs is decided by a baton: the loop hands it to a worker and stands
still until it is back. A worker gives it back when its function returns, sleeps (`time.sleep`), or
waits for a lock or for anything built on one (events, queues, futures of
`run_coroutine_threadsafe`); it gets it again from a timer or a callback of the loop. So the order
of everything is the loop's order, and the run is reproducible.

A worker that stays away for real (it waits for a lock that is older than the run, or works for more
than `patience` real seconds) does not hang the run: the loop takes the baton back, treats the
thread as an outsider, and the run is marked as not reproducible once that thread calls in.
"""

from __future__ import annotations

import _thread
import asyncio
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

from vtloop.blocking import here, real_monotonic
from vtloop.clock import NEVER, Clock, to_seconds
from vtloop.handles import TimerHandle
from vtloop.locks import Lock
from vtloop.outsiders import Outsiders, waits_for_others
from vtloop.pools import Job, Pool, is_simulated
from vtloop.private.threads import thread_count
from vtloop.timers import AnyTimerHandle, Timers
from vtloop.workers import Worker

_LOOK = 0.001  # real seconds between two looks at a worker that does not come back, at first
_LOOKS = 5  # that find it in the same wait, until it is taken for blocked for real
_GLANCE = 0.1  # real seconds that an idle loop waits for another executor before it looks up
_LEAVE = 1.0  # real seconds for abandoned workers to unwind


class Loop(Protocol):
    """What the threads need of their loop."""

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle: ...

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any
    ) -> asyncio.Handle: ...

    def notice(self, message: str) -> None: ...


class Threads:
    """The worker threads of one loop."""

    def __init__(self, loop: Loop, clock: Clock, timers: Timers, patience: float) -> None:
        self._loop = loop
        self._timers = timers
        self._patience = patience
        self._pools: dict[ThreadPoolExecutor, Pool] = {}
        self._workers: dict[Worker, None] = {}
        self._turns: dict[int, Callable[[], object]] = {}  # what the loop is to do, in order
        self._turn_numbers = itertools.count()
        self._foreign: deque[tuple[Future[Any], Future[Any]]] = deque()  # theirs, ours
        self._said: set[str] = set()
        self._processor_free = 0  # nanoseconds: when the last computation in a worker ends
        self.clock = clock
        self.outsiders = Outsiders(patience)
        self.baton_back = _thread.allocate_lock()
        self.baton_back.acquire()

    def __repr__(self) -> str:
        return f"<Threads {list(self._workers)}>"

    # Turns: what the loop does for its threads. Each comes in a callback of the loop, or earlier,
    # while a coroutine blocks the loop's own thread.

    def turn(self, function: Callable[..., object], *args: Any) -> None:
        """Let the loop's thread call `function`; from any thread."""
        number = next(self._turn_numbers)
        self._turns[number] = partial(function, *args)
        self._loop.call_soon_threadsafe(self._take_turn, number)

    def _next_turn(self) -> int:
        return min(self._turns)  # in one go, as other threads may be adding more

    def _take_turn(self, number: int) -> None:
        function = self._turns.pop(number, None)
        if function is not None:
            function()

    def wake_at(self, deadline: int, worker: Worker, suspension: int) -> AnyTimerHandle:
        """Resume a worker at an instant, in nanoseconds."""
        return self._loop.schedule(deadline, worker.resume, suspension)

    def run_until(self, instant: int) -> None:
        """Let the workers run while the loop's own thread sleeps up to `instant`."""
        while True:
            if self._turns:
                self._take_turn(self._next_turn())
            elif (alarm := self._next_alarm(instant)) is not None:
                self._ring(alarm)
            else:
                break
        self.clock.now = instant

    def run_until_released(self, lock: Lock, end: int) -> bool:
        """Let everybody run while the loop's own thread waits for `lock`, at most until `end`.

        Returns False if it would wait for ever.
        """
        while lock.locked():
            if self._turns:
                self._take_turn(self._next_turn())
                continue
            alarm = self._next_alarm(end)
            if self.wait_outside(end if alarm is None else alarm.deadline):
                continue
            if alarm is not None:
                self._ring(alarm)
            elif end < NEVER:
                self.clock.now = end
                break
            else:
                return False
        return True

    def _next_alarm(self, instant: int) -> TimerHandle | None:
        if any(worker.suspended and worker.is_busy() for worker in self._workers):
            for handle in self._timers:
                if handle.deadline > instant:
                    break
                if isinstance(handle, TimerHandle) and isinstance(
                    getattr(handle._callback, "__self__", None), Worker
                ):
                    return handle
        return None

    def _ring(self, alarm: TimerHandle) -> None:
        self.clock.now = max(alarm.deadline, self.clock.now)
        resume, args = alarm._callback, alarm._args
        alarm.cancel()
        assert resume is not None
        resume(*args)

    # Workers

    def submit(self, executor: Executor, function: Callable[[], Any]) -> Future[Any]:
        """Arrange for `function` to run in a thread, from the next turn of the loop on."""
        if isinstance(executor, ThreadPoolExecutor) and is_simulated(executor):
            return self.run_in_pool(executor, function)
        return self._submit_outside(executor, function)

    def run_in_pool(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Job:
        """Arrange for `function` to run in one of the workers that stand in for an executor's."""
        pool = self._pools.get(executor)
        if pool is None:
            pool = self._pools[executor] = Pool(executor)
            if pool.ignores_how_threads_start:
                self._say_once(executor, "starts threads in a way of its own, which was not used")
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

    def _new_worker(self, pool: Pool) -> Worker:
        worker = Worker(self, pool, *pool.new_worker())
        try:
            worker.thread.start()
        except BaseException:
            pool.worker_left()
            raise
        self._workers[worker] = None
        return worker

    def ended(self, worker: Worker) -> None:
        """Take note that a worker has given the baton back for the last time."""
        worker.thread.join()
        self._workers.pop(worker, None)
        worker.pool.worker_left()

    def wait_for_baton(self, worker: Worker) -> bool:
        """Wait in real time; return False when the worker seems to be blocked for real."""
        if self.baton_back.acquire(timeout=_LOOK):
            return True
        began, last_look, looks, pause = real_monotonic(), "", 0, _LOOK
        while True:
            used = time.process_time()
            if self.baton_back.acquire(timeout=pause):
                return True
            quiet = time.process_time() - used < pause / 2  # not even a thread of C code computes
            # The system says that a thread waits until it has a processor, so one that is woken
            # speaks for itself.
            look = "" if worker.waking or not quiet else waits_for_others(worker.thread)
            if look and look == last_look:
                looks += 1
            elif not look:
                looks, pause = 0, min(2 * pause, 20 * _LOOK)
            last_look = look
            if looks == _LOOKS or real_monotonic() - began > self._patience:
                return False

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

    def close(self) -> None:
        """Unwind every worker thread."""
        self._turns.clear()
        for pool in self._pools.values():
            pool.clear()
        self._pools.clear()
        workers = list(self._workers)
        for worker in workers:
            worker.abandoned = True
        for worker in workers:
            if worker.suspended:
                worker.hand_over()
        deadline = real_monotonic() + _LEAVE
        for worker in workers:
            worker.thread.join(max(0.0, deadline - real_monotonic()))
        self._workers.clear()

    # Outside the simulation

    def called_in(self) -> None:
        """Take note that the current thread has told the loop something."""
        if self._is_outside():
            self.outsiders.call_in()

    def unblocked(self) -> None:
        """Take note that the current thread has let go of what the loop's own thread waits for."""
        if self._is_outside():
            self.outsiders.unblock()

    def _is_outside(self) -> bool:
        actor = here.actor
        return not (isinstance(actor, Worker) and actor in self._workers and actor.in_turn())

    def clock_may_move(self) -> bool:
        """Tell whether nothing is outside the simulation; cheap, for each move of the clock."""
        return thread_count() == self.outsiders.usual and not self._foreign

    def wait_outside(self, deadline: int, ready: Collection[object] = ()) -> bool:
        """Wait in real time for what is not simulated, before the clock moves to `deadline`.

        Returns False when it may move. What a signal's handler adds to `ready` ends the wait.
        """
        if self._foreign:
            self._take_over()
            return True
        if deadline < NEVER and not self.outsiders.present():
            return False
        return self.outsiders.wait(to_seconds(max(deadline - self.clock.now, 0)), ready)

    def _submit_outside(self, executor: Executor, function: Callable[[], Any]) -> Future[Any]:
        """Let another kind of executor run it, in real time and in no virtual time.

        The results come in the order of submission.
        """
        before = threading.enumerate()
        theirs = executor.submit(function)
        if isinstance(theirs, Job) or theirs.done():
            return theirs
        self._say_once(executor, "is not simulated: what it ran took real time, and no virtual")
        self.outsiders.wait_for_last(*set(threading.enumerate()).difference(before))
        ours: Future[Any] = Future()
        ours.add_done_callback(lambda _: ours.cancelled() and theirs.cancel())
        theirs.add_done_callback(lambda _: self.outsiders.wake())
        self._foreign.append((theirs, ours))
        return ours

    def _say_once(self, executor: Executor, what: str) -> None:
        """Tell the user of the run something about a kind of executor."""
        message = f"{type(executor).__qualname__} {what}"
        if message not in self._said:
            self._said.add(message)
            self._loop.notice(message)

    def _take_over(self) -> None:
        """Take over the first result of another executor's, or wait a while for it."""
        theirs, ours = self._foreign[0]
        if not theirs.done():
            self.outsiders.get_call(_GLANCE)
            return
        self._foreign.popleft()
        if theirs.cancelled():
            ours.cancel()
        elif ours.set_running_or_notify_cancel():
            error = theirs.exception()
            if error is None:
                ours.set_result(theirs.result())
            else:
                ours.set_exception(error)
