"""What is searched, and what has to be true of it: plain values, also for other processes.

Functions go by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.policy import Policy
from vtloop.net.network import EVERYWHERE, Network
from vtloop.search.bench import Bench, Check, Program
from vtloop.search.invariants import Always
from vtloop.values.clock import START
from vtloop.values.programs import called, load


@dataclass(frozen=True)
class Setting:
    """The program, how each run is judged, and what each begins with: options of any search."""

    program: Program | str
    check: Check | str | None = None
    always: Always | str | None = None
    seed: int | str = 0
    wall_clock: WallClock = START
    network: Network | str | None = EVERYWHERE

    def loaded(self) -> Setting:
        """Return the same, with functions where there were names."""
        program, check, always = map(_function, (self.program, self.check, self.always))
        network = self.network
        if isinstance(network, str):
            network = load(network, "network", lambda found: isinstance(found, Network))
        return replace(self, program=program, check=check, always=always, network=network)

    def bench(self, search: str, policies: Callable[[], Sequence[Policy]] = tuple) -> Bench:
        """Return a bench, for a kind of search in words; `policies` as of a `Bench`."""
        loaded: Any = self.loaded()
        options = vars(loaded).copy()
        return Bench(options.pop("program"), search=search, policies=policies, **options)

    def source(self) -> str:
        """Return a hash of the file that the program is in; '' if nobody knows it."""
        code = getattr(self.loaded().program, "__code__", None)
        try:
            with open(code.co_filename if code is not None else "", "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()[:16]
        except OSError:
            return ""

    def in_words(self) -> dict[str, str]:
        """Return all but the program, in words that are the same in every process."""
        return {
            "seed": repr(self.seed),
            "wall clock": str(self.wall_clock),
            "network": str(self.network),
            "check": called(self.check) if self.check is not None else "",
            "invariant": called(self.always) if self.always is not None else "",
        }


def _function(given: Any) -> Any:
    return load(given) if isinstance(given, str) else given
