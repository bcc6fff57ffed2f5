"""What is held against a case: the findings that the undisturbed run does not show as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from vtloop.search.oracles import FAILURE, Finding, Oracle
from vtloop.search.outcome import AnyOutcome


@dataclass(frozen=True)
class Judge(Generic[AnyOutcome]):
    """Asks all oracles. What was found `before`, undisturbed, is not blamed on a case."""

    oracles: tuple[Oracle[AnyOutcome], ...]
    before: tuple[Finding, ...] = ()

    def after(self, undisturbed: AnyOutcome) -> Judge[AnyOutcome]:
        """Return a judge who knows the undisturbed run."""
        return Judge(self.oracles, Judge(self.oracles).findings(undisturbed))

    def findings(self, outcome: AnyOutcome) -> tuple[Finding, ...]:
        """Return what is wrong with a run: each thing once."""
        known = {one[:2] for one in self.before}
        found = {
            one[:2]: one
            for fact, judge in self._asked
            if not fact or getattr(outcome, fact)
            for one in judge(outcome)
        }
        return tuple(one for key, one in found.items() if key not in known)

    @property
    def wrong_by_itself(self) -> tuple[Finding, ...]:
        """What is wrong with the undisturbed run.

        That a task fails is not: whoever has started it knows. It is the cases that are asked
        whether they lead to such a failure.
        """
        return tuple(one for one in self.before if one.oracle != FAILURE)

    @cached_property
    def _asked(self) -> Sequence[tuple[str, Callable[[AnyOutcome], Iterable[Finding]]]]:
        """What is asked of each oracle, and about which fact of the outcome if about one only."""
        return [(getattr(oracle, "fact", ""), oracle.judge) for oracle in self.oracles]
