"""The event loop on a virtual clock.

The rules:

- Time is integer nanoseconds. Floats of seconds appear at asyncio's own signatures only.
- The order of events is one tuple, (deadline, sequence): timers of one instant fire in the order
  of their creation.
- The iteration is asyncio's: timers that are due join the ready queue, then exactly the handles
  that were ready are run, and so on. The clock moves only when nothing is ready, straight to the
  next deadline. Handle for handle this is stock asyncio on an infinitely fast processor.
- The loop knows no feature. It tells its recorder what happens, lets its policy act between steps,
  asks its network what it may not do itself (`unsupported`), and hands its threads the baton
  (`threads`). What it replaces in the process while it runs is listed in `environment`.
- What has nothing to do with time is asyncio's own code, borrowed from the stock loop.
"""

from __future__ import annotations

import sys
import threading
import warnings
import weakref
from asyncio.log import logger
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

from vtloop.core import hazards
from vtloop.core.borrowed import STOCK
from vtloop.core.idle_thread import IdleThread
from vtloop.core.loop_thread import LoopThread
from vtloop.core.network import Network
from vtloop.core.options import OF_RUNS
from vtloop.core.patches.environment import World
from vtloop.core.patches.gc_schedule import INTERVAL
from vtloop.core.patches.inner_loops import made_by_program_at
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.policy import Policy, Rest, Take, order_of
from vtloop.core.recorder import Recorder
from vtloop.core.scheduling import Scheduling
from vtloop.core.tasks import Adopted
from vtloop.core.threads.actor import PATIENCE, Actor, here
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.baton import BatonThread
from vtloop.core.threads.program_threads import IN_VAIN
from vtloop.core.threads.thread_locks import Lock
from vtloop.core.timers import Timers, WatchedTimers
from vtloop.errors import SpinWarning
from vtloop.patching.replaced import During, replaces
from vtloop.private.events import END_OF_MAIN, set_running_loop
from vtloop.private.interpreter import getframe
from vtloop.values.clock import (
    NANOSECONDS,
    NEVER,
    START,
    Clock,
    Seconds,
    to_nanoseconds,
    to_seconds,
)
from vtloop.values.options import check

_CLEANUP = 86_400 * NANOSECONDS  # of virtual time beyond `until`


