"""The event loop on a virtual clock.

The rules:

- Time is integer nanoseconds. Floats of seconds appear at asyncio's own signatures only.
- The order of events is one tuple, (deadline, sequence): timers of one instant fire in the order
  of their creation.
- The iteration is asyncio's: timers that are due join the ready queue, then exactly the handles
  that were ready are run, and so on. The clock moves only when nothing is ready, straight to the
  next deadline. Handle for handle this is stock asyncio on an infinitely fast processor.
- The loop keeps little beyond what asyncio's own loop keeps: ten things, which a test names.
- The loop knows no feature. It tells its recorder what happens, lets its policy act between steps,
  looks which of its sockets are ready (`connections`), and hands its threads the baton
  (`threads`). What it replaces in the process while it runs is listed in `environment`.
- What has nothing to do with time is asyncio's own code, borrowed from the stock loop.
"""

from __future__ import annotations

import sys
import threading
import weakref
from asyncio.log import logger
from collections import deque
from functools import partial
from typing import Any, Self

from vtloop.core import hazards
from vtloop.core.advancing import Advancing
from vtloop.core.borrowed import STOCK
from vtloop.core.home import Home
from vtloop.core.limits import Limits
from vtloop.core.loop_thread import LoopThread
from vtloop.core.options import OF_RUNS, Options
from vtloop.core.patches.environment import Environment
from vtloop.core.patches.gc_schedule import INTERVAL
from vtloop.core.patches.inner_loops import made_by_program_at
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.policy import Policy, PolicyOf, Rest, Take, chooser_of, order_of, rule_of
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import TaskRegister
from vtloop.core.threads.actor import PATIENCE, Actor, here
from vtloop.core.threads.all_threads import Threads
from vtloop.core.timers import Timers, WatchedTimers
from vtloop.net.network import EVERYWHERE, Network
from vtloop.patching.replaced import During, replaces
from vtloop.private.events import set_running_loop
from vtloop.private.interpreter import getframe
from vtloop.values.clock import START, Clock, Seconds, to_seconds
from vtloop.values.options import check


