"""The name service of a simulated network: which host has a name, and who has an address.

Its answers have the content and the order of glibc's, on a machine with IPv4 and IPv6 whose
/etc/hosts gives `localhost` to ::1 and 127.0.0.1:

- IPv6 comes before IPv4, and else addresses come as the simulation gives them. glibc would prefer
  those that share a longer prefix with the machine's own.
- A name without addresses of the family that is asked for is as unknown as one without any.
- AI_ADDRCONFIG leaves nothing out, as each machine has addresses of both families.
- A service is what `services` says of it.

Nothing is asked of the real network. A name that the simulation does not know is an error, which
says what it knows and how to add one; but whoever is to listen on such a name gets it (AI_PASSIVE
says so, and `bind`). Names under "invalid" stand for nothing in any network (RFC 6761).
"""

from __future__ import annotations

import operator
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from vtloop.net.addresses import (
    canonical,
    literal,
    look_up_error,
    mapped,
    uint32,
    unmapped,
    zone_text,
)
from vtloop.net.services import kinds_of, name_of, port_number, port_of, service_text

Answer = tuple[
    socket.AddressFamily,
    socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int],
]
"""What `getaddrinfo` says of an address: family, type, protocol, canonical name, address."""

LOCALHOST = ("::1", "127.0.0.1")
OWN = ("127.0.1.1",)
"""What the machine's own name stands for if the simulation gave it no address, as on Debian."""

_AI_IDN = 0x40 | 0x80 | 0x100 | 0x200  # glibc's, which the module socket does not name
_AI_KNOWN = _AI_IDN | int(
    socket.AI_PASSIVE
    | socket.AI_CANONNAME
    | socket.AI_NUMERICHOST
    | socket.AI_NUMERICSERV
    | socket.AI_V4MAPPED
    | socket.AI_ALL
    | socket.AI_ADDRCONFIG
)
_NI_IDN = 0x20 | 0x40 | 0x80  # glibc's as well
_NI_KNOWN = _NI_IDN | (
    socket.NI_NUMERICHOST
    | socket.NI_NUMERICSERV
    | socket.NI_NOFQDN
    | socket.NI_NAMEREQD
    | socket.NI_DGRAM
)

_NAMES_TOLD = 12  # by the error for a name that is not known