class VirtualLoop(Scheduling):
    """An asyncio event loop whose clock jumps from deadline to deadline.

    Use it as any loop factory: `asyncio.Runner(loop_factory=vtloop.VirtualLoop)`. Options:

    - `until`: the virtual time in seconds that the run must not pass (`UntilReached`)
    - `timer_slack`: seconds that pass between a deadline and its timer, for code that assumes a
      timer fires strictly after its deadline
    - `seed`: of the module `random` and the operating system's chance while the loop runs; None
      leaves both alone
    - `scope`: what tells the run from others of the same seed, which then get something else for
      the system's chance
    - `wall_clock`: the date and time of day at which the run starts (see `wall_clock.start_of`): a
      datetime, or a text such as '09:24:00' or 'now'. None leaves it the real clocks.
    - `patience`: real seconds that an idle loop waits for a thread of the program's own to call in
    - `clock`: a `Clock` to share with the loops before and after this one
    - `recorder`, `policy`, `network`: collaborators, see `recorder.Recorder`, `policy.Policy` and
      `network.Network`

    TypeError or ValueError for an option that is none of this.
    """

    def __init__(
        self,
        *,
        until: Seconds | None = None,
        timer_slack: Seconds = 0,
        seed: int | str | None = None,
        scope: str = "",
        wall_clock: WallClock = START,
        patience: float = PATIENCE,
        clock: Clock | None = None,
        recorder: Recorder | None = None,
        policy: Policy | None = None,
        network: Network | None = None,
    ) -> None:
        check(
            OF_RUNS,
            until=until,
            timer_slack=timer_slack,
            seed=seed,
            patience=patience,
            clock=clock,
            recorder=recorder,
            policy=policy,
        )
        self._clock = Clock() if clock is None else clock
        if self._clock.make_loop is None:
            self._clock.make_loop = _make_beside
        self._timers = Timers() if recorder is None else WatchedTimers(recorder)
        self._ready: deque[Any] = deque()
        self._make_ready = self._ready.append
        self._until = NEVER if until is None else to_nanoseconds(until)
        self._slack = to_nanoseconds(timer_slack)
        self._recorder = recorder
        if recorder is not None:
            recorder.attach(self._ready, self._clock)
        self._policy = policy
        self._network = network
        me = weakref.proxy(self)  # so that a closed loop is no garbage, but gone
        self._tell = partial(VirtualLoop.notice, me)
        self.world = World(self._clock, recorder is not None, wall_clock, seed, scope)
        if clock is None:
            self._clock.polling.tell = self._tell
        self._own_threads = Threads(me, self._clock, self._timers, self._ready, patience)
        self._threads = self._own_threads  # or those of the run, while this loop runs in one
        self._actor = LoopThread(me, self._clock, self._threads)
        self._spin = hazards.Spin()
        self._attends = False  # whether time is owed, or a step may have passed `until`
        self._ahead = 0  # nanoseconds by which a patched `time` is ahead of the clock
        self._settling = False
        self._host: BatonThread | None = None  # the thread of a run that this loop runs in
        self._nothing_new: Lock | None = None  # is held while it waits there
        self._tasks_created = 0
        self._adopted = Adopted()
        self._of_factory = None
        super().__init__()

    # The clock

    def time(self) -> float:
        """Return the virtual time in seconds; 0.0 when the loop was made."""
        clock = self._clock
        if clock.looks_left > 0:
            clock.looks_left -= 1
        elif (actor := here.actor) is not None and actor.clock is clock:
            clock.polling.look_by(getframe(1), actor)
        return to_seconds(clock.now)

    def virtual_time(self) -> int:
        """Return the virtual time in nanoseconds."""
        return self._clock.now

    @property
    def clock(self) -> Clock:
        """The clock, which the loop moves and others may read."""
        return self._clock

    @property
    def reproducible(self) -> bool:
        """False once something outside the simulation has had a say: a thread, a clock, a file."""
        return not self._clock.outside

    # Running

    def run_forever(self) -> None:
        """Run until `stop()` is called.

        Raises DeadlockError, LivelockError or UntilReached when the run cannot go on; the loop can
        be run again afterwards, so that a runner can cancel what is left.
        """
        self._check_closed()
        self._check_running()
        hooks = sys.get_asyncgen_hooks()
        actor = here.actor
        self._enter(actor)
        try:
            self._set_coroutine_origin_tracking(self._debug)
            self._thread_id = threading.get_ident()
            sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
            set_running_loop(self)
            self._run()
        finally:
            self._stopping = False
            self._thread_id = None
            set_running_loop(None)
            self._set_coroutine_origin_tracking(False)
            sys.set_asyncgen_hooks(*hooks)
            self._exit(actor)

    def _enter(self, actor: Actor | None) -> None:
        """Be what this thread is blocked by, from now on.

        In a thread that a run has started, this loop is a part of what the thread does: the run has
        a loop of its own, which moves the clock. In one where no loop of the run runs otherwise, it
        looks after the threads that have been started there.
        """
        is_of_run = actor is not None and actor.clock is self._clock
        if is_of_run and isinstance(actor, BatonThread):
            assert isinstance(actor.threads, Threads)
            self._host, actor.loop = actor, self
            self._nothing_new = Lock()
            self._threads = actor.threads
            return
        self.world.__enter__()
        if is_of_run and isinstance(actor, IdleThread) and actor.threads is not None:
            self._threads = self._actor.threads = actor.threads
            self._threads.serve(self, self._timers, self._ready)
        self._threads.outsiders.begin(actor is not None and not is_of_run)
        here.actor = self._actor
        self._clock.polling.tell = self._tell

    def _exit(self, actor: Actor | None) -> None:
        """Leave this thread as it was before."""
        if self._host is None:
            here.actor = actor
            if isinstance(actor, IdleThread) and self._threads is not self._own_threads:
                actor.take_back(self._threads)
                self._actor.threads = self._own_threads
            self.world.__exit__()
        else:
            self._host.loop = None
            self._host = None
        self._threads = self._own_threads

    def settle(self) -> None:
        """Run until nothing is left to do, as a notebook's loop does between its cells.

        Tasks that wait for ever stay behind, pending.
        """
        self._settling = True
        try:
            self.run_forever()
        finally:
            self._settling = False

    def _run(self) -> None:
        clock, timers, ready = self._clock, self._timers, self._ready
        take, rest = self._take_and_rest()
        order = order_of(self._policy)
        pop_first = timers.pop_first if order is None else partial(timers.pop_in_order, order)
        attributes, has_slack = vars(self), self._slack > 0
        clock_may_move, horizon = self._threads.clock_may_move, self._horizon()
        rounds_left = hazards.CHECK_ROUNDS
        steps_left = INTERVAL
        while True:
            if not ready and ((instant := timers.first) > clock.now or has_slack):
                if clock.now <= instant <= horizon and clock_may_move():
                    clock.now = instant
                else:
                    self._idle()
                    horizon = self._horizon()
            elif rounds_left:
                rounds_left -= 1
            else:
                rounds_left = hazards.CHECK_ROUNDS
                self._check_spinning()
            if "time" in attributes:
                self._follow_time()
            elif self._ahead:
                self._ahead = 0
            while timers.first <= clock.now:
                ready.extend(pop_first())
            todo = len(ready)
            steps_left -= todo
            debug = self._debug
            for _ in range(todo):
                handle = take()
                callback = handle._callback
                if callback is None:  # cancelled
                    continue
                try:
                    args = handle._args
                    if debug:
                        self._run_timed(handle)
                    elif args:
                        handle._context.run(callback, *args)
                    else:
                        handle._context.run(callback)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self._report(handle, error)
            handle = callback = args = None  # let go of the last one's task
            if rest is not None and todo:
                rest()
            if self._stopping:
                return
            if self._attends:
                self._attend()
            if steps_left < 0:
                steps_left = INTERVAL
                if self._host is None:
                    self.world.collector.collect()
                if self._recorder is not None:
                    hazards.check_length(self, self._recorder)

    def _take_and_rest(self) -> tuple[Take, Rest | None]:
        """Return what is called for each handle, and after each iteration if anything is."""
        recorder, policy = self._recorder, self._policy
        take: Take = self._ready.popleft
        rest: Rest | None = None
        if recorder is not None:
            take, rest = recorder.take, recorder.rest
        return (take, rest) if policy is None else policy.steer(self, take, rest)

    def _attend(self) -> None:
        """Let time pass that is owed, and stop at `until` if a step has passed it."""
        has_due = self._timers.first <= self._clock.now
        self._attends = not self._actor.pay(len(self._ready) + has_due)
        if self._clock.now > self._until and not any(
            handle._callback is END_OF_MAIN for handle in tuple(self._ready)
        ):
            raise self._until_reached()

    def _follow_time(self) -> None:
        """Let the clock go on as a `time` does that a test has put in the place of the loop's."""
        ahead = to_nanoseconds(self.time()) - self._clock.now
        if ahead > self._ahead:
            self._clock.now += ahead - self._ahead
            self._attends = True
            ahead = to_nanoseconds(self.time()) - self._clock.now
        self._ahead = ahead

    def _run_timed(self, handle: Any) -> None:
        """Run a handle in debug mode, which logs callbacks that block the loop."""
        started = self._clock.now
        self._current_handle = handle
        try:
            handle._context.run(handle._callback, *handle._args)
        finally:
            self._current_handle = None
            hazards.log_if_slow(handle, self._clock.now - started, self.slow_callback_duration)
            # The traceback of an error in its task keeps this frame, and with it the task.
            del handle

    def _horizon(self) -> int:
        """Return up to which deadline, in nanoseconds, the clock may just jump."""
        is_asked = self._slack or self._stopping or self._host is not None
        return -1 if is_asked else min(self._until, NEVER - 1)

    def _idle(self) -> None:
        """Move the clock to the next deadline, as nothing is ready, or tell why it cannot."""
        if self._stopping:  # since before the loop was run
            return
        if self._host is None:
            self._move_to(self._timers.first)
        else:
            self._wait_in(self._host, self._timers.first)

    def _wait_in(self, host: BatonThread, instant: int) -> None:
        """Let a thread of a run wait until somebody calls in, at most until a deadline."""
        lock = self._nothing_new
        assert lock is not None
        if not lock.locked():
            lock.acquire()
        if self._ready:  # somebody has called in since
            return
        end = min(instant + self._slack, self._until)
        if here.actor is None:  # the run is over, and its thread goes on in real time
            timeout = -1 if end >= NEVER else to_seconds(max(end - self._clock.now, 0))
            called_in = lock.acquire(True, timeout)
        else:
            called_in = lock.acquire_until(host, end)
        if not called_in:
            self._clock.now = max(self._clock.now, end)
            if instant > self._until:
                raise self._until_reached()

    def _calls_in(self) -> None:
        self._threads.calls_in()

    def _called_in(self) -> None:
        """Wake this loop, as another thread has told it something."""
        lock = self._nothing_new
        if lock is not None and lock.locked():
            with suppress(RuntimeError):  # a third thread has been quicker
                lock.release()
        self._threads.called_in()

    def _move_to(self, instant: int) -> None:
        """Move the clock to a deadline, or tell why it cannot; not while a thread may call in."""
        nothing_is_due = instant >= NEVER or self._threads.all_in_vain(
            0 if self._settling else IN_VAIN
        )
        deadline = NEVER if nothing_is_due else min(instant + self._slack, self._until)
        if self._threads.wait_outside(deadline, self._ready):
            return
        if nothing_is_due and self._settling:
            self._stopping = True
        elif nothing_is_due:
            if not self._ready:  # else a thread has called in at the last moment
                raise self._deadlock()
        else:
            self._clock.now = max(self._clock.now, deadline)
            if instant > self._until:
                raise self._deadlock() if self._threads.all_in_vain(0) else self._until_reached()

    def _deadlock(self) -> BaseException:
        self._threads.is_deadlocked = True
        error = hazards.deadlock(self, self._recorder, self._until)
        if self._until < NEVER:
            self.notice(str(error))
            self._until = self._clock.now + _CLEANUP
        return error

    def _until_reached(self) -> BaseException:
        error = hazards.until_reached(self, self._until)
        self._until = self._clock.now + _CLEANUP  # so that what is left can be cancelled
        return error

    def _check_spinning(self) -> None:
        """Guard against tasks that poll at one instant; called every so many rounds."""
        deadline = self._timers.after(self._clock.now)
        if self._host is not None:
            self._host.sleep(0)  # as other threads run too on a machine
            deadline = min(deadline, self._threads.next_deadline())
        if not self._spin.goes_on_too_long(self._clock, deadline):
            return
        if self._threads.outsiders.at_work():
            return
        if deadline >= NEVER:
            raise hazards.livelock(self)
        message = hazards.spin_message(self, deadline)
        self.notice(message)
        if not self._spin.warned:
            self._spin.warned = True
            warnings.warn(message, SpinWarning, stacklevel=2)
        if self._host is None:
            self._move_to(deadline)
        else:
            self._host.sleep(deadline - self._clock.now)

    def notice(self, message: str) -> None:
        """Tell the user of the run, if it is recorded, something that they should know."""
        if self._recorder is not None:
            self._recorder.notice(message)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error that nobody awaits; see `asyncio.loop.call_exception_handler`."""
        if self._recorder is not None:
            self._recorder.reported(context)
        STOCK.call_exception_handler(self, context)

    def close(self) -> None:
        """Close the loop, and unwind the worker threads that are still asleep."""
        if self.is_running():
            raise RuntimeError("Cannot close a running event loop")
        if self._closed:
            return
        if self._debug:
            logger.debug("Close %r", self)
        self._threads.close()
        self.world.close()
        if self._clock.polling.tell is self._tell:
            self._clock.polling.tell = str  # threads that go on in real time tell nobody
        self._closed = self._strict = True
        self._ready.clear()
        self._timers.clear()
        self._executor_shutdown_called = True
        executor, self._default_executor = self._default_executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    def set_debug(self, enabled: bool) -> None:
        """Switch debug mode; slow callbacks are judged by virtual time."""
        if enabled or self._debug:
            self.get_debug = partial(bool, enabled)
        self._debug = enabled
        self._strict = enabled or self._closed
        if self.is_running():
            self.call_soon_threadsafe(self._set_coroutine_origin_tracking, enabled)

    def next_deadline(self) -> int:
        """Return the instant at which something is due, in nanoseconds, `NEVER` if nothing is."""
        return min(self._timers.first, self._until)

    def owes_time(self) -> None:
        """Take note that time is to pass when all that is ready has run."""
        self._attends = True

    def tell_polled(self, since: int) -> None:
        """Take note that time has passed since an instant, as a step polled a clock."""
        if self._recorder is not None:
            self._recorder.polled(since, self._actor.whoami())
        self._attends = True

    def tell_blocked(self, since: int, how: str) -> None:
        """Take note that this thread was blocked since an instant, in nanoseconds, up to now."""
        now = self._clock.now
        if self._recorder is not None and now > since:
            self._recorder.blocked(since, now - since, self._actor.whoami(), how)
        self._attends = True


def make_virtual(loop: Any, **options: Any) -> None:
    """Make a virtual loop, with some options, of an object of another class of loops."""
    loop.__class__ = VirtualLoop
    VirtualLoop.__init__(loop, **options)


def _make_beside(clock: Clock, loop: Any) -> None:
    """Make a virtual loop, on the clock of a run, of one that a thread of the run makes."""
    make_virtual(loop, clock=clock)
    clock.polling.tell(
        f"The program made an event loop besides that of the run{made_by_program_at(loop)}; its "
        "tasks take the run's time, and are not in its trace"
    )


replaces(
    __name__,
    During.LOOP,
    "as for any event loop of asyncio's; a loop in a thread of the run has its own",
    "the running loop of the thread",
    "the hooks for asynchronous generators",
    "the depth to which coroutines keep their origin",
)
