"""When the threads of a run wake that sleep, and what is due in its network meanwhile.

The loop's timers see to both. While the loop's own thread is blocked none of these fires, but other
threads go on, and messages arrive, as on a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

from vtloop.core.threads.baton import BatonThread
from vtloop.core.threads.program_threads import IN_VAIN
from vtloop.core.timers import AnyTimerHandle
from vtloop.values.clock import NEVER, Clock


class Scheduler(Protocol):
    """The loop, as far as it calls at an instant."""

    def schedule(
        self, deadline: int, callback: Callable[..., object], *args: Any
    ) -> AnyTimerHandle: ...


class Alarms:
    """What happens at which instant, though the loop's own thread may be blocked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # When those that sleep are woken, and from which suspension.
        self._of_threads: dict[BatonThread, tuple[AnyTimerHandle, int]] = {}

    def __iter__(self) -> Iterator[BatonThread]:
        return iter(self._of_threads)

    def set(self, loop: Scheduler, deadline: int, thread: BatonThread, suspension: int) -> None:
        """Resume a thread at an instant, in nanoseconds."""
        alarm = loop.schedule(deadline, self._wake, thread, suspension)
        self._of_threads[thread] = alarm, suspension

    def move(self, loop: Scheduler) -> None:
        """Let another loop see to what is due."""
        alarms, self._of_threads = self._of_threads, {}
        for thread, (alarm, suspension) in alarms.items():
            alarm.cancel()
            self.set(loop, alarm.deadline, thread, suspension)

    def forget(self, thread: BatonThread) -> None:
        """Do not wake a thread at an instant any more."""
        if thread in self._of_threads:
            self._of_threads.pop(thread)[0].cancel()

    def clear(self) -> None:
        """Wake nobody any more."""
        self._of_threads.clear()

    def are_there(self) -> bool:
        """Return whether anything is to happen."""
        return bool(self._of_threads) or self._in_network() < NEVER

    def next_event(self, end: int) -> tuple[int, Callable[[], object]] | None:
        """Return what happens next up to an instant: when, and what lets it happen.

        To the end of time these are no threads that wake in vain.
        """
        due: list[tuple[int, Callable[[], object]]] = [
            (alarm.deadline, partial(self._ring, thread))
            for thread, (alarm, _) in self._of_threads.items()
            if alarm.deadline <= end and (end < NEVER or not thread.wakes_in_vain(IN_VAIN))
        ]
        arrival = self._in_network()
        if arrival < NEVER and arrival <= end:
            due.insert(0, (arrival, self._deliver))
        return min(due, key=itemgetter(0)) if due else None

    def only_in_vain(self) -> bool:
        """Return whether nothing is to happen but that daemon threads wake up in vain."""
        return self.in_vain(0) == len(self._of_threads) and self._in_network() >= NEVER

    def in_vain(self, wakes: int) -> int:
        """Return how many threads have woken in vain so often."""
        return sum(1 for thread in self._of_threads if thread.wakes_in_vain(wakes))

    def _ring(self, thread: BatonThread) -> None:
        alarm, suspension = self._of_threads[thread]
        self._clock.now = max(alarm.deadline, self._clock.now)
        alarm.cancel()
        self._wake(thread, suspension)

    def _wake(self, thread: BatonThread, suspension: int) -> None:
        self._of_threads.pop(thread, None)
        thread.ring(suspension)

    def _in_network(self) -> int:
        """Return when something is due in the network, in nanoseconds."""
        kernel = self._clock.kernel
        return NEVER if kernel is None else kernel.wire.first

    def _deliver(self) -> None:
        wire = self._clock.kernel.wire
        self._clock.now = max(wire.first, self._clock.now)
        wire.unset_alarm()
        wire.deliver()
