"""The garbage collector on the run's own schedule.

When the collector runs decides when finalizers run: warnings of coroutines never awaited, the
closing of asynchronous generators, exceptions never retrieved. Its own trigger counts allocations
since some earlier moment of the process, so it differs from run to run. While a loop runs, it is
called after every so many steps instead, which also keeps it from scanning a hundred thousand
sleeping tasks again and again. Its own trigger stays on, far away, for a single step that allocates
without end. What searches its youngest generation keeps that small.
"""

from __future__ import annotations

import gc
import threading

from vtloop.patching.replaced import During, keeps, replaces

INTERVAL = 10_000  # steps between two collections
_FAR = 1_000_000  # allocations
_SEARCHES = 20  # of the youngest objects, between two collections of these


class _Trigger:
    """The collector's own trigger: far away while this is entered at least once, by any thread."""

    def __init__(self) -> None:
        self.is_on = False
        """Whether there is a trigger at all: a threshold of zero switches the collector off."""
        self._threshold = (0, 0, 0)
        self._entered = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._entered == 0:
                self._threshold = gc.get_threshold()
                self.is_on = self._threshold[0] != 0
                if self.is_on:
                    gc.set_threshold(max(_FAR, self._threshold[0]), *self._threshold[1:])
            self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                gc.set_threshold(*self._threshold)


trigger = _Trigger()
replaces(
    __name__,
    During.RUN,
    "the collector runs after so many steps, so that finalizers run at the same ones",
    "the garbage collector's thresholds",
)
keeps(__name__, "the thresholds before the first of the runs that are on", "trigger")


class Collector:
    """Calls the collector after so many steps of one run, while `trigger` is entered."""

    _collections = 0
    _next_full = 100
    _searches = 0

    def collect(self) -> None:
        """Collect the youngest objects; older ones at growing intervals."""
        if not gc.isenabled() or not trigger.is_on:
            return
        self._collections += 1
        if self._collections >= self._next_full:
            self._next_full = 2 * self._collections
            gc.collect()
        else:
            gc.collect(1 if self._collections % 10 == 0 else 0)

    def searched(self) -> None:
        """Take note that the youngest objects were searched, which is slow if they are many."""
        self._searches += 1
        if self._searches % _SEARCHES == 0 and gc.isenabled() and trigger.is_on:
            gc.collect(0)
