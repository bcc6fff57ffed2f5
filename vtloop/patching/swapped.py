"""An attribute such as `sys.stdout`, that several may replace, and give back in any order.

Who only keeps what was there, and puts that back, brings back what somebody else has left by then,
if two overlap in two threads.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vtloop.patching.replaced import keeps

_ABSENT: Any = object()


class Swapped:
    """An attribute of an object, and who stands in for it: the last one is in force."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name
        self._stand_ins: list[tuple[Any, Any]] = []  # each with what was there before
        self._lock = threading.Lock()

    def enter(self, stand_in: Any) -> None:
        """Let a value be in force, over those that are."""
        with self._lock:
            self._stand_ins.append((stand_in, vars(self._owner).get(self._name, _ABSENT)))
            setattr(self._owner, self._name, stand_in)

    def leave(self, stand_in: Any) -> None:
        """Let a value be in force no longer: what was there before it is, unless another one is."""
        with self._lock:
            *_, index = (i for i, (one, _) in enumerate(self._stand_ins) if one is stand_in)
            _, before = self._stand_ins.pop(index)
            if index == len(self._stand_ins):
                if before is _ABSENT:  # it is an attribute of the class
                    delattr(self._owner, self._name)
                else:
                    setattr(self._owner, self._name, before)
            else:
                above, _ = self._stand_ins[index]
                self._stand_ins[index] = above, before

    def before(self, stand_in: Any, otherwise: Any) -> Any:
        """Return what was in force before a value was; something else if that is not there.

        This may be asked by a finalizer, while its thread lets somebody enter or leave.
        """
        there = [before for one, before in [*self._stand_ins] if one is stand_in]
        return there[-1] if there else otherwise

    @property
    def is_in_use(self) -> bool:
        """Whether anybody stands in for it."""
        return bool(self._stand_ins)

    @contextmanager
    def by(self, stand_in: Any) -> Iterator[None]:
        """Return a context in which a value is in force."""
        self.enter(stand_in)
        try:
            yield
        finally:
            self.leave(stand_in)


STDOUT = Swapped(sys, "stdout")
"""Standard output, which runs record, sweeps silence and scripts may have with timestamps."""

STDERR = Swapped(sys, "stderr")

keeps(__name__, "who stands in for a standard stream, one over the other", "STDOUT", "STDERR")
