"""The timeouts that tasks are within, as a recorder is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vtloop.core.await_stacks import local_variables
from vtloop.core.patches.asyncio_timeouts import number_of_wait_for
from vtloop.private.events import IN_CANCEL_AND_WAIT, ON_TIMEOUT
from vtloop.values.clock import NEVER, Clock, to_nanoseconds


class Timeouts:
    """Counts timeouts, and tells what happens to each by its number."""

    def __init__(self, tell: Callable[[str, int, Any], object]) -> None:
        """`tell` is told of an event: its kind, its subject and its detail."""
        self.clock: Clock
        self._tell = tell
        self._count = 0
        self._numbers: dict[int, int] = {}  # by id() of those that are entered
        self._due: dict[int, int | None] = {}  # by number, of those that have not ended
        self._parts: set[int] = set()  # of those that are, by id(), how a wait_for() is made
        self._expired: set[int] = set()

    def entered(self, timeout: Any, kind: str, deadline: int | None) -> None:
        self._parts.discard(id(timeout))
        self._numbers[id(timeout)] = self._begin(kind, deadline)

    def wait_for(self, seconds: Any) -> int:
        due = None
        if isinstance(seconds, (int, float)) and seconds == seconds:  # asyncio refuses any other
            due = self.clock.now + max(to_nanoseconds(seconds), 0)
        return self._begin("wait_for", due if due is None or due < NEVER else None)

    def _begin(self, kind: str, deadline: int | None) -> int:
        self._count = number = self._count + 1
        self._due[number] = deadline
        self._tell("timeout", number, (kind, deadline))
        return number

    def belongs(self, timeout: Any, number: int, deadline: int | None) -> None:
        self._numbers[id(timeout)] = number
        self._parts.add(id(timeout))
        self._reschedule(number, deadline)

    def rescheduled(self, timeout: Any, deadline: int | None) -> None:
        if number := self._numbers.get(id(timeout), 0):  # 0: it was entered before the recording
            self._reschedule(number, deadline)

    def _reschedule(self, number: int, deadline: int | None) -> None:
        if self._due[number] != deadline:
            self._due[number] = deadline
            self._tell("reschedule", number, deadline)

    def exited(self, timeout: Any) -> None:
        number = self._numbers.pop(id(timeout), 0)
        if not number:
            return
        if timeout.expired() and number not in self._expired:  # its task is of a foreign class
            self.expired(number)
        if id(timeout) in self._parts:
            self._parts.discard(id(timeout))
        else:
            self.left(number)

    def expired(self, number: int) -> None:
        self._expired.add(number)
        self._tell("expire", number, None)

    def left(self, number: int) -> None:
        self._expired.discard(number)
        del self._due[number]
        self._tell("exit", number, None)

    def cancels_in(self, frame: Any) -> int:
        """Return the number of the timeout that requests a cancellation in a frame; 0 for none."""
        if frame.f_code is ON_TIMEOUT:
            return self._numbers.get(id(local_variables(frame)["self"]), 0)
        if frame.f_code is IN_CANCEL_AND_WAIT and frame.f_back is not None:
            number = number_of_wait_for(frame.f_back)
            return number if number in self._expired else 0
        return 0
