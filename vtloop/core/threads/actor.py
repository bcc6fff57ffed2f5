"""Calls that block a thread, in virtual time: `time.sleep`, and `busy` for computation.

Each thread of a run has an actor that knows what blocking means there: on the loop's own thread it
stops every task, in a worker thread the loop goes on. A thread without an actor is outside the
simulation and really sleeps, and so does a debugger at a breakpoint: for the program no time passes
there. What `sleep` does in each kind of thread is in `baton`, `loop_thread` and `idle_thread`; why
threads take turns at all, in `all_threads`.
"""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from vtloop.core.threads.polling import Poll
from vtloop.patching.originals import TIME
from vtloop.patching.redirect import real
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.private.interpreter import getframe
from vtloop.values.callers import SPECTATORS, TOOLS, is_called_by, is_debugger
from vtloop.values.clock import NANOSECONDS, Clock
from vtloop.values.source import line_of_program

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

real_sleep = real(TIME["sleep"])
real_monotonic = real(TIME["monotonic"])
real_process_time = real(TIME["process_time"])
real_start = threading.Thread.start

WAIT_FOR_REAL = frozenset(
    [
        "subprocess",
        "multiprocessing.connection",
        "multiprocessing.managers",
        "multiprocessing.popen_fork",
        "multiprocessing.queues",
        "multiprocessing.synchronize",
    ]
)
"""Modules that wait for other processes: real ones, so they have the real clocks."""

WAIT_FOR_SOCKETS = frozenset(["socketserver", "imaplib"])
"""Modules that wait for other machines: real ones, if the run has no network of its own."""

REAL_CLOCK = (
    "reads a real clock, as wall_clock=None has it, which does not move with the run; without that "
    "option it does"
)
PATIENCE = 10.0
"""How many real seconds a loop waits for a thread of the program's own, if none are given."""

_LONGEST = (1 << 63) / NANOSECONDS  # seconds that time.sleep accepts


class AwaitedLock(Protocol):
    """A lock, as far as it matters to a thread that waits for it (see `thread_locks`)."""

    @property
    def what(self) -> str:
        """What it stands for if it is no lock of the program's: what a thread waits for."""

    def locked(self) -> bool:
        """Return whether somebody holds it."""

    def wait_in_real_time(self, seconds: float) -> bool:
        """Wait at most so long until it is released; return whether it was."""


class Actor(Protocol):
    """What a thread of a run can do that takes virtual time."""

    clock: Clock
    """The time of the run."""

    computed: int
    """How long this thread has computed, in nanoseconds."""

    def sleep(self, nanoseconds: int) -> None:
        """Block this thread, as `time.sleep` does."""

    def compute(self, nanoseconds: int) -> None:
        """Keep the processor busy from this thread."""

    def let_pass(self, nanoseconds: int, poll: Poll) -> None:
        """Let time pass for a poll of this thread, at most up to the next deadline, and tell the
        poll where the clock is then.
        """

    def is_alone(self) -> bool:
        """Return whether nothing is going to happen but what this thread does."""

    def wait_for(self, lock: AwaitedLock, end: int) -> None:
        """Block this thread until `lock` is released, at most until `end`, in nanoseconds."""

    def about_to_wake(self) -> None:
        """Take note, in another thread, that it is about to release what this one waits for."""

    def wake(self, lock: AwaitedLock) -> None:
        """Tell this thread, from another one, that `lock` has been released."""

    def whoami(self) -> str:
        """Return the label of the task, or the name of the thread, that runs now."""

    def start_thread(self, thread: threading.Thread) -> None:
        """Start a thread of the program."""

    def submit(self, executor: ThreadPoolExecutor, function: Callable[[], Any]) -> Future[Any]:
        """Run a function in a worker thread of the run's."""

    def shut_down(
        self, executor: ThreadPoolExecutor, cancel_futures: bool, done: Callable[[], object]
    ) -> None:
        """Let an executor's workers end once its jobs have run, then call `done`."""


class _Here(threading.local):
    actor: Actor | None = None


here = _Here()
if hasattr(os, "register_at_fork"):  # a child process is outside the run
    os.register_at_fork(after_in_child=lambda: setattr(here, "actor", None))
replaces(
    __name__,
    During.PROCESS,
    "a child process is outside the run",
    "what `os.register_at_fork` calls in the child",
)
keeps(__name__, "to which run each thread belongs", "here")


