"""Rules: what becomes of the messages of a network.

A *rule* is a callable that is given each `Message` as it is sent, and returns what is to become of
it: `PASS` (or None), `DROP`, `RESET`, `HOLD` or `after(seconds)`:

    def lose_the_first_hello(message):
        return DROP if message.data == b"hello" and message.tries == 0 else PASS

    with network.rule(lose_the_first_hello):
        ...

The first one that drops, resets or holds a message decides; delays of several add up. Rules know no
clock of their own, and keep no state that a run would not begin with. What one leaves to chance it
asks `Message.chance`, so that it is a choice of the run. Those that have names are in `faults`.

- A connection that is asked for and dropped is asked for again, as by TCP; one that is reset is
  refused. So is a datagram that is reset, whose sender hears of it if it is connected.
- What is dropped of a stream is sent again (see `wire`). A reset ends the connection at both ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from vtloop.net.links import Link
from vtloop.net.messages import Message
from vtloop.values.clock import NEVER, Seconds, to_nanoseconds


class Verdict(NamedTuple):
    """What becomes of a message."""

    delays: tuple[int, ...] = (0,)
    """When its copies arrive, in nanoseconds from now; of a stream, only the first one counts."""
    drops: bool = False
    resets: bool = False
    holds: bool = False
    why: str = ""
    """The name of the fault, in a word or two."""
    link: Link | None = None
    """What it has to cross besides the link of its hosts."""
    size: int | None = None
    """How many bytes of it go first; the rest is another message, which is judged by itself."""
    by: InForce | None = None
    """Which rule says so; the network fills it in of messages that are held."""


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


class InForce(NamedTuple):
    """A rule, and from when until when it is in force, in nanoseconds."""

    rule: Rule
    begins: int = 0
    ends: int = NEVER
