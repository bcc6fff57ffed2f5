"""Running one case: the program once, on a loop of its own, with what the case lets happen to it.

Cases do not hear of each other. Each begins with the same state of `random`, and what it leaves
behind is collected before the next, so that coroutines never awaited and exceptions never retrieved
are told of in the case that has made them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from vtloop.core.nested import no_loop_running
from vtloop.core.patches import environment, unawaited
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.policy import Policy, Several
from vtloop.core.runner import Runner
from vtloop.errors import DeadlockError, LivelockError, SimulationError
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDOUT
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import LineOutput
from vtloop.simulation import runnable
from vtloop.sweep.calls import end_run, forget_calls
from vtloop.sweep.counting import Counting, CountingArmed, Timeout
from vtloop.sweep.disturbances import INJECTIONS, Shutdown
from vtloop.sweep.injection import Endless, Injection
from vtloop.sweep.invariants import Always, Watch, uphold
from vtloop.sweep.moments import UNDISTURBED, Case, Moment
from vtloop.sweep.outcome import Ended, Outcome, faults_of
from vtloop.sweep.second import Again, Others
from vtloop.sweep.timeouts import TimedLoop
from vtloop.sweep.victims import Victims
from vtloop.sweep.witness import NOTING, Witness, WitnessedLoop, current, note_unawaited
from vtloop.values.clock import START, Clock
from vtloop.values.programs import called
from vtloop.values.text import without_addresses

Program = Callable[[], Coroutine[Any, Any, Any]]
Check = Callable[[Outcome], object]

replaces(
    __name__,
    During.SWEEP,
    "what a case leaves behind is collected before the next, and nothing that was there before",
    "whether the garbage collector is on",
    "the garbage collector's frozen objects",
)
replaces(__name__, During.SWEEP, "cases are silent, or recorded", "sys.stdout")

_COLLECTED_TOGETHER = 50  # cases
_HANDLES = 1_000  # that a case may run beyond ten times those of the undisturbed run
_UNDISTURBED = 100_000  # that this one may run: its cases would take hours


class Bench:
    """What stands around the cases of a program; they run while it is entered.

    `check` is called after each run, `always` before each of its handles; both raise what is wrong,
    or return False.
    `seed` and `wall_clock` are those of each run. `policies` act before those of the
    case.
    """

    def __init__(
        self,
        program: Program,
        *,
        check: Check | None = None,
        always: Always | None = None,
        seed: int | str = 0,
        wall_clock: WallClock = START,
        policies: Sequence[Policy] = (),
    ) -> None:
        self.most_handles = 0
        """Of a case: one that never ends would have no end of them."""
        self._program = program
        self._check = check
        self._always = always
        self._seed = seed
        self._wall_clock = wall_clock
        self._policies = policies
        self._runs = 0
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Bench:
        with contextlib.ExitStack() as entered:
            entered.enter_context(no_loop_running())
            entered.enter_context(environment.always)
            entered.enter_context(environment.one_time(Clock(), self._wall_clock))
            entered.enter_context(NOTING)
            entered.enter_context(unawaited.told_to(note_unawaited))
            if gc.isenabled():
                entered.callback(gc.enable)
                gc.disable()
            silence = entered.enter_context(open(os.devnull, "w", encoding="utf-8"))
            entered.enter_context(STDOUT.by(silence))
            entered.callback(gc.unfreeze)
            gc.freeze()  # what others have left is not to be collected in a case
            entered.callback(gc.collect, 1)
            entered.callback(forget_calls)
            self._exits = entered.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._exits.close()

    def count(self, classes: str) -> tuple[Outcome, Counting]:
        """Run the program undisturbed; return what came of it, and the moments of some classes.

        It is run twice: what only a first run does, such as imports, is no part of a case.
        SimulationError if it does not end, or fails the second time only.
        """
        first = self._checked(self._run(Injection(UNDISTURBED, _UNDISTURBED)))
        if first.ended == "endless":
            raise SimulationError(
                f"A sweep was asked of {called(self._program)}, which had not ended after "
                f"{_UNDISTURBED:,} steps and callbacks; sweep a program that ends: with less to "
                "do, or with a timeout around what goes on for ever"
            )
        counting, injection = Counting(classes), Injection(UNDISTURBED)
        outcome = self._checked(self._run(injection, counting))
        if first.ended == "returned" and outcome.ended != "returned":
            raise SimulationError(
                f"A sweep was asked of {called(self._program)}, which runs once, while the second "
                f"time it ended with {outcome.detail}; let it keep nothing from one run to the "
                "next, such as files, the state of a module, or fixtures that are not async"
            )
        self.most_handles = 10 * injection.handles + _HANDLES
        return outcome, counting

    def begin(self, most_handles: int) -> None:
        """Prepare for cases whose moments were counted elsewhere: run the program undisturbed."""
        self._run(Injection(UNDISTURBED))
        self.most_handles = most_handles

    def run(self, case: Case, recording: Recording | None = None, explain: bool = False) -> Outcome:
        """Run the program with what a case lets happen to it."""
        injection = INJECTIONS.get(case.letter, Injection)(case, self.most_handles, explain)
        return self._checked(self._run(injection, recording=recording))

    def cases_of_run(
        self, counting: Counting, owners: Collection[int] | None = None
    ) -> Iterator[Case]:
        """Yield the cases of the classes S, F and T that were counted.

        With `owners` only those about the groups and timeouts of these tasks, by number.
        """
        for owner, case in counting.of_run:
            if owners is None or owner in owners:
                yield case
        for timeout in counting.timeouts:
            if owners is None or timeout.owner in owners:
                yield from self._firings(timeout)

    def _firings(self, timeout: Timeout) -> Iterator[Case]:
        """Yield the cases of a timeout: those at which it is armed if it does not fire, and never.

        If the program cannot end without it, those up to its own deadline.
        """
        never = Case("timeout", timeout.number, (Moment("TN", 0),))
        counting = CountingArmed()
        outcome = self._run(INJECTIONS["T"](never, self.most_handles), counting)
        ends = outcome.ended in ("returned", "raised", "cancelled")
        if not ends:
            counting = CountingArmed(timeout.fired)
            self._run(INJECTIONS["T"](never, self.most_handles), counting)
        for moment in counting.moments:
            yield never._replace(moments=(moment,))
        if ends and timeout.fired is not None:
            yield never

    def run_and_count(
        self, case: Case, classes: str, victims: Victims | None = None
    ) -> tuple[Outcome, Sequence[Moment]]:
        """Run a case; return also the moments at which its task could be cancelled again.

        With `victims` also those at which another one of them could be. There are none if the run
        had no end, as there would be no end of them either.
        """
        again = Again(classes)
        others = None if victims is None else Others(victims.include, classes)
        injection = Injection(case, self.most_handles, again=again, others=others)
        outcome = self._checked(self._run(injection))
        if outcome.ended == "endless":
            return outcome, ()
        return outcome, again.moments if others is None else [*again.moments, *others.moments]

    def _run(
        self,
        injection: Injection,
        counting: Counting | CountingArmed | None = None,
        recording: Recording | None = None,
    ) -> Outcome:
        self._runs += 1
        if self._runs % _COLLECTED_TOGETHER == 0:
            gc.collect(1)  # what witnesses have held, who are gone by now
        witness = Witness(injection.has_raised)
        watch = None if self._always is None else Watch(self._always)
        # The invariant is within the others: a step has ended for them when it looks.
        policies = [one for one in (counting, injection, watch) if one is not None]
        belonging = current.set(witness)
        try:
            _execute(
                self._program,
                witness,
                injection,
                self._policies,
                policies,
                recording,
                self._seed,
                self._wall_clock,
            )
            witness.failing.let_go()
            injection.forget_loop()
            end_run()
            gc.collect(0)
        finally:
            current.reset(belonging)
        witness.tell(injection.outcome)
        if watch is not None and watch.broken:
            injection.outcome.violated = (watch.broken,)
        return injection.outcome

    def _checked(self, outcome: Outcome) -> Outcome:
        if self._check is not None:
            try:
                uphold(self._check(outcome))
            except Exception as error:
                outcome.broken = (without_addresses(f"{type(error).__name__}: {error}"),)
        return outcome


class _CaseRunner(Runner):
    """A runner that tells the outcome of a case what its program leaves behind."""

    def __init__(self, loop: WitnessedLoop, outcome: Outcome, witness: Witness) -> None:
        super().__init__(loop, None)
        self._outcome = outcome
        self._witness = witness

    def _see(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        self._outcome.pending = len(tasks)
        self._outcome.left = self._witness.left(tasks)
        self._witness.wakeups.main_has_ended()


def _execute(
    program: Program,
    witness: Witness,
    injection: Injection,
    outer: Sequence[Policy],
    policies: Sequence[Counting | CountingArmed | Injection | Watch],
    recording: Recording | None,
    seed: int | str,
    wall_clock: WallClock,
) -> None:
    """Run a program, and write down what is seen of its main coroutine.

    That is run without a runner's way with Ctrl-C, which here ends the sweep.
    """
    outcome = injection.outcome
    options: dict[str, Any] = {
        "policy": Several([*outer, *policies]) if outer or policies[1:] else policies[0],
        "recorder": recording,
        "seed": seed,
        "wall_clock": wall_clock,
    }
    if outcome.case.letter in ("", "T"):
        loop: WitnessedLoop = TimedLoop(witness, held=outcome.case.number, **options)
    else:
        loop = WitnessedLoop(witness, **options)
    loop.threads.outsiders.expects_main = False  # it knows nothing of the program
    try:
        with _CaseRunner(loop, outcome, witness), _prints(loop, recording):
            main = runnable.called(program)
            if not asyncio.iscoroutine(main):
                raise TypeError(
                    f"A sweep was given {program!r}, which returned {main!r}; pass the function "
                    "main, of an `async def main()` without arguments"
                )
            error: BaseException | None = None
            try:
                loop.run_until_complete(loop.create_task(main))
            except BaseException as raised:
                if _ends_the_sweep(raised, outcome):
                    raise
                error = raised
                outcome.detail = without_addresses(f"{type(error).__name__}: {error}")
                outcome.error = without_addresses(repr(error))
                outcome.faults += tuple(faults_of(error))
            finally:
                for policy in policies:
                    policy.stop()
            outcome.ended = _how(error)
            if isinstance(injection, Shutdown):
                injection.see_off(loop)
            if outcome.ended == "deadlock":
                witness.wakeups.nothing_is_left()
            error = None  # not to be kept alive
    except (SimulationError, Endless, SystemExit) as why:
        if outcome.ended is None or _ends_the_sweep(why, outcome):  # no error of the cleanup
            raise
        outcome.stuck = _how(why)


def _ends_the_sweep(error: BaseException, outcome: Outcome) -> bool:
    """Return whether an error is none of a case: Ctrl-C, or an end that the program has always.

    Such are `sys.exit()`, and what pytest skips a test with.
    """
    if isinstance(error, (Exception, asyncio.CancelledError)):
        return False
    return isinstance(error, KeyboardInterrupt) or not outcome.case.moments


def _prints(loop: WitnessedLoop, recording: Recording | None) -> AbstractContextManager[object]:
    """Return a context in which what the program prints is recorded, if anything is."""
    if recording is None:
        return _NOTHING
    output = LineOutput(sys.stdout, loop.clock, ended=recording.printed_line)
    stack = contextlib.ExitStack()
    stack.callback(output.end_line)
    stack.enter_context(STDOUT.by(output))
    return stack


_NOTHING = contextlib.nullcontext()


def _how(error: BaseException | None) -> Ended:
    """Return how a run has ended."""
    if error is None:
        return "returned"
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
