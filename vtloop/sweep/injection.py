"""Policies that carry out a case: at its moment they do something, and see how a task takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from typing import Any, TypeAlias

from vtloop.core.options import Options
from vtloop.core.policy import Rest, Take
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import ended_cancelled, number_of, stepping
from vtloop.search.calls import Calls
from vtloop.search.conduct import Conduct, Endless
from vtloop.search.failures import cancellation_of, is_raised_by_statement
from vtloop.search.location import where_it_is
from vtloop.search.outcome import Ended, faults_of
from vtloop.search.witness import ItsPolicy, Witness, WitnessedLoop
from vtloop.sweep.moments import AT_RESTS, BEFORE_HANDLES, Case
from vtloop.sweep.outcome import SweptOutcome
from vtloop.sweep.second import NOWHERE, Again, Others
from vtloop.sweep.timeouts import TimedLoop
from vtloop.values.text import BY_SWEEP

MESSAGE = BY_SWEEP
"""What the task is cancelled with."""

_MAIN = 1  # its number: with it all others end
_STEP = frozenset("C")
_AT_ENDS = frozenset("T")  # of iterations
_NEEDS_RESTS = AT_RESTS | _AT_ENDS

Task: TypeAlias = "asyncio.Task[Any]"


class Injection(Conduct[SweptOutcome]):
    """Carries out the cancellations of a case.

    It is for classes A to D; S, F, T and O are subclasses, in `disturbances`.

    `limit` is the number of handles that the run may not reach: Endless is raised there. `explain`
    keeps, for a run that somebody looks at, where each cancellation landed. `again` is told when
    the task could be cancelled again: from when the first cancellation was thrown into it; `others`
    when another one could be, from when the first was requested.
    """

    def __init__(
        self,
        case: Case,
        limit: int = NOWHERE,
        explain: bool = False,
        again: Again | None = None,
        others: Others | None = None,
    ) -> None:
        super().__init__(SweptOutcome(case, missed=bool(case.moments), who=case.who), limit)
        self.is_undisturbed = not case.moments
        self._number = case.number
        self._moments = list(case.moments)
        self._explain = explain
        self._again = again
        self._others = others
        self._rests = 0
        self._task: Task | None = None  # once it was cancelled and until it is done
        self._requested_at = 0
        self._instant = 0  # of the last handle
        self._calls = Calls(self._called, recorded=explain)
        self._stepping: Task | None = None
        self._requests = 0
        self._ours = False  # whether nobody else's cancellation can be mistaken for this one
        self._rested = 0  # how many handles there were at the end of the last iteration
        self._looks_at = self._next_handle_to_look_at()

    def make_loop(
        self, witness: Witness, options: Options, policy: ItsPolicy, recorder: Recorder | None
    ) -> WitnessedLoop:
        """Return a loop that knows its timeouts, as they are counted in the undisturbed run."""
        if self.is_undisturbed:
            return TimedLoop(witness, options, policy, recorder)
        return super().make_loop(witness, options, policy, recorder)

    def steer(self, loop: WitnessedLoop, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        self._loop, self._take, self._rest = loop, take, rest
        self._clock, ready = loop.clock, loop.ready

        def next_handle() -> Any:
            number = self.handles
            if number >= self._looks_at:
                return self._look(number)
            self.handles = number + 1
            return take()

        def end_of_iteration() -> None:
            self._end_step()
            if rest is not None:
                rest()
            self._rested = self.handles
            if loop.stopping:
                return
            if ready:
                if self._comes(_AT_ENDS, self.handles):
                    self._act()
                return
            if self._comes(AT_RESTS, self._rests):
                self._act()
            if not ready:
                if self._again is not None and self._cleaning_up() is not None:
                    self._again.at_rest(self._rests)
                others = self._others
                if others is not None and others.place <= self.handles + self._rests:
                    others.look(loop, self._rests, is_rest=True)
                self._rests += 1
                self._looks_at = min(self._looks_at, self._next_handle_to_look_at())

        needs_rests = any(moment.kind in _NEEDS_RESTS for moment in self._moments)
        if rest is None and self._again is None and not needs_rests:
            return next_handle, None
        return next_handle, end_of_iteration

    def stop(self) -> None:
        """Do nothing more, as the main coroutine has ended or the run has failed."""
        self._end_step()
        self._see_whether_done()
        if self._task is not None:
            self._note_end(self._task, None)
        self._moments.clear()
        self._again = self._others = None
        self._looks_at = self._limit

    def forget_loop(self) -> None:
        """Let go of the loop, so that it is gone with its last run."""
        del self._loop, self._clock, self._take, self._rest

    # Handle by handle

    def _look(self, number: int) -> Any:
        """Do what is to be done around a handle, and return it."""
        self._end_step()
        again = self._again
        if again is not None and (task := self._cleaning_up()) is not None:
            again.before(number, task)
        self._see_whether_done()
        if number >= self._limit:
            self._limit += 1 + number  # for the runner's cleanup
            self._looks_at = self._limit
            raise Endless
        while self._comes(BEFORE_HANDLES, number):
            if self._rest is not None and self._rested != number:
                self._rest()  # so that the step before this one has ended for the recorder too
                self._rested = number
            self._act()
        others = self._others
        if others is not None and others.place <= number + self._rests:
            others.look(self._loop, number, is_rest=False)
        handle = self._take()
        self.handles = number + 1
        owner = None if handle._callback is None else stepping(handle)
        if owner is not None and owner is self._task and not self.outcome.delivered:
            self._deliver(owner)
        if again is not None and owner is not None and owner is self._cleaning_up():
            again.begin_step(number, owner)
        if self._comes(_STEP, number):
            self._stepping = owner
            self._calls.start()
        self._looks_at = self._next_handle_to_look_at()
        self._instant = self._clock.now
        return handle

    def _comes(self, kinds: Set[str], at: int) -> bool:
        """Return whether the next moment is of some kinds, at this handle or idle moment."""
        return (
            bool(self._moments) and (moment := self._moments[0]).at == at and moment.kind in kinds
        )

    def _next_handle_to_look_at(self) -> int:
        if self._task is not None or self._stepping is not None:
            return self.handles
        at = self._limit
        if self._moments and self._moments[0].kind not in _NEEDS_RESTS:
            at = min(at, self._moments[0].at)
        if self._others is not None:
            at = min(at, self._others.place - self._rests)
        return at

    def _act(self) -> None:
        """Do what is to be done at the next moment, which has come: cancel its task."""
        of = self._moments.pop(0).of
        task = self._loop.task_of(of or self._number)
        if task is not None:
            (self._request_of_other if of else self._request)(task)

    def _called(self, number: int) -> None:
        task = self._stepping
        if task is not None and number == self._moments[0].call:
            del self._moments[0]
            self._end_step()
            if number_of(task) == self._number:
                self._request(task)

    def _request(self, task: Any) -> None:
        if self._explain:
            self.outcome.landed += (where_it_is(task),)
        if self._task is None:
            self._ours = not task.cancelling() and not ended_cancelled(task._fut_waiter)
        self._task = task
        self._requests += 1
        self._requested_at = self._instant = self._loop.virtual_time()
        if self._number != _MAIN:
            self._loop.will_cancel(task)
        self.outcome.missed = not task.cancel(MESSAGE) or bool(self._moments)
        if self._others is not None:
            self._others.begin(task, self.handles + self._rests)
        self._looks_at = self.handles

    def _request_of_other(self, task: Task) -> None:
        if self._explain:
            self.outcome.landed += (where_it_is(task),)
        self.outcome.missed = not (self._requests and task.cancel(MESSAGE))

    def _deliver(self, task: Any) -> None:
        self.outcome.delivered = True
        keeps_message = task._cancel_message is MESSAGE and not _is_dropped_by_gather(task)
        self._ours = self._ours and keeps_message

    def _cleaning_up(self) -> Task | None:
        """Return the task, if its first cancellation was thrown into it and it is not done."""
        task = self._task
        return None if task is None or not self.outcome.delivered or task.done() else task

    def _end_step(self) -> None:
        if self._again is not None:
            self._again.end_step()
        if self._stepping is not None:
            self._calls.stop()
            self._stepping = None

    def _see_whether_done(self) -> None:
        task: Any = self._task
        if task is None or not task.done():
            return
        if task.cancelled():
            self._note_end(task, "cancelled")
            error = cancellation_of(task)
            others = task.cancelling() > self._requests
            if self._ours and not others and error is not None and is_raised_by_statement(error):
                self.outcome.message = str(error.args[0]) if error.args else ""
        else:
            self._note_end(task, "returned" if task._exception is None else "raised")
            self.outcome.faults += tuple(faults_of(task._exception))

    def _note_end(self, task: Task, how: Ended | None) -> None:
        self.outcome.victim = how
        self.outcome.cancelling = task.cancelling()
        self.outcome.cleanup = self._since_request()
        self._task = None

    def _since_request(self) -> int:
        """Return how long after the last request the last handle was over, in nanoseconds.

        It is looked at when the next one comes, and the clock may have moved on meanwhile.
        """
        return max(self._instant, self._loop.blocked_until) - self._requested_at


def _is_dropped_by_gather(task: Any) -> bool:
    """Return whether a task is woken by gather() with the error of a child, not with its own.

    That child was cancelled by somebody else before, so it has another message or none.
    """
    error = getattr(task._fut_waiter, "_exception", None)
    return isinstance(error, asyncio.CancelledError) and MESSAGE not in error.args
