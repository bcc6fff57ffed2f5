"""Who acts between the steps of a run: the interface of a policy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

Take: TypeAlias = Callable[[], Any]
"""Takes the next handle from the ready queue, as its step begins."""

Rest: TypeAlias = Callable[[], object]
"""Is called when all the steps of an iteration have ended."""


class Policy(Protocol):
    """What a loop is steered by. A loop without one pays nothing."""

    def steer(
        self, loop: asyncio.AbstractEventLoop, take: Take, rest: Rest | None
    ) -> tuple[Take, Rest | None]:
        """Return what the loop is to call instead of `take` and `rest`, and what calls them.

        Asked for each time the loop is run. There is no `rest` unless a recorder or an inner policy
        has one.
        """
