"""A transcript: what a script printed, when, and in which task.

What this module depends on:

- `python -m vtloop run --timestamps` puts two columns before each printed line, the virtual time in
  seconds and the label of the task, and then ` | `.
- The printed decimal is exact, so a transcript's times can be compared with `==`.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

# A script that hangs is a bug of the simulator: virtual time takes next to none.
REAL_SECONDS_PER_SCRIPT = 60


class ScriptFailed(Exception):
    """A script ended with an error, or wrote to standard error, or did not end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: `at` in seconds, exact; the label of the task; the text."""

    at: Fraction
    task: str
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The lines that a script printed."""

    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, output: str) -> Transcript:
        """Read the output of `python -m vtloop run --timestamps`."""
        return cls(tuple(_parse_line(line) for line in output.splitlines()))


def record(script: Path, *, wall_clock: str | None = None) -> str:
    """What the script prints, with timestamps, when it is run in a fresh process.

    Raises `ScriptFailed` if it does anything but print and end well.
    """
    command = [sys.executable, "-m", "vtloop", "run", "--timestamps"]
    if wall_clock is not None:
        command += ["--wall-clock", wall_clock]
    try:
        process = subprocess.run(
            [*command, str(script)],
            cwd=Path(__file__).parent.parent,  # where vtloop is found, installed or not
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=REAL_SECONDS_PER_SCRIPT,
        )
    except subprocess.TimeoutExpired:
        raise ScriptFailed(
            f"{script.name} did not end within {REAL_SECONDS_PER_SCRIPT} real seconds"
        ) from None
    if process.returncode != 0 or process.stderr:
        raise ScriptFailed(
            f"{script.name} ended with exit code {process.returncode}"
            f" and wrote to standard error:\n{process.stderr}"
        )
    return process.stdout


def _parse_line(line: str) -> Line:
    columns, separator, text = line.partition(" | ")
    at, _, task = columns.strip().partition(" ")
    if not separator or not task:
        raise ValueError(f"not a line of a transcript with timestamps: {line!r}")
    return Line(Fraction(at), task.strip(), text)
