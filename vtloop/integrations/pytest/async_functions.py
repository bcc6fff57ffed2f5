"""Which tests and fixtures are async."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest


def is_async_test(function: Any) -> bool:
    hypothesis = getattr(function, "hypothesis", None)
    return inspect.iscoroutinefunction(getattr(hypothesis, "inner_test", function))


def is_async(fixture: pytest.FixtureDef[Any]) -> bool:
    return inspect.iscoroutinefunction(fixture.func) or inspect.isasyncgenfunction(fixture.func)


def async_fixtures(item: pytest.Item) -> list[pytest.FixtureDef[Any]]:
    """Return the async fixtures that a test asks for by name, itself or through others."""
    if not isinstance(item, pytest.Function):
        return []
    found = item._fixtureinfo.name2fixturedefs
    return [
        fixture
        for name in item.fixturenames
        for fixture in found.get(name, ())
        if is_async(fixture)
    ]


def dependences(item: pytest.Item) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of the ordinary fixtures of a test, each with those that it asks for."""
    for name in getattr(item, "fixturenames", ()):
        for fixture in item._fixtureinfo.name2fixturedefs.get(name, ()):  # type: ignore[attr-defined]
            if not is_async(fixture):
                yield name, fixture.argnames
