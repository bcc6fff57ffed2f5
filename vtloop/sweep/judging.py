"""What is held against a case: the findings that the undisturbed run does not show as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vtloop.search.outcome import Outcome
from vtloop.sweep.oracles import FAILURE, Finding, Oracle


@dataclass(frozen=True)
class Judge:
    """Asks all oracles. What was found `before`, without any cancellation, is not blamed on one."""

    oracles: tuple[Oracle, ...]
    before: tuple[Finding, ...] = ()

    def after(self, undisturbed: Outcome) -> Judge:
        """Return a judge who knows the undisturbed run."""
        return Judge(self.oracles, Judge(self.oracles).findings(undisturbed))

    def findings(self, outcome: Outcome) -> tuple[Finding, ...]:
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
        """What is wrong without any cancellation.

        That a task fails is not: whoever has started it knows. It is the cancellations that are
        asked whether they lead to such a failure.
        """
        return tuple(one for one in self.before if one.oracle != FAILURE)

    @cached_property
    def _asked(self) -> Sequence[tuple[str, Callable[[Outcome], Iterable[Finding]]]]:
        """What is asked of each oracle, and about which fact of the outcome if about one only."""
        return [(getattr(oracle, "fact", ""), oracle.judge) for oracle in self.oracles]
