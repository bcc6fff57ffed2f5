"""Services by name and by port, and the kinds of sockets that offer them.

Services that everybody knows are the same on every machine. For others the machine is asked, which
reads a file of its own. Which kinds of sockets there are, and in which order, is glibc's to say.
"""

from __future__ import annotations

import re
import socket
from socket import getservbyname, getservbyport  # as they are before a run replaces them
from typing import Any, NamedTuple

from vtloop.net.addresses import look_up_error

SERVICES = {
    "ftp": (21, "tcp", ""),
    "ssh": (22, "tcp", ""),
    "telnet": (23, "tcp", ""),
    "smtp": (25, "tcp", "mail"),
    "domain": (53, "tcp udp", ""),
    "http": (80, "tcp", "www"),
    "pop3": (110, "tcp", "pop-3"),
    "ntp": (123, "udp", ""),
    "imap2": (143, "tcp", "imap"),
    "ldap": (389, "tcp udp", ""),
    "https": (443, "tcp udp", ""),
    "submissions": (465, "tcp", "ssmtp smtps urd"),
    "submission": (587, "tcp", ""),
    "ldaps": (636, "tcp udp", ""),
    "domain-s": (853, "tcp udp", ""),
    "imaps": (993, "tcp", ""),
    "pop3s": (995, "tcp", ""),
    "mysql": (3306, "tcp", ""),
    "postgresql": (5432, "tcp", "postgres"),
    "amqps": (5671, "tcp", ""),
    "amqp": (5672, "tcp sctp", ""),
    "redis": (6379, "tcp", ""),
    "http-alt": (8080, "tcp", "webcache"),
}
"""For each service its port, its protocols and what else it is called, as in Debian's table."""

_ALIASES = {alias: name for name, (_, _, aliases) in SERVICES.items() for alias in aliases.split()}
_BY_PORT = {port: name for name, (port, _, _) in SERVICES.items()}

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")


class _Kind(NamedTuple):
    """A kind of sockets that glibc knows; of those that are `usual` one is told unasked."""

    type: int
    protocol: int
    name: str
    usual: bool


_KINDS = (
    _Kind(socket.SOCK_STREAM, 6, "tcp", True),
    _Kind(socket.SOCK_DGRAM, 17, "udp", True),
    _Kind(socket.SOCK_DGRAM, 136, "udplite", False),
    _Kind(socket.SOCK_STREAM, 132, "sctp", False),
    _Kind(socket.SOCK_SEQPACKET, 132, "sctp", False),
    _Kind(socket.SOCK_RAW, 0, "raw", True),  # takes every protocol, and has no services
)
_RAW = _KINDS[-1]


def port_of(name: str, protocol: str | None = None, /) -> int:
    """Return the port of a service, as `socket.getservbyname` does.

    Raises:
        OSError: There is no such service over this protocol.
    """
    known = SERVICES.get(_ALIASES.get(name, name))
    if known is None:
        return getservbyname(name) if protocol is None else getservbyname(name, protocol)
    port, protocols, _ = known
    if protocol is not None and protocol not in protocols.split():
        raise OSError("service/proto not found")
    return port


def name_of(port: int, protocol: str | None = None, /) -> str:
    """Return the name of the service at a port, as `socket.getservbyport` does.

    Raises:
        OSError: There is no service at this port over this protocol.
    """
    name = _BY_PORT.get(port)
    if name is None:
        return getservbyport(port) if protocol is None else getservbyport(port, protocol)
    if protocol is not None and protocol not in SERVICES[name][1].split():
        raise OSError("port/proto not found")
    return name


def service_text(port: Any) -> str | None:
    """Return a service as glibc is asked for it."""
    if type(port) is int:  # True is refused, as by CPython
        return str(port)
    if port is None or isinstance(port, str):
        return port
    if isinstance(port, bytes):
        return port.decode("latin-1")
    raise OSError("Int or String expected")


def port_number(service: str) -> int | None:
    """Return the port that a number stands for, -1 if it is below 0, None if it is no number.

    C's strtoul reads it into 64 bits, of which an int keeps 32 and a port 16.
    """
    match = _NUMBER.fullmatch(service)
    if match is None:
        return None
    number = min(int(match[2]), (1 << 64) - 1) * (-1 if match[1] == "-" else 1)
    number &= 0xFFFFFFFF
    return number & 0xFFFF if number < 1 << 31 else -1


def kinds_of(
    service: str | None, number: int | None, type: int, proto: int
) -> list[tuple[int, int, int]]:
    """Return type, protocol and port of each kind of sockets that is asked for."""
    is_number = number is not None and number >= 0  # any other is the name of a service
    kinds = [
        kind
        for kind in _KINDS
        if type in (0, kind.type) and (proto in (0, kind.protocol) or kind is _RAW)
    ]
    if not kinds:
        raise look_up_error("EAI_SOCKTYPE" if type else "EAI_SERVICE")
    if type or proto:
        kinds = kinds[:1]  # of those that are asked for, glibc takes the first
        if service and kinds[0] is _RAW:
            raise look_up_error("EAI_SERVICE")
    elif is_number:
        kinds = [kind for kind in kinds if kind.usual]
    found = []
    for kind in kinds:
        port = number if is_number else _service_port(service, kind)
        if port is not None:
            found.append((kind.type, proto if kind is _RAW else kind.protocol, port))
    if not found:
        raise look_up_error("EAI_SERVICE")
    return found


def _service_port(service: str | None, kind: _Kind) -> int | None:
    try:
        return None if kind is _RAW else port_of(service or "", kind.name)
    except OSError:  # there is none over this protocol
        return None