def _waits_for_real(name: Any, clock: Clock) -> bool:
    """Return whether a module waits for something real, so that it has the real clocks."""
    return name in WAIT_FOR_REAL or (name in WAIT_FOR_SOCKETS and clock.network is None)


def looked() -> Clock | None:
    """Take note that who calls our caller looks at a clock; return that of this thread's run, or
    None if it is to be the real one.
    """
    actor = here.actor
    if actor is None or _waits_for_real(getframe(2).f_globals.get("__name__"), actor.clock):
        return None
    clock = actor.clock
    if clock.is_real:
        meets_something_real(clock, REAL_CLOCK, SPECTATORS)
        return None
    if clock.looks_left > 0:
        clock.looks_left -= 1
    else:
        clock.polling.look(actor)
    return clock


def meets_something_real(clock: Clock, how: str, spectators: Collection[str] = TOOLS) -> None:
    """Take note that a line of the program, and no spectator's, gets what is not the run's."""
    if not is_called_by(spectators):
        clock.depends_on(f"{line_of_program()} {how}")


def looks(actor: Actor, how: str) -> None:
    """Take note that a thread of a run does what is as good as a look at a clock."""
    clock = actor.clock
    if clock.looks_left > 0:
        clock.looks_left -= 1
    else:
        clock.polling.look(actor, how)


@contextmanager
def outside() -> Iterator[None]:
    """Step out of the simulation: what this thread does while it is entered is in real time."""
    actor, here.actor = here.actor, None
    try:
        yield
    finally:
        here.actor = actor


class _NoTime:
    """A number that is no time."""

    def __float__(self) -> float:
        return -1.0


def _sleeps_for_any_number() -> bool:
    """Return whether `time.sleep` takes what can be made a float, as it does since Python 3.15."""
    try:
        real_sleep(_NoTime())
    except (TypeError, ValueError) as error:
        return isinstance(error, ValueError)
    return True


_ANY_NUMBER = _sleeps_for_any_number()


def _blocking_time(clock: Clock, seconds: Any) -> int:
    """Return how many nanoseconds a call blocks; raise what `time.sleep` would."""
    if isinstance(seconds, float):
        number = seconds
    elif _ANY_NUMBER and not hasattr(seconds, "__index__") and hasattr(seconds, "__float__"):
        number = float(seconds)
    else:
        try:
            number = operator.index(seconds)
        except TypeError:
            real_sleep(seconds)  # raises it in its own words
            raise
    if not 0 <= number < _LONGEST:
        real_sleep(number)  # raises the error that it is
    return clock.after(number) - clock.now


def sleep(seconds: float, /) -> None:
    """Stand in for `time.sleep` while a run is on: block this thread in virtual time."""
    actor = here.actor
    caller = getframe(1)
    name = caller.f_globals.get("__name__")
    if actor is None or _waits_for_real(name, actor.clock) or is_debugger(caller):
        real_sleep(seconds)
    else:
        nanoseconds = _blocking_time(actor.clock, seconds)
        actor.sleep(nanoseconds)
        if nanoseconds == 0:
            looks(actor, "slept for 0 s")


def monotonic() -> float:
    """Stand in for `time.monotonic` where threads judge how long to wait: by the run's clock."""
    actor = here.actor
    return real_monotonic() if actor is None else actor.clock.now / NANOSECONDS


def has_computed(actor: Actor, nanoseconds: int) -> None:
    """Take note of what the clocks of the processor show."""
    actor.computed += nanoseconds
    actor.clock.computed += nanoseconds


def busy(seconds: float) -> None:
    """Compute for `seconds` of virtual time.

    On the loop's thread nothing else runs meanwhile, as with any long computation in a coroutine.
    In worker threads one computation runs at a time, as under the GIL, while the loop goes on.
    Outside a run the processor is kept busy for as long in real time.
    """
    if not seconds >= 0:
        raise ValueError(f"busy({seconds!r}) was called; pass a number of seconds from 0 on")
    actor = here.actor
    if actor is not None:
        nanoseconds = _blocking_time(actor.clock, seconds)
        actor.compute(nanoseconds)
        has_computed(actor, nanoseconds)
    else:
        end = real_monotonic() + seconds
        while real_monotonic() < end:
            pass
