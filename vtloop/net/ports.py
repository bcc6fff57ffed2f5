"""Which addresses of which hosts are taken, and by whom."""

from __future__ import annotations

import errno
import socket
from typing import Any

from vtloop.net import addresses
from vtloop.net.endpoints import Endpoint, failure

FIRST, LAST = 49152, 65535  # of the ports that a socket gets which asks for none

_SHARES_ADDRESS = socket.SOL_SOCKET, socket.SO_REUSEADDR
_SHARES_PORT = socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", -1)


class Ports:
    """The ports of all hosts. Numbers are given in order, so that each run gets the same."""

    def __init__(self) -> None:
        # By host, kind of socket and port: who has it, each at an address of its own.
        self._taken: dict[tuple[str, int, int], list[Endpoint]] = {}
        # Connections that were accepted at a port, by the same.
        self._accepted: dict[tuple[str, int, int], dict[Endpoint, None]] = {}
        self._next: dict[tuple[str, int], int] = {}

    def take(self, endpoint: Endpoint, ip: str, port: int) -> None:
        """Give an address to an endpoint; OSError if another one has it."""
        if port == 0:
            port = self._free(endpoint, ip)
        key = endpoint.host, endpoint.type, port
        others = self._taken.setdefault(key, [])
        if any(_conflict(endpoint, ip, other) for other in (*others, *self._accepted.get(key, ()))):
            raise failure(errno.EADDRINUSE)
        endpoint.local = ip, port
        others.append(endpoint)

    def check_to_listen(self, endpoint: Endpoint) -> None:
        """Raise OSError if another endpoint listens where one is about to do so."""
        ip, port = endpoint.local
        for other in self._taken.get((endpoint.host, endpoint.type, port), ()):
            if other.is_listening and _conflict(endpoint, ip, other):
                raise failure(errno.EADDRINUSE)

    def share(self, endpoint: Endpoint) -> None:
        """Let a connection that was accepted keep the port that it came to from being taken."""
        key = endpoint.host, endpoint.type, endpoint.local[1]
        self._accepted.setdefault(key, {})[endpoint] = None

    def _free(self, endpoint: Endpoint, ip: str) -> int:
        key = endpoint.host, endpoint.type
        port = self._next.get(key, FIRST)
        for _ in range(FIRST, LAST + 1):
            following = port + 1 if port < LAST else FIRST
            if not self._taken.get((*key, port)) and not self._accepted.get((*key, port)):
                self._next[key] = following
                return port
            port = following
        raise failure(errno.EADDRINUSE if endpoint.local is None else errno.EADDRNOTAVAIL)

    def leave(self, endpoint: Endpoint) -> None:
        """Let others have the address of an endpoint."""
        if endpoint.local is not None:
            key = endpoint.host, endpoint.type, endpoint.local[1]
            others = self._taken.get(key, [])
            if endpoint in others:
                others.remove(endpoint)
                if not others:
                    del self._taken[key]
            elif endpoint in (accepted := self._accepted.get(key, {})):
                del accepted[endpoint]
                if not accepted:
                    del self._accepted[key]

    def replace(self, old: Endpoint, new: Endpoint) -> None:
        """Let an endpoint have what another one had."""
        for endpoints in self._taken.values():
            if old in endpoints:
                endpoints[endpoints.index(old)] = new

    def find(self, host: str, type: int, ip: str, port: int, source: Any = None) -> Endpoint | None:
        """Return who is to get what is sent to an address; who has most to do with it comes first.

        `source` is the (ip, port) that it comes from: a connected socket takes it from nobody else.
        """
        best, most = None, 0
        for endpoint in self._taken.get((host, type, port), ()):
            own = endpoint.local[0]
            connected = endpoint.remote is not None and type == socket.SOCK_DGRAM
            if connected and endpoint.remote != source:
                continue
            if own == ip:
                fits = 4
            elif addresses.is_any(own) and _takes(endpoint, own, ip):
                fits = 2
            else:
                continue
            if fits + connected > most:
                best, most = endpoint, fits + connected
        return best

    def all(self) -> list[Endpoint]:
        """Return all that have an address, in the order of their hosts and ports."""
        return [one for key in sorted(self._taken) for one in self._taken[key]]


def _takes(endpoint: Endpoint, own: str, ip: str) -> bool:
    """Return whether a socket that is bound to all addresses of a family takes one."""
    if ":" in ip:
        return ":" in own
    return ":" not in own or endpoint.dual


def _conflict(endpoint: Endpoint, ip: str, other: Endpoint) -> bool:
    theirs = other.local[0]
    same = ip == theirs
    if not same and addresses.is_any(ip):
        same = _takes(endpoint, ip, theirs) or (
            addresses.is_any(theirs) and _overlap(endpoint, other)
        )
    if not same and addresses.is_any(theirs):
        same = _takes(other, theirs, ip)
    if not same:
        return False
    if endpoint.options.get(_SHARES_PORT) and other.options.get(_SHARES_PORT):
        return False
    shared = endpoint.options.get(_SHARES_ADDRESS) and other.options.get(_SHARES_ADDRESS)
    return not (shared and not other.is_listening)


def _overlap(endpoint: Endpoint, other: Endpoint) -> bool:
    return endpoint.family == other.family or endpoint.dual or other.dual
