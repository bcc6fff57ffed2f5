"""What an address is, for each family of sockets, as CPython and the kernel judge it.

An address goes through three shapes. What a program gives to `bind`, `connect` or `sendto` is
`checked`, with the errors of the module `_socket`. What is meant is `canonical`: one text for each
IP, and an IPv4 address for one that is mapped into IPv6 ("::ffff:10.0.0.2"), because both reach the
same listener. What `getsockname` and `getpeername` tell is `shown`, in the fields of its family.

Nothing is looked up here. Where a host may be a name, who asks brings the look-up along.
"""

from __future__ import annotations

import operator
import os
import socket
from collections.abc import Callable
from typing import Any

Checked = tuple[str, int] | tuple[str, int, int, int] | str | bytes

INTERFACES = {"lo": 1, "eth0": 2}
"""The network interfaces of each simulated machine, by name, with their numbers."""

_WILDCARDS = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
_BROADCAST = "255.255.255.255"
_MAPPED = "::ffff:"
_UNIX_LENGTH = 108  # bytes in a sockaddr_un

_LOOK_UP_ERRORS = {
    "EAI_BADFLAGS": (-1, "Bad value for ai_flags"),
    "EAI_NONAME": (-2, "Name or service not known"),
    "EAI_FAMILY": (-6, "ai_family not supported"),
    "EAI_SOCKTYPE": (-7, "ai_socktype not supported"),
    "EAI_SERVICE": (-8, "Servname not supported for ai_socktype"),
    "EAI_ADDRFAMILY": (-9, "Address family for hostname not supported"),
}


def look_up_error(name: str, more: str = "") -> socket.gaierror:
    """Return an error by its name, with glibc's text, and with this machine's number if it has one.

    A program compares the number with the constant of its module `socket`. `more` is added to the
    text after a colon.
    """
    number, text = _LOOK_UP_ERRORS[name]
    return socket.gaierror(getattr(socket, name, number), f"{text}: {more}" if more else text)


def checked(family: int, address: Any, method: str) -> Checked:
    """Return an address that a program gave to a method of a socket, in the fields of its family.

    For AF_INET these are (host, port), for AF_INET6 (host, port, flowinfo, scope id), with hosts as
    texts that are not looked up yet. For AF_UNIX it is a path as text, or the bytes of an abstract
    name. Both are as `getsockname` tells them, and "" is the address of nobody.

    Raises:
        TypeError, OverflowError, OSError: As `_socket` does, with its texts. `method` is in them.
    """
    if family == socket.AF_INET:
        _check_tuple(address, "AF_INET", method)
        if len(address) != 2:
            raise TypeError("AF_INET address must be a pair (host, port)")
        return host_text(address[0]), _port(address[1], method)
    if family == socket.AF_INET6:
        _check_tuple(address, "AF_INET6", method)
        if not 2 <= len(address) <= 4:
            raise TypeError("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])")
        host = host_text(address[0])
        numbers = [uint32(number) for number in address[2:]]
        port = _port(address[1], method)
        flowinfo, scope = [*numbers, 0, 0][:2]
        if flowinfo > 0xFFFFF:
            raise OverflowError(f"{method}(): flowinfo must be 0-1048575.")
        return host, port, flowinfo, scope
    if family == getattr(socket, "AF_UNIX", None):  # Windows has none
        return _checked_path(address)
    raise OSError(f"{method}(): bad family")


def host_text(host: Any) -> str:
    """Return a host as the text that is looked up: a name beyond ASCII in the letters of IDNA."""
    if isinstance(host, str):
        try:
            host = host if host.isascii() else host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise TypeError("encoding of hostname failed") from error
    elif isinstance(host, (bytes, bytearray)):
        host = host.decode("latin-1")
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if "\0" in host:
        raise TypeError("host name must not contain null character")
    return host  # type: ignore[no-any-return]


def canonical(
    family: int, address: Any, look_up: Callable[[str, int], str] | None = None
) -> tuple[str, int]:
    """Return the IP, in its one text, and the port that an address of AF_INET or AF_INET6 means.

    Args:
        family: The family of the socket.
        address: What `checked` has returned.
        look_up: Returns an IP for a name and a family. Without it, no name is known.

    Raises:
        socket.gaierror: The host is of the other family, or a name that is not known.
        OSError: The broadcast address was given for AF_INET6.
    """
    host, port = address[0], address[1]
    if not host:
        return _WILDCARDS[socket.AddressFamily(family)], port
    if host in ("<broadcast>", _BROADCAST):
        if family != socket.AF_INET:
            raise OSError("address family mismatched")
        return _BROADCAST, port
    found = literal(host)
    if found is None:
        if look_up is None:
            raise look_up_error("EAI_NONAME")
        return unmapped(look_up(host, family)), port
    ip = found[0]
    if (":" in (unmapped(ip) if family == socket.AF_INET else ip)) != (family == socket.AF_INET6):
        raise look_up_error("EAI_ADDRFAMILY")
    return unmapped(ip), port


