"""The end of a command that nobody listens to any more, such as `vtloop sweep … | head`."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

ENDED_UNHEARD = 128 + getattr(signal, "SIGPIPE", 13)
"""The status with which a shell tells of a program that wrote to a pipe which nobody reads."""


@contextmanager
def ends_with_its_reader() -> Iterator[None]:
    """While it is entered, the process ends quietly once nobody reads what it prints.

    Python would print a traceback. What is left to be printed is thrown away, also what the
    interpreter prints when it ends. An error that has nothing to do with that is raised as it is.
    """
    try:
        try:
            yield
        except SystemExit:
            _flush()
            raise
        _flush()
    except BrokenPipeError:
        unheard = [stream for stream in (sys.stdout, sys.stderr) if _is_unheard(stream)]
        if not unheard:
            raise
        for stream in unheard:
            _throw_away(stream)
        raise SystemExit(ENDED_UNHEARD) from None


def _flush() -> None:
    """Write what standard output has kept; of any other trouble with it Python tells in the end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (AttributeError, OSError, ValueError):
        pass


def _is_unheard(stream: TextIO) -> bool:
    """Return whether a stream goes to a pipe that nobody reads."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
    except (AttributeError, OSError, ValueError):  # it is closed, or nothing to be polled
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _throw_away(stream: TextIO) -> None:
    """Let a stream go to nobody from now on."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, stream.fileno())
    os.close(nobody)
