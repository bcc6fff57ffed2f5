"""What the module `socket` keeps to itself."""

from __future__ import annotations

import _socket
from typing import Any

# The class of sockets that is written in C, which nobody replaces.
RealSocket: Any = _socket.socket
