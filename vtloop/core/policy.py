"""Who acts between the steps of a run: the interface of a policy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

Take: TypeAlias = Callable[[], Any]
"""Takes the next handle from the ready queue, as its step begins."""

Rest: TypeAlias = Callable[[], object]
"""Is called when all the steps of an iteration have ended."""


Order: TypeAlias = Callable[[int], Sequence[int] | None]
"""Is called when several timers of one instant join the ready queue, with how many there are.

Returns their places, from 0 on, in the order in which they are to fire; None for the order in which
they were made.
"""


class Policy(Protocol):
    """What a loop is steered by. A loop without one pays nothing.

    One that decides on the order of timers has an attribute `order: Order` as well.
    """

    def steer(
        self, loop: asyncio.AbstractEventLoop, take: Take, rest: Rest | None
    ) -> tuple[Take, Rest | None]:
        """Return what the loop is to call instead of `take` and `rest`, and what calls them.

        Asked for each time the loop is run. There is no `rest` unless a recorder or an inner policy
        has one.
        """


def order_of(policy: Policy | None) -> Order | None:
    """Return how a policy decides on the order of timers, if it does."""
    order: Order | None = getattr(policy, "order", None)
    return order


class Several:
    """Policies, of which the first is the outermost, and the first to put timers in order."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies
        self._orders = [order for one in policies if (order := order_of(one)) is not None]

    def steer(
        self, loop: asyncio.AbstractEventLoop, take: Take, rest: Rest | None
    ) -> tuple[Take, Rest | None]:
        for policy in reversed(self._policies):
            take, rest = policy.steer(loop, take, rest)
        return take, rest

    def order(self, number: int) -> Sequence[int]:
        """Return the order in which timers fire that each policy puts in another one."""
        places: Sequence[int] = range(number)
        for order in self._orders:
            chosen = order(number)
            if chosen is not None:
                places = [places[place] for place in chosen]
        return places
