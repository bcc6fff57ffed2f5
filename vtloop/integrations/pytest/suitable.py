"""Which tests can be run in virtual time, searched or audited; others fail, and say what to do."""

from __future__ import annotations

import sys
from typing import TypeGuard

import pytest

from vtloop.integrations.pytest.async_functions import (
    async_fixtures,
    dependences,
    is_async_test,
)

MARKERS_OF_SEARCHES = ("vtloop_sweep", "vtloop_explore")
"""Markers of searches, each of which runs a test often."""


def check_suitable(item: pytest.Item) -> None:
    unittest = sys.modules.get("unittest")
    cls = getattr(item, "cls", None)
    if unittest is not None and cls is not None and issubclass(cls, unittest.TestCase):
        pytest.fail(
            f"{item.name} is marked vtloop while it is a method of a unittest.TestCase, which has "
            "a loop of its own; set loop_factory = vtloop.VirtualLoop in its class (Python 3.13), "
            "or set an event loop policy (see the README)",
            pytrace=False,
        )
    if _is_async(item) and "anyio_backend" in item.fixturenames:
        pytest.fail(
            f"{item.name} is marked vtloop while anyio's plugin is to run it as well; remove its "
            "marker anyio, or the mode anyio_mode = auto, or give anyio_backend the loop instead",
            pytrace=False,
        )


def check_suitable_for_searches(item: pytest.Item, marker: str) -> None:
    """Let a test fail that cannot be run often, as a marker asks for."""
    _fail_if(f"is marked {marker}", item, why_not_searched(item))


def _fail_if(what: str, item: pytest.Item, why: tuple[str, str] | None) -> None:
    if why is not None:
        pytest.fail(f"{item.name} {what} while {'; '.join(why)}", pytrace=False)


def why_not_searched(item: pytest.Item) -> tuple[str, str] | None:
    """Return why a test cannot be swept or explored, and what to do; None if it can be."""
    fixtures = async_fixtures(item)
    wide = [fixture.argname for fixture in fixtures if fixture.scope != "function"]
    names = {fixture.argname for fixture in fixtures}
    late = [name for name, of in dependences(item) if names.intersection(of) - {name}]
    for wrong, what_to_do in (
        (
            not _is_async(item) and "it is not async",
            "what is searched are the runs of an async test; make it one",
        ),
        (
            hasattr(getattr(item, "obj", None), "hypothesis") and "Hypothesis gives it examples",
            "draw what else is to happen as well, with vtloop.strategies.fates()",
        ),
        (
            wide and f"{wide[0]} is an async fixture of a wider scope, whose loop goes on",
            "give it the scope of a function, so that it is set up in each run anew",
        ),
        (
            late and f"{late[0]} is set up once for all runs and asks for an async fixture",
            "make it async as well, so that both are set up in each run anew",
        ),
    ):
        if wrong:
            return wrong, what_to_do
    return _why_not_run_often(item)


def check_suitable_for_audit(item: pytest.Item, marked: bool) -> bool:
    """Return whether a test can be audited; one that is marked for it fails otherwise."""
    wrong = ""
    if not _is_async(item):
        wrong = "it is not async; an audit runs async tests"
    elif hasattr(item.obj, "hypothesis"):
        wrong = "Hypothesis gives it other examples each time; audit what it calls"
    elif marker := next(filter(item.get_closest_marker, MARKERS_OF_SEARCHES), None):
        wrong = f"it is marked {marker}, which runs it often as well; audit another test"
    if wrong and marked:
        pytest.fail(f"{item.name} is marked vtloop(audit=True) while {wrong}", pytrace=False)
    return not wrong


def check_suitable_for_fate(item: pytest.Item) -> None:
    if fixtures := async_fixtures(item):
        pytest.fail(
            f"{item.name} is run as fate has it while {fixtures[0].argname} is an async fixture, "
            "which is set up on a loop of its own; set up in the test what it needs",
            pytrace=False,
        )
    _fail_if("is run as fate has it", item, _why_not_run_often(item))


def _why_not_run_often(item: pytest.Item) -> tuple[str, str] | None:
    if "vt" in getattr(item, "fixturenames", ()):
        return "it asks for vt, which tells of one run", "ask vtloop.now() for the time"
    if "vt_network" in getattr(item, "fixturenames", ()):
        return (
            "it asks for vt_network, which is the network of one run",
            "ask vtloop.net.current_network() for it",
        )
    if item.config.getini("vtloop_network") or any(
        "network" in mark.kwargs for mark in item.iter_markers("vtloop")
    ):
        return (
            "its network is another one than the usual, which only single runs have",
            "say in the test what it is like, with vtloop.net.current_network()",
        )
    if any("until" in mark.kwargs for mark in item.iter_markers("vtloop")):
        return (
            "its marker vtloop has until=, which only single runs have",
            "let the test use asyncio.timeout(), or take the option away",
        )
    return None


def is_fate(value: object) -> bool:
    """Return whether a value is of `vtloop.strategies`, which need not be there."""
    module = sys.modules.get("vtloop.strategies.fate")
    return module is not None and isinstance(value, module.Fate)


def _is_async(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and is_async_test(item.obj)
