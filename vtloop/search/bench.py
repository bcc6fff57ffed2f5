"""Running a program once, on a loop of its own, in a process that is clean for it.

Runs do not hear of each other. Each begins with the same state of `random`, and what it leaves
behind is collected before the next, so that coroutines never awaited and exceptions never retrieved
are told of in the run that has made them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from vtloop.core.left_open import close_all, left_open, unclosed
from vtloop.core.options import Options
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.policy import Policy, PolicyOf, Several
from vtloop.core.runner import Runner
from vtloop.errors import DeadlockError, LivelockError, SimulationError
from vtloop.net.network import EVERYWHERE, Network
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import StandardOutput
from vtloop.search.calls import end_run, forget_calls
from vtloop.search.conduct import NO_LIMIT, Conduct, Endless
from vtloop.search.invariants import Always, Watch, uphold
from vtloop.search.noting import NOTING, current, note_unawaited
from vtloop.search.outcome import AnyOutcome, Ended, Outcome, faults_of
from vtloop.search.surroundings import surroundings
from vtloop.search.witness import Witness, WitnessedLoop
from vtloop.simulation import runnable
from vtloop.simulation.execution import NOTHING, Execution, recorded_output
from vtloop.values.clock import START
from vtloop.values.programs import called
from vtloop.values.text import without_addresses

Program = Callable[[], Coroutine[Any, Any, Any]]
Check = Callable[[Any], object]
"""A function of the outcome of a run, whatever its kind of search knows of it."""


_COLLECTED_TOGETHER = 50  # runs
_HANDLES = 1_000  # that a run may have beyond ten times those of the undisturbed one
_UNDISTURBED = 100_000  # that this one may have: others would take hours


class Observer(PolicyOf[WitnessedLoop], Protocol):
    """A policy that watches a run up to the end of its main coroutine.

    It sees the loop that the conduct of the run has made.
    """

    def stop(self) -> None:
        """Watch no longer, as the main coroutine has ended or the run has failed."""


class Bench:
    """What stands around the runs of a program; they are made while it is entered.

    `check` is called after each run, `always` before each of its handles; both raise what is wrong,
    or return False.
    `seed`, `wall_clock` and `network` are those of each run. `policies` is called for each, and
    returns those that act before those of the case. `search` is what is made of the runs, in words.
    """

    def __init__(
        self,
        program: Program,
        *,
        check: Check | None = None,
        always: Always | None = None,
        seed: int | str = 0,
        wall_clock: WallClock = START,
        network: Network | None = EVERYWHERE,
        policies: Callable[[], Sequence[Policy]] = tuple,
        search: str = "search",
    ) -> None:
        self.most_handles = NO_LIMIT
        """Of a run, once the program is known: one that never ends would have no end of them."""
        self._program = program
        self._check = check
        self._always = always
        self._options = Options(seed=seed, wall_clock=wall_clock, network=network)
        self._policies = policies
        self._search = search
        self._runs = 0
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Bench:
        with contextlib.ExitStack() as entered:
            entered.enter_context(NOTING)
            entered.enter_context(surroundings(self._options.wall_clock, note_unawaited))
            entered.callback(forget_calls)
            self._exits = entered.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._exits.close()

    def get_to_know(
        self, undisturbed: Callable[[int], Conduct[AnyOutcome]], observer: Observer | None = None
    ) -> AnyOutcome:
        """Run the program undisturbed; return what came of it. From then on runs have a limit.

        `undisturbed` makes what conducts such a run, given the most handles of it. The program is
        run twice, and observed the second time: what only a first run does, such as imports, is no
        part of a case. SimulationError if it does not end, or fails the second time only.
        """
        first = self.run(undisturbed(_UNDISTURBED))
        if first.ended == "endless":
            raise SimulationError(
                f"A {self._search} was asked of {called(self._program)}, which had not ended after "
                f"{_UNDISTURBED:,} steps and callbacks; {self._search} a program that ends: with "
                "less to do, or with a timeout around what goes on for ever"
            )
        conduct = undisturbed(NO_LIMIT)
        outcome = self.run(conduct, observer)
        if first.ended == "returned" and outcome.ended != "returned":
            raise SimulationError(
                f"A {self._search} was asked of {called(self._program)}, which runs once, while "
                f"the second time it ended with {outcome.detail}; let it keep nothing from one run "
                "to the next, such as files, the state of a module, or fixtures that are not async"
            )
        self.most_handles = 10 * conduct.handles + _HANDLES
        return outcome

    def run(
        self,
        conduct: Conduct[AnyOutcome],
        observer: Observer | None = None,
        recording: Recording | None = None,
    ) -> AnyOutcome:
        """Run the program as it is conducted; return what came of it, checked."""
        outcome = self.run_unchecked(conduct, observer, recording)
        if self._check is not None:
            try:
                uphold(self._check(outcome))
            except Exception as error:
                outcome.broken = (without_addresses(f"{type(error).__name__}: {error}"),)
        return outcome

    def run_unchecked(
        self,
        conduct: Conduct[AnyOutcome],
        observer: Observer | None = None,
        recording: Recording | None = None,
    ) -> AnyOutcome:
        """Run the program once, without the user's `check`."""
        self._runs += 1
        if self._runs % _COLLECTED_TOGETHER == 0:
            gc.collect(1)  # what witnesses have held, who are gone by now
        witness = Witness(conduct.has_raised)
        watch = None if self._always is None else Watch(self._always)
        # The invariant is within the others: a step has ended for them when it looks.
        policies = [one for one in (observer, conduct, watch) if one is not None]
        belonging = current.set(witness)
        try:
            self._execute(conduct, witness, policies, recording)
            witness.failing.let_go()
            conduct.forget_loop()
            end_run()
            gc.collect(0)
        finally:
            current.reset(belonging)
        witness.tell(conduct.outcome)
        if watch is not None and watch.broken:
            conduct.outcome.violated = (watch.broken,)
        return conduct.outcome

    def _execute(
        self,
        conduct: Conduct[AnyOutcome],
        witness: Witness,
        policies: Sequence[Observer],
        recording: Recording | None,
    ) -> None:
        """Run the program on a loop with all these policies; when this has returned, it is gone."""
        several: list[PolicyOf[WitnessedLoop]] = [*self._policies(), *policies]
        policy = Several(several) if several[1:] else policies[0]
        loop = conduct.make_loop(witness, self._options, policy, recording)
        loop.threads.outsiders.expects_main = False  # it knows nothing of the program
        outcome = conduct.outcome
        runner = _CaseRunner(loop, outcome, witness)
        execution = _CaseExecution(runner, conduct, witness, policies, recording)
        try:
            execution.execute(self._make_main)
        except (SimulationError, Endless, SystemExit) as why:
            if outcome.ended is None or _ends_the_search(why, conduct):  # no error of the cleanup
                raise
            outcome.stuck = _how(why)

    def _make_main(self) -> Coroutine[Any, Any, Any]:
        """Return a main coroutine of the program; TypeError if it makes none."""
        return main_of(self._program, f"A {self._search}")


