"""Tests in virtual time: which loop each gets, and what runs on it.

- A test has a loop of its own, together with its function-scoped async fixtures. Tests that use an
  async fixture of a wider scope share one loop with it, whose clock goes on from test to test.
- What runs on a loop is a *part* of it (see `segments`): the setup of a fixture, the test itself,
  the teardown of a fixture. The part that is the test itself is its run: times count from its
  start.
- `seed` and `wall_clock` hold from the setup of a test to its teardown, `until` for each part.
- A loop is closed as soon as nothing lives on it: after the test if it has no async fixture, else
  after its teardown; the shared one when its last fixture is torn down.
- What a test must not leave behind is looked for when its loop is closed; on the shared loop at the
  end of the test, among what was started by the test itself.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from vtloop.core.patches.environment import World
from vtloop.integrations.pytest import leaks
from vtloop.integrations.pytest.loops import Ground, Options
from vtloop.integrations.pytest.vt import VirtualTime
from vtloop.private.events import get_running_loop
from vtloop.simulation.segments import PartLoop, adopt
from vtloop.values.trace import Trace

if TYPE_CHECKING:
    from vtloop.integrations.pytest.sweeps import Swept


class Failed(NamedTuple):
    """What the report of a failure is told of."""

    trace: Trace
    began: int = 0  # by its loop's clock, in nanoseconds
    reproducible: bool = True
    date: str = ""  # what to say of it


class Test:
    """One test, from its setup to its teardown."""

    def __init__(self, tests: Tests, name: str, scope: str, options: Options, shared: bool) -> None:
        self.name = name
        self.options = options
        self.vt = VirtualTime(self)
        self.failed: Failed | None = None
        """The last part that failed, up to where it did."""
        self.ground: Ground | None = None
        """Where it runs, from its first part on."""
        self._tests = tests
        self._scope = scope
        self._shared = shared
        self._world: World | None = None
        self._times = 0, 0
        self._has_failed = False
        self._left: list[asyncio.Task[Any]] = []  # when the test itself ended
        self._never_awaited = leaks.NeverAwaited()
        self.swept: Swept | None = None
        """Its sweep, if it is to be cancelled at every moment."""
        self.origins: AbstractContextManager[None] = nullcontext()
        """Lets coroutines that are made in a part know where, if it matters."""
        if options.leaks == "fail":
            self.origins = leaks.OriginsNoted()
            self._never_awaited.__enter__()

    # Surroundings

    def _chance_and_time(self) -> dict[str, Any]:
        """Return the options of a loop, or of its surroundings, that are the test's."""
        options = self.options
        return {"wall_clock": options.wall_clock, "seed": options.seed, "scope": self._scope}

    def surroundings(self, loop: PartLoop) -> World:
        """Return what surrounds each part of the test. Its own loop has that already."""
        if not self._shared:
            return loop.world
        if self._world is None:
            self._world = World(loop.clock, False, **self._chance_and_time())
        return self._world

    def note_times(self, virtual: int, real: int) -> None:
        """Add what a part has taken, in nanoseconds."""
        self._times = self._times[0] + virtual, self._times[1] + real

    def take_times(self) -> tuple[int, int]:
        """Return the nanoseconds of virtual and real time since this was asked last."""
        times, self._times = self._times, (0, 0)
        return times

    def take_failed(self, when: str) -> Failed | None:
        """Return the part that failed in a phase of the test."""
        if when == "call" and self.ground is not None:
            self.note_failed(self.ground)
        failed, self.failed = self.failed, None
        return failed

    def note_failed(self, ground: Ground) -> None:
        """Keep the last part for the report, unless there is one already."""
        if self.failed is None and ground.account is not None:
            run = ground.run(self.options)
            date = ground.loop.clock.note_of_date()
            self.failed = Failed(run.trace, ground.account.began, run.reproducible, date)

    # Parts

    def settled(self) -> Ground:
        """Return where the test runs."""
        if self.ground is None or self.ground.loop.is_closed():
            if self._shared:
                self.ground = self._tests.shared()
            else:
                self.ground = Ground(**self._chance_and_time())
        return self.ground

    def call(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run the test itself. Without async fixtures it has a new loop each time it is called."""
        __tracebackhide__ = True
        ground = self.settled()
        with self.surroundings(ground.loop):  # once for all of it, as entering takes time
            try:
                value = ground.complete(main, self, self.name, copy_context())
            except BaseException:
                self._has_failed = True
                self._leave(ground)
                raise
            found = self._leave(ground)
        if found:
            self._fail(found)
        return value

    def _leave(self, ground: Ground) -> list[str]:
        """End the test itself; return what it leaves behind, as far as that is certain."""
        if not ground.fixtures:
            return self._close(ground)
        self._left = ground.started_by_part()
        if self._left:
            self.note_failed(ground)
        return []

    def _close(self, ground: Ground) -> list[str]:
        """Close the loop, and return what was left behind."""
        found: list[str] = []
        if self.options.leaks == "fail":
            found += ground.leaks_of(asyncio.all_tasks(ground.loop))
            found += self._never_awaited.take()
            if found:
                self.note_failed(ground)
        ground.close(self)
        return found

    def _fail(self, found: list[str]) -> None:
        self._has_failed = True
        pytest.fail(leaks.message(self.name, found), pytrace=False)

    def end(self) -> None:
        """Take note that all that is of the test alone has been torn down."""
        __tracebackhide__ = True
        found: list[str] = []
        ground = self.ground
        try:
            if ground is not None and not ground.loop.is_closed():
                if self._shared and ground.fixtures:
                    found = self._leave_shared(ground)
                else:
                    found = self._close(ground)
        finally:
            self._tests.current = None
            if self.options.leaks == "fail":
                self._never_awaited.__exit__()
        found += self._never_awaited.take()
        if found and not self._has_failed:
            self._fail(found)

    def _leave_shared(self, ground: Ground) -> list[str]:
        left = [task for task in self._left if not task.done()]
        found = ground.leaks_of(left)
        if self.options.leaks != "fail":
            return []
        ground.cancel(left, self)
        return found

    # Fixtures

    def fixture(
        self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Callable[..., Any]:
        """Return an ordinary function that sets up an async fixture."""
        function = bound(fixture, request)

        def in_virtual_time(**arguments: Any) -> Any:
            __tracebackhide__ = True
            if get_running_loop() is not None:
                pytest.fail(
                    f"The async fixture {fixture.argname} was asked for by getfixturevalue() while "
                    "a loop runs; name it as an argument of the test or in usefixtures, so that it "
                    "is set up before",
                    pytrace=False,
                )
            if fixture.scope != "function":
                self.share()
            ground = self.settled()
            made = function(**arguments)
            generator = made if inspect.isasyncgen(made) else None
            context = copy_context()
            main = made if generator is None else value_of(generator, fixture.argname)
            value = ground.complete(main, self, fixture.argname, context)
            ground.fixtures += 1
            restore = adopt(context)

            def finish() -> None:
                __tracebackhide__ = True
                test = self._tests.current or self
                try:
                    if generator is not None:
                        name = fixture.argname
                        ground.complete(
                            finish_of(generator, name), test, f"{name} (teardown)", context
                        )
                finally:
                    restore()
                    ground.fixtures -= 1

            request.addfinalizer(finish)
            return value

        return in_virtual_time

    def share(self) -> None:
        """Take note that it uses an async fixture of a wider scope, so that they share a loop."""
        if self.ground is not None and not self._shared:
            pytest.fail(
                "An async fixture of a wider scope was asked for by getfixturevalue() while "
                f"{self.name} has another async fixture on a loop of its own; name the wide one as "
                "an argument of the test or in usefixtures, so that they share a loop",
                pytrace=False,
            )
        self._shared = True


def bound(fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Any:
    """Return the function of a fixture; a method as one of the instance that the test is of."""
    function: Any = fixture.func
    if inspect.ismethod(function) and isinstance(request.instance, type(function.__self__)):
        return function.__func__.__get__(request.instance)
    return function


async def value_of(generator: Any, name: str) -> Any:
    """Run an async generator fixture up to its yield; return the value."""
    async for value in generator:
        return value
    raise RuntimeError(f"The async fixture {name} has not yielded a value; let it yield one")


async def finish_of(generator: Any, name: str) -> None:
    """Run an async generator fixture from its yield on."""
    async for _ in generator:
        await generator.aclose()
        raise RuntimeError(f"The async fixture {name} has yielded twice; let it yield only once")


class Tests:
    """The tests of a session that are in virtual time."""

    def __init__(self) -> None:
        self.current: Test | None = None
        self._shared: Ground | None = None

    def begin(self, name: str, scope: str, options: Options, shared: bool) -> Test:
        """Begin a test; `scope` tells it from all others, and `shared` says that it uses async
        fixtures of wider scopes.
        """
        self.current = Test(self, name, scope, options, shared)
        return self.current

    def shared(self) -> Ground:
        """Return the loop of the tests that share one; a new one when the last was closed."""
        if self._shared is None or self._shared.loop.is_closed():
            self._shared = Ground()
        return self._shared
