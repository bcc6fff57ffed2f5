"""The options of sockets: `setsockopt` and `getsockopt`, with the checks of the real ones."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from typing import Any

from vtloop.net.endpoints import Endpoint, failure

_INT = struct.calcsize("i")
_LINGER = struct.Struct("ii")

_FLAGS = {
    (socket.SOL_SOCKET, name)
    for name in (
        socket.SO_REUSEADDR,
        socket.SO_KEEPALIVE,
        socket.SO_BROADCAST,
        socket.SO_OOBINLINE,
        getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR),
    )
} | {(socket.IPPROTO_TCP, socket.TCP_NODELAY), (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)}

USUAL = {
    (socket.IPPROTO_TCP, getattr(socket, name)): value
    for name, value in (("TCP_KEEPIDLE", 7200), ("TCP_KEEPINTVL", 75), ("TCP_KEEPCNT", 9))
    if hasattr(socket, name)
}
"""What options are as long as nobody has set them, but 0: the times of keep-alive, in seconds."""

_KNOWN = {
    level: {value for name, value in vars(socket).items() if name.startswith(prefix)}
    for level, prefix in (
        (socket.SOL_SOCKET, "SO_"),
        (socket.IPPROTO_IP, "IP_"),
        (socket.IPPROTO_IPV6, "IPV6_"),
        (socket.IPPROTO_TCP, "TCP_"),
    )
}
"""The names of options that there are, by level."""


def set_option(endpoint: Endpoint, level: int, name: int, value: Any, length: int | None) -> None:
    """Set an option to a number, or to packed bytes; None and a length is for so many zeros."""
    if value is None:
        if length is None:
            raise TypeError("socket option should be integer, bytes-like object or None")
        value = bytes(length)
    if isinstance(value, int):
        packed = struct.pack("i", value)
    else:
        packed = _bytes_of(value)
    _check(endpoint, level, name)
    if (level, name) == (socket.SOL_SOCKET, socket.SO_LINGER):
        if len(packed) < _LINGER.size:
            raise failure(errno.EINVAL)
        on, seconds = _LINGER.unpack(packed[: _LINGER.size])
        endpoint.set_option(level, name, (int(bool(on)), seconds))
        return
    if len(packed) < _INT:
        raise failure(errno.EINVAL)
    if len(packed) > _INT:
        endpoint.set_option(level, name, packed)
        return
    number = struct.unpack("i", packed)[0]
    endpoint.set_option(level, name, int(bool(number)) if (level, name) in _FLAGS else number)


def get_option(endpoint: Endpoint, level: int, name: int, length: int) -> Any:
    """Return an option as a number, or as so many packed bytes."""
    _check(endpoint, level, name)
    if (level, name) == (socket.SOL_SOCKET, socket.SO_LINGER):
        packed = _LINGER.pack(*(endpoint.option(level, name) or (0, 0)))
    else:
        value = endpoint.option(level, name)
        if not value and (level, name) not in endpoint.options:
            value = USUAL.get((level, name), value)
        packed = value if isinstance(value, bytes) else struct.pack("i", value)
    return packed[:length] if length else struct.unpack("i", packed[:_INT])[0]


def _bytes_of(value: Any) -> bytes:
    try:
        return bytes(memoryview(value))
    except TypeError:
        kind = type(value).__name__
        if sys.version_info >= (3, 15):
            told = f"socket option should be int, bytes-like object or None (got {kind})"
        else:
            told = f"a bytes-like object is required, not {kind!r}"
        raise TypeError(told) from None


def _check(endpoint: Endpoint, level: int, name: int) -> None:
    """Refuse an option that there is not, or of a protocol that the socket does not speak."""
    if name not in _KNOWN.get(level, ()):
        raise failure(errno.ENOPROTOOPT)
    if level == socket.IPPROTO_TCP and (endpoint.is_unix or endpoint.type != socket.SOCK_STREAM):
        raise failure(errno.EOPNOTSUPP if endpoint.is_unix else errno.ENOPROTOOPT)
    if level == socket.IPPROTO_IPV6 and endpoint.family != socket.AF_INET6:
        raise failure(errno.EOPNOTSUPP if endpoint.is_unix else errno.ENOPROTOOPT)
