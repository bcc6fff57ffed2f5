"""How a loop goes on when nothing is ready: the clock moves, or the run says why it cannot.

The clock moves straight to the next deadline, but only if nothing speaks against it: a thread that
may call in is waited for in real time, `until` is the end, tasks that wait for nothing that can
come are a deadlock, and tasks that poll keep it where it is (see `hazards`).
"""

from __future__ import annotations

import warnings

from vtloop.core import hazards
from vtloop.core.crashes import Crashes
from vtloop.core.limits import Limits
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.program_threads import IN_VAIN
from vtloop.errors import SpinWarning
from vtloop.private.events import END_OF_MAIN
from vtloop.values.clock import NEVER, Clock

_MOST_ROUNDS = 100  # for what goes on at one instant when the program is over


class Advancing(Crashes):
    """An event loop's clock, as far as the loop moves it."""

    _limits: Limits

    @property
    def clock(self) -> Clock:
        """The clock, which the loop moves and others may read."""
        return self._clock

    @property
    def threads(self) -> Threads:
        """The threads of the run that the loop is a part of."""
        return self._home.threads

    def finish_instant(self) -> None:
        """Run what is ready, and what that makes ready; no time passes."""
        for _ in range(_MOST_ROUNDS):
            if not (self._ready or (self._io and self._selector.select(0))):
                return
            self._stopping = True
            self.run_forever()

    def _horizon(self) -> int:
        """Return up to which deadline, in nanoseconds, the clock may just jump."""
        limits = self._limits
        is_asked = limits.slack or self._stopping or self._home.host is not None
        return -1 if is_asked else min(limits.until, NEVER - 1)

    def _idle(self) -> None:
        """Move the clock to the next deadline, as nothing is ready, or tell why it cannot."""
        if self._stopping:  # since before the loop was run
            return
        if self._home.host is None:
            self._move_to(self._timers.first)
        else:
            self._wait_as_guest(self._timers.first)

    def _wait_as_guest(self, instant: int) -> None:
        """Let the thread of a run wait until somebody calls in, at most until a deadline."""
        end = self._limits.end_of_wait(instant)
        if not self._home.wait(end, self._ready):
            self._clock.now = max(self._clock.now, end)
            if instant > self._limits.until:
                raise self._until_reached()

    def _move_to(self, instant: int) -> None:
        """Move the clock to a deadline, or tell why it cannot; not while a thread may call in."""
        limits, threads = self._limits, self._home.threads
        # Daemon threads that only wake up now and then keep no run from its end.
        nothing_is_due = instant >= NEVER or threads.all_in_vain(0 if limits.settles else IN_VAIN)
        deadline = NEVER if nothing_is_due else limits.end_of_wait(instant)
        # What is not simulated has its say first: then the loop looks again at what is ready.
        if threads.wait_outside(deadline, self._ready):
            return
        if nothing_is_due and limits.settles:
            self._stopping = True
        elif nothing_is_due:
            if not self._ready:  # else a thread has called in at the last moment
                raise self._deadlock()
        else:
            self._clock.now = max(self._clock.now, deadline)
            if instant > limits.until:
                raise self._deadlock() if threads.all_in_vain(0) else self._until_reached()

    def _deadlock(self) -> BaseException:
        limits = self._limits
        self._home.threads.is_deadlocked = True
        error = hazards.deadlock(self, self._recorder, limits.until)
        if limits.until < NEVER:
            self.notice(str(error))
            limits.allow_cleanup(self._clock.now)
        return error

    def _until_reached(self) -> BaseException:
        error = hazards.until_reached(self, self._limits.until)
        self._limits.allow_cleanup(self._clock.now)
        return error

    def _let_time_pass(self) -> None:
        """Let time pass that is owed, and stop at `until` if a step has passed it."""
        has_due = self._timers.first <= self._clock.now
        self._home.actor.pay(len(self._ready) + has_due)
        if self._clock.now > self._limits.until and not any(
            handle._callback is END_OF_MAIN for handle in tuple(self._ready)
        ):
            raise self._until_reached()

    def _check_spinning(self) -> None:
        """Guard against tasks that poll at one instant; called every so many rounds."""
        home, spin = self._home, self._limits.spin
        deadline = self._timers.after(self._clock.now)
        if home.host is not None:
            home.host.sleep(0)  # as other threads run too on a machine
            deadline = min(deadline, home.threads.next_deadline())
        if not spin.goes_on_too_long(self._clock, deadline):
            return
        if home.threads.outsiders.at_work():  # what is polled may come from there
            return
        if deadline >= NEVER:
            raise hazards.livelock(self, self._ready)
        message = hazards.spin_message(self, self._ready, deadline)
        self.notice(message)
        if not spin.warned:
            spin.warned = True
            warnings.warn(message, SpinWarning, stacklevel=2)
        if home.host is None:
            self._move_to(deadline)
        else:
            home.host.sleep(deadline - self._clock.now)
