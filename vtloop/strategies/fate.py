"""All that is left to chance in one run, drawn from Hypothesis' sequence of choices as it goes on.

- A cancellation is chosen among the moments of an undisturbed run. So a program is run several
  times within one example: undisturbed, to count its moments, and in the end with what was chosen,
  recorded. What was drawn in one run is not drawn again in the next, up to where that one asks for
  something else, as its task was cancelled.
- A moment is chosen by the task, by how far that has come, and only then among the moments of that
  stretch. So a choice means much the same after other inputs have shrunk. Half of them are such as
  bugs are at most often: what the task waits for has just been handed to it by another one.
- What Hypothesis raises to end an example early may be raised in any task of the program, which may
  catch it. It is raised again when the run is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.tasks import coroutine_name
from vtloop.core.ties import TIE, Ties
from vtloop.net.network import EVERYWHERE, Network
from vtloop.recording.recording import Recording
from vtloop.search.bench import Bench, Check, Program
from vtloop.search.judge import Judge
from vtloop.search.oracles import ERROR, Finding, Oracle
from vtloop.simulation import runnable
from vtloop.strategies.ties import Drawn
from vtloop.sweep.cancellations import Cancellations
from vtloop.sweep.cases import count as count_moments
from vtloop.sweep.cases import run, run_and_count
from vtloop.sweep.counting import Counting
from vtloop.sweep.moments import UNDISTURBED, Case, Moment
from vtloop.sweep.options import OF_SWEEPS
from vtloop.sweep.oracles import ORACLES
from vtloop.sweep.outcome import SweptOutcome
from vtloop.sweep.replay import SweepReplay as Replay
from vtloop.sweep.victims import Victim, Victims, victims_of
from vtloop.values.choices import Choices, Chooser
from vtloop.values.clock import START
from vtloop.values.options import FLAG, Option, count, of_type
from vtloop.values.options import check as check_options
from vtloop.views.marbles import marbles

T = TypeVar("T")

_OPTIONS = {
    **OF_SWEEPS,
    "ties": FLAG,
    "cancellations": Option(lambda value: count(value) and value <= 2, "0, 1 or 2"),
    "classes": Option(
        lambda value: of_type(str)(value) and bool(value) and set(value) <= set("ABC"),
        "some of 'ABC'",
    ),
}


_RAREST = 16  # of so many draws one lets a rare thing happen


class Chances(NamedTuple):
    """What is left to chance."""

    ties: bool
    cancellations: int
    victim: Victim
    classes: str
    check: Check | None
    oracles: Sequence[Oracle[SweptOutcome]]
    seed: int | str
    network: Network | None


@st.composite
def fates(
    draw: st.DrawFn,
    *,
    ties: bool = True,
    cancellations: int = 0,
    victim: Victim = None,
    classes: str = "ABC",
    check: Check | None = None,
    oracles: Sequence[Oracle[SweptOutcome]] = ORACLES,
    seed: int | str = 0,
    network: Network | st.SearchStrategy[Network] | None = EVERYWHERE,
) -> Fate:
    """Return a strategy for what is left to chance in the runs of one example.

    - `ties`: in which order the timers of one instant fire
    - `cancellations`: up to so many, 2 at most, of one task; the second comes while it cleans up
    - `victim`, `classes`, `check`, `oracles`, `seed`: as for `vtloop.sweep.sweep`
    - `network`: what there is to talk to, or a strategy for that, such as `networks()`. What it
      leaves to chance, jitter and faults such as `loss`, is drawn as well

    Ties shrink to the order in which timers were made, cancellations to none, and the network to
    the least latency and no fault.
    """
    if isinstance(network, st.SearchStrategy):
        network = draw(network)
    check_options(
        _OPTIONS,
        ties=ties,
        cancellations=cancellations,
        victim=victim,
        classes=classes,
        check=check,
        oracles=oracles,
        seed=seed,
        network=network,
    )
    chances = Chances(ties, cancellations, victim, classes, check, oracles, seed, network)
    return Fate(chances, draw(st.data()), Drawn(draw))


class Fate:
    """What is left to chance in the runs of one example. The policy of their loops asks it."""

    def __init__(self, chances: Chances, data: st.DataObject, chooser: Drawn) -> None:
        self._chances = chances
        self._judge = Judge(tuple(chances.oracles))
        self._data = data
        self._chooser = chooser
        self._tape = Tape(chooser)
        self._stopped: BaseException | None = None  # what Hypothesis has ended the example with
        self._keeps_error = False
        self._error: Exception | None = None  # of the main coroutine
        self._not_begun: Any = None  # that coroutine
        self._ties = Ties(self)
        self._case = UNDISTURBED

    def __repr__(self) -> str:
        return "fate"

    def draw(self, strategy: st.SearchStrategy[T], label: Any = None) -> T:
        """Draw a value: an input, a delay, a fault. To be called in the program or before it."""
        if self._stopped is not None:
            raise self._stopped
        try:
            return self._tape.next((strategy, label), lambda: self._data.draw(strategy, label))
        except BaseException as stopped:
            self._stopped = stopped
            raise

    def choose(self, kind: str, n: int) -> int:
        """Return which of `n` things the loop does; see `vtloop.choices`."""
        if self._stopped is not None or (kind == TIE and not self._chances.ties):
            return 0
        try:
            return self._tape.choose(kind, n)
        except BaseException as stopped:
            self._stopped = stopped
            return 0

    def chance(self, kind: str, share: float) -> bool:
        """Return whether something happens that happens in a share of all cases."""
        n = min(max(round(1 / share), 2), _RAREST)
        return self.choose(kind, n) == n - 1

    @property
    def choices(self) -> Choices:
        """What was chosen in the last run: ties, the network's, and whom to cancel and when.

        `vtloop.sweep.replay` makes these choices again.
        """
        return Choices([*self._ties.choices.deviations, *self._case.choices.deviations])

    def explore(self, main: Program, wall_clock: WallClock = START) -> Replay:
        """Run a program as fate has it; return its last run, which is recorded.

        `main` is a function that returns a coroutine, and does the same each time it is called;
        `wall_clock` is as for `vtloop.VirtualLoop`.

        Raises what the program raises if nobody is cancelled, and AssertionError if an oracle finds
        something wrong. Hypothesis notes the token of the cancellation, where it landed, and the
        marbles of the run.
        """
        __tracebackhide__ = True
        check_options(_OPTIONS, program=main, wall_clock=wall_clock)
        chances, recording = self._chances, Recording()
        self._tape, self._keeps_error, self._error = Tape(self._chooser), False, None
        self._case = UNDISTURBED
        bench = Bench(
            self._watched(main),
            check=chances.check,
            seed=chances.seed,
            wall_clock=wall_clock,
            network=chances.network,
            policies=lambda: [self._ties],
            search=Cancellations.wording.search,
        )
        with self._heeded(), bench:
            classes = chances.classes if chances.cancellations else ""
            undisturbed, counting = count_moments(bench, classes)
            judge = self._judge.after(undisturbed)
            if undisturbed.ended == "raised" or _errors(judge.wrong_by_itself):
                self._keeps_error = True
            elif chances.cancellations:
                self._case = self._choose_case(bench, counting)
            case = self._case
            outcome = run(bench, case, recording)
        if case.moments:
            found = judge.findings(outcome)
        else:  # it is recorded now, so its words say more
            found = self._judge.after(outcome).wrong_by_itself
        trace, ties = recording.trace(sweep=str(case)), self._ties
        again = Replay(outcome, found, trace, ties.choices, tuple(ties.chosen))
        hypothesis.note(_Told(again))
        if outcome.missed:
            raise LookupError(
                f"The case {case} was chosen, while the program did not come to that moment again; "
                "let what differs from run to run be drawn by fate.draw()"
            )
        if outcome.ended == "raised" and self._error is not None:
            raise self._error
        if errors := _errors(found):
            raise AssertionError(
                "; ".join(f"{one.oracle}: {one.subject}: {one.words}" for one in errors)
            )
        return again

    @contextmanager
    def _heeded(self) -> Iterator[None]:
        """End with what Hypothesis has ended the example with, whatever became of it since."""
        try:
            yield
        finally:
            self._let_go_of_main()
            if self._stopped is not None:
                raise self._stopped

    def _watched(self, main: Program) -> Program:
        """Return a program that begins with the same choices each time.

        Its coroutine is called what that of `main` is, as a token has that name. The function is
        called before the first step, as in any run: a lambda would be one more call of that.
        """

        async def watched(coroutine: Any) -> None:
            self._not_begun = None
            try:
                await coroutine
            except UnsatisfiedAssumption as stopped:
                self._stopped = stopped
                raise
            except Exception as error:
                if self._keeps_error:
                    self._error = error
                raise

        @wraps(main)
        def program() -> Any:
            self._let_go_of_main()
            self._tape.rewind()
            self._ties.begin()
            coroutine: Any = runnable.called(main)
            if not asyncio.iscoroutine(coroutine):
                return coroutine
            self._not_begun = coroutine
            made: Any = watched(coroutine)
            made.__name__ = getattr(coroutine, "__name__", type(coroutine).__name__)
            made.__qualname__ = coroutine_name(coroutine)
            return made

        return program

    def _let_go_of_main(self) -> None:
        """Close the main coroutine if its task was cancelled before it had begun.

        The task throws that into the coroutine around it, so nobody would have awaited this one.
        """
        if self._not_begun is not None:
            self._not_begun.close()
            self._not_begun = None

    def _choose_case(self, bench: Bench, counting: Counting) -> Case:
        """Choose a task and when it is cancelled; in few examples none.

        How Hypothesis finds that is not kept. The case that it comes to is, as choices of the run.
        """
        chances, below = self._chances, self._chooser.below
        try:
            victims = victims_of(Victims.meant_by(chances.victim), counting)
        except LookupError:  # there may be one in other examples
            hypothesis.reject()
        who = below(4 * len(victims) + 1)
        number = victims[(who - 1) % len(victims)]
        moments = counting.moments[number]
        if not who or not moments:
            return UNDISTURBED
        handed = counting.handed.get(number, ()) if "B" in chances.classes else ()
        moment = self._moment(handed if handed and below(2) else moments)
        case = Case(counting.who[number], number, (moment,))
        if chances.cancellations > 1:
            _, later = run_and_count(bench, case, chances.classes)
            if later and below(4):
                case = case._replace(moments=(*case.moments, self._moment(later)))
        return case

    def _moment(self, moments: Sequence[Moment]) -> Moment:
        """Choose how far the task has come, and then a moment there."""
        stretches = [list(there) for _, there in groupby(moments, _stretch)]
        there = stretches[self._chooser.below(len(stretches))]
        return there[self._chooser.below(len(there))]


def _errors(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.level == ERROR]


def _stretch(moment: Moment) -> tuple[str, int]:
    """Return what moments have in common between which the task does not come any further."""
    return moment.letter, moment.at if moment.kind == "C" else 0


class Tape:
    """A chooser that chooses, in one run, what another chooser has chosen in the run before.

    Values that were drawn are kept with what was chosen, in one sequence.
    """

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._drawn: list[tuple[Any, Any]] = []  # what was asked for, and what came of it
        self._at = 0

    def rewind(self) -> None:
        """Begin another run."""
        self._at = 0

    def choose(self, kind: str, n: int) -> int:
        return self.next((kind, n), lambda: self._chooser.choose(kind, n))

    def next(self, asked: Any, draw: Callable[[], T]) -> T:
        """Return what was drawn here before; a new value where something else was asked for."""
        if self._at == len(self._drawn) or not _is_same(self._drawn[self._at][0], asked):
            del self._drawn[self._at :]
            self._drawn.append((asked, draw()))
        self._at += 1
        value: T = self._drawn[self._at - 1][1]
        return value


def _is_same(asked: Any, now: Any) -> bool:
    return bool(asked == now) or repr(asked) == repr(now)  # strategies are often made anew


class _Told:
    """What is noted of a run; found out only if Hypothesis prints it."""

    def __init__(self, again: Replay) -> None:
        self._again = again

    def __repr__(self) -> str:
        again = self._again
        lines = [*again.ties_in_words]
        if again.outcome.case.moments:
            lines.append(f"cancelled in case {again.token}, while")
            lines += [f"  {line}" for where in again.landed for line in where.splitlines()]
        return "\n".join([*lines, marbles(again.timeline)])


def tokens(
    program: Program,
    *,
    victim: Victim = None,
    classes: str = "ABC",
    seed: int | str = 0,
    network: Network | None = EVERYWHERE,
) -> st.SearchStrategy[str]:
    """Return a strategy for the tokens of a program's cancellations, for `vtloop.sweep.replay`.

    Options as for `vtloop.sweep.sweep`. LookupError when drawn if there is no such victim.
    """
    check_options(
        _OPTIONS, program=program, victim=victim, classes=classes, seed=seed, network=network
    )

    def counted() -> st.SearchStrategy[str]:
        search = Cancellations.wording.search
        with Bench(program, seed=seed, network=network, search=search) as bench:
            _, counting = count_moments(bench, classes)
        return st.sampled_from(
            [
                str(Case(counting.who[number], number, (moment,)))
                for number in victims_of(Victims.meant_by(victim), counting)
                for moment in counting.moments[number]
            ]
        )

    return st.deferred(counted)