def main_of(program: Program, searcher: str) -> Coroutine[Any, Any, Any]:
    """Return a main coroutine of a program; TypeError, which names `searcher`, if it makes none."""
    main = runnable.called(program)
    if not asyncio.iscoroutine(main):
        raise TypeError(
            f"{searcher} was given {program!r}, which returned {main!r}; pass the function main, "
            "of an `async def main()` without arguments"
        )
    return main


class _CaseRunner(Runner):
    """A runner that tells the outcome of a case what its program leaves behind."""

    def __init__(self, loop: WitnessedLoop, outcome: Outcome, witness: Witness) -> None:
        super().__init__(loop, None)
        self._witnessed = loop
        self._outcome = outcome
        self._witness = witness

    def finish(self, last: Callable[[], object] | None = None) -> None:
        """Finish, and write down what is open then and was when the main coroutine had ended."""
        outcome = self._outcome
        if outcome.ended not in ("returned", "raised", "cancelled"):
            super().finish(last)
            return
        loop, first = self._witnessed, unclosed(self.loop)

        def look() -> None:
            outcome.left_open = self._witness.left_open(left_open(loop, first))
            loop.seen_off = True
            close_all(loop)  # as Python complains of it when it collects it
            loop.seen_off = False

        super().finish(look)

    def _see(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        self._outcome.pending = len(tasks)
        self._outcome.left = self._witness.left(tasks)
        self._witness.wakeups.main_has_ended()


class _CaseExecution(Execution):
    """A case that is run, while what is seen of its main coroutine is written into its outcome.

    `policies` watch it up to the end of that.
    """

    def __init__(
        self,
        runner: _CaseRunner,
        conduct: Conduct[Any],
        witness: Witness,
        policies: Sequence[Observer],
        recording: Recording | None,
    ) -> None:
        super().__init__(runner)
        self._conduct = conduct
        self._witness = witness
        self._policies = policies
        self._recording = recording

    def taken_down(self) -> AbstractContextManager[Any]:
        """Return what records what the program prints, if anything is recorded."""
        if self._recording is None:
            return NOTHING
        return StandardOutput(recorded_output(self.loop, self._recording))

    def complete(self, main: Any) -> None:
        """Run the main coroutine, without a runner's way with Ctrl-C, which ends the search.

        What it returns is let go of: nobody is told, and it may be something to be cleaned up.
        """
        outcome = self._conduct.outcome
        ended: Ended = "returned"
        try:
            self.loop.run_until_complete(self.loop.create_task(main))
        except BaseException as error:
            if _ends_the_search(error, self._conduct):
                raise
            ended = _how(error)
            outcome.detail = without_addresses(f"{type(error).__name__}: {error}")
            outcome.error = without_addresses(repr(error))
            outcome.faults += tuple(faults_of(error))
        finally:
            for policy in self._policies:
                policy.stop()
        outcome.ended = ended

    def see_off(self, main: Any) -> None:
        """Let the conduct see off whoever is left, unless the search has ended."""
        ended = self._conduct.outcome.ended
        if ended is not None:
            self._conduct.see_off(self.loop)
        if ended == "deadlock":
            self._witness.wakeups.nothing_is_left()


def _ends_the_search(error: BaseException, conduct: Conduct[Any]) -> bool:
    """Return whether an error is none of a case: Ctrl-C, or an end that the program has always.

    Such are `sys.exit()`, and what pytest skips a test with.
    """
    if isinstance(error, (Exception, asyncio.CancelledError)):
        return False
    return isinstance(error, KeyboardInterrupt) or conduct.is_undisturbed


def _how(error: BaseException) -> Ended:
    """Return how a run has ended that an error has ended."""
    for kind, ended in _ENDED.items():
        if isinstance(error, kind):
            return ended
    return "raised"


_ENDED: dict[type[BaseException], Ended] = {
    asyncio.CancelledError: "cancelled",
    DeadlockError: "deadlock",
    LivelockError: "livelock",
    Endless: "endless",
}
