"""What a program has to do with the world outside, in a thread of its run: told, with the line.

There is no time in a run for a process, a peer or a file to become ready: who waits for one does so
in real time. So what comes of it may be different the next time.
"""

from __future__ import annotations

import functools
import os
import select
import selectors
import socket
import subprocess
from typing import Any

from vtloop.blocking import here, meets_something_real
from vtloop.redirect import real

_SO = "in real time, and no virtual: what comes of it may be different in the next run"
PROCESS = f"starts a real process, which runs {_SO}"
FILES = f"waits for real files or sockets, {_SO}"
SOCKET = f"has to do with a real socket, {_SO}"

FUNCTIONS = [(os, "system", PROCESS), (select, "select", FILES)]
"""By module and name, with what is told of them."""

METHODS = [
    (subprocess.Popen, "__init__", PROCESS),
    (socket.socket, "connect", SOCKET),
    (socket.socket, "bind", SOCKET),
    (selectors.DefaultSelector, "select", FILES),  # those that are asked for by name are rare
]
"""By class and name."""


def tells(function: Any, how: str) -> Any:
    """Return what stands in for a function that has to do with something real."""
    original = real(function)

    @functools.wraps(function)
    def told(*args: Any, **kwargs: Any) -> Any:
        if (actor := here.actor) is not None:
            meets_something_real(actor.clock, how)
        return original(*args, **kwargs)

    return told
