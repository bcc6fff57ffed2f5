"""The ties of other choices, made again in each run of a bench."""

from __future__ import annotations

from collections.abc import Sequence

from vtloop.core.policy import Policy
from vtloop.core.ties import Ties
from vtloop.values.choices import Choices, Replaying


class TiesAgain:
    """A policy that begins anew with each run, so that all runs have the same ties."""

    def __init__(self, ties: Choices) -> None:
        self._ties = ties
        self._chooser = Replaying(ties)
        self._policy = Ties(self._chooser)

    def policies(self) -> Sequence[Policy]:
        """Return what acts in a run, as another one begins; nothing if there are no ties."""
        self._chooser.begin()
        self._policy.begin()
        return [self._policy] if self._ties else []

    @property
    def in_words(self) -> tuple[str, ...]:
        """What was chosen in the last run, in words."""
        return tuple(self._policy.chosen)

    def check(self) -> None:
        """Raise LookupError if the last run had not all of these ties."""
        missed = self._chooser.missed
        if missed:
            raise LookupError(
                f"The choices {self._ties} were replayed, while in this program these were not "
                f"met: {', '.join(map(str, missed.deviations))}; replay them with the program and "
                "the Python that they were made with"
            )
