"""Tests that are run for every moment at which one of their tasks could be cancelled.

- A test that is swept is run as any other first. What is wrong without a cancellation is told then.
- What is swept is the test together with its async fixtures, which are set up and torn down in
  every case anew, in the test's own task. So they cannot have a wider scope, nor can an ordinary
  fixture have their values, as it is set up only once for all cases.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from vtloop.errors import SimulationError
from vtloop.integrations.pytest.loops import given_by, refuse
from vtloop.integrations.pytest.one_test import Failed, Test, bound, finish_of, value_of
from vtloop.search.oracles import ERROR, FAILURE
from vtloop.sweep import replay, sweep
from vtloop.sweep.options import OF_SWEEPS

if TYPE_CHECKING:
    from vtloop.sweep import Replay, Report

_GIVEN = ("program", "seed", "wall_clock")  # by the test and its marker vtloop
_OPTIONS = [name for name in inspect.signature(sweep).parameters if name not in _GIVEN]
_OF_REPLAY = inspect.signature(replay).parameters.keys()


class Recipe:
    """An async fixture that is set up in every case anew."""

    def __init__(self, name: str, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
        self._name = name
        self._function = function
        self._arguments = arguments

    async def set_up(self, stack: AsyncExitStack, values: dict[Recipe, Any]) -> None:
        """Put its value among those of all, and before it the values that it depends on."""
        for value in self._arguments.values():
            if isinstance(value, Recipe) and value not in values:
                await value.set_up(stack, values)
        arguments = {name: _value(value, values) for name, value in self._arguments.items()}
        made = self._function(**arguments)
        if inspect.isasyncgen(made):
            stack.push_async_callback(finish_of, made, self._name)
            values[self] = await value_of(made, self._name)
        else:
            values[self] = await made


def _value(value: Any, values: dict[Recipe, Any]) -> Any:
    return values[value] if isinstance(value, Recipe) else value


class Program:
    """A test and its async fixtures, as a function that returns a coroutine."""

    def __init__(
        self,
        test: Callable[..., Any],
        args: tuple[Any, ...],
        arguments: dict[str, Any],
        fixtures: Iterable[Any],
    ) -> None:
        self.__name__, self.__qualname__ = test.__name__, test.__qualname__
        self._test = test
        self._args = args
        self._arguments = arguments
        self._recipes = [value for value in fixtures if isinstance(value, Recipe)]

    def __call__(self) -> Coroutine[Any, Any, None]:
        main: Any = self._with_fixtures() if self._recipes else self._run({})
        main.__name__, main.__qualname__ = self.__name__, self.__qualname__
        return main  # type: ignore[no-any-return]

    async def _with_fixtures(self) -> None:
        __tracebackhide__ = True
        async with AsyncExitStack() as stack:
            values: dict[Recipe, Any] = {}
            for recipe in self._recipes:
                if recipe not in values:
                    await recipe.set_up(stack, values)
            await self._run(values)

    async def _run(self, values: dict[Recipe, Any]) -> None:
        __tracebackhide__ = True
        arguments = {name: _value(value, values) for name, value in self._arguments.items()}
        try:
            await self._test(*self._args, **arguments)
        except pytest.fail.Exception as failed:  # no Exception: it would end the sweep
            raise AssertionError(failed.msg) from failed


class Swept:
    """The sweep of one test; `options` are those of `sweep`, `marked` whether it asks for one."""

    def __init__(self, test: Test, nodeid: str, options: dict[str, Any], marked: bool) -> None:
        self._test = test
        self._nodeid = nodeid
        self._marked = marked
        self._options = options
        self.was_swept = False
        """Whether its cases were run, after the test itself."""
        self.why_not = ""
        """Why they were not, of a test that does not ask for a sweep itself."""
        if test.options.seed is not None:
            options["seed"] = test.options.seed
        options["wall_clock"] = test.options.wall_clock
        test.set_up_in_sweep = self.prepared

    def prepared(
        self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Callable[..., Any]:
        """Return a function that gives the recipe of an async fixture for its value."""
        if fixture.argname not in request.fixturenames:
            pytest.fail(
                f"The async fixture {fixture.argname} was asked for by getfixturevalue() in a test "
                "that is swept; name it as an argument of the test or in "
                "usefixtures, so that it is set up in each case anew",
                pytrace=False,
            )
        function = bound(fixture, request)
        return lambda **arguments: Recipe(fixture.argname, function, arguments)

    def every_case(self, program: Program) -> None:
        """Run the test as any other, then for every moment; fail with the report."""
        self._test.call(program())
        report = self._report(program)
        if report is None:
            return
        self.was_swept = True
        if report.ok:
            return
        lines = [f"{self._test.name} is not safe to cancel.", "", str(report)]
        if report.errors:
            token = report.errors[0].token
            again = self._replay(program, token)
            as_marked = "" if self._marked else " --vtloop-sweep"
            command = f"pytest '{self._nodeid}'{as_marked} --vtloop-replay='{token}'"
            lines += ["", *_where(token, again), "To run this case alone:", f"  {command}"]
        pytest.fail("\n".join(lines), pytrace=False)

    def _report(self, program: Program) -> Report | None:
        """Return what a sweep comes to; None if it cannot be, and the test does not ask for it."""
        report = None
        try:
            report = sweep(program, **self._options)
            why = self._why_not(report)
        except (LookupError, SimulationError, ValueError) as refused:
            why = str(refused)
        if not why:
            return report
        if self._marked:
            pytest.fail(why, pytrace=False)
        self.why_not = why
        return None

    def _why_not(self, report: Report) -> str:
        """Return why a report says nothing of cancellations, of a test that has passed before."""
        again = [one.words for one in report.before if one.oracle == FAILURE]
        if again:
            return (
                f"{self._test.name} passed, while it failed when it was run again: {again[0]}; let "
                "it keep nothing from one run to the next, such as files or the state of a module: "
                "only async fixtures are set up anew in each case"
            )
        if not any(tally.tried for tally in report.tallies.values()) and not report.time_is_up:
            return f"there was nothing to try of {self._test.name}, of {report.classes}"
        return ""

    def one_case(self, program: Program, token: str) -> None:
        """Run only the case of a token; fail with what is found."""
        self.was_swept = True
        again = self._replay(program, token)
        found = [one for one in again.findings if one.level == ERROR]
        if found:
            lines = [f"{one.oracle}: {one.subject}: {one.words}" for one in found]
            pytest.fail("\n".join([*lines, "", *_where(token, again)]), pytrace=False)

    def _replay(self, program: Program, token: str) -> Replay:
        options = {name: self._options[name] for name in _OF_REPLAY & self._options.keys()}
        with _misuse_told():
            again = replay(program, token, **options)
        self._test.failed = Failed(again.trace)
        return again


@contextmanager
def _misuse_told() -> Iterator[None]:
    """Let a test fail where a sweep refuses its options or its token."""
    try:
        yield
    except (LookupError, SimulationError, ValueError) as refused:
        raise pytest.fail.Exception(str(refused), pytrace=False) from None


def _where(token: str, again: Replay) -> list[str]:
    """Return where the cancellations of a case landed."""
    lines = (f"  {line}" for what in again.happenings() for line in what.splitlines())
    return [f"In case {token}:", *lines]


def options_of_marks(marks: Iterable[pytest.Mark]) -> dict[str, Any]:
    """Return the options that markers `vtloop_sweep` give; the first one wins."""
    given = given_by(marks, _OPTIONS)
    for name, value in given.items():
        refuse(OF_SWEEPS, name, value, "vtloop_sweep")
    return given