class VirtualLoop(Advancing):
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
    - `network`: what there is to talk to, see `vtloop.net.Network`; None refuses all sockets. A
      loop on the clock of others has theirs.
    - `recorder`, `policy`: collaborators, see `recorder.Recorder` and `policy.Policy`

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
        network: Network | None = EVERYWHERE,
    ) -> None:
        options = Options(until, seed, wall_clock, timer_slack, patience, network=network)
        check(OF_RUNS, clock=clock, recorder=recorder, policy=policy)
        self._set_up(options, scope, clock, recorder, policy)

    def _set_up(
        self,
        options: Options,
        scope: str = "",
        clock: Clock | None = None,
        recorder: Recorder | None = None,
        policy: PolicyOf[Self] | None = None,
    ) -> None:
        self.__dict__ = {**vars(self)}  # a table of its own: in a shared one, look-ups are slow
        self._clock = Clock() if clock is None else clock
        if self._clock.make_loop is None:
            self._clock.make_loop = _make_beside
            self._clock.network = options.network
            if policy is not None:
                self._clock.chooser, self._clock.rule = chooser_of(policy), rule_of(policy)
        self._timers = Timers() if recorder is None else WatchedTimers(recorder)
        self._ready: deque[Any] = deque()
        self._limits = Limits(options.until, options.timer_slack)
        self._recorder = recorder
        if recorder is not None:
            recorder.attach(self._ready, self._clock)
        self._policy = policy
        self._io: dict[int, None] = {}
        me = weakref.proxy(self)  # so that a closed loop is no garbage, but gone
        self.environment = Environment(
            self._clock, recorder is not None, options.wall_clock, options.seed, scope
        )
        threads = Threads(me, self._clock, self._timers, self._ready, options.patience)
        own_thread = LoopThread(me, self._clock, threads)
        self._home = Home(own_thread, partial(VirtualLoop.notice, me))
        if clock is None:
            self._home.tell_of_polls()
        self._register = TaskRegister()
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
        """Make this thread the loop's own, or become a guest of the run that it belongs to."""
        if not self._home.visit(self, actor):
            self.environment.__enter__()
            self._home.move_in(self, self._timers, self._ready, actor)
            self._clock.loop = self
            if self._clock.kernel is not None:
                self._clock.kernel.serve()

    def _exit(self, actor: Actor | None) -> None:
        """Leave this thread as it was before."""
        is_guest = self._home.host is not None
        self._home.leave(actor)
        if not is_guest:
            if self._clock.kernel is not None:
                self._clock.kernel.rest()
            self._clock.loop = None
            self.environment.__exit__()

    def settle(self) -> None:
        """Run until nothing is left to do, as a notebook's loop does between its cells.

        Tasks that wait for ever stay behind, pending.
        """
        self._limits.settles = True
        try:
            self.run_forever()
        finally:
            self._limits.settles = False

    def _run(self) -> None:
        """Run one iteration after the other, until `stop()` is called."""
        # What an iteration looks up is looked up once: this is what a run consists of.
        clock, timers, ready, io = self._clock, self._timers, self._ready, self._io
        take, rest = self._take_and_rest()
        order = order_of(self._policy)
        pop_first = timers.pop_first if order is None else partial(timers.pop_in_order, order)
        attributes, has_slack = vars(self), self._limits.slack > 0
        own_thread = self._home.actor
        clock_may_move, horizon = self._home.threads.clock_may_move, self._horizon()
        rounds_left = hazards.CHECK_ROUNDS
        steps_left = INTERVAL
        while True:
            # Sockets may be ready, which are watched; most often there are none.
            if io:
                self._poll()
            # Nothing is ready, so time passes. Most often the clock may just jump; `_idle` knows
            # all the reasons why it may not.
            if not ready and ((instant := timers.first) > clock.now or has_slack):
                if clock.now <= instant <= horizon and clock_may_move():
                    clock.now = instant
                else:
                    self._idle()
                    horizon = self._horizon()
            # Something is ready at this instant, again: a program that polls would go on for ever.
            elif rounds_left:
                rounds_left -= 1
            else:
                rounds_left = hazards.CHECK_ROUNDS
                self._check_spinning()
            # A test may put a clock of its own in the place of `loop.time`; timers go by that.
            if "time" in attributes:
                own_thread.follow(self.time)
            elif own_thread.ahead:
                own_thread.ahead = 0
            # There may be several such instants, after a call that has blocked the loop.
            while timers.first <= clock.now:
                ready.extend(pop_first())
            # What these handles make ready is for the next iteration, as in asyncio.
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
            # The recorder's and the policy's turn, where nobody is in the middle of a step.
            if rest is not None and todo:
                rest()
            if self._stopping:
                return
            if own_thread.attends:
                self._let_time_pass()
            # The run's own schedule of the garbage collector, by steps.
            if steps_left < 0:
                steps_left = INTERVAL
                if self._home.host is None:
                    self.environment.collector.collect()
                if self._recorder is not None:
                    hazards.check_length(self, self._recorder)

    def _take_and_rest(self: Self) -> tuple[Take, Rest | None]:
        """Return what is called for each handle, and after each iteration if anything is."""
        recorder, policy = self._recorder, self._policy
        take: Take = self._ready.popleft
        rest: Rest | None = None
        if recorder is not None:
            take, rest = recorder.take, recorder.rest
        return (take, rest) if policy is None else policy.steer(self, take, rest)

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
        self._home.close()
        self.environment.close()
        self._close_connections()
        self._closed = self._strict = True
        self._ready.clear()
        self._timers.clear()
        self._executor_shutdown_called = True
        executor, self._default_executor = self._default_executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    def socket_is_ready(self) -> None:
        """Take note, while another thread of the run has its turn, that a socket is ready."""
        if self._home.host is not None:
            self._home.called_in()

    def set_debug(self, enabled: bool) -> None:
        """Switch debug mode; slow callbacks are judged by virtual time."""
        if enabled or self._debug:
            self.get_debug = partial(bool, enabled)
        self._debug = enabled
        self._strict = enabled or self._closed
        if self.is_running():
            self.call_soon_threadsafe(self._set_coroutine_origin_tracking, enabled)

    @property
    def recorder(self) -> Recorder | None:
        """Who is told what happens, if anybody is."""
        return self._recorder

    def next_deadline(self) -> int:
        """Return the instant at which something is due, in nanoseconds, `NEVER` if nothing is."""
        return min(self._timers.first, self._limits.until)

    def tell_polled(self, since: int) -> None:
        """Take note that time has passed since an instant, as a step polled a clock."""
        if self._recorder is not None:
            self._recorder.polled(since, self._home.actor.whoami())

    def tell_blocked(self, since: int, how: str) -> None:
        """Take note that this thread was blocked since an instant, in nanoseconds, up to now."""
        now = self._clock.now
        if self._recorder is not None and now > since:
            self._recorder.blocked(since, now - since, self._home.actor.whoami(), how)


def loop_of(options: Options, recorder: Recorder | None = None) -> VirtualLoop:
    """Return a loop with options of a run, which have been checked as they were made."""
    loop = VirtualLoop.__new__(VirtualLoop)
    loop._set_up(options, recorder=recorder)
    return loop


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
