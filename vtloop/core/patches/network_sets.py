"""Sets of connections, in an order that is the same in every process.

A server keeps its clients in a set: their streams, transports or protocols, which hash by where
they are in memory. So their classes in asyncio have a hash of ours, for good: what is hashed for
the first time on a thread of a run has a number of that run as its hash, and keeps it. What is
hashed elsewhere keeps the hash that it has without us, also in a run. Sockets do so as well (see
`net.sockets`).

Classes of a program's own that derive from these do likewise, unless they say how they compare.
"""

from __future__ import annotations

import asyncio
from typing import Any

from vtloop.core.threads.actor import here
from vtloop.patching.replaced import During, replaces

_KINDS: tuple[Any, ...] = (
    asyncio.BaseProtocol,
    asyncio.BaseTransport,
    asyncio.StreamReader,
    asyncio.StreamWriter,
    asyncio.AbstractServer,
)
_NAME = "_vtloop_hash"


def hash_of(self: Any) -> int:
    """Stand in for `__hash__` of these classes."""
    try:
        attributes = self.__dict__
    except AttributeError:  # a class with slots, which has no room for a number
        return object.__hash__(self)
    number: int | None = attributes.get(_NAME)
    if number is None:
        actor = here.actor
        number = object.__hash__(self) if actor is None else actor.clock.next_number()
        attributes[_NAME] = number
    return number


def hash_by_number() -> None:
    """Let these classes hash as this module says, from now on."""
    for kind in _KINDS:
        kind.__hash__ = hash_of


replaces(
    __name__,
    During.PROCESS,
    "sets of connections are in order, those that a run makes",
    *(f"{kind.__module__}.{kind.__qualname__}.__hash__" for kind in _KINDS),
)
