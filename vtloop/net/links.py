"""Links between hosts, and what becomes of a message on them.

A *rule* is a callable that is given each `Message`, and returns what is to become of it: `PASS`
(or None), `DROP`, `RESET`, `HOLD` or `after(seconds)`. The first one that says something else than
`PASS` decides; delays of several add up. Rules know no clock of their own, and keep no state that
a run would not begin with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from vtloop.net.messages import Message
from vtloop.values.clock import Seconds, to_nanoseconds


class Verdict(NamedTuple):
    """What becomes of a message."""

    delays: tuple[int, ...] = (0,)
    """When its copies arrive, in nanoseconds from now; of a stream, only the first one counts."""
    drops: bool = False
    resets: bool = False
    holds: bool = False
    why: str = ""
    """The name of the fault, in a word or two."""


PASS: Verdict | None = None
DROP = Verdict(drops=True, why="dropped")
RESET = Verdict(resets=True, why="reset")
HOLD = Verdict(holds=True, why="held")

Rule: TypeAlias = Callable[[Message], Verdict | None]


def after(seconds: Seconds, why: str = "late") -> Verdict:
    """Return the verdict that a message arrives so many virtual seconds later than it would."""
    delay = to_nanoseconds(seconds)
    if delay < 0:
        raise ValueError(f"A message was to arrive after {seconds!r} s; pass seconds from 0 on")
    return Verdict((delay,), why=why)


class Link(NamedTuple):
    """What a way from one host to another is like.

    - `latency`: how long a message takes, in seconds
    - `jitter`: how much longer it may take, in seconds; how much is a choice of the run
    - `bandwidth`: how many bytes go through in a second; None for any number
    """

    latency: Seconds = 0
    jitter: Seconds = 0
    bandwidth: float | None = None

    @property
    def is_instant(self) -> bool:
        """Whether messages take no time."""
        return not (self.latency or self.jitter or self.bandwidth)


INSTANT = Link()
