"""What a program has to do with the world outside, in a thread of its run: told, with the line.

There is no time in a run for a process, a peer or a file to become ready: who waits for one does so
in real time. So what comes of it may be different the next time.
"""

from __future__ import annotations

import errno
import functools
import os
import socket
import subprocess
from collections.abc import Mapping
from inspect import signature
from typing import Any

from vtloop.core.threads.actor import here, meets_something_real
from vtloop.patching.redirect import real
from vtloop.patching.replaced import During, replaces
from vtloop.values.clock import Clock
from vtloop.values.source import running_frames

_SO = "in real time, and no virtual: what comes of it may be different in the next run"
PROCESS = f"starts a real process, which runs {_SO}"
CHILD = f"asks for the end of a real process, which runs {_SO}"
FILES = f"waits for real files or sockets, {_SO}"
SOCKET = f"has to do with a real socket, {_SO}"

_ABOUT_PROCESSES = (
    ("system", PROCESS),
    ("posix_spawn", PROCESS),
    ("posix_spawnp", PROCESS),
    *((name, CHILD) for name in ("wait", "waitpid", "wait3", "wait4", "waitid")),
)
FUNCTIONS = [
    *((os, name, how) for name, how in _ABOUT_PROCESSES if hasattr(os, name)),
]
"""By module and name, with what is told of them."""

_POPEN = subprocess.Popen.__init__
_STREAMS = "stdin", "stdout", "stderr"

METHODS = [
    (subprocess.Popen, "__init__", PROCESS),
    (socket.socket, "connect", SOCKET),
    (socket.socket, "bind", SOCKET),
]
"""By class and name."""


def tells(function: Any, how: str) -> Any:
    """Return what stands in for a function that has to do with something real."""
    original = real(function)

    @functools.wraps(function)
    def told(*args: Any, **kwargs: Any) -> Any:
        if function is _POPEN:
            _refuse_sockets(signature(function).bind_partial(*args, **kwargs).arguments)
        _tell(how)
        return original(*args, **kwargs)

    return told


def _refuse_sockets(given: Mapping[str, Any]) -> None:
    """Raise OSError if a simulated socket is given to a process, which would not have it."""
    actor = here.actor
    kernel = None if actor is None else actor.clock.kernel
    if kernel is None:
        return
    named = [(name, given[name]) for name in _STREAMS if name in given]
    named += [("pass_fds", one) for one in given.get("pass_fds", ())]
    for name, one in named:
        if kernel.descriptors.has(one.fileno() if hasattr(one, "fileno") else one):
            raise OSError(
                errno.EOPNOTSUPP,
                f"subprocess.Popen() was called with {name}={one!r}, a simulated socket, which is "
                "in no other process; give it subprocess.PIPE, and pass on what comes",
            )


def _tell(how: str) -> None:
    actor = here.actor
    if actor is None or _is_within_another() or (how == CHILD and _has_begun(actor.clock)):
        return
    meets_something_real(actor.clock, how)


def _is_within_another() -> bool:
    """Return whether a function of which the run was told already does this: its line says more."""
    *_, outermost = running_frames()
    return outermost.f_back is not None and outermost.f_back.f_globals is globals()


def _has_begun(clock: Clock) -> bool:
    """Return whether the run was told of the process already that it waits for: as it began."""
    return any(what.endswith(PROCESS) for what in clock.outside)


if hasattr(os, "register_at_fork"):  # before any fork: of `os`, `pty`, `multiprocessing`
    os.register_at_fork(before=lambda: _tell(PROCESS))
replaces(
    __name__,
    During.PROCESS,
    "the run tells of a fork; for threads of no run nothing is done",
    "what `os.register_at_fork` calls before a fork",
)
