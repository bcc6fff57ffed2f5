"""What Hypothesis explains a failure with: the lines that only failing examples have run.

It leaves out its own lines. Those of this package explain nothing either, and hide the program's
own behind them: an error is handled here in each failing example. Hypothesis has no option for it,
so the function with which it tells files apart is replaced for good, as soon as it is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from vtloop.patching.replaced import During, replaces
from vtloop.values.source import PACKAGE

replaces(
    __name__,
    During.PROCESS,
    "Hypothesis explains failures without lines of this package, once both are in use",
    "hypothesis.internal.scrutineer.should_trace_file",
)


def leave_out_own_lines() -> None:
    """Let Hypothesis, if it is in use, explain failures without lines of this package."""
    explaining: Any = sys.modules.get("hypothesis.internal.scrutineer")
    traces = getattr(explaining, "should_trace_file", None)
    if traces is not None and not isinstance(traces, _OfOthers):
        explaining.should_trace_file = _OfOthers(traces)


class _OfOthers:
    """Says of a file whether its lines can explain anything."""

    def __init__(self, should_trace_file: Callable[[str], bool]) -> None:
        self._should_trace_file = should_trace_file

    def __call__(self, file: str) -> bool:
        return not file.startswith(PACKAGE) and self._should_trace_file(file)
