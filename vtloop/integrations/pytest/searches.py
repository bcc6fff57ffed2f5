"""Tests that are run again and again, as a search has it, with their async fixtures set up anew.

- Such a test is run as any other first. What is wrong anyway is told then.
- What is run again is the test together with its async fixtures, which are set up and torn down in
  every run anew, in the test's own task. So they cannot have a wider scope, nor can an ordinary
  fixture have their values, as it is set up only once for all runs.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, ClassVar, Self

import pytest

from vtloop.errors import SimulationError
from vtloop.explore.schedule import is_schedule
from vtloop.integrations.pytest.loops import given_by, refuse
from vtloop.integrations.pytest.one_test import Test, bound, finish_of, value_of
from vtloop.values.options import Option


class Recipe:
    """An async fixture that is set up in every run anew."""

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
        self.__module__ = test.__module__  # by which reports name it
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
        except pytest.fail.Exception as failed:  # no Exception: it would end the search
            raise AssertionError(failed.msg) from failed


class Searched(ABC):
    """A test of which many runs are made; `options` are those of the search."""

    marker: ClassVar[str]
    """The name of the marker that asks for it."""
    takes: ClassVar[Sequence[str]]
    """The names of the marker's options."""
    table: ClassVar[Mapping[str, Option]]
    """What these can be."""
    how: ClassVar[str]
    """What is done with the test, in words."""
    of_schedules: ClassVar[bool] = False
    """Whether its tokens are those of schedules."""

    def __init__(
        self, test: Test, item: pytest.Item, options: dict[str, Any], is_marked: bool
    ) -> None:
        self._test = test
        self._nodeid = item.nodeid
        self._options = options
        self._is_marked = is_marked
        self.was_made = False
        """Whether its runs were made, after the test itself."""
        self.why_not = ""
        """Why they were not, of a test that does not ask for it itself."""
        if test.options.seed is not None:
            options["seed"] = test.options.seed
        options["wall_clock"] = test.options.wall_clock
        test.set_up_in_search = self.prepared

    @classmethod
    def by(
        cls, marks: Iterable[pytest.Mark], test: Test, item: pytest.Item, is_marked: bool
    ) -> Self:
        """Return the search that markers ask for; of options given twice the first one wins.

        The test fails if they cannot be. `is_marked` says whether the markers are its own.
        """
        given = given_by(marks, cls.takes)
        for name, value in given.items():
            refuse(cls.table, name, value, cls.marker)
        return cls(test, item, given, is_marked)

    def prepared(
        self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Callable[..., Any]:
        """Return a function that gives the recipe of an async fixture for its value."""
        if fixture.argname not in request.fixturenames:
            pytest.fail(
                f"The async fixture {fixture.argname} was asked for by getfixturevalue() in a test "
                f"that is {self.how}; name it as an argument of the test or in usefixtures, so "
                "that it is set up in each run anew",
                pytrace=False,
            )
        function = bound(fixture, request)
        return lambda **arguments: Recipe(fixture.argname, function, arguments)

    @abstractmethod
    def all_runs(self, program: Program) -> None:
        """Make all runs of the search, as the test itself has passed; fail with its report."""

    @abstractmethod
    def one_run(self, program: Program, token: str) -> None:
        """Make only the run of a token; fail with what is found."""

    def tell(self, report: pytest.TestReport) -> None:  # noqa: B027 most have nothing to say
        """Note in the report of the test what there is to say if it passes."""

    def _another_result(self, words: str) -> str:
        """Return that a run without anything special has failed, though the test has passed."""
        return (
            f"{self._test.name} passed, while it failed when it was run again: {words}; let it "
            "keep nothing from one run to the next, such as files or the state of a module: only "
            "async fixtures are set up anew in each run"
        )


@contextmanager
def misuse_told() -> Iterator[None]:
    """Let a test fail where a search refuses its options or its token."""
    try:
        yield
    except (LookupError, SimulationError, ValueError) as refused:
        raise pytest.fail.Exception(str(refused), pytrace=False) from None


def make_runs(
    searches: Sequence[Searched], test: Test, program: Program, token: str | None
) -> None:
    """Make the runs of the searches of one test; if there is a token, only the run of that."""
    __tracebackhide__ = True
    if token is None:
        test.call(program())
        for search in searches:
            search.all_runs(program)
    else:
        meant = [one for one in searches if one.of_schedules == is_schedule(token)]
        (meant or searches)[0].one_run(program, token)
