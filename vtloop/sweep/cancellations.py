"""The sweep as an experiment: a case is a task and a moment at which it is cancelled, or two.

Tried first are all the moments of the undisturbed run. What came of each says when a second
cancellation could come after it; of these pairs a sample is tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vtloop.recording.recording import Recording
from vtloop.search.bench import Bench
from vtloop.search.experiment import Experiment, Plan, Result, Wording
from vtloop.sweep.cases import cases_of_run, count, is_gone, run, run_and_count
from vtloop.sweep.choosing import OF_TWO_TASKS, Chosen, pairs_of_moments, pairs_of_timers
from vtloop.sweep.counting import Counting
from vtloop.sweep.moments import CLASSES, OF_RUNS, UNDISTURBED, Case, Moment, case_of, moment_of
from vtloop.sweep.oracles import ORACLES
from vtloop.sweep.outcome import SweptOutcome
from vtloop.sweep.report import TWO_TASKS, Tally
from vtloop.sweep.victims import EVERYBODY, Victims, victims_of


@dataclass(frozen=True)
class Cancellations(Experiment[Case, SweptOutcome]):
    """A program is run once for each moment at which its tasks could be cancelled.

    Options as for `vtloop.sweep.sweep`; `seed` is that of the samples.
    """

    victims: Victims = EVERYBODY
    classes: str = "".join(CLASSES)
    budget: int = 10_000
    seed: int | str = 0

    wording = Wording("sweep", "moment", "without any cancellation", "is safe to cancel")
    oracles = ORACLES
    undisturbed = UNDISTURBED
    _before_another = frozenset(CLASSES) - frozenset(OF_RUNS) - frozenset("D")

    def case_of(self, token: str) -> Case:
        return case_of(token)

    def run(self, bench: Bench, case: Case, recording: Recording | None = None) -> SweptOutcome:
        if recording is not None or not self.again or case.letter not in self._before_another:
            outcome = run(bench, case, recording)
        else:
            outcome, outcome.leads = run_and_count(bench, case, self.again, self.victims)
        if outcome.missed and recording is None and is_gone(bench, case):
            outcome.missed = False
        return outcome

    def plan(self, bench: Bench) -> Sweeping:
        return Sweeping(self, bench, *count(bench, self.singles))

    @cached_property
    def singles(self) -> str:
        """The classes of cases in which one thing happens."""
        return "".join(one for one in CLASSES if one in self.classes and one != "D")

    @cached_property
    def again(self) -> str:
        """The classes of second cancellations; '' if there are to be none."""
        once = "".join(letter for letter in self.singles if letter not in OF_RUNS)
        return once if "D" in self.classes else ""

    def for_replay(self) -> Cancellations:
        return replace(self, classes="ABC")

    def lead_of(self, text: str) -> Moment:
        return moment_of(text)

    def kind_of(self, case: Case) -> str:
        return case.letter

    def is_apart(self, case: Case) -> bool:
        """Return whether there is no cancellation, but another order of timers."""
        return case.letter == "O"

    def simplicity(self, case: Case) -> tuple[int, list[str]]:
        """Return a sort key: one cancellation is simpler than two.

        To be suspended is simpler than to be woken, and that than to be running.
        """
        return len(case.moments), [moment.letter for moment in case.moments]

    def turn(self, case: Case) -> int:
        """Return 1 for cases in steps: it takes a while to begin to follow calls, or to end it."""
        return int(case.is_in_a_step)

    def in_words(self) -> dict[str, str]:
        return {"victim": str(self.victims.given), "classes": self.classes}


class Sweeping(Plan[Case, SweptOutcome]):
    """Which moments of a program are tried: first one at a time, then two."""

    def __init__(
        self,
        experiment: Cancellations,
        bench: Bench,
        undisturbed: SweptOutcome,
        counting: Counting,
    ) -> None:
        super().__init__(undisturbed)
        self.doing = "cancelling once"
        self._experiment = experiment
        self._bench = bench
        self._counting = counting
        self._victims: Sequence[int] = ()  # by number
        self._there: Counter[str] = Counter()  # how many cases there are, by class
        self._timers = self._once_more = self._others = Chosen([], 0)

    def known(self, case: Case) -> Case | None:
        if case.letter in OF_RUNS:
            return case
        who = self._counting.who.get(case.number)
        return case._replace(who=who) if who is not None and case.who in ("", who) else None

    def cases(self) -> list[Case]:
        options, counting = self._experiment, self._counting
        is_chosen = options.victims != EVERYBODY
        self._victims = victims_of(options.victims, counting, self.undisturbed.error)
        cases = [
            Case(counting.who[number], number, (moment,))
            for number in self._victims
            for moment in counting.moments[number]
        ]
        cases += cases_of_run(self._bench, counting, self._victims if is_chosen else None)
        ties = () if is_chosen else counting.ties
        self._timers = pairs_of_timers(ties, options.budget, options.seed)
        cases += self._timers.cases
        self._there = Counter(case.letter for case in {*cases})
        return cases

    def follow_ups(self, results: Sequence[Result[Case]]) -> list[Case]:
        if self.doing == "cancelling twice":
            return []
        self.doing = "cancelling twice"
        options = self._experiment
        budgets = {False: options.budget, True: options.budget // OF_TWO_TASKS}
        self._once_more, self._others = (
            pairs_of_moments(_later(results, of_other), budget, options.seed)
            for of_other, budget in budgets.items()
        )
        return [*self._once_more.cases, *self._others.cases]

    def details(self, tried: Sequence[Result[Case]]) -> dict[str, Any]:
        who = self._counting.who
        return {
            "victims": tuple(f"{who[number]}#{number}" for number in self._victims),
            "classes": self._experiment.classes,
            "tallies": self._tallies(tried),
        }

    def _tallies(self, tried: Sequence[Result[Case]]) -> dict[str, Tally]:
        """Return how many cases of each class there are, and were tried."""
        done = Counter(TWO_TASKS if it.case.of_two_tasks else it.case.letter for it in tried)
        there = self._there | Counter(O=self._timers.total)
        tallies = {
            letter: Tally(done[letter], there[letter], letter == "O" and self._timers.is_sample)
            for letter in self._experiment.singles
            if there[letter] or letter not in OF_RUNS
        }
        if self._experiment.again:
            twice = {"D": self._once_more, TWO_TASKS: self._others}
            for name, chosen in twice.items():
                if name == "D" or chosen.total:
                    tallies[name] = Tally(done[name], chosen.total, chosen.is_sample)
        return tallies


def _later(results: Iterable[Result[Case]], of_other: bool) -> Iterator[tuple[Case, list[Moment]]]:
    """Yield cases with the moments at which the task, or another one, could be cancelled later."""
    for result in results:
        yield result.case, [moment for moment in result.leads if bool(moment.of) is of_other]
