"""What the modules `socket` and `ssl` keep to themselves."""

from __future__ import annotations

import _socket
from typing import Any

# The class of sockets that is written in C, which nobody replaces.
RealSocket: Any = _socket.socket

# How `ssl.SSLContext` makes what is below an `ssl.SSLSocket`.
WRAP_SOCKET = "_wrap_socket"
