"""Which tests run in virtual time, and as what pytest knows them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from vtloop.integrations.pytest.async_functions import (
    async_fixtures,
    is_async,
    is_async_test,
)
from vtloop.integrations.pytest.suitable import (
    check_suitable_for_fate,
    is_fate,
)

if TYPE_CHECKING:
    from vtloop.integrations.pytest.one_test import Test
    from vtloop.integrations.pytest.searches import Searched

OTHERS = ("asyncio", "anyio", "trio")
"""Markers of plugins that run async tests."""

TEST: pytest.StashKey[Test] = pytest.StashKey()
"""What is known of a test in virtual time, in its stash."""

SEARCHES: pytest.StashKey[list[Searched]] = pytest.StashKey()
"""The searches among its runs, if it is to be swept or explored."""


class VirtualFunction(pytest.Function):
    """An async test in virtual time."""

    def runtest(self) -> None:
        """Call the test as if it were an ordinary function."""
        __tracebackhide__ = True
        target, name = _place_of_test(self)
        function = getattr(target, name)
        test = self.stash[TEST]
        searches = self.stash.get(SEARCHES, None)
        used: dict[str, pytest.FixtureDef[Any]] = self._request._fixture_defs
        if any(fixture.scope != "function" and is_async(fixture) for fixture in used.values()):
            test.share()  # also what getfixturevalue() has asked for

        @functools.wraps(function)
        def run_test(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            fate = next(filter(is_fate, kwargs.values()), None)
            try:
                if searches is None and fate is None:
                    return test.call(function(*args, **kwargs))
                return self._run_often(searches, fate, function, args, kwargs)
            except pytest.fail.Exception as failed:
                failed.pytrace |= target is not self  # else the notes of Hypothesis are not shown
                raise

        setattr(target, name, run_test)
        try:
            super().runtest()
        finally:
            setattr(target, name, function)
        if test.is_audited:
            from vtloop.integrations.pytest.audits import audit_test

            audit_test(self)

    def _run_often(
        self, searches: list[Searched] | None, fate: Any, function: Any, args: Any, kwargs: Any
    ) -> None:
        """Run it as its searches or as fate have it."""
        from vtloop.integrations.pytest.searches import Program, make_runs

        __tracebackhide__ = True
        test = self.stash[TEST]
        program = Program(function, args, kwargs, self.funcargs.values())
        if searches is None:
            check_suitable_for_fate(self)
            fate.explore(program, test.options.wall_clock)
        else:
            make_runs(searches, test, program, self.config.getoption("vtloop_replay"))

    def iter_markers_with_node(self, name: str | None = None) -> Any:
        """Leave out pytest-asyncio's marker: for that plugin the test is none of its tests."""
        found = super().iter_markers_with_node(name)
        if name not in (None, "asyncio"):
            return found
        return ((node, mark) for node, mark in found if mark.name != "asyncio")


def _place_of_test(item: pytest.Function) -> tuple[Any, str]:
    """Return where the async function of a test is: Hypothesis has another one around it."""
    return (item.obj.hypothesis, "inner_test") if hasattr(item.obj, "hypothesis") else (item, "obj")


def marks_of(obj: object) -> list[pytest.Mark]:
    found = getattr(obj, "pytestmark", [])
    marks = found if isinstance(found, list) else [found]
    marks = [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in marks]
    return [mark for mark in marks if isinstance(mark, pytest.Mark)]  # a mock has any attribute


def in_virtual_time(item: pytest.Function) -> pytest.Function:
    made = VirtualFunction.from_parent(
        item.parent,
        name=item.name,
        callspec=getattr(item, "callspec", None),
        fixtureinfo=item._fixtureinfo,
        keywords=item.keywords,
        originalname=item.originalname,
    )
    made.own_markers[:] = [mark for mark in item.own_markers if mark.name != "asyncio"]
    return made


def is_in_virtual_time(item: pytest.Item) -> bool:
    """Return whether a test is in virtual time: an async, or with async fixtures, or with ours."""
    if isinstance(item, VirtualFunction):
        return True
    if not isinstance(item, pytest.Function) or is_async_test(item.obj):
        return False
    if {"vt", "vt_network"}.intersection(item.fixturenames):
        return True
    auto = item.config.getini("vtloop_mode") == "auto"
    others = any(item.get_closest_marker(name) for name in OTHERS)
    marked = item.get_closest_marker("vtloop") is not None
    return (marked or (auto and not others)) and bool(async_fixtures(item))
