"""What is said of tests that were explored and pass: whether every schedule was run."""

from __future__ import annotations

from typing import Any

import pytest

from vtloop.values.text import counted

EXPLORED = "vtloop_explored"
"""An attribute of the report of a test: how many schedules were run, and whether these are all."""


class Explorations:
    """A plugin that counts the tests that were explored, on all workers."""

    def __init__(self) -> None:
        self._reports: dict[str, tuple[int, bool]] = {}  # by test

    def pytest_runtest_logreport(self, report: Any) -> None:
        told = getattr(report, EXPLORED, None)
        if told is not None:
            self._reports[report.nodeid] = told

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._reports:
            return
        schedules = sum(runs for runs, _ in self._reports.values())
        unresolved = sum(not is_all for _, is_all in self._reports.values())
        tests = counted(len(self._reports), "test")
        line = f"{tests} explored in virtual time, by {counted(schedules, 'schedule')}"
        if unresolved:
            line += f"; UNRESOLVED: {unresolved}, as not every schedule was run (-rP says why)"
        terminalreporter.section("tests that were explored")
        terminalreporter.line(line)
