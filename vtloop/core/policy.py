"""Who acts between the steps of a run: the interface of a policy, and what it sees of its loop.

A policy that lets the task run next that was made last, of all that are ready:

    class NewestFirst:
        def steer(self, loop, take, rest):
            def take_newest():
                tasks = [stepping(handle) for handle in loop.ready]
                numbers = [0 if task is None else number_of(task) for task in tasks]
                loop.prefer(numbers.index(max(numbers)))
                return take()

            return take_newest, rest

    vtloop.VirtualLoop(policy=NewestFirst())

`stepping` and `number_of` are functions of `core.tasks`. One that has a choice to make asks a
`Chooser` (see `choices`), as `ties.Ties` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from vtloop.core.timers import AnyTimerHandle
from vtloop.net.rules import Rule
from vtloop.values.choices import Keeping
from vtloop.values.clock import Clock

Take: TypeAlias = Callable[[], Any]
"""Takes the next handle from the ready queue, as its step begins.

That is an `asyncio.Handle`, with what type checkers do not know of: its callback and arguments.
"""

Rest: TypeAlias = Callable[[], object]
"""Is called when all the steps of an iteration have ended."""

Order: TypeAlias = Callable[[Sequence[AnyTimerHandle]], Sequence[int] | None]
"""Is called with several timers of one instant, in the order in which they were made.

Returns their indices in the order in which they are to fire; None for the order as it is.
"""


class LoopView(Protocol):
    """What a policy sees of the loop that it steers."""

    @property
    def clock(self) -> Clock:
        """The clock; its `now` is the virtual time in nanoseconds."""

    @property
    def ready(self) -> Sequence[asyncio.Handle]:
        """The ready queue as it is at any time: the first is taken next. Not to be changed."""

    @property
    def stopping(self) -> bool:
        """Whether the loop is about to stop: when all the steps of the iteration have ended."""

    def virtual_time(self) -> int:
        """Return the virtual time in nanoseconds."""

    def next_deadline(self) -> int:
        """Return the instant to which the clock moves when nothing is ready, in nanoseconds."""

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that are not done, in order of creation."""

    def task_of(self, number: int) -> asyncio.Task[Any] | None:
        """Return the task of a number, None if it is done or there is none."""

    def prefer(self, index: int) -> None:
        """Let the handle at an index of `ready` be the next, before those that are ahead of it."""


View = TypeVar("View")
_View = TypeVar("_View", contravariant=True)


class PolicyOf(Protocol[_View]):
    """What a loop is steered by, if it can show a policy what that needs to see of it.

    One that decides on the order of timers has an attribute `order: Order` as well; one that makes
    the choices of the run's network has an attribute `chooser: Keeping` (see `choices`), and one
    that has a say in what becomes of its messages an attribute `rule: Rule` (see `net.rules`).
    """

    def steer(self, loop: _View, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        """Return what the loop is to call instead of `take` and `rest`, and what calls them.

        Asked for each time the loop is run. There is no `rest` unless a recorder or an inner policy
        has one.
        """


Policy: TypeAlias = PolicyOf[LoopView]
"""What any loop can be steered by. A loop without one pays nothing."""


def order_of(policy: PolicyOf[Any] | None) -> Order | None:
    """Return how a policy decides on the order of timers, if it does."""
    order: Order | None = getattr(policy, "order", None)
    return order


def chooser_of(policy: PolicyOf[Any]) -> Keeping | None:
    """Return who makes the choices of the run's network, if a policy has somebody for that."""
    chooser: Keeping | None = getattr(policy, "chooser", None)
    return chooser


def rule_of(policy: PolicyOf[Any]) -> Rule | None:
    """Return what a policy says of the messages of the run's network, if it does."""
    rule: Rule | None = getattr(policy, "rule", None)
    return rule


class Several(Generic[View]):
    """Policies, of which the first is the outermost, and the first to put timers in order."""

    def __init__(self, policies: Sequence[PolicyOf[View]]) -> None:
        self._policies = policies
        self._orders = [order for one in policies if (order := order_of(one)) is not None]
        self.chooser = next((one for one in map(chooser_of, policies) if one is not None), None)
        self.rule = next((one for one in map(rule_of, policies) if one is not None), None)

    def steer(self, loop: View, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        for policy in reversed(self._policies):
            take, rest = policy.steer(loop, take, rest)
        return take, rest

    def order(self, timers: Sequence[AnyTimerHandle]) -> Sequence[int]:
        """Return the order in which timers fire that each policy puts in another one."""
        indices: Sequence[int] = range(len(timers))
        for order in self._orders:
            chosen = order([timers[index] for index in indices])
            if chosen is not None:
                indices = [indices[index] for index in chosen]
        return indices