def literal(host: str) -> tuple[str, int] | None:
    """Return the IP and the scope id that a text stands for without a look-up, None for a name.

    As for glibc, "127.1" and "0x7f000001" stand for 127.0.0.1. A scope follows a "%".
    """
    if not any(character.isspace() for character in host):  # inet_aton reads up to a space
        try:
            return socket.inet_ntoa(socket.inet_aton(host)), 0
        except (OSError, ValueError):  # no IPv4 address
            pass
    text, percent, zone = host.partition("%")
    try:
        ip = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))
    except (OSError, ValueError):  # no IPv6 address
        return None
    scope = scope_id(ip, zone) if percent else 0
    return None if scope is None else (ip, scope)


def scope_id(ip: str, zone: str) -> int | None:
    """Return the number of a scope, None if there is no such one.

    It has a name only where it is an interface, which is so for addresses of one link.
    """
    if is_link_local(ip) and zone in INTERFACES:
        return INTERFACES[zone]
    is_number = zone.isascii() and zone.isdigit() and int(zone) < 1 << 32
    return int(zone) if is_number else None


def zone_text(ip: str, scope: int) -> str:
    """Return how the scope of an IP is written behind it: "%lo", "%7", or "" for 0."""
    if not scope:
        return ""
    names = {number: name for name, number in INTERFACES.items()} if is_link_local(ip) else {}
    return f"%{names.get(scope, scope)}"


def shown(family: int, ip: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return an endpoint as `getsockname` and `getpeername` of a socket of this family tell it."""
    if family == socket.AF_INET6:
        return mapped(ip), port, 0, 0
    return ip, port


def mapped(ip: str) -> str:
    """Return an IP as a socket of AF_INET6 tells it."""
    return ip if ":" in ip else _MAPPED + ip


def unmapped(ip: str) -> str:
    """Return the IPv4 address that is mapped into an IPv6 address, any other as it is.

    Addresses are as `inet_ntop` writes them, which has a dot only in such ones.
    """
    return ip.removeprefix(_MAPPED) if "." in ip else ip


def printable(address: Any) -> str:
    """Return an address as one writes it: "10.0.0.2:5432", "[::1]:80", "/run/db.sock", "@db".

    It may be any that a program has given to asyncio.
    """
    if isinstance(address, tuple):
        host, port = str(address[0] or "*"), address[1]
        if ":" in host:
            scope = address[3] if len(address) > 3 else 0
            return f"[{host}{zone_text(host, scope)}]:{port}"
        return f"{host}:{port}"
    path = os.fsencode(address).decode("utf-8", "backslashreplace")
    if path.startswith("\0"):  # abstract: Linux' tools write an @ for the byte 0
        return "@" + path[1:]
    return path or "(unnamed)"


def is_loopback(ip: str) -> bool:
    """Return whether an IP is that of the machine itself, whichever it is."""
    return ip.startswith("127.") or ip == "::1"


def is_any(ip: str) -> bool:
    """Return whether an IP stands for all interfaces."""
    return ip in ("0.0.0.0", "::")


def is_multicast(ip: str) -> bool:
    """Return whether an IP is that of a group."""
    if ":" in ip:
        return ip.startswith("ff") and ip.index(":") == 4  # "ff::" is 00ff::
    return 224 <= int(ip.partition(".")[0]) <= 239


def is_broadcast(ip: str) -> bool:
    """Return whether an IP stands for all machines of a link."""
    return ip == _BROADCAST


def is_link_local(ip: str) -> bool:
    """Return whether an IPv6 address means something on one link only, so that it needs a scope."""
    if ":" not in ip:
        return False
    first, second = socket.inet_pton(socket.AF_INET6, ip)[:2]
    return (first == 0xFE and second & 0xC0 == 0x80) or (first == 0xFF and second & 0x0F == 2)


def uint32(number: Any) -> int:
    """Return what C makes of an integer, for which it has 32 bits: -1 is the greatest one."""
    return operator.index(number) & 0xFFFFFFFF


def _check_tuple(address: Any, family: str, method: str) -> None:
    if not isinstance(address, tuple):
        name = type(address).__name__
        raise TypeError(f"{method}(): {family} address must be tuple, not {name}")


def _port(port: Any, method: str) -> int:
    number = operator.index(port)
    if not 0 <= number <= 0xFFFF:
        raise OverflowError(f"{method}(): port must be 0-65535.")
    return number


def _checked_path(address: Any) -> str | bytes:
    if isinstance(address, str):
        path = os.fsencode(address)
    else:
        try:
            path = bytes(memoryview(address))
        except TypeError:
            name = type(address).__name__
            raise TypeError(f"a bytes-like object is required, not '{name}'") from None
    is_abstract = path.startswith(b"\0")
    # A path ends in a byte 0; the length of an abstract name is told beside it.
    if len(path) > _UNIX_LENGTH or (len(path) == _UNIX_LENGTH and not is_abstract):
        raise OSError("AF_UNIX path too long")
    return path if is_abstract else os.fsdecode(path.partition(b"\0")[0])


def is_unspecified(address: Any) -> bool:
    """Return whether an address is of no family, which ends what a socket was connected to."""
    return isinstance(address, tuple) and address[:1] == (socket.AF_UNSPEC,)
