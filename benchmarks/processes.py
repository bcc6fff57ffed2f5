"""Fresh processes, and what they say when they fail."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


class ProcessFailed(Exception):
    """A process did not end with status 0."""


def python(*arguments: str, **options: Any) -> str:
    """Return what Python prints when it is called so; `options` are those of `subprocess.run`.

    ProcessFailed, with the last line that it said, if its status is not 0.
    """
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        raise ProcessFailed(f"status {done.returncode}, {words[-1].strip()}")
    said: str = done.stdout
    return said
