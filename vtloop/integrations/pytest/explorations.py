"""Tests that are run by one schedule after the other, until one of them fails."""

from __future__ import annotations

import inspect
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from vtloop.errors import SimulationError
from vtloop.explore import Report, explore
from vtloop.explore.again import run_again
from vtloop.explore.options import OF_EXPLORATIONS
from vtloop.integrations.pytest.explore_summary import EXPLORED
from vtloop.integrations.pytest.one_test import Failed, Test
from vtloop.integrations.pytest.searches import Program, Searched, misuse_told
from vtloop.search.setting import Setting
from vtloop.simulation.run import Run
from vtloop.values.files import check_directory

_GIVEN = ("main", "seed", "wall_clock")  # by the test and its marker vtloop
_BESIDES = ("check", "always", "unretrieved")  # of which the test itself may know nothing
_OF_SETTINGS = inspect.signature(Setting).parameters.keys()


class Explored(Searched):
    """The exploration of one test."""

    marker = "vtloop_explore"
    takes = tuple(name for name in inspect.signature(explore).parameters if name not in _GIVEN)
    table = OF_EXPLORATIONS
    how = "explored"
    of_schedules = True
    _report: Report | None = None  # once it is over

    def __init__(
        self, test: Test, item: pytest.Item, options: dict[str, Any], is_marked: bool
    ) -> None:
        super().__init__(test, item, options, is_marked)
        options.setdefault("database", _database(item))

    def all_runs(self, program: Program) -> None:
        self.was_made = True
        with misuse_told():
            self._report = report = explore(program, **self._options)
        if report.ok:
            return
        failure = report.failures[0]
        how = "in another schedule than stock asyncio's usual one"
        if not failure.choices:
            how = "as stock asyncio runs it"
            if failure.kind not in _BESIDES:
                pytest.fail(self._another_result(failure.detail), pytrace=False)
        self._note(failure.replay())
        command = f"pytest '{self._nodeid}' --vtloop-replay='{failure.token}'"
        lines = [
            f"{self._test.name} fails {how}.",
            *("", str(report)),
            *("", "To run this schedule alone:", f"  {command}"),
        ]
        pytest.fail("\n".join(lines), pytrace=False)

    def one_run(self, program: Program, token: str) -> None:
        self.was_made = True
        options = {name: self._options[name] for name in _OF_SETTINGS & self._options.keys()}
        with misuse_told():
            again = run_again(Setting(program, **options), token)
        self._note(again.run)
        if again.failures:
            told = (f"  {line}" for one in again.story for line in one.splitlines())
            lines = [*map(str, again.failures), "", f"In schedule {token}:", *told]
            pytest.fail("\n".join(lines), pytrace=False)

    def tell(self, report: pytest.TestReport) -> None:
        found = self._report
        if found is None or not report.passed:
            return
        setattr(report, EXPLORED, (found.runs, found.complete))
        if found.unresolved:
            report.sections.append(("Exploration", str(found)))

    def _note(self, run: Run[Any]) -> None:
        """Let the report of the test tell of a run."""
        self._test.failed = Failed(run.trace, reproducible=run.reproducible)


def _database(item: pytest.Item) -> Path | None:
    """Return where pytest's cache has schedules of a test that failed; None if it is not to be."""
    cache = getattr(item.config, "cache", None)
    if cache is None:
        return None
    try:
        kept: Path = cache.mkdir("vtloop")
        check_directory(kept)
    except (OSError, SimulationError):
        return None  # pytest itself goes on without its cache
    return kept / "failing" / sha256(item.nodeid.encode()).hexdigest()[:16]
