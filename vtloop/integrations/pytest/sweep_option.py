"""`--vtloop-sweep`: all tests in virtual time are swept, and which of them were not is told."""

from __future__ import annotations

from typing import Any

import pytest

NOT_SWEPT = "vtloop_not_swept"
"""An attribute of the last report of a test: why it was not swept, '' if it was."""


def options_of(text: str) -> dict[str, Any]:
    """Return the options of a sweep that the value of --vtloop-sweep means: classes, or a budget.

    UsageError if it is none of them.
    """
    from vtloop.sweep.options import OF_SWEEPS
    from vtloop.values.options import refusal  # here, as a sweep is slow to import

    if not text:
        return {}
    name, value = ("budget", int(text)) if text.isdecimal() else ("classes", text)
    if refusal(OF_SWEEPS, name, value) is not None:
        raise pytest.UsageError(
            f"--vtloop-sweep={text} was given; pass {OF_SWEEPS['classes'].words}, or "
            f"{OF_SWEEPS['budget'].words}; write --vtloop-sweep= for neither, where files follow"
        )
    return {name: value}


class Sweeps:
    """A plugin that counts the tests that were swept, on all workers."""

    def __init__(self) -> None:
        self._why: dict[str, str] = {}  # by test

    def pytest_runtest_logreport(self, report: Any) -> None:
        why = getattr(report, NOT_SWEPT, None)
        if why is not None:
            self._why[report.nodeid] = why

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        left_out = {test: why for test, why in self._why.items() if why}
        count, line = len(self._why), terminalreporter.write_line
        terminalreporter.section("tests that were swept")
        line(f"swept {count - len(left_out)} of {count} tests in virtual time")
        if left_out:
            line("not swept:")
        for test, why in left_out.items():
            line(f"  {test}, because {why}")
