"""What the fixture `vt` tells of a test in virtual time; without pytest, as it is a public type."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from vtloop.core.loop import VirtualLoop
from vtloop.errors import SimulationError
from vtloop.private.events import get_running_loop
from vtloop.simulation.run import Run
from vtloop.simulation.runnable import refuse_unless_runnable
from vtloop.values.clock import Clock, exactly, to_seconds

if TYPE_CHECKING:
    from vtloop.timeline.timeline import Timeline


class TestSubject(Protocol):
    """A test in virtual time: what the fixture `vt` asks it."""

    name: str

    @property
    def loop(self) -> VirtualLoop:
        """Its loop."""

    def since(self) -> int | None:
        """Return how long ago it, or its last part, began, in nanoseconds; None if none has."""

    def to_run(self) -> Run[Any] | None:
        """Return what has been run of it so far, None if nothing has."""

    def complete(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on its loop; return what that returns."""


class VirtualTime:
    """What the fixture `vt` tells of the test that asks for it. Times are virtual seconds."""

    def __init__(self, test: TestSubject) -> None:
        self._test = test

    def __repr__(self) -> str:
        return f"<VirtualTime of {self._test.name} at {exactly(self.now())}>"

    @property
    def loop(self) -> VirtualLoop:
        """The loop of the test."""
        return self._test.loop

    @property
    def clock(self) -> Clock:
        """The clock of its loop. It goes on from the setup of fixtures to the test."""
        return self.loop.clock

    def now(self) -> float:
        """Return the seconds since the test itself began, or whichever part of it ran last."""
        return to_seconds(self._test.since() or 0)

    @property
    def run(self) -> Run[Any]:
        """The test so far, as a `vtloop.Run`; after the test all of it."""
        run = self._test.to_run()
        if run is None:
            raise SimulationError(
                "The run of a test was asked for while nothing of it had run; ask in the test"
            )
        return run

    @property
    def timeline(self) -> Timeline:
        """The test so far as a schedule."""
        return self.run.timeline

    def marbles(self, **options: Any) -> str:
        """Return the test so far as text; options as for `vtloop.marbles.marbles`."""
        return self.run.marbles(**options)

    def complete(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the test's loop, for tests that are not async; return its result."""
        __tracebackhide__ = True
        if not asyncio.iscoroutine(main):
            raise TypeError(
                f"vt.complete() was given {main!r}, which is no coroutine; pass main(), of an "
                "`async def main()`"
            )
        refuse_unless_runnable(main)
        if get_running_loop() is not None:
            main.close()
            raise RuntimeError("vt.complete() was called while a loop runs; await the coroutine")
        return self._test.complete(main)