class Names:
    """Answers the questions that the module `socket` asks of the resolver, within a simulation.

    Its methods have the names, arguments, results and errors of the functions of `socket`.

    Args:
        hosts: Returns the addresses, as texts, of a host's name, and none if it is not known. Names
            come in lower case, in the ASCII letters of IDNA, and without a dot at their end.
        own_name: The name of the machine that asks.
        known: Returns the names that `hosts` has addresses for, in the order in which they are
            told, and searched for the name of an address.
        give: Gives a name to the machine that asks, so that `hosts` has addresses for it. Without
            it nobody gets a name.
    """

    def __init__(
        self,
        hosts: Callable[[str], Sequence[str]],
        own_name: str,
        known: Callable[[], Iterable[str]] = tuple,
        give: Callable[[str], object] | None = None,
    ) -> None:
        self._hosts = hosts
        self._own_name = own_name
        self._known = known
        self._give = give

    def __repr__(self) -> str:
        return f"Names({', '.join(self._all_names())})"

    def getaddrinfo(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Answer]:
        """Return what a host and a service stand for: one entry for each address and socket type.

        Raises:
            socket.gaierror: There is no such host, service, family or type.
        """
        if host is not None and not isinstance(host, (str, bytes)):
            raise TypeError("getaddrinfo() argument 1 must be string or None")
        name = None if host is None else _encoded(host).partition("\0")[0]
        return self._look_up(name, service_text(port), family, type, proto, flags)

    def getnameinfo(self, sockaddr: Any, flags: int) -> tuple[str, str]:
        """Return the names of the host and of the service that are at an address.

        Raises:
            socket.gaierror: The host is not an IP, or has no name while NI_NAMEREQD asks for it.
        """
        if not isinstance(sockaddr, tuple):
            raise TypeError("getnameinfo() argument 1 must be a tuple")
        if not 2 <= len(sockaddr) <= 4 or not isinstance(sockaddr[0], str):
            raise TypeError("getnameinfo(): illegal sockaddr argument")
        port = operator.index(sockaddr[1])
        flowinfo, scope = [*map(uint32, sockaddr[2:]), 0, 0][:2]
        if flowinfo > 0xFFFFF:
            raise OverflowError("getnameinfo(): flowinfo must be 0-1048575.")
        answers = self._look_up(
            sockaddr[0], str(port), 0, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST
        )
        if len(answers) > 1:  # the host is "*"
            raise OSError("sockaddr resolved to multiple addresses")
        family, *_, found = answers[0]
        if family == socket.AF_INET and len(sockaddr) != 2:
            raise OSError("IPv4 sockaddr must be 2 tuple")
        if flags & ~_NI_KNOWN:
            raise look_up_error("EAI_BADFLAGS")
        ip, port = found[:2]
        name = None if flags & socket.NI_NUMERICHOST else self._name_at(ip)
        if name is None:
            if flags & socket.NI_NAMEREQD:
                raise look_up_error("EAI_NONAME")
            name = ip + zone_text(ip, scope)
        elif flags & socket.NI_NOFQDN:
            name = name.removesuffix("." + self._own_name.partition(".")[2])
        service = str(port)
        if not flags & socket.NI_NUMERICSERV:
            try:
                service = name_of(port, "udp" if flags & socket.NI_DGRAM else "tcp")
            except OSError:  # a port without a name is told as a number
                pass
        return name, service

    def gethostbyname(self, host: Any) -> str:
        """Return the first IPv4 address of a host."""
        text = _host_argument(host, "gethostbyname")
        return canonical(socket.AF_INET, (text, 0), self.address)[0]

    def gethostbyname_ex(self, host: Any) -> tuple[str, list[str], list[str]]:
        """Return the name of a host, its other names, which are none, and its IPv4 addresses."""
        text = _host_argument(host, "gethostbyname_ex")
        ip = canonical(socket.AF_INET, (text, 0), self.address)[0]
        if literal(text) is not None:
            return text, [], [ip]
        if text in ("", "<broadcast>"):  # addresses, but no names
            raise socket.herror(3, "Unknown server error")
        name = _plain(text)
        return name, [], [ip for ip in self._addresses(name) if ":" not in ip]

    def gethostbyaddr(self, host: Any) -> tuple[str, list[str], list[str]]:
        """Return the name of the host that has an address, its other names (none), the address.

        Raises:
            socket.herror: Nobody has this address.
        """
        text = _host_argument(host, "gethostbyaddr")
        if not text:
            raise OSError("wildcard resolved to multiple address")
        ip = "255.255.255.255" if text == "<broadcast>" else self.address(text, socket.AF_UNSPEC)
        name = self._name_at(ip)
        if name is None:
            raise socket.herror(1, "Unknown host")
        return name, [], [ip]

    def gethostname(self) -> str:
        """Return the name of the machine that asks."""
        return self._own_name

    getservbyname = staticmethod(port_of)
    getservbyport = staticmethod(name_of)

    def address(self, host: str, family: int) -> str:
        """Return the first IP of a host in a family: what a socket connects to."""
        return self._look_up(host, None, family, 0, 0, 0)[0][4][0]

    def own_address(self, host: str, family: int) -> str:
        """Return the first IP of a host in a family: what a socket is bound to."""
        return self._look_up(host, None, family, 0, 0, socket.AI_PASSIVE)[0][4][0]

    def _look_up(
        self, host: str | None, service: str | None, family: int, type: int, proto: int, flags: int
    ) -> list[Answer]:
        """Answer `getaddrinfo`, with the checks in glibc's order."""
        host = None if host == "*" else host
        service = None if service == "*" else service
        if host is None and service is None:
            raise look_up_error("EAI_NONAME")
        if flags & ~_AI_KNOWN or (flags & socket.AI_CANONNAME and host is None):
            raise look_up_error("EAI_BADFLAGS")
        if family not in (socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6):
            raise look_up_error("EAI_FAMILY")
        number = port_number(service) if service else 0
        if number is None and flags & socket.AI_NUMERICSERV:
            raise look_up_error("EAI_NONAME")
        kinds = kinds_of(service, number, type, proto)
        name, found = self._found(host, family, flags)
        answers: list[Answer] = []
        for ip, scope in found:
            for kind, protocol, port in kinds:
                canonical_name = name if flags & socket.AI_CANONNAME and not answers else ""
                own, at = (
                    (socket.AF_INET6, (ip, port, 0, scope))
                    if ":" in ip
                    else (socket.AF_INET, (ip, port))
                )
                answers.append((own, socket.SocketKind(kind), protocol, canonical_name, at))
        return answers

    def _found(
        self, host: str | None, family: int, flags: int
    ) -> tuple[str, list[tuple[str, int]]]:
        """Return the canonical name of a host, and its IPs in a family with their scope ids."""
        if host is None:
            # glibc sorts by what a connection would prefer, so "all interfaces" begin with IPv4.
            both = ["0.0.0.0", "::"] if flags & socket.AI_PASSIVE else list(LOCALHOST)
            return "", [(ip, 0) for ip in _of_family(both, family, 0)]
        as_it_is = literal(host)
        if as_it_is is not None:
            ip, scope = as_it_is
            if family == socket.AF_INET:
                ip = unmapped(ip)
            found = _of_family([ip], family, flags)
            if not found:
                raise look_up_error("EAI_ADDRFAMILY")
            return host, [(ip, scope) for ip in found]
        if flags & socket.AI_NUMERICHOST or not host or "%" in host:
            raise look_up_error("EAI_NONAME")
        name = _plain(host)
        addresses = self._addresses(name)
        give = self._give if flags & socket.AI_PASSIVE else None
        if give is not None and not addresses and _can_be_given(name):
            give(name)
            addresses = self._addresses(name)
        found = _of_family(addresses, family, flags)
        if not found:
            raise look_up_error("EAI_NONAME", self._unknown(host, family, addresses))
        return name, [(ip, 0) for ip in found]

    def _addresses(self, name: str) -> list[str]:
        """Return the addresses of a plain name, in the order that RFC 6724 gives them.

        That is those of IPv6 before those of IPv4, but for private ones, which come last.
        """
        if name == "localhost":
            return list(LOCALHOST)
        found = self._hosts(name) or (OWN if name == _plain(self._own_name) else ())
        return sorted(found, key=_precedence)

    def _name_at(self, ip: str) -> str | None:
        for name in self._all_names():
            if ip in self._addresses(_plain(name)):
                return name
        return None

    def _all_names(self) -> Iterator[str]:
        yield from dict.fromkeys(["localhost", *self._known(), self._own_name])

    def _unknown(self, host: str, family: int, addresses: list[str]) -> str:
        """Return, for an error, what the simulation knows instead of a host, and what to do."""
        if addresses:
            kind = "IPv4" if family == socket.AF_INET else "IPv6"
            return (
                f"an {kind} address of {host!r} was looked up in a simulation while it has only "
                f"{', '.join(addresses)}; give it one more, or ask for another family"
            )
        names = list(self._all_names())
        more = f" and {len(names) - _NAMES_TOLD:,} more" if len(names) > _NAMES_TOLD else ""
        return (
            f"{host!r} was looked up in a simulation while its network knows only "
            f"{', '.join(names[:_NAMES_TOLD])}{more}; let a host have that name "
            f"(network.host({host!r})), or a server listen on it, or give its address"
        )


