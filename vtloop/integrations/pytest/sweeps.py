"""Tests that are run for every moment at which one of their tasks could be cancelled."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from vtloop.errors import SimulationError
from vtloop.integrations.pytest.one_test import Failed
from vtloop.integrations.pytest.searches import Program, Searched, misuse_told
from vtloop.search.oracles import ERROR, FAILURE
from vtloop.sweep import replay, sweep
from vtloop.sweep.options import OF_SWEEPS

if TYPE_CHECKING:
    from vtloop.sweep import Replay, Report

_GIVEN = ("program", "seed", "wall_clock")  # by the test and its marker vtloop
_OF_REPLAY = inspect.signature(replay).parameters.keys()


class Swept(Searched):
    """The sweep of one test."""

    marker = "vtloop_sweep"
    takes = tuple(name for name in inspect.signature(sweep).parameters if name not in _GIVEN)
    table = OF_SWEEPS
    how = "swept"

    def all_runs(self, program: Program) -> None:
        report = self._report(program)
        if report is None:
            return
        self.was_made = True
        if report.ok:
            return
        lines = [f"{self._test.name} is not safe to cancel.", "", str(report)]
        if report.errors:
            token = report.errors[0].token
            again = self._replay(program, token)
            as_marked = "" if self._is_marked else " --vtloop-sweep"
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
        if self._is_marked:
            pytest.fail(why, pytrace=False)
        self.why_not = why
        return None

    def _why_not(self, report: Report) -> str:
        """Return why a report says nothing of cancellations, of a test that has passed before."""
        again = [one.words for one in report.before if one.oracle == FAILURE]
        if again:
            return self._another_result(again[0])
        if not any(tally.tried for tally in report.tallies.values()) and not report.time_is_up:
            return f"there was nothing to try of {self._test.name}, of {report.classes}"
        return ""

    def one_run(self, program: Program, token: str) -> None:
        self.was_made = True
        again = self._replay(program, token)
        found = [one for one in again.findings if one.level == ERROR]
        if found:
            lines = [f"{one.oracle}: {one.subject}: {one.words}" for one in found]
            pytest.fail("\n".join([*lines, "", *_where(token, again)]), pytrace=False)

    def _replay(self, program: Program, token: str) -> Replay:
        options = {name: self._options[name] for name in _OF_REPLAY & self._options.keys()}
        with misuse_told():
            again = replay(program, token, **options)
        self._test.failed = Failed(again.trace)
        return again


def _where(token: str, again: Replay) -> list[str]:
    """Return where the cancellations of a case landed."""
    lines = (f"  {line}" for what in again.happenings() for line in what.splitlines())
    return [f"In case {token}:", *lines]
