"""Chance that comes from the operating system, which in a run comes from the run's seed.

- `os.urandom` decides what `uuid4`, `secrets`, `random.SystemRandom` and numpy's `default_rng`
  make. `random.Random()` and `random.seed()` ask the system in C, and so do `os.getrandom` and
  `ssl.RAND_bytes`.
- What is drawn is derived from the seed of the run and from its scope, such as a test's id: two
  tests never make the same identifiers, and the same test makes the same ones each time.
- `uuid.getnode` is the address of a network card of this machine, so it is made up as well.
- Names of temporary files come from a generator that lives as long as the process; a run has one of
  its own. The name by which `tempfile` tries a directory, once in a process, is not the run's.

Threads that belong to no run, and tools that watch one, have the real chance, as has a run without
a seed, which is told so. **What is made in a run is no secret**: anybody can make the same keys.
"""

from __future__ import annotations

import operator
import os
import random
from collections.abc import Callable, Iterator
from types import MethodType, ModuleType
from typing import Any

from vtloop.core.threads.actor import here, meets_something_real, outside
from vtloop.patching.redirect import real
from vtloop.private.interpreter import (
    CANDIDATE_NAMES,
    DEFAULT_DIRECTORY,
    RANDOM_NAMES,
    random_generator,
)
from vtloop.values.callers import TOOLS, is_called_by

REAL_CHANCE = (
    "draws from the operating system's chance, as seed=None has it, which is another one in each "
    "run; with a seed it is the same"
)
_SEED = 32  # bytes of chance of which a generator is made


class Chance:
    """The chance of one run; its generator is made when something is drawn for the first time."""

    _generator: random.Random | None = None
    _names: Iterator[str] | None = None
    _node: int | None = None

    def __init__(self, seed: int | str, scope: str) -> None:
        self._source = seed, scope

    def draw(self, size: int) -> bytes:
        """Return so many bytes."""
        if self._generator is None:
            self._generator = random.Random(repr(self._source))
        return self._generator.randbytes(size)

    def names(self, tempfile: Any) -> Iterator[str]:
        """Return the names that temporary files get in the run, one after the other."""
        if self._names is None:
            self._names = getattr(tempfile, RANDOM_NAMES)()
        return self._names

    def node(self) -> int:
        """Return what stands for the address of a network card: none has it, by its lowest bit
        (RFC 9562, 6.10).
        """
        if self._node is None:
            self._node = int.from_bytes(self.draw(6)) | (1 << 40)
        return self._node


def _chance() -> Chance | None:
    """Return the chance of this thread's run; None if it is to be the real one."""
    actor = here.actor
    if actor is None or is_called_by(TOOLS):
        return None
    chance: Chance | None = actor.clock.chance
    if chance is None:
        meets_something_real(actor.clock, REAL_CHANCE)
    return chance


def draws(function: Any) -> Callable[[Any], bytes]:
    """Return what stands in for a function that returns so many random bytes."""
    real_function = real(function)

    def draw(size: Any, /) -> bytes:
        chance = _chance()
        if chance is None or operator.index(size) < 0:  # then the function says what is wrong
            return bytes(real_function(size))
        return chance.draw(operator.index(size))

    return draw


def getrandom(function: Any) -> Callable[..., bytes]:
    """Return what stands in for `os.getrandom`."""
    real_function, draw = real(function), draws(os.urandom)

    def getrandom(size: int, flags: int = 0) -> bytes:
        return draw(size) if flags == 0 else bytes(real_function(size, flags))

    return getrandom


_real_seed = random.Random.seed


def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
    """Stand in for `random.Random.seed`, which asks the system if it is given nothing."""
    if a is None and (chance := _chance()) is not None:
        a = int.from_bytes(chance.draw(_SEED))
    _real_seed(generator, a, version)


seed_of_module = MethodType(seed, random_generator)
"""Stands in for `random.seed`, which is a method of the module's generator."""


def getnode(uuid: ModuleType) -> Callable[[], int]:
    """Return what stands in for `uuid.getnode`."""
    real_function = vars(uuid)["getnode"]

    def getnode() -> int:
        chance = _chance()
        return int(real_function()) if chance is None else chance.node()

    return getnode


def candidate_names(tempfile: ModuleType) -> Callable[[], Iterator[str]]:
    """Return what stands in for the function of `tempfile` that finds names."""
    real_function = vars(tempfile)[CANDIDATE_NAMES]

    def candidate_names() -> Iterator[str]:
        chance = _chance()
        names: Iterator[str] = real_function() if chance is None else chance.names(tempfile)
        return names

    return candidate_names


def default_directory(tempfile: ModuleType) -> Callable[..., str]:
    """Return what stands in for the function of `tempfile` that finds its directory."""
    real_function = vars(tempfile)[DEFAULT_DIRECTORY]

    def default_directory(*args: Any) -> str:
        with outside():
            return str(real_function(*args))

    return default_directory
