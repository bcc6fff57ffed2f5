"""The garbage collector on the run's own schedule.

When the collector runs decides when finalizers run: warnings of coroutines never awaited, the
closing of asynchronous generators, exceptions never retrieved. Its own trigger counts allocations
since some earlier moment of the process, so it differs from run to run. While a loop runs, it is
called after every so many steps instead, which also keeps it from scanning a hundred thousand
sleeping tasks again and again. Its own trigger stays on, far away, for a single step that allocates
without end.
"""

from __future__ import annotations

import gc

INTERVAL = 10_000  # steps between two collections
_FAR = 1_000_000  # allocations


class Collector:
    """Owns the collector's schedule while it is entered."""

    def __init__(self) -> None:
        self._collections = 0
        self._next_full = 100
        self._threshold = (0, 0, 0)

    def __enter__(self) -> None:
        self._threshold = gc.get_threshold()
        if self._threshold[0]:  # zero switches the collector off
            gc.set_threshold(max(_FAR, self._threshold[0]), *self._threshold[1:])

    def __exit__(self, *exc_info: object) -> None:
        gc.set_threshold(*self._threshold)

    def collect(self) -> None:
        """Collect the youngest objects; older ones at growing intervals."""
        if not gc.isenabled() or not self._threshold[0]:
            return
        self._collections += 1
        if self._collections >= self._next_full:
            self._next_full = 2 * self._collections
            gc.collect()
        else:
            gc.collect(1 if self._collections % 10 == 0 else 0)
