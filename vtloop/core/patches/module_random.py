"""Chance of a run's own: a state of the module `random`, and what the system is asked for.

`random.getstate` and `setstate` make integers of it and back, which takes longer than all else that
a short run needs. So the state, an index and 624 words of 32 bits, is copied where it is: behind
the head of the module's generator. Where it is not found there, those two functions are used.
"""

from __future__ import annotations

import random
import struct
from functools import lru_cache
from typing import Any

from vtloop.core.patches.system_chance import Chance
from vtloop.core.threads.actor import here
from vtloop.errors import SimulationError
from vtloop.patching.memory import POSSIBLE, memory_of
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.private.interpreter import random_generator
from vtloop.values.clock import Clock

_WORDS = struct.Struct("=625I")


def _is_in_place() -> bool:
    """Return whether the state is where it is said to be."""
    index, *words = _WORDS.unpack(memory_of(random_generator, _WORDS.size))
    return bool(random.getstate()[1] == (*words, index))


_memory = memory_of(random_generator, _WORDS.size) if POSSIBLE and _is_in_place() else None


def state() -> Any:
    """Return what `set_state` takes, to come back to this."""
    if _memory is None:
        return random.getstate()
    return _memory.raw, random_generator.gauss_next


def set_state(state: Any) -> None:
    """Let `random` go on from a state."""
    if _memory is None:
        random.setstate(state)
    else:
        _memory.raw, random_generator.gauss_next = state


@lru_cache(maxsize=16, typed=True)
def seeded(seed: int | str) -> Any:
    """Return the state after `random.seed(seed)`."""
    before = state()
    random.seed(seed)
    after = state()
    set_state(before)
    return after


_inside: list[Randomness] = []
"""The runs that have a state of their own now."""

replaces(__name__, During.RUN, "chance comes from the seed", "the state of the module random")
keeps(__name__, "the runs that have a state of their own now", "_inside")
keeps(__name__, "where the state of the module's generator is", "_memory")


class Randomness:
    """Gives a run chance of its own, which is kept while it is not entered.

    `scope` tells apart what runs with the same seed get from the system's chance (see
    `system_chance`).

    Runs may nest, but not overlap in two threads, as `random` has only one state.
    """

    _theirs: Any = None
    _others: Chance | None = None
    kept = True  # whether the run goes on after an exit

    def __init__(self, seed: int | str, scope: str, clock: Clock) -> None:
        self._ours = seeded(seed)
        self._clock = clock
        self._chance = Chance(seed, scope)

    def __enter__(self) -> None:
        if _inside and here.actor is None:
            raise SimulationError(
                "A run with a seed was started while another thread has one going, and both would "
                "draw from the module random; pass seed=None to all of them but one"
            )
        _inside.append(self)
        self._theirs = state()
        set_state(self._ours)
        self._others, self._clock.chance = self._clock.chance, self._chance

    def __exit__(self, *exc_info: object) -> None:
        _inside.pop()
        if self.kept:
            self._ours = state()
        set_state(self._theirs)
        self._clock.chance = self._others
