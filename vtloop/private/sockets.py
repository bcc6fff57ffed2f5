"""What the modules `socket`, `ssl` and `selectors` keep to themselves."""

from __future__ import annotations

import _socket
from typing import Any

# The class of sockets that is written in C, which nobody replaces.
RealSocket: Any = _socket.socket

# What selectors keep in their classes: how they ask, or what makes whom they ask.
SELECT = "_select"
MAKE_POLLER = "_selector_cls"

# How a context makes what encrypts, for a socket; and for memory (see `wrap_memory`).
WRAP_SOCKET = "_wrap_socket"


def wrap_memory(context: Any, *args: Any, **more: Any) -> Any:
    """Return what `SSLContext.wrap_bio` makes, without the object in Python around it."""
    return context._wrap_bio(*args, **more)
