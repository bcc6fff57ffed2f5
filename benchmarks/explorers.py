"""Those that search the schedules of a program, each as its own documentation says to ask it.

All have their defaults, but that nothing is remembered from one search to the next: a failure that
is kept in a file would be the first thing that is tried. What one needs is imported when it runs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import metadata
from typing import Any, NamedTuple, TypeAlias

Program: TypeAlias = Callable[[], Coroutine[Any, Any, object]]


class Found(NamedTuple):
    """What came of a search."""

    first: int | None
    """The number of the run that failed first, counted from 1; None if none has."""
    runs: int


@dataclass(frozen=True, slots=True)
class Explorer:
    """A search, and how to ask it for the first failure of a program."""

    name: str
    package: str
    """Its name on PyPI; empty for ours."""
    search: Callable[[Program, int, int], Found]
    """Search with a budget of runs, and a seed."""

    def version(self) -> str | None:
        """Return the version installed, '' for ours, None for what is not there."""
        try:
            if not self.package:
                importlib.import_module("vtloop.explore")
                return ""
            return metadata.version(self.package)
        except ImportError:  # of ours, or that there is no such package
            return None


def _with_vtloop(program: Program, budget: int, seed: int) -> Found:
    report = importlib.import_module("vtloop.explore").explore(program, budget=budget, seed=seed)
    return Found(report.first_failure, report.runs)


def _with_detangle(program: Program, budget: int, seed: int) -> Found:
    detangle: Any = importlib.import_module("detangle")
    try:
        stats = detangle.explore(program, runs=budget, seed=seed, database=False)
    except detangle.BugFound as error:
        return Found(error.report.runs, error.report.runs)
    return Found(None, stats.runs)


def _with_simloom(program: Program, budget: int, seed: int) -> Found:
    explore = importlib.import_module("simloom").explore
    explored = explore(program, runs=budget, start_seed=seed * budget)
    return Found(explored.runs if explored.failed else None, explored.runs)


def _with_simloop(program: Program, budget: int, seed: int) -> Found:
    explore = importlib.import_module("simloop").explore
    report = explore(program, range(seed * budget, (seed + 1) * budget))
    if report is None:
        return Found(None, budget)
    return Found(report.seeds_passed + 1, report.seeds_passed + 1)


OURS = "vtloop"

EXPLORERS = (
    Explorer(OURS, "", _with_vtloop),
    Explorer("detangle", "detangle", _with_detangle),
    Explorer("simloom", "simloom", _with_simloom),
    Explorer("simloop", "simloop", _with_simloop),
)


def named(name: str) -> Explorer:
    """Return an explorer by name; KeyError if there is none."""
    return {explorer.name: explorer for explorer in EXPLORERS}[name]
