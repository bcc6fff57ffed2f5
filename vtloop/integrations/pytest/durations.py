"""`--vtloop-durations`: the slowest tests by virtual and by real time, and the waiting saved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from vtloop.values.clock import NANOSECONDS, plain_seconds

TIMES = "vtloop_times"
"""An attribute of reports: the virtual and the real nanoseconds of a phase."""


class Durations:
    """A plugin that adds up what the reports of tests in virtual time say; from all workers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._times: dict[str, tuple[int, int]] = {}  # virtual, real, in nanoseconds

    def pytest_runtest_logreport(self, report: Any) -> None:
        virtual, real = getattr(report, TIMES, (0, 0))
        if virtual or real:
            before = self._times.get(report.nodeid, (0, 0))
            self._times[report.nodeid] = before[0] + virtual, before[1] + real

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        line = terminalreporter.write_line
        terminalreporter.section("tests in virtual time")
        for which, kind in enumerate(("virtual", "real")):
            slowest = sorted(self._times, key=lambda test: -self._times[test][which])
            chosen = slowest[: self._count or None]
            line(f"slowest {len(chosen)} of {len(slowest)} by {kind} time:")
            for test in chosen:
                virtual, real = self._times[test]
                line(f"  {plain_seconds(virtual):>12} s virtual {_real(real):>9} s real  {test}")
        waited = sum(virtual for virtual, _ in self._times.values())
        real = sum(real for _, real in self._times.values())
        saved = sum(max(0, virtual - real) for virtual, real in self._times.values())
        line(
            f"They waited {_words(waited)} of virtual time in {_real(real)} s of real time; "
            f"{_words(saved)} of waiting saved."
        )


def _real(nanoseconds: int) -> str:
    return f"{nanoseconds / NANOSECONDS:.3f}"


def _words(nanoseconds: int) -> str:
    """Return a duration as a person says it: '3.5 s', '1 day, 2:03:04'."""
    if nanoseconds < 60 * NANOSECONDS:
        return f"{nanoseconds / NANOSECONDS:.3g} s"
    return str(timedelta(seconds=nanoseconds // NANOSECONDS))
