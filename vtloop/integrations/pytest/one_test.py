"""Tests in virtual time: which loop each gets, and what runs on it.

- A test has a loop of its own, together with its function-scoped async fixtures. Tests that use an
  async fixture of a wider scope share one loop with it, whose clock goes on from test to test.
- What runs on a loop is a *part* of it (see `segments`): the setup of a fixture, the test itself,
  the teardown of a fixture. The part that is the test itself is its run: times count from its
  start.
- `seed` and `wall_clock` hold from the setup of a test to its teardown, `until` for each part.
- A loop is closed as soon as nothing lives on it: after the test if it has no async fixture, else
  after its teardown; the shared one when its last fixture is torn down.
- What a test must not leave behind is looked for when its loop is closed. On the shared loop it is
  looked for at the end of the test, among what was started by the test itself; but for what is open
  in the network: that may be for a fixture, such as a pool of connections.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context, copy_context
from typing import Any, NamedTuple, TypeAlias

import pytest

from vtloop.core.loop import VirtualLoop
from vtloop.core.patches.environment import Environment
from vtloop.core.patches.time_functions import REAL
from vtloop.integrations.pytest import leaks
from vtloop.integrations.pytest.loops import Marked, TestLoop
from vtloop.integrations.pytest.networks import NetworkOfTest, network_of_test
from vtloop.integrations.pytest.vt import VirtualTime
from vtloop.net.network import Network
from vtloop.private.events import get_running_loop
from vtloop.simulation.run import Run
from vtloop.simulation.segments import PartLoop, adopt
from vtloop.values.trace import Trace

FixtureSetup: TypeAlias = Callable[
    [pytest.FixtureDef[Any], pytest.FixtureRequest], Callable[..., Any]
]
"""What returns an ordinary function that stands for the function of an async fixture."""


class Failed(NamedTuple):
    """What the report of a failure is told of."""

    trace: Trace
    began: int = 0  # by its loop's clock, in nanoseconds
    reproducible: bool = True
    date: str = ""  # what to say of it


class Test:
    """One test, from its setup to its teardown."""

    def __init__(self, tests: Tests, name: str, scope: str, marked: Marked, shared: bool) -> None:
        self.name = name
        self.options = marked.options
        self.is_audited = marked.audit
        self._network = marked.network
        self._own_network: NetworkOfTest | None = None
        self.vt = VirtualTime(self)
        self.failed: Failed | None = None
        """The last part that failed, up to where it did."""
        self.test_loop: TestLoop | None = None
        """What it runs on, from its first part on."""
        self.set_up_in_search: FixtureSetup | None = None
        """How a search among runs of the test sets up an async fixture, if there is one."""
        self._tests = tests
        self._scope = scope
        self._shared = shared
        self._environment: Environment | None = None
        self._times = 0, 0
        self._has_failed = False
        self._left: list[asyncio.Task[Any]] = []  # when the test itself ended
        self._never_awaited = leaks.NeverAwaited()
        self.origins: AbstractContextManager[None] = nullcontext()
        """Lets coroutines that are made in a part know where, if it matters."""
        self._may_leak = marked.leaks == "allow"
        if not self._may_leak:
            self.origins = leaks.OriginsNoted()
            self._never_awaited.__enter__()

    # Surroundings

    def _chance_and_time(self) -> dict[str, Any]:
        """Return the options of a loop, or of its surroundings, that are the test's."""
        options = self.options
        return {"wall_clock": options.wall_clock, "seed": options.seed, "scope": self._scope}

    def surroundings(self, loop: PartLoop) -> Environment:
        """Return what surrounds each part of the test. Of a loop of its own, that is the loop's."""
        if not self._shared:
            return loop.environment
        if self._environment is None:
            self._environment = Environment(loop.clock, False, **self._chance_and_time())
        return self._environment

    def _note_times(self, virtual: int, real: int) -> None:
        """Add what a part has taken, in nanoseconds."""
        self._times = self._times[0] + virtual, self._times[1] + real

    def take_times(self) -> tuple[int, int]:
        """Return the nanoseconds of virtual and real time since this was asked last."""
        times, self._times = self._times, (0, 0)
        return times

    def take_failed(self, when: str) -> Failed | None:
        """Return the part that failed in a phase of the test."""
        if when == "call" and self.test_loop is not None:
            self._note_failed(self.test_loop)
        failed, self.failed = self.failed, None
        return failed

    def _note_failed(self, test_loop: TestLoop) -> None:
        """Keep the last part for the report, unless there is one already."""
        if self.failed is None and test_loop.part is not None:
            run = test_loop.to_run(self.options)
            date = test_loop.loop.clock.note_of_date()
            self.failed = Failed(run.trace, test_loop.part.began, run.reproducible, date)

    # Parts

    def settled(self) -> TestLoop:
        """Return what the test runs on."""
        if self.test_loop is None or self.test_loop.loop.is_closed():
            if self._shared:
                self._check_network()
                self.test_loop = self._tests.shared()
            else:
                if self._own_network is None:
                    self._own_network = network_of_test(self._network)
                self.test_loop = TestLoop(self._own_network, **self._chance_and_time())
        return self.test_loop

    def _check_network(self) -> None:
        """Let the test fail if it is to have a network of its own on a loop that it shares."""
        if self._network is not self._tests.network:
            pytest.fail(
                f"{self.name} is marked vtloop(network=…) while it shares its loop, and so the "
                "network, with an async fixture of a wider scope; set vtloop_network in pytest's "
                "configuration, for all tests, or say by vt_network what it is to be like",
                pytrace=False,
            )

    @property
    def network(self) -> Network:
        """The network of the test; it fails if that is to have none."""
        network = self._own_network
        if network is None:
            network = self.settled().network
        if network is None:
            pytest.fail(
                f"{self.name} asks for vt_network while network=None; give it a network, with "
                "@pytest.mark.vtloop(network=…)",
                pytrace=False,
            )
        return network

    def execute(
        self, main: Any, test_loop: TestLoop, name: str | None, context: Context | None
    ) -> Any:
        """Run a coroutine as a part of the test, in a task of a name; return what it returns.

        Raises what it failed with, when that is noted and its task has cleaned up.
        """
        __tracebackhide__ = True
        surroundings, started = self.surroundings(test_loop.loop), REAL["perf_counter_ns"]()
        until = self.options.until
        part, failure = test_loop.execute(main, until, surroundings, self.origins, name, context)
        try:
            if failure is not None:
                if not isinstance(failure, pytest.skip.Exception):
                    self.failed = None
                    self._note_failed(test_loop)
                try:
                    raise failure
                finally:  # here, so that what the clean-up raises (Ctrl-C) is chained to it
                    test_loop.cancel_main(main, surroundings)
        finally:
            took = test_loop.loop.virtual_time() - part.began
            self._note_times(took, REAL["perf_counter_ns"]() - started)
        return part.value

    def complete(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine as a part of the test; return what it returns."""
        __tracebackhide__ = True
        return self.execute(main, self.settled(), None, copy_context())

    @property
    def loop(self) -> VirtualLoop:
        """The loop of the test."""
        return self.settled().loop

    def since(self) -> int | None:
        """Return how long ago its last part began, in nanoseconds; None if there was none."""
        if self.test_loop is None or self.test_loop.part is None:
            return None
        return self.test_loop.loop.virtual_time() - self.test_loop.part.began

    def to_run(self) -> Run[Any] | None:
        """Return the last part so far; None if there was none."""
        if self.test_loop is None or self.test_loop.part is None:
            return None
        return self.test_loop.to_run(self.options)

    def call(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run the test itself. Without async fixtures it has a new loop each time it is called."""
        __tracebackhide__ = True
        test_loop = self.settled()
        with self.surroundings(test_loop.loop):  # once for all of it, as entering takes time
            try:
                value = self.execute(main, test_loop, self.name, copy_context())
            except BaseException:
                self._has_failed = True
                self._leave(test_loop)
                raise
            found = self._leave(test_loop)
        if found:
            self._fail(found)
        return value

    def _leave(self, test_loop: TestLoop) -> list[str]:
        """End the test itself; return what it leaves behind, as far as that is certain."""
        if not test_loop.fixtures:
            return self._close(test_loop)
        self._left = test_loop.started_by_part()
        if self._left:
            self._note_failed(test_loop)
        return []

    def _close(self, test_loop: TestLoop) -> list[str]:
        """Close the loop, and return what was left behind."""
        found: list[str] = []
        surroundings = self.surroundings(test_loop.loop)
        if not self._may_leak:
            test_loop.finish_instant(surroundings)
            found += test_loop.leaks_of(asyncio.all_tasks(test_loop.loop))
            found += self._never_awaited.take()
            if found:
                self._note_failed(test_loop)
        left_open = test_loop.close(surroundings)
        if left_open and not self._may_leak:
            self._note_failed(test_loop)
            found += left_open
        return found

    def _fail(self, found: list[str]) -> None:
        self._has_failed = True
        pytest.fail(leaks.message(self.name, found), pytrace=False)

    def end(self) -> None:
        """Take note that all that is of the test alone has been torn down."""
        __tracebackhide__ = True
        found: list[str] = []
        test_loop = self.test_loop
        try:
            if test_loop is not None and not test_loop.loop.is_closed():
                if self._shared and test_loop.fixtures:
                    found = self._leave_shared(test_loop)
                else:
                    found = self._close(test_loop)
        finally:
            self._tests.current = None
            if not self._may_leak:
                self._never_awaited.__exit__()
        found += self._never_awaited.take()
        if found and not self._has_failed:
            self._fail(found)

    def _leave_shared(self, test_loop: TestLoop) -> list[str]:
        surroundings = self.surroundings(test_loop.loop)
        test_loop.finish_instant(surroundings)
        left = [task for task in self._left if not task.done()]
        found = test_loop.leaks_of(left)
        if self._may_leak:
            return []
        test_loop.cancel(left, surroundings)
        return found

    # Fixtures

    def set_up(
        self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Callable[..., Any]:
        """Return an ordinary function that sets up an async fixture, or in a search prepares it."""
        if self.set_up_in_search is not None:
            return self.set_up_in_search(fixture, request)
        return self._in_virtual_time(fixture, request)

    def _in_virtual_time(
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
            test_loop = self.settled()
            made = function(**arguments)
            generator = made if inspect.isasyncgen(made) else None
            context = copy_context()
            main = made if generator is None else value_of(generator, fixture.argname)
            value = self.execute(main, test_loop, fixture.argname, context)
            test_loop.fixtures += 1
            restore = adopt(context)

            def finish() -> None:
                __tracebackhide__ = True
                test = self._tests.current or self
                try:
                    if generator is not None:
                        name = fixture.argname
                        last = finish_of(generator, name)
                        test.execute(last, test_loop, f"{name} (teardown)", context)
                finally:
                    restore()
                    test_loop.fixtures -= 1

            request.addfinalizer(finish)
            return value

        return in_virtual_time

    def share(self) -> None:
        """Take note that it uses an async fixture of a wider scope, so that they share a loop."""
        if self.test_loop is not None and not self._shared:
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

    def __init__(self, network: Any) -> None:
        self.current: Test | None = None
        self.network = network
        """That of all tests whose markers say nothing of it, or what makes it."""
        self._shared: TestLoop | None = None

    def begin(self, name: str, scope: str, marked: Marked, shared: bool) -> Test:
        """Begin a test; `scope` tells it from all others, and `shared` says that it uses async
        fixtures of wider scopes.
        """
        self.current = Test(self, name, scope, marked, shared)
        return self.current

    def shared(self) -> TestLoop:
        """Return the loop of the tests that share one; a new one when the last was closed."""
        if self._shared is None or self._shared.loop.is_closed():
            self._shared = TestLoop(network_of_test(self.network))
        return self._shared