def _of_family(addresses: Sequence[str], family: int, flags: int) -> list[str]:
    """Return those addresses that are of a family, or that AI_V4MAPPED turns into such ones."""
    if family == socket.AF_UNSPEC:
        return list(addresses)
    four = [ip for ip in addresses if ":" not in ip]
    six = [ip for ip in addresses if ":" in ip]
    if family == socket.AF_INET:
        return four
    if flags & socket.AI_V4MAPPED and (flags & socket.AI_ALL or not six):
        six += map(mapped, four)
    return six


def _encoded(host: str | bytes | bytearray) -> str:
    """Return a host as the text that is looked up."""
    encoded = host.encode("idna") if isinstance(host, str) else host
    return encoded.decode("latin-1")


def _host_argument(host: Any, function: str) -> str:
    if not isinstance(host, (str, bytes, bytearray)):
        name = "None" if host is None else type(host).__name__
        raise TypeError(f"{function}() argument 1 must be str, bytes or bytearray, not {name}")
    text = _encoded(host)
    if "\0" in text:
        name = type(host).__name__
        raise TypeError(
            f"{function}() argument 1 must be encoded string without null bytes, not {name}"
        )
    return text


def _can_be_given(name: str) -> bool:
    """Return whether a plain name can be that of a host."""
    *_, last = labels = name.split(".")
    if last == "invalid" or last.isdigit():
        return False
    return all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels)


def _plain(host: str) -> str:
    """Return the one spelling of a name: in lower case, and without a dot at its end."""
    return host.lower().removesuffix(".")


def _precedence(ip: str) -> int:
    if ":" in ip:
        return 2 if ip.lower().startswith(("fc", "fd")) else 0
    return 1
