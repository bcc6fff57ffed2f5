"""A pytest plugin that swaps the loop, and nothing else, under the tests of other projects."""

import asyncio
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import vtloop


class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return vtloop.VirtualLoop()


class NotedClock(vtloop.Clock):
    """A clock that knows by how much it moved, in seconds."""

    steps: list[float]

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "now" and hasattr(self, "steps") and value != self.now:
            self.steps.append((value - self.now) / 1e9)
        super().__setattr__(name, value)


class TimeTrackingTestLoop(vtloop.VirtualLoop):
    """What the tests of aiostream ask of their own loop, which tracks time and resources."""

    def __init__(self) -> None:
        clock = NotedClock()
        super().__init__(clock=clock)
        self.clear()

    @property
    def steps(self) -> list[float]:
        return self.clock.steps  # type: ignore[attr-defined,no-any-return]

    def clear(self) -> None:
        self.clock.steps = []  # type: ignore[attr-defined]
        self.open_resources = self.resources = 0

    @contextmanager
    def assert_cleanup(self) -> Any:
        self.clear()
        yield self
        assert self.open_resources == 0
        self.clear()


class TimeTrackingPolicy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return TimeTrackingTestLoop()


def pytest_configure() -> None:
    asyncio.set_event_loop_policy(Policy())
    try:
        test_utils: Any = import_module("aiostream.test_utils")
    except ImportError:
        return
    test_utils.TimeTrackingTestLoop = TimeTrackingTestLoop
    test_utils.TimeTrackingTestLoopPolicy = TimeTrackingPolicy
