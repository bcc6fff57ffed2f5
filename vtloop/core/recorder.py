"""What a loop tells of a run, and whom: the interface of a recorder.

A recorder observes. Only `take` and `rest` are called within the loop's iteration and in the place
of its own, so that a recorded step costs one call: each handle of the ready queue is taken by
`take`, which has to return it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from vtloop.core.timers import Watcher
from vtloop.net.interfaces import Messages
from vtloop.values.clock import Clock


class Holder(NamedTuple):
    """A task that has a primitive; names of tasks need not differ, so it has its number too."""

    number: int  # 0 for a callback
    label: str


class Known(NamedTuple):
    """A primitive as a recorder knows it."""

    words: str  # "Lock 'lock'"
    holders: tuple[Holder, ...] = ()


Primitives: TypeAlias = Mapping[int, Known]
"""The primitives that a recorder knows, by id()."""


class Timeouts(Protocol):
    """What is told of timeouts. Deadlines are in nanoseconds, None for never.

    Numbers are those of a recorder's own count, from 1 on.
    """

    def entered(self, timeout: Any, kind: str, deadline: int | None) -> None:
        """Note that the current task has entered an `asyncio.Timeout`; what kind of timeout."""

    def rescheduled(self, timeout: Any, deadline: int | None) -> None: ...

    def exited(self, timeout: Any) -> None: ...

    def wait_for(self, seconds: Any) -> int:
        """Note that the current task has called `wait_for`; return the number of that."""

    def belongs(self, timeout: Any, number: int, deadline: int | None) -> None:
        """Note that an `asyncio.Timeout` is how a `wait_for` is made."""

    def expired(self, number: int) -> None:
        """Note that a timeout is about to cancel what is within."""

    def left(self, number: int) -> None: ...


class Recorder(Watcher, Protocol):
    """What a loop tells, as it happens. Times and durations are nanoseconds."""

    def attach(self, ready: deque[Any], clock: Clock) -> None:
        """Take note of the loop's ready queue and clock, before anything else."""

    @property
    def take(self) -> Callable[[], Any]:
        """Take the next handle from the ready queue, as its step begins."""

    @property
    def rest(self) -> Callable[[], object]:
        """Take note that all the steps of an iteration have ended."""

    def preferred(self, index: int) -> None:
        """Note that the handle at an index of the ready queue is about to become its first."""

    @property
    def length(self) -> int:
        """How many steps there have been."""

    def eager_step(self, task: asyncio.Task[Any] | None) -> None:
        """Note that a new task runs within the current step, or that it has done so: None."""

    def task_created(self, task: asyncio.Task[Any], coro: Any) -> None: ...

    def renamed(self, task: asyncio.Task[Any]) -> None: ...

    def cancel_requested(self, task: asyncio.Task[Any], message: Any) -> None: ...

    def crashed(self, task: asyncio.Task[Any]) -> None:
        """Note that a task never goes on, as its host has crashed."""

    def blocked(self, at: int, duration: int, who: str, how: str) -> None:
        """Note that the loop's own thread was blocked."""

    def polled(self, since: int, who: str) -> None:
        """Note that time has passed since an instant, as the step that runs polled a clock."""

    def notice(self, message: str) -> None:
        """Note something that the user of the run should know."""

    def reported(self, context: dict[str, Any]) -> None:
        """Note a call of the loop's exception handler."""

    def acquired(self, primitive: Any) -> None:
        """Note that the current task has taken a lock or semaphore."""

    def released(self, primitive: Any) -> None: ...

    def used(self, primitive: Any, kind: str, before: int, after: int) -> None:
        """Note what was done with a primitive; see `trace.USES` for kinds and the two numbers."""

    def part(self, primitive: Any, of: Any) -> None:
        """Note that a primitive is one that another one has made for itself."""

    @property
    def timeouts(self) -> Timeouts:
        """Who is told of timeouts."""

    @property
    def messages(self) -> Messages:
        """Who is told of messages."""

    def entered(self, section: str) -> None:
        """Note that the current task has entered a section."""

    def left(self, section: str) -> None: ...

    def primitives(self) -> Primitives:
        """Return the primitives that have occurred and are still there, with who holds them."""
