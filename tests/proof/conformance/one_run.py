"""A run around each test, as one is around a script: its sockets and threads are simulated too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import vtloop
from vtloop.core.patches.environment import Environment
from vtloop.net.network import EVERYWHERE
from vtloop.values.clock import START, Clock

_clocks: list[Clock] = []


def new_loop() -> vtloop.VirtualLoop:
    """Return a loop of the run that is on; if none is, of one of its own."""
    return vtloop.VirtualLoop(clock=_clocks[-1] if _clocks else None)


@contextmanager
def around() -> Iterator[None]:
    """Let a run be on around one test, and the loops that it makes."""
    clock = Clock()
    clock.network = EVERYWHERE
    environment = Environment(clock, False, START, None)
    with environment:
        environment.idle_thread.have_threads()
        _clocks.append(clock)
        try:
            yield
        finally:
            _clocks.pop()
