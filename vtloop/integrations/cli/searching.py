"""What the commands share that search a program: how they run it, and draw what they have found."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vtloop.errors import SimulationError
from vtloop.views.formats import format_for

Part = Callable[[argparse.Namespace], int]
"""Does what the arguments say; returns the exit status."""


def run_search(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, search: Part, replay: Part
) -> int:
    """Search the program of a command, or replay a token; returns the exit status."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        if arguments.output:
            format_for(Path(arguments.output))
        return search(arguments) if arguments.replay is None else replay(arguments)
    except BrokenPipeError:  # of whoever reads the report
        raise
    except SystemExit as error:
        why = f"it raised SystemExit({error.code!r}); let it return, or raise another error"
    except (ImportError, LookupError, OSError, SimulationError, TypeError, ValueError) as error:
        why = str(error)
    parser.exit(2, f"vtloop: cannot {arguments.command} {arguments.program}: {why}\n")


def draw(found: Any, path: str) -> None:
    """Draw what has a `chart`, to a file."""
    found.chart(path)
    print(f"vtloop: wrote {path}", file=sys.stderr)
